//! Names of tills become addresses: remembered for a minute, and never more than a few asked at a time.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::config::Address;

/// So many questions at a time: a resolver that hangs holds no more threads than these.
const AT_ONCE: usize = 8;
/// So long a till waits for its name.
const LIMIT: Duration = Duration::from_secs(3);
/// So long an answer is good; a failure for a sixth of it.
const GOOD: Duration = Duration::from_secs(60);
/// No more names are remembered.
const MOST: usize = 20_000;

/// The names that are known.
#[derive(Clone, Debug)]
pub struct Names {
    known: Arc<Mutex<HashMap<String, Known>>>,
    turns: Arc<Semaphore>,
}

#[derive(Clone, Debug)]
struct Known {
    found: Result<IpAddr, String>,
    until: Instant,
}

impl Default for Names {
    fn default() -> Self {
        Self { known: Arc::default(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Names {
    /// Where `address` is.
    ///
    /// # Errors
    /// Says why its name does not resolve.
    pub async fn find(&self, address: &Address) -> Result<SocketAddr, String> {
        if let Ok(ip) = address.host.parse::<IpAddr>() {
            return Ok(SocketAddr::new(ip, address.port));
        }
        let now = Instant::now();
        let before = self.lock().get(&address.host).cloned();
        if let Some(Known { found, until }) = &before
            && *until > now
        {
            return found.clone().map(|ip| SocketAddr::new(ip, address.port));
        }
        let found = self.ask(address).await;
        // An address that was right a minute ago is better than none.
        let old = before.and_then(|known| known.found.ok());
        let found = match (found, old) {
            (Err(_), Some(ip)) => Ok(ip),
            (found, _) => found,
        };
        let good = if found.is_ok() { GOOD } else { GOOD / 6 };
        let mut known = self.lock();
        if known.len() >= MOST {
            known.retain(|_, known| known.until > now);
        }
        if known.len() < MOST {
            let until = Instant::now() + good;
            known.insert(address.host.clone(), Known { found: found.clone(), until });
        }
        found.map(|ip| SocketAddr::new(ip, address.port))
    }

    async fn ask(&self, address: &Address) -> Result<IpAddr, String> {
        let turns = Arc::clone(&self.turns);
        let host = (address.host.clone(), address.port);
        // The place is held until the resolver is done, not only as long as somebody waits for it.
        let asked = async move {
            let _turn = turns.acquire_owned().await.map_err(|error| error.to_string())?;
            let found = tokio::spawn(async move {
                let _turn = _turn;
                let found = tokio::net::lookup_host(host).await;
                found.map(|mut found| found.next()).map_err(|error| error.to_string())
            });
            let found = found.await.map_err(|error| error.to_string())??;
            found.map(|found| found.ip()).ok_or_else(|| "no address".to_owned())
        };
        match timeout(LIMIT, asked).await {
            Ok(found) => found.map_err(|error| format!("{}: {error}", address.host)),
            Err(_) => Err(format!("{}: the name server does not answer", address.host)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
