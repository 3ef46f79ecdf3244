//! The whole service: device threads, the snapshot between, and the HTTP side on one thread.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use status_core::{PosSource, Snapshot};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use vision_probe::Prober;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::config::{Config, PosListen};
use crate::http::{Context, Door, Feed, Guard, Limits, Listener, Rule, api, bind_unix, serve};
use crate::pause::{self, Switch};
use crate::shared::Shared;
use crate::source;

/// How long a stop waits for the device threads; what hangs then ends with the process.
const STOP: Duration = Duration::from_millis(1700);
/// How often it is looked for the pause file.
const PAUSE_LOOK: Duration = Duration::from_millis(200);
const API_CONNECTIONS: usize = 64;
const POS_CONNECTIONS: usize = 16;
const PER_ADDRESS: usize = 8;

/// A service whose ports are open and whose devices are not yet.
pub struct Service {
    config: Config,
    prober: Prober,
    shared: Arc<Shared>,
    api: Vec<(std::net::TcpListener, SocketAddr)>,
    pos: Option<(PosSocket, Door, PosListen)>,
}

enum PosSocket {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener, crate::http::SocketFile),
}

/// A service that runs in threads of its own. It stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    api: Vec<SocketAddr>,
    pos: Option<PosListen>,
    snapshot: Arc<Mutex<Snapshot>>,
    switch: Switch,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Why a service cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A port or a socket cannot be opened.
    #[error("cannot listen on {place}: {error}{}", hint(place, error))]
    Listen {
        /// Which one.
        place: String,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// The token file cannot be used.
    #[error("token file {}: {error}", path.display())]
    Token {
        /// Which one.
        path: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// The system gives no thread or no event loop.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

impl Service {
    /// Opens the ports of the service; no device is touched yet.
    ///
    /// `extra` answers what the listener of the till program does not know itself, behind the same
    /// guards.
    ///
    /// # Errors
    /// [`StartError`] names the port or the file.
    pub fn bind(
        config: Config,
        extra: Option<BoxedFilter<(Response,)>>,
    ) -> Result<Self, StartError> {
        let mut shared = Shared::new(|now| Snapshot::new(config.settings(), now));
        if let Some(path) = &config.till.state_file {
            shared.keep_in(path);
        }
        // Before any device is touched.
        shared.pause(|wishes| wishes.file = config.till.paused());
        let shared = Arc::new(shared);
        let mut api = Vec::new();
        for address in &config.api.listen {
            if address.ip().is_unspecified() {
                let networks = config.api.allow.len();
                tracing::warn!(%address, networks, "the API listens on every network of this till");
            }
            api.push(bind_tcp(*address)?);
        }
        let pos = match config.pos.source {
            PosSource::None | PosSource::Log | PosSource::Seven => None,
            PosSource::Events => Some(bind_pos(&config, &shared, extra)?),
        };
        Ok(Self { config, shared, api, pos, prober: Prober::new() })
    }

    /// Where the API listens; a port 0 of the configuration has its real number here.
    #[must_use]
    pub fn api(&self) -> Vec<SocketAddr> {
        self.api.iter().map(|(_, address)| *address).collect()
    }

    /// Where events are taken.
    #[must_use]
    pub fn pos(&self) -> Option<&PosListen> {
        self.pos.as_ref().map(|(.., place)| place)
    }

    /// The snapshot that the devices write and the answers read.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Mutex<Snapshot>> {
        self.shared.snapshot_handle()
    }

    /// Pauses the service and lets it go on.
    #[must_use]
    pub fn switch(&self) -> Switch {
        Switch(Arc::clone(&self.shared))
    }

    /// Opens the ports and serves in threads of its own: [`bind`](Self::bind), then
    /// [`spawn`](Self::spawn).
    ///
    /// # Errors
    /// [`StartError`] as for these.
    pub fn start(
        config: Config,
        extra: Option<BoxedFilter<(Response,)>>,
    ) -> Result<Running, StartError> {
        Self::bind(config, extra)?.spawn()
    }

    /// Looks at the Vision link in another way than [`Prober::new`] does.
    #[must_use]
    pub fn probing_by(self, prober: Prober) -> Self {
        Self { prober, ..self }
    }

    /// Serves in threads of its own.
    ///
    /// # Errors
    /// [`StartError::System`] when a thread cannot be started.
    pub fn spawn(self) -> Result<Running, StartError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, mut stopped) = watch::channel(false);
        let (api, pos, snapshot) = (self.api(), self.pos().cloned(), self.snapshot());
        let switch = self.switch();
        let serving = async move {
            let stopped = async move { drop(stopped.wait_for(|stop| *stop).await) };
            if let Err(error) = self.run(stopped).await {
                tracing::error!(%error, "the service ended");
            }
        };
        let thread = std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || runtime.block_on(serving))?;
        Ok(Running { api, pos, snapshot, switch, stop, thread: Some(thread) })
    }

    /// Serves on the runtime of the caller until `stop`, then ends within 2 s.
    ///
    /// # Errors
    /// [`StartError::System`] when a thread cannot be started.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let Self { config, shared, api: listeners, pos, prober } = self;
        let (stopping, stopped) = watch::channel(false);
        let mut serving = tokio::task::JoinSet::new();
        let mut places = Vec::new();

        let context = Context {
            shared: Arc::clone(&shared),
            api: config.api.clone(),
            zone: TimeZone::system(),
        };
        let door =
            Door { guard: Guard::new(Rule::api(&config.api)), routes: api(Arc::new(context)) };
        let limits = Limits::new(API_CONNECTIONS, PER_ADDRESS);
        for (listener, address) in listeners {
            let listener = Listener::Tcp(TcpListener::from_std(listener)?);
            serving.spawn(serve(listener, door.clone(), limits.clone(), stopped.clone()));
            places.push(address.to_string());
        }
        let mut socket_file = None;
        if let Some((socket, door, place)) = pos {
            let listener = match socket {
                PosSocket::Tcp(listener) => Listener::Tcp(TcpListener::from_std(listener)?),
                PosSocket::Unix(listener, file) => {
                    socket_file = Some(file);
                    Listener::Unix(UnixListener::from_std(listener)?)
                }
            };
            let limits = Limits::new(POS_CONNECTIONS, PER_ADDRESS);
            serving.spawn(serve(listener, door, limits, stopped.clone()));
            tracing::info!(%place, "takes events of the till program");
        }
        let mut threads = Vec::new();
        for source in source::all(&config, prober) {
            threads.push(source::start(source, Arc::clone(&shared))?);
        }
        tracing::info!(api = places.join(" "), "serving");

        let (pause_file, paused) = (config.till.pause_file.clone(), Arc::clone(&shared));
        tokio::select! {
            () = stop => {}
            () = watch_pause_file(pause_file, paused) => {}
        }
        tracing::info!("stopping");
        let deadline = Instant::now() + STOP;
        shared.stop();
        let _ = stopping.send(true);
        while serving.join_next().await.is_some() {}
        drop(socket_file);
        while Instant::now() < deadline && threads.iter().any(|thread| !thread.is_finished()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for thread in threads.iter().filter(|thread| !thread.is_finished()) {
            let device = thread.thread().name().unwrap_or_default();
            tracing::warn!(
                device,
                "did not let go in time; the end of the process closes its port"
            );
        }
        Ok(())
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Service").field("api", &self.api()).field("pos", &self.pos()).finish()
    }
}

impl Running {
    /// Where the API listens, with real port numbers.
    #[must_use]
    pub fn api(&self) -> &[SocketAddr] {
        &self.api
    }

    /// Where events are taken, with the real port number.
    #[must_use]
    pub fn pos(&self) -> Option<&PosListen> {
        self.pos.as_ref()
    }

    /// The snapshot that the devices write and the answers read.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Mutex<Snapshot>> {
        Arc::clone(&self.snapshot)
    }

    /// Pauses the service and lets it go on.
    #[must_use]
    pub fn switch(&self) -> &Switch {
        &self.switch
    }

    /// Stops the service; returns when it has let go of its devices, within 2 s.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Follows the pause file for ever.
async fn watch_pause_file(file: Option<PathBuf>, shared: Arc<Shared>) {
    let Some(file) = file else { return std::future::pending().await };
    loop {
        shared.pause(|wishes| wishes.file = pause::by_file(Some(&file)));
        tokio::time::sleep(PAUSE_LOOK).await;
    }
}

/// What a technician can do about it.
fn hint(place: &str, error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound if place.starts_with("unix:") => {
            " (its folder is not there: create it, or let systemd do so by RuntimeDirectory=)"
        }
        io::ErrorKind::AddrInUse => " (is another till-status running?)",
        _ => "",
    }
}

fn bind_tcp(address: SocketAddr) -> Result<(std::net::TcpListener, SocketAddr), StartError> {
    let bind = || {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bind().map_err(|error| StartError::Listen { place: address.to_string(), error })
}

fn bind_pos(
    config: &Config,
    shared: &Arc<Shared>,
    extra: Option<BoxedFilter<(Response,)>>,
) -> Result<(PosSocket, Door, PosListen), StartError> {
    let routes = Feed::routes(Arc::clone(shared), extra);
    match &config.pos.listen {
        PosListen::Tcp(address) => {
            let token = config.pos.token_file.as_ref().map(|path| {
                token(path).map_err(|error| StartError::Token { path: path.clone(), error })
            });
            let guard = Guard::new(Rule::PosPort { token: token.transpose()? });
            let (listener, address) = bind_tcp(*address)?;
            Ok((PosSocket::Tcp(listener), Door { guard, routes }, PosListen::Tcp(address)))
        }
        place @ PosListen::Unix { path, mode, group } => {
            let (listener, file) = bind_unix(path, *mode, group.as_deref())
                .map_err(|error| StartError::Listen { place: place.to_string(), error })?;
            let door = Door { guard: Guard::new(Rule::PosSocket), routes };
            Ok((PosSocket::Unix(listener, file), door, place.clone()))
        }
    }
}

/// Reads a token: one line, long enough not to be guessed.
pub(crate) fn token(path: &std::path::Path) -> io::Result<String> {
    let text = std::fs::read_to_string(path)?;
    let token = text.trim();
    let one_word = token.bytes().all(|byte| byte.is_ascii_graphic());
    if token.len() < 16 || token.len() > 256 || !one_word {
        let expected = "expected one word of 16 to 256 letters and digits, such as from \
                        `head -c 24 /dev/urandom | base64`";
        return Err(io::Error::new(io::ErrorKind::InvalidData, expected));
    }
    Ok(token.to_owned())
}
