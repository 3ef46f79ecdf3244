//! From a name to addresses, in its own time limit.

use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use thiserror::Error;

/// Finds the addresses of a host.
pub trait Resolve: Debug {
    /// The addresses, within `limit`; never an empty list.
    ///
    /// # Errors
    /// [`Unresolved`] says why there is none.
    fn resolve(
        &mut self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> Result<Vec<SocketAddr>, Unresolved>;
}

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unresolved {
    /// Nobody knows the name.
    #[error("{0}")]
    Unknown(String),
    /// The resolver did not answer in time.
    #[error("the name server did not answer in {0:?}")]
    TimedOut(Duration),
}

/// The resolver of the system.
///
/// It has no time limit of its own and cannot be stopped, so it runs in a thread. At most one thread
/// hangs: while it does, further questions fail without starting another one.
#[derive(Debug, Default)]
pub struct SystemResolver {
    hanging: Option<Receiver<Result<Vec<SocketAddr>, String>>>,
}

impl SystemResolver {
    /// A resolver that was not asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Resolve for SystemResolver {
    fn resolve(
        &mut self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> Result<Vec<SocketAddr>, Unresolved> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let deadline = Instant::now() + limit;
        if let Some(hanging) = self.hanging.take() {
            if hanging.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                self.hanging = Some(hanging);
                return Err(Unresolved::TimedOut(limit));
            }
        }
        let (sender, receiver) = sync_channel(1);
        let name = host.to_owned();
        let thread = std::thread::Builder::new().name("resolve".to_owned()).stack_size(STACK);
        let started = thread.spawn(move || {
            let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            // Nobody listens any more when it took too long.
            let _ = sender.send(found.map_err(|error| error.to_string()));
        });
        if let Err(error) = started {
            return Err(Unresolved::Unknown(error.to_string()));
        }
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(addresses)) if addresses.is_empty() => {
                Err(Unresolved::Unknown("the name has no address".to_owned()))
            }
            Ok(found) => found.map_err(Unresolved::Unknown),
            Err(_) => {
                self.hanging = Some(receiver);
                Err(Unresolved::TimedOut(limit))
            }
        }
    }
}

const STACK: usize = 256 * 1024;
