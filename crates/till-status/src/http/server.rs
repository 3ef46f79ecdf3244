//! The accept loop: HTTP/1 only, bounded in connections, headers and time.
//!
//! warp's own server has no limit on connections, no header time-out and no end to its shutdown, so
//! only its filters are used.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::time::timeout;
use warp::filters::BoxedFilter;
use warp::http::{Request, StatusCode};
use warp::reply::Response;

use super::places::{Place, Places};
use super::stream::{Patient, Stream};
use super::{Guard, Peer, Problem, Traffic};
use crate::notice::Rarely;

/// How long a header may take; also how long an idle connection stays open.
const HEADER: Duration = Duration::from_secs(5);
/// How long an answer may take. Ours come at once, so this bounds the body of a request.
const ANSWER: Duration = Duration::from_secs(5);
/// How long open connections may go on when the service stops; with the rest less than 2 s.
const DRAIN: Duration = Duration::from_millis(1500);
/// The log has so much time for each kind of trouble with connections.
const LOGGED: Duration = Duration::from_secs(60);
const HEADER_BYTES: usize = 8192;
const HEADER_LINES: usize = 32;

/// Where connections come from.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// What is behind a listener.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) guard: Guard,
    pub(crate) routes: BoxedFilter<(Response,)>,
    pub(crate) places: Places,
    pub(crate) traffic: Arc<Traffic>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Door").field("guard", &self.guard).finish_non_exhaustive()
    }
}

/// Serves until `stop` turns true, then lets open connections finish for a moment. Each request passes
/// the door of its time.
pub(crate) async fn serve(
    listener: Listener,
    doors: watch::Receiver<Door>,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let mut failures = Rarely::new(LOGGED);
    let mut refusals = Rarely::new(LOGGED);
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let place = doors.borrow().places.take(peer);
                if let Some(place) = place {
                    connection(stream, peer, place, &doors, &graceful);
                } else {
                    doors.borrow().traffic.refused();
                    if let Some(more) = refusals.now() {
                        tracing::warn!(?peer, more, "too many connections: this one is not taken");
                    }
                }
            }
            // Its client has gone already; the next one waits.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // Out of descriptors and its kin: do not spin, and do not fill the log.
                if let Some(more) = failures.now() {
                    tracing::warn!(%error, more, "a connection cannot be taken");
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let _ = timeout(DRAIN, graceful.shutdown()).await;
}

impl Listener {
    async fn accept(&self) -> io::Result<(Box<dyn Stream>, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                let _ = stream.set_nodelay(true);
                Ok((Box::new(stream), Peer::Network(peer.ip().to_canonical())))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Box::new(stream), Peer::Local))
            }
        }
    }
}

fn connection(
    stream: Box<dyn Stream>,
    peer: Peer,
    place: Place,
    doors: &watch::Receiver<Door>,
    graceful: &GracefulShutdown,
) {
    let doors = doors.clone();
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let Door { guard, routes, traffic, .. } = doors.borrow().clone();
        let routes = TowerToHyperService::new(warp::service(routes));
        let passed = guard.check(&request, peer).map(|()| routes.call(request));
        async move {
            let answered = match passed {
                Ok(answer) => timeout(ANSWER, answer).await,
                Err(problem) => Ok(Ok(problem.into_response())),
            };
            let response = match answered {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_) => {
                    let detail = "the body of the request did not come in time";
                    let code = StatusCode::REQUEST_TIMEOUT;
                    Problem::bad_request_with(code, detail).into_response()
                }
            };
            traffic.answered(response.status());
            Ok::<_, Infallible>(response)
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(HEADER_BYTES)
        .max_headers(HEADER_LINES)
        .serve_connection(TokioIo::new(Patient::new(stream)), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        let _place = place;
        if let Err(error) = connection.await {
            tracing::debug!(%error, ?peer, "a connection ended badly");
        }
    });
}
