//! The whole service: device threads, the snapshot between, and the HTTP side on one thread.

mod cool_down;
mod live;
mod reload;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use status_core::{Language, PosSource, Snapshot, Trouble, problems};
use tokio::sync::{mpsc, watch};
use vision_probe::Prober;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::config::{Api, Config, PosListen};
use crate::http::{Door, Feed, Guard, Places, Port, Rule, Token, bind_unix, hint, open};
use crate::pause::{self, Switch};
use crate::pulse::Stuck;
use crate::shared::Shared;
use crate::source::Supervisor;
use live::Live;
pub use reload::Reloader;

/// So long the end of a process whose KKT hangs waits for the disk.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long a stop waits for the device threads; what hangs then ends with the process.
const STOP: Duration = Duration::from_millis(1700);
/// How often it is looked for the pause file.
const PAUSE_LOOK: Duration = Duration::from_millis(200);
/// How often it is looked after the device threads.
const THREADS_LOOK: Duration = Duration::from_millis(200);

/// A service whose ports are open and whose devices are not yet.
pub struct Service {
    config: Config,
    prober: Prober,
    shared: Arc<Shared>,
    door: Door,
    api: Vec<live::Bound>,
    /// Where the API cannot listen yet.
    waiting: Vec<SocketAddr>,
    pos: Option<live::PosBound>,
    extra: Option<BoxedFilter<(Response,)>>,
    reloader: Reloader,
    asked: mpsc::Receiver<reload::Ask>,
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
    reloader: Reloader,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Why a service cannot start. The text holds the cause, so there is no source beside it that would be
/// said twice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A port or a socket cannot be opened.
    #[error("cannot listen on {place}: {error}{}", hint(place, error))]
    Listen {
        /// Which one.
        place: String,
        /// Why not.
        error: io::Error,
    },
    /// The token file cannot be used.
    #[error("token file {}: {error}", path.display())]
    Token {
        /// Which one.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A call to the KKT hangs, and only the end of the process lets go of its port.
    #[error("{0}; the process ends to let go of the port, and is to be started again")]
    Hangs(Stuck),
    /// The system gives no thread or no event loop.
    #[error("cannot start: {0}")]
    System(io::Error),
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// How a running service is, for its supervisor.
#[derive(Clone, Debug)]
pub struct Health {
    shared: Arc<Shared>,
    api: Vec<SocketAddr>,
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
        let door = live::api_door(&config, &shared, Places::api(&config.api.monitors))?;
        let (api, waiting) = bind_api(&config.api)?;
        let pos = match config.pos.source {
            PosSource::None | PosSource::Log | PosSource::Seven => None,
            PosSource::Events => Some(bind_pos(&config, &shared, extra.clone())?),
        };
        let (reloader, asked) = Reloader::new(&shared);
        let prober = Prober::new();
        Ok(Self { config, shared, door, api, waiting, pos, extra, reloader, asked, prober })
    }

    /// Where the API listens; a port 0 of the configuration has its real number here.
    #[must_use]
    pub fn api(&self) -> Vec<SocketAddr> {
        self.api.iter().map(|(.., place)| *place).collect()
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

    /// Gives it another configuration while it runs.
    #[must_use]
    pub fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// How it is, also while it runs.
    #[must_use]
    pub fn health(&self) -> Health {
        Health::of(&self.shared, self.api())
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
        let (switch, reloader) = (self.switch(), self.reloader());
        let serving = async move {
            let stopped = async move { drop(stopped.wait_for(|stop| *stop).await) };
            if let Err(error) = self.run(stopped).await {
                tracing::error!(%error, "the service ended");
            }
        };
        let thread = std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || runtime.block_on(serving))?;
        Ok(Running { api, pos, snapshot, switch, reloader, stop, thread: Some(thread) })
    }

    /// Serves on the runtime of the caller until `stop`, then ends within 2 s.
    ///
    /// # Errors
    /// [`StartError::System`] when the system refuses a socket, [`StartError::Hangs`] when the process has
    /// to end.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let Self { config, shared, door, api, waiting, pos, extra, reloader, mut asked, prober } =
            self;
        // Whoever gives a configuration has a handle of his own.
        drop(reloader);
        let state_file = config.till.state_file.clone();
        let mut supervisor = Supervisor::new(Arc::clone(&shared), config.clone(), prober);
        let rest = state_file.as_deref().and_then(|file| cool_down::left(file, shared.now().wall));
        if let Some((left, why)) = rest.filter(|_| config.kkt.is_some()) {
            let seconds = left.as_secs();
            tracing::warn!(device = "kkt", seconds, "it is left alone for a while: {why}");
            let why = format!("it is left alone for a while, because a call to it hung: {why}");
            supervisor.rest_kkt(Instant::now() + left, Trouble::Failed(why));
        }
        let mut live = Live::new(config, &shared, door, extra, supervisor);
        live.serve_api(api)?;
        live.wait_for(waiting);
        if let Some(bound) = pos {
            live.serve_pos(bound)?;
        }
        let places: Vec<_> = live.api().iter().map(ToString::to_string).collect();
        // The log is read by who waits for this.
        let hung = |live: &mut Live| live.supervisor.look(Instant::now()).err();
        let mut stuck = hung(&mut live);
        tracing::info!(api = places.join(" "), "serving");

        let mut threads = tokio::time::interval(THREADS_LOOK);
        let pauses = watch_pause_file(live.pause_file.subscribe(), Arc::clone(&shared));
        let (mut stop, mut pauses) = (std::pin::pin!(stop), std::pin::pin!(pauses));
        let mut stopped = false;
        while stuck.is_none() && !stopped {
            tokio::select! {
                () = &mut stop => break,
                () = &mut pauses => {}
                _ = threads.tick() => stuck = hung(&mut live),
                Some(ask) = asked.recv() => {
                    // An address may be waited for; a pause does not wait for that.
                    let applied = {
                        let mut applying = std::pin::pin!(live.apply(ask.wanted));
                        loop {
                            tokio::select! {
                                applied = &mut applying => break applied,
                                () = &mut stop, if !stopped => stopped = true,
                                () = &mut pauses => {}
                            }
                        }
                    };
                    let _ = ask.done.send(applied.map(|()| live.api()));
                }
            }
        }
        if let Some(stuck) = stuck {
            return Err(hangs(stuck, state_file, &shared));
        }
        tracing::info!("stopping");
        let deadline = Instant::now() + STOP;
        shared.stop();
        live.end().await;
        while Instant::now() < deadline && !live.supervisor.ended() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for device in live.supervisor.running() {
            tracing::warn!(
                device,
                "did not let go in time; the end of the process closes its port"
            );
        }
        Ok(())
    }
}

/// The next process leaves the KKT alone for a while, and finds the state. A disk that hangs may be why
/// the KKT's thread does, so this waits for it a moment only: the end of the process closes the port.
fn hangs(stuck: Stuck, state_file: Option<PathBuf>, shared: &Arc<Shared>) -> StartError {
    let (saved, wait) = std::sync::mpsc::channel();
    let (shared, why) = (Arc::clone(shared), stuck.to_string());
    let last_words = std::thread::Builder::new().name("last words".to_owned());
    let begun = last_words.spawn(move || {
        let begun = state_file.map(|file| cool_down::begin(&file, &why, shared.now().wall));
        if let Some(Err(error)) = begun {
            tracing::error!(%error, "that the KKT is to be left alone cannot be written");
        }
        shared.save();
        let _ = saved.send(());
    });
    if begun.is_err() || wait.recv_timeout(LAST_WORDS).is_err() {
        tracing::error!("the disk does not answer: the state of this moment is lost");
    }
    StartError::Hangs(stuck)
}

impl Health {
    pub(crate) fn of(shared: &Arc<Shared>, api: Vec<SocketAddr>) -> Self {
        Self { shared: Arc::clone(shared), api }
    }

    /// The device thread that hangs, if one does.
    #[must_use]
    pub fn stuck(&self) -> Option<Stuck> {
        self.shared.watch().pulses().stuck(Instant::now())
    }

    /// One line for people: where the API is, and which problems there are.
    #[must_use]
    pub fn line(&self) -> String {
        let now = self.shared.now();
        let snapshot = self.shared.snapshot();
        let problems = problems(&snapshot, now, &TimeZone::UTC, Language::En);
        drop(snapshot);
        let api: Vec<_> = self.api.iter().map(SocketAddr::to_string).collect();
        let problems: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        let problems =
            if problems.is_empty() { "no problem".to_owned() } else { problems.join(", ") };
        format!("api {}; {problems}", api.join(" "))
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

    /// Gives it another configuration.
    #[must_use]
    pub fn reloader(&self) -> &Reloader {
        &self.reloader
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
async fn watch_pause_file(file: watch::Receiver<Option<PathBuf>>, shared: Arc<Shared>) {
    loop {
        let wanted = pause::by_file(file.borrow().as_deref());
        shared.pause(|wishes| wishes.file = wanted);
        tokio::time::sleep(PAUSE_LOOK).await;
    }
}

/// Opens the ports of the API, and says which cannot be opened yet. One has to be, or nobody would be
/// served.
fn bind_api(api: &Api) -> Result<(Vec<live::Bound>, Vec<SocketAddr>), StartError> {
    if api.listen.iter().all(|address| address.ip().is_loopback()) {
        tracing::warn!(
            "the API listens on loopback only: a monitor elsewhere cannot reach this till; add an \
             address of this till to [api] listen"
        );
    }
    let (mut ports, mut waiting, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for address in &api.listen {
        if address.ip().is_unspecified() {
            let networks = api.allow.len();
            tracing::warn!(%address, networks, "the API listens on every network of this till");
        }
        match open(*address) {
            Ok((listener, place)) => ports.push((*address, listener, place)),
            Err(error) => {
                waiting.push(*address);
                errors.push(StartError::Listen { place: address.to_string(), error });
            }
        }
    }
    if ports.is_empty()
        && let Some(error) = errors.pop()
    {
        return Err(error);
    }
    for error in errors {
        tracing::error!("{error}; it is tried again while the service runs");
    }
    Ok((ports, waiting))
}

fn open_port(address: SocketAddr) -> Result<Port, StartError> {
    open(address).map_err(|error| StartError::Listen { place: address.to_string(), error })
}

fn bind_pos(
    config: &Config,
    shared: &Arc<Shared>,
    extra: Option<BoxedFilter<(Response,)>>,
) -> Result<live::PosBound, StartError> {
    let door = pos_door(config, shared, extra)?;
    match &config.pos.listen {
        PosListen::Tcp(address) => {
            let (listener, address) = open_port(*address)?;
            Ok((PosSocket::Tcp(listener), door, PosListen::Tcp(address)))
        }
        place @ PosListen::Unix { path, mode, group } => {
            let (listener, file) = bind_unix(path, *mode, group.as_deref())
                .map_err(|error| StartError::Listen { place: place.to_string(), error })?;
            Ok((PosSocket::Unix(listener, file), door, place.clone()))
        }
    }
}

/// What is behind the listener of the till program.
fn pos_door(
    config: &Config,
    shared: &Arc<Shared>,
    extra: Option<BoxedFilter<(Response,)>>,
) -> Result<Door, StartError> {
    let routes = Feed::routes(Arc::clone(shared), extra);
    let rule = match &config.pos.listen {
        PosListen::Tcp(_) => Rule::PosPort { token: token(config.pos.token_file.as_ref())? },
        PosListen::Unix { .. } => Rule::PosSocket,
    };
    let traffic = Arc::clone(&shared.traffics().pos);
    Ok(Door { guard: Guard::new(rule), routes, places: Places::pos(), traffic })
}

fn token(path: Option<&PathBuf>) -> Result<Option<Token>, StartError> {
    path.map(|path| {
        Token::read(path).map_err(|error| StartError::Token { path: path.clone(), error })
    })
    .transpose()
}

#[cfg(test)]
mod tests;
