//! Names of tills become addresses: remembered for a minute, and never more than a few asked at a time.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
/// So many addresses of a name are tried.
const ADDRESSES: usize = 4;

/// What finds the addresses of a name. Every failure is a sentence.
pub trait Resolve: fmt::Debug + Send + Sync {
    /// Where `host` is.
    fn resolve(&self, host: &str) -> Resolving;
}

/// The answer of a resolver that is still to come.
pub type Resolving = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, String>> + Send>>;

/// The resolver of the system.
#[derive(Debug)]
struct System;

impl Resolve for System {
    fn resolve(&self, host: &str) -> Resolving {
        let host = (host.to_owned(), 0);
        Box::pin(async move {
            let found = tokio::net::lookup_host(host).await.map_err(|error| error.to_string())?;
            Ok(found.map(|found| found.ip()).collect())
        })
    }
}

/// The names that are known. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Names {
    resolver: Arc<dyn Resolve>,
    known: Arc<Mutex<HashMap<String, Known>>>,
    turns: Arc<Semaphore>,
}

type Found = Result<Vec<IpAddr>, String>;

#[derive(Clone, Debug)]
struct Known {
    found: Found,
    until: Instant,
}

impl Default for Names {
    fn default() -> Self {
        Self::new(System)
    }
}

impl Names {
    /// Asks this resolver.
    pub fn new(resolver: impl Resolve + 'static) -> Self {
        let (resolver, turns) = (Arc::new(resolver), Arc::new(Semaphore::new(AT_ONCE)));
        Self { resolver, known: Arc::default(), turns }
    }

    /// Where `address` is: at least one, the best first.
    ///
    /// # Errors
    /// Says why its name does not resolve.
    pub async fn find(&self, address: &Address) -> Result<Vec<SocketAddr>, String> {
        let found = match address.host.parse::<IpAddr>() {
            Ok(ip) => vec![ip],
            Err(_) => self.by_name(&address.host).await?,
        };
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, address.port)).collect())
    }

    async fn by_name(&self, host: &str) -> Found {
        let now = Instant::now();
        let before = self.lock().get(host).cloned();
        if let Some(Known { found, until }) = &before
            && *until > now
        {
            return found.clone();
        }
        let found = self.ask(host).await;
        let good = if found.is_ok() { GOOD } else { GOOD / 6 };
        // An address that was right a minute ago is better than none.
        let old = before.and_then(|known| known.found.ok());
        let found = match (found, old) {
            (Err(_), Some(old)) => Ok(old),
            (found, _) => found,
        };
        let mut known = self.lock();
        if known.len() >= MOST {
            known.retain(|_, known| known.until > now);
        }
        if known.len() < MOST {
            let until = Instant::now() + good;
            known.insert(host.to_owned(), Known { found: found.clone(), until });
        }
        found
    }

    async fn ask(&self, host: &str) -> Found {
        let (turns, resolver) = (Arc::clone(&self.turns), Arc::clone(&self.resolver));
        let name = host.to_owned();
        // The place is held until the resolver is done, not only as long as somebody waits for it.
        let asked = async move {
            let turn = turns.acquire_owned().await.map_err(|error| error.to_string())?;
            let found = tokio::spawn(async move {
                let found = resolver.resolve(&name).await;
                drop(turn);
                found
            });
            found.await.map_err(|error| error.to_string())?
        };
        let mut found = match timeout(LIMIT, asked).await {
            Ok(found) => found.map_err(|error| format!("{host}: {error}"))?,
            Err(_) => return Err(format!("{host}: the name server does not answer")),
        };
        found.truncate(ADDRESSES);
        if found.is_empty() { Err(format!("{host}: no address")) } else { Ok(found) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// What the resolver says at each question; after the last one it says nothing.
    #[derive(Debug)]
    struct Script {
        answers: Vec<Found>,
        asked: Arc<AtomicUsize>,
    }

    impl Resolve for Script {
        fn resolve(&self, _: &str) -> Resolving {
            let turn = self.asked.fetch_add(1, Ordering::SeqCst);
            let answer = self.answers.get(turn).cloned();
            Box::pin(async move {
                match answer {
                    Some(answer) => answer,
                    None => std::future::pending().await,
                }
            })
        }
    }

    fn names(answers: &[Result<&[u8], &str>]) -> (Names, Arc<AtomicUsize>) {
        let ip = |last: &u8| IpAddr::from([10, 0, 0, *last]);
        let answers = answers.iter().map(|answer| match answer {
            Ok(ips) => Ok(ips.iter().map(ip).collect()),
            Err(error) => Err((*error).to_owned()),
        });
        let asked = Arc::new(AtomicUsize::new(0));
        (Names::new(Script { answers: answers.collect(), asked: Arc::clone(&asked) }), asked)
    }

    async fn find(names: &Names) -> Result<String, String> {
        let found = names.find(&"kassa-3:80".parse().unwrap()).await?;
        Ok(found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_remembered_and_may_change() {
        let (names, asked) = names(&[Ok(&[1]), Ok(&[2, 3])]);
        for (after, expected, questions) in
            [(0, "10.0.0.1:80", 1), (59, "10.0.0.1:80", 1), (2, "10.0.0.2:80 10.0.0.3:80", 2)]
        {
            tokio::time::advance(Duration::from_secs(after)).await;
            assert_eq!(find(&names).await.as_deref(), Ok(expected));
            assert_eq!(asked.load(Ordering::SeqCst), questions);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_does_not_resolve_is_asked_again_soon_but_not_each_time() {
        let (names, asked) = names(&[Err("NXDOMAIN"), Ok(&[]), Ok(&[7]), Err("SERVFAIL")]);
        for (after, expected, questions) in [
            (0, Err("kassa-3: NXDOMAIN"), 1),
            (9, Err("kassa-3: NXDOMAIN"), 1),
            (2, Err("kassa-3: no address"), 2),
            (11, Ok("10.0.0.7:80"), 3),
            // The name server is ill: the old address is better than none.
            (61, Ok("10.0.0.7:80"), 4),
            (11, Ok("10.0.0.7:80"), 5),
        ] {
            tokio::time::advance(Duration::from_secs(after)).await;
            let found = find(&names).await;
            assert_eq!(found.as_deref().map_err(String::as_str), expected);
            assert_eq!(asked.load(Ordering::SeqCst), questions);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_server_that_hangs_holds_few_places_and_no_address() {
        let (names, asked) = names(&[]);
        let begun = Instant::now();
        let many = (0..100).map(|till| {
            let names = names.clone();
            tokio::spawn(async move { names.find(&format!("kassa-{till}").parse().unwrap()).await })
        });
        for found in many.collect::<Vec<_>>() {
            let error = found.await.unwrap().unwrap_err();
            assert!(error.contains("does not answer"), "{error}");
        }
        assert_eq!(begun.elapsed(), LIMIT);
        assert_eq!(names.turns.available_permits(), 0);
        // An address needs no name server.
        assert!(names.find(&"10.0.0.1".parse().unwrap()).await.is_ok());
        assert_eq!(asked.load(Ordering::SeqCst), AT_ONCE);
    }
}
