//! The gate before the port of the KKT: may it be opened now, until when, and why not.
//!
//! Every use of the KKT passes it: the service, `once`, and any tool beside them. What the till program
//! told and the settings decide in [`Snapshot::kkt_barred`](status_core::Snapshot::kkt_barred); the gate
//! adds what needs a clock or a file: the budget of `hold = "per-poll"` and the lock of its arbiter.
//!
//! A [`Pass`] is the right to have the port open. Its [`Leash`] lies around every read and write, so that
//! a call of a driver that is under way ends too once the pass is not good any more.

mod leash;
mod lock;
mod watch;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use status_core::{Barred, Hold};

use crate::config::{Arbiter, Kkt, KktLink};
pub use leash::{Leash, Leashed, Revoked};
use lock::Lock;
use watch::Held;
pub use watch::Watch;

/// The gate before one KKT.
#[derive(Debug)]
pub struct Gate {
    /// Of `per-poll`.
    budget: Option<Budget>,
    /// Of an ATOL KKT.
    link: Option<KktLink>,
    /// When the port was last opened.
    last: Option<Instant>,
    counts: Arc<Mutex<Counts>>,
}

/// How little of the KKT's time `hold = "per-poll"` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Budget {
    every: Duration,
    hold: Duration,
    lock: Option<PathBuf>,
}

/// The right to have the port open. Close the port, then drop this.
#[derive(Debug)]
pub struct Pass {
    leash: Leash,
    since: Instant,
    counts: Arc<Mutex<Counts>>,
    // Fields are dropped in this order: the lock is given back before anybody hears that we are gone.
    _lock: Option<Lock>,
    _held: Held,
}

/// Why the gate is shut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Shut {
    /// The settings, a pause or the till program forbid it.
    #[error("{0}")]
    Barred(Barred),
    /// With `per-poll`: it was open a short while ago.
    #[error("the KKT was asked a short while ago and is left alone until its next turn")]
    TooSoon(Instant),
    /// Another program has the lock file of the arbiter.
    #[error("another program holds the lock file {}, so it works with the KKT", .0.display())]
    Locked(PathBuf),
    /// The lock file of the arbiter cannot be used, so nothing is known.
    #[error("the lock file {} cannot be used, so the KKT is not opened: {why}", path.display())]
    NoLock {
        /// Which file.
        path: PathBuf,
        /// Why not, and what to do.
        why: String,
    },
}

/// What went through the gate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passes that were given.
    pub passes: u64,
    /// Passes that ended before their user was done.
    pub revoked: u64,
    /// Times that another program had the lock.
    pub locked: u64,
    /// The longest time that a pass lasted.
    pub longest: Duration,
}

impl Gate {
    /// The gate before the KKT of a configuration.
    #[must_use]
    pub fn new(kkt: &Kkt) -> Self {
        let lock = match &kkt.arbiter {
            Some(Arbiter::Lock(path)) => Some(path.clone()),
            Some(Arbiter::Events) | None => None,
        };
        let per_poll = matches!(kkt.hold, Hold::PerPoll { .. });
        let budget =
            per_poll.then_some(Budget { every: kkt.open_every, hold: kkt.hold_at_most, lock });
        let link = kkt.sp80x.is_none().then_some(kkt.link);
        Self { budget, link, last: None, counts: Arc::default() }
    }

    /// May the port be opened now? It takes no time and waits for nobody.
    ///
    /// # Errors
    /// [`Shut`] says why not.
    pub fn pass(&mut self, watch: &Watch, now: Instant) -> Result<Pass, Shut> {
        if let Some(due) = self.due().filter(|due| *due > now) {
            return Err(Shut::TooSoon(due));
        }
        // Asked and entered in one step, so that whoever bars the gate knows who is still inside.
        let held = watch.enter_unless_barred().map_err(Shut::Barred)?;
        let path = self.budget.as_ref().and_then(|budget| budget.lock.as_deref());
        let lock = path.map(Lock::take).transpose().inspect_err(|shut| {
            let locked = matches!(shut, Shut::Locked(_));
            self.counted().locked += u64::from(locked);
        })?;
        self.last = Some(now);
        self.counted().passes += 1;
        let hold = self.budget.as_ref().map(|budget| budget.hold);
        let leash = Leash::of_the_kkt(watch.clone(), self.link, now, hold);
        let counts = Arc::clone(&self.counts);
        Ok(Pass { leash, since: now, counts, _lock: lock, _held: held })
    }

    /// When the port may be opened again at the earliest, as far as the budget says.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let every = self.budget.as_ref()?.every;
        self.last.map(|last| last + every)
    }

    /// How long it may be open at once, and how often; `None` when that has no limit.
    #[must_use]
    pub fn budget(&self) -> Option<(Duration, Duration)> {
        self.budget.as_ref().map(|budget| (budget.hold, budget.every))
    }

    /// What went through so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.counted()
    }

    fn counted(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// What every read and write has to be held by.
    #[must_use]
    pub fn leash(&self) -> &Leash {
        &self.leash
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.longest = counts.longest.max(self.since.elapsed());
        counts.revoked += u64::from(self.leash.revoked().is_some());
    }
}

#[cfg(test)]
mod tests;
