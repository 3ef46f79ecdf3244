//! The listener of the till program: it tells events, over a Unix socket or a loopback port.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use status_core::parse_events;
use warp::filters::BoxedFilter;
use warp::http::{Method, StatusCode};
use warp::reply::Response;
use warp::{Buf, Filter, Stream};

use super::routes::exactly;
use super::{Problem, reply};
use crate::shared::Shared;

/// The largest batch of events.
const BODY: usize = 64 * 1024;

/// The routes of the till program.
#[derive(Debug)]
pub(crate) struct Feed;

impl Feed {
    /// `POST /till/v1/pos/events`, then what `extra` has, then 404.
    pub(crate) fn routes(
        shared: Arc<Shared>,
        extra: Option<BoxedFilter<(Response,)>>,
    ) -> BoxedFilter<(Response,)> {
        // POST /till/v1/pos/events
        let events = exactly("/till/v1/pos/events")
            .and(warp::method())
            .and(warp::body::stream())
            .then(move |method: Method, body| {
                let shared = Arc::clone(&shared);
                async move {
                    if method != Method::POST {
                        return Problem::method_not_allowed("POST").into_response();
                    }
                    let told = match collect(body).await {
                        Ok(body) => tell(body, shared).await,
                        Err(problem) => Err(problem),
                    };
                    told.unwrap_or_else(Problem::into_response)
                }
            });
        let nothing = warp::any().map(|| Problem::no_event_path().into_response());
        match extra {
            Some(extra) => events.or(extra).unify().or(nothing).unify().boxed(),
            None => events.or(nothing).unify().boxed(),
        }
    }
}

/// A bound Unix socket, whose file is removed on drop.
#[derive(Debug)]
pub(crate) struct SocketFile(pub(crate) PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody else's file may be there by now.
        if std::fs::symlink_metadata(&self.0).is_ok_and(|there| there.file_type().is_socket()) {
            let _ = std::fs::remove_file(&self.0);
        }
    }
}

/// Binds a Unix socket with its mode and group. A socket that nobody serves any more is replaced.
pub(crate) fn bind_unix(
    path: &Path,
    mode: u32,
    group: Option<&str>,
) -> io::Result<(UnixListener, SocketFile)> {
    match std::fs::symlink_metadata(path) {
        Ok(there) if !there.file_type().is_socket() => {
            let error = "something else than a socket is there; it is left as it is";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, error));
        }
        Ok(_) | Err(_) => {}
    }
    if UnixStream::connect(path).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, "another program serves this socket"));
    }
    let group = group.map(group_id).transpose()?;
    // Its mode is set before anybody can find it under its name.
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let _ = std::fs::remove_file(&unfinished);
    let listener = UnixListener::bind(&unfinished)?;
    let file = SocketFile(unfinished.clone());
    if group.is_some() {
        std::os::unix::fs::chown(&unfinished, None, group)?;
    }
    std::fs::set_permissions(&unfinished, std::fs::Permissions::from_mode(mode))?;
    std::fs::rename(&unfinished, path)?;
    drop(file);
    listener.set_nonblocking(true)?;
    Ok((listener, SocketFile(path.to_owned())))
}

fn group_id(group: &str) -> io::Result<u32> {
    if let Ok(number) = group.parse() {
        return Ok(number);
    }
    let groups = std::fs::read_to_string("/etc/group")?;
    let mut lines = groups.lines().map(|line| line.split(':'));
    let id = lines.find_map(|mut fields| {
        let named = fields.next() == Some(group);
        named.then(|| fields.nth(1).and_then(|id| id.parse().ok())).flatten()
    });
    id.ok_or_else(|| {
        let why = format!("there is no group {group:?}; create it, or name another one");
        io::Error::new(io::ErrorKind::InvalidInput, why)
    })
}

async fn collect(
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send,
) -> Result<Vec<u8>, Problem> {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(piece) = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await {
        let Ok(mut piece) = piece else {
            return Err(Problem::bad_request("the body of the request broke off"));
        };
        if piece.remaining() > BODY - bytes.len() {
            let detail = format!("a body may have at most {BODY} bytes; send fewer events at once");
            return Err(Problem::bad_request_with(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        while piece.has_remaining() {
            let chunk = piece.chunk();
            bytes.extend_from_slice(chunk);
            piece.advance(chunk.len());
        }
    }
    Ok(bytes)
}

/// Applies a batch. It is accepted only when the state is safe on the disk, or it is a problem of the
/// till that it cannot be, and when the KKT has been let go of if it has to be. Neither keeps another
/// answer waiting.
async fn tell(body: Vec<u8>, shared: Arc<Shared>) -> Result<Response, Problem> {
    let events = parse_events(&body).map_err(|error| Problem::bad_request(error.to_string()))?;
    tracing::debug!(events = events.len(), "the till program told events");
    let told = tokio::task::spawn_blocking(move || shared.tell(&events)).await;
    told.map_err(|_| Problem::starting("the events could not be taken".to_owned()))?;
    Ok(reply(StatusCode::ACCEPTED, "", String::new()))
}
