//! Everything together: board, poller and page, in one thread.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;
use status_core::Moment;
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};

use crate::board::Board;
use crate::config::Config;
use crate::files;
use crate::http;
use crate::poll::{Names, Poller};

/// Both clocks, from the begin of the program.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    begun: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self { begun: Instant::now() }
    }
}

impl Clock {
    /// The present moment.
    pub fn now(&self) -> Moment {
        Moment { mono: self.begun.elapsed(), wall: Timestamp::now() }
    }
}

/// How often stock is taken without an answer.
const TICK: Duration = Duration::from_millis(500);

/// A runtime of one thread, with few threads for names.
///
/// # Errors
/// When the system has none.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(16)
        .build()?;
    let done = runtime.block_on(work);
    // A name that is still being looked for does not keep the program.
    runtime.shutdown_background();
    done
}

/// Polls for ever, without a page.
pub async fn watch(board: Board, clock: Clock) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        board.judge(clock.now());
    }
}

/// Serves until it is told to stop. `ready` is told where.
///
/// # Errors
/// When the address cannot be had, or too few files may be open.
pub async fn serve(
    path: PathBuf,
    config: Config,
    ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    files::enough_for(config.tills.len())?;
    let clock = Clock::default();
    let config = Arc::new(config);
    let listen = config.monitor.listen;
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("[monitor] listen {listen}"))?;
    if !listen.ip().is_loopback() {
        tracing::info!(%listen, "the page can be seen from the network");
    }
    for (line, fault) in &config.bad_lines {
        tracing::warn!(line, fault, "a line of the list of tills was left out");
    }
    let board = Board::new(Arc::clone(&config), clock.now());
    let mut poller = Poller::new(board.clone(), clock, Names::default());
    poller.follow(&config);
    let context = http::Context::new(board.clone(), clock, config.monitor.allow.clone());
    ready(listener.local_addr()?);
    tokio::select! {
        () = http::serve(listener, context) => {}
        () = watch(board.clone(), clock) => {}
        () = reload(&path, &board, &mut poller, clock) => {}
        stopped = stop() => tracing::info!(signal = stopped?, "stopping"),
    }
    Ok(())
}

/// At each SIGHUP the file is read again; a bad one changes nothing.
async fn reload(path: &Path, board: &Board, poller: &mut Poller, clock: Clock) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        return std::future::pending().await;
    };
    while hangups.recv().await.is_some() {
        let loaded = Config::load(path);
        match loaded.and_then(|config| files::enough_for(config.tills.len()).map(|()| config)) {
            Ok(config) => {
                let config = Arc::new(config);
                board.replace(Arc::clone(&config), clock.now());
                poller.follow(&config);
                tracing::info!(tills = config.tills.len(), "the configuration was read again");
            }
            Err(error) => tracing::error!("the old configuration stays: {error:#}"),
        }
    }
}

async fn stop() -> anyhow::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = tokio::signal::ctrl_c() => "SIGINT",
    })
}
