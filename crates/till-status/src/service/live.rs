//! What a running service consists of, and how it takes over another configuration: what changed, and
//! only that.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use status_core::PosSource;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::{PosSocket, StartError, bind_pos, open_port, pos_door, token};
use crate::config::{Config, PosListen};
use crate::http::{Context, Door, Guard, Listener, Places, Rule, SocketFile, api, opened, serve};
use crate::notice::Rarely;
use crate::shared::Shared;
use crate::source::Supervisor;

/// How long it is tried to bind an address whose old listener has just been told to end.
const REBIND: Duration = Duration::from_secs(1);

/// A service at work.
pub(super) struct Live {
    config: Config,
    shared: Arc<Shared>,
    extra: Option<BoxedFilter<(Response,)>>,
    pub(super) supervisor: Supervisor,
    serving: JoinSet<()>,
    api: Vec<Open<SocketAddr>>,
    api_door: watch::Sender<Door>,
    pos: Option<Pos>,
    pub(super) pause_file: watch::Sender<Option<PathBuf>>,
    lines: Rarely,
}

/// A listener that serves until it is told to end.
struct Open<T> {
    /// As the configuration has it.
    configured: T,
    /// Where it really is.
    place: T,
    stop: watch::Sender<bool>,
}

/// The listener of the till program.
struct Pos {
    open: Open<PosListen>,
    door: watch::Sender<Door>,
    _file: Option<SocketFile>,
}

/// An address of the API that is bound and not served yet.
pub(super) type Bound = (SocketAddr, std::net::TcpListener, SocketAddr);

/// The same for the till program.
pub(super) type PosBound = (PosSocket, Door, PosListen);

impl Live {
    pub(super) fn new(
        config: Config,
        shared: &Arc<Shared>,
        door: Door,
        extra: Option<BoxedFilter<(Response,)>>,
        supervisor: Supervisor,
    ) -> Self {
        Self {
            api_door: watch::Sender::new(door),
            pause_file: watch::Sender::new(config.till.pause_file.clone()),
            config,
            shared: Arc::clone(shared),
            extra,
            supervisor,
            serving: JoinSet::new(),
            api: Vec::new(),
            pos: None,
            lines: Rarely::at_most(10, Duration::from_secs(60)),
        }
    }

    /// Where the API listens.
    pub(super) fn api(&self) -> Vec<SocketAddr> {
        self.api.iter().map(|open| open.place).collect()
    }

    pub(super) fn serve_api(&mut self, bound: Vec<Bound>) -> std::io::Result<()> {
        for (configured, listener, place) in bound {
            let listener = Listener::Tcp(TcpListener::from_std(listener)?);
            let (stop, stopped) = watch::channel(false);
            let doors = self.api_door.subscribe();
            self.serving.spawn(serve(listener, doors, stopped));
            self.api.push(Open { configured, place, stop });
        }
        Ok(())
    }

    /// Serves the API at addresses that cannot be bound yet, once they can.
    pub(super) fn wait_for(&mut self, waiting: Vec<SocketAddr>) {
        for configured in waiting {
            let (stop, stopped) = watch::channel(false);
            let doors = self.api_door.subscribe();
            self.serving.spawn(async move {
                let Some(listener) = opened(configured, stopped.clone()).await else { return };
                match TcpListener::from_std(listener) {
                    Ok(listener) => serve(Listener::Tcp(listener), doors, stopped).await,
                    Err(error) => {
                        tracing::error!(address = %configured, %error, "the API cannot listen here");
                    }
                }
            });
            self.api.push(Open { configured, place: configured, stop });
        }
    }

    pub(super) fn serve_pos(&mut self, bound: PosBound) -> std::io::Result<()> {
        let (socket, door, place) = bound;
        let (listener, file) = match socket {
            PosSocket::Tcp(listener) => (Listener::Tcp(TcpListener::from_std(listener)?), None),
            PosSocket::Unix(listener, file) => {
                (Listener::Unix(UnixListener::from_std(listener)?), Some(file))
            }
        };
        let (stop, stopped) = watch::channel(false);
        let (door, doors) = watch::channel(door);
        self.serving.spawn(serve(listener, doors, stopped));
        tracing::info!(%place, "takes events of the till program");
        let configured = self.config.pos.listen.clone();
        self.pos = Some(Pos { open: Open { configured, place, stop }, door, _file: file });
        Ok(())
    }

    /// Takes over another configuration, or says why it cannot; then everything is as before. What cannot
    /// change while the service runs stays as it is, and is said in the document and the log.
    pub(super) async fn apply(&mut self, wanted: Result<Config, String>) -> Result<(), String> {
        let applied = match wanted {
            Ok(wanted) => self.take_over(wanted).await,
            Err(why) => Err(why),
        };
        let outcome = match &applied {
            Ok(left) if left.is_empty() => Ok(()),
            Ok(left) => Err(format!("{} is taken over by a restart only", left.join(", "))),
            // A document has lines of its own.
            Err(why) => Err(why.replace('\n', "; ")),
        };
        if let Some(not_told) = self.lines.now() {
            let not_told = (not_told > 0).then_some(not_told);
            match &outcome {
                Ok(()) => tracing::info!(not_told, "the configuration is applied"),
                Err(why) if applied.is_ok() => {
                    tracing::warn!(not_told, "the configuration is applied in part: {why}");
                }
                Err(why) => {
                    tracing::error!(not_told, "the configuration stays as it was: {why}");
                }
            }
        }
        self.shared.update(|snapshot, now| snapshot.config_applied(outcome.clone(), now));
        applied.map(drop)
    }

    async fn take_over(&mut self, mut wanted: Config) -> Result<Vec<&'static str>, String> {
        let left = self.keep_what_cannot_change(&mut wanted);
        // First what can fail.
        let places = match wanted.api.monitors == self.config.api.monitors {
            true => self.api_door.borrow().places.clone(),
            false => Places::api(&wanted.api.monitors),
        };
        let door = api_door(&wanted, &self.shared, places).map_err(|error| error.to_string())?;
        let pos = self.bind_pos(&wanted).map_err(|error| error.to_string())?;
        let bound = self.bind_api(&wanted).await?;
        // From here on nothing does.
        self.api.retain(|open| {
            let stays = wanted.api.listen.contains(&open.configured);
            if !stays {
                open.stop.send_replace(true);
            }
            stays
        });
        self.config = wanted;
        let broken = |error: std::io::Error| error.to_string();
        self.serve_api(bound).map_err(broken)?;
        match pos {
            PosChange::None => {}
            PosChange::Door(door) => {
                self.pos.iter().for_each(|pos| drop(pos.door.send_replace(door.clone())));
            }
            PosChange::End => self.end_pos(),
            PosChange::Other(bound) => {
                self.end_pos();
                self.serve_pos(*bound).map_err(broken)?;
            }
        }
        self.api_door.send_replace(door);
        self.pause_file.send_replace(self.config.till.pause_file.clone());
        // Before another device is touched.
        let paused = self.config.till.paused();
        self.shared.pause(|wishes| wishes.file = paused);
        let settings = self.config.settings();
        self.shared.update(|snapshot, _| snapshot.configure(settings));
        self.supervisor.configure(self.config.clone());
        while self.serving.try_join_next().is_some() {}
        Ok(left)
    }

    /// The names of the keys that only a restart takes over.
    fn keep_what_cannot_change(&self, wanted: &mut Config) -> Vec<&'static str> {
        let mut left = Vec::new();
        let state_file = &self.config.till.state_file;
        if wanted.till.state_file != *state_file {
            wanted.till.state_file.clone_from(state_file);
            left.push("[till] state_file");
        }
        // The name of a socket cannot have two sockets.
        if let (PosListen::Unix { path, .. }, Some(PosListen::Unix { path: open, .. })) =
            (&wanted.pos.listen, self.pos.as_ref().map(|pos| &pos.open.configured))
            && path == open
            && wanted.pos.listen != self.config.pos.listen
        {
            wanted.pos.listen.clone_from(&self.config.pos.listen);
            left.push("mode or group of [pos] listen");
        }
        left
    }

    fn bind_pos(&self, wanted: &Config) -> Result<PosChange, StartError> {
        let open = self.pos.as_ref().map(|pos| &pos.open.configured);
        Ok(match (wanted.pos.source, open) {
            (PosSource::None | PosSource::Log | PosSource::Seven, None) => PosChange::None,
            (PosSource::None | PosSource::Log | PosSource::Seven, Some(_)) => PosChange::End,
            // Its token may be another one in the same file.
            (_, Some(open)) if *open == wanted.pos.listen => {
                PosChange::Door(pos_door(wanted, &self.shared, self.extra.clone())?)
            }
            _ => {
                let bound = bind_pos(wanted, &self.shared, self.extra.clone())?;
                PosChange::Other(Box::new(bound))
            }
        })
    }

    fn end_pos(&mut self) {
        if let Some(pos) = self.pos.take() {
            pos.open.stop.send_replace(true);
            self.shared.update(|snapshot, _| snapshot.feed_interrupted());
        }
    }

    /// Binds what is new. An address that overlaps with some that go, such as 0.0.0.0 with 127.0.0.1, can
    /// only be bound once these are closed; if anything cannot be bound even then, they are opened again.
    async fn bind_api(&mut self, wanted: &Config) -> Result<Vec<Bound>, String> {
        let mut closed = Vec::new();
        let bound = self.bind_new(wanted, &mut closed).await;
        if bound.is_err() {
            self.open_again(closed).await;
        }
        bound
    }

    async fn bind_new(
        &mut self,
        wanted: &Config,
        closed: &mut Vec<Open<SocketAddr>>,
    ) -> Result<Vec<Bound>, String> {
        let mut bound: Vec<Bound> = Vec::new();
        for address in &wanted.api.listen {
            let is_open = self.api.iter().any(|open| open.configured == *address);
            if is_open || bound.iter().any(|(other, ..)| other == address) {
                continue;
            }
            let error = match open_port(*address) {
                Ok((listener, place)) => {
                    bound.push((*address, listener, place));
                    continue;
                }
                Err(error) => error.to_string(),
            };
            let goes = |open: &mut Open<SocketAddr>| {
                open.place.port() == address.port() && !wanted.api.listen.contains(&open.configured)
            };
            let going: Vec<_> = self.api.extract_if(.., goes).collect();
            if going.is_empty() {
                return Err(error);
            }
            for open in &going {
                open.stop.send_replace(true);
            }
            closed.extend(going);
            bound.push(bind_soon(*address).await.ok_or(error)?);
        }
        Ok(bound)
    }

    /// Serves again where it was served, as soon as that can be.
    async fn open_again(&mut self, closed: Vec<Open<SocketAddr>>) {
        for Open { configured, place, .. } in closed {
            let back =
                bind_soon(place).await.map(|(_, listener, place)| (configured, listener, place));
            let served = back.is_some_and(|back| self.serve_api(vec![back]).is_ok());
            if !served {
                self.wait_for(vec![configured]);
            }
        }
    }

    /// Lets open connections finish for a moment.
    pub(super) async fn end(&mut self) {
        for open in &self.api {
            open.stop.send_replace(true);
        }
        if let Some(pos) = &self.pos {
            pos.open.stop.send_replace(true);
        }
        while self.serving.join_next().await.is_some() {}
        self.pos = None;
    }
}

/// What becomes of the listener of the till program.
enum PosChange {
    None,
    Door(Door),
    End,
    Other(Box<PosBound>),
}

async fn bind_soon(address: SocketAddr) -> Option<Bound> {
    let deadline = Instant::now() + REBIND;
    loop {
        match open_port(address) {
            Ok((listener, place)) => return Some((address, listener, place)),
            Err(_) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(_) => return None,
        }
    }
}

/// What is behind the listeners of the API.
pub(super) fn api_door(
    config: &Config,
    shared: &Arc<Shared>,
    places: Places,
) -> Result<Door, StartError> {
    let context =
        Context { shared: Arc::clone(shared), api: config.api.clone(), zone: TimeZone::system() };
    let token = token(config.api.token_file.as_ref())?;
    let guard = Guard::new(Rule::api(&config.api, token));
    let traffic = Arc::clone(&shared.traffics().api);
    Ok(Door { guard, routes: api(Arc::new(context)), places, traffic })
}
