//! What all threads share: the snapshot, the clock, and the bell that wakes a sleeping thread.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use status_core::{Event, Moment, Snapshot};

use crate::state::StateFile;

/// The shared state of a running service.
#[derive(Debug)]
pub(crate) struct Shared {
    snapshot: Arc<Mutex<Snapshot>>,
    began: Instant,
    state: Option<StateFile>,
    bell: Mutex<Bell>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct Bell {
    rounds: u64,
    stop: bool,
}

/// Whether a port may be held now; asked anew at every tick of it.
#[derive(Clone, Debug)]
pub(crate) struct Permit {
    snapshot: Arc<Mutex<Snapshot>>,
    began: Instant,
    rule: fn(&Snapshot, Moment) -> bool,
}

impl Permit {
    pub(crate) fn given(&self) -> bool {
        let snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        (self.rule)(&snapshot, moment(self.began))
    }
}

impl Shared {
    /// Begins the time of this service; `snapshot` makes the first snapshot.
    pub(crate) fn new(snapshot: impl FnOnce(Moment) -> Snapshot) -> Self {
        let began = Instant::now();
        let first = Moment { mono: Duration::ZERO, wall: Timestamp::now() };
        Self {
            snapshot: Arc::new(Mutex::new(snapshot(first))),
            began,
            state: None,
            bell: Mutex::default(),
            rung: Condvar::new(),
        }
    }

    /// The state is kept in a file from now on, and what an earlier run left there is taken up.
    pub(crate) fn keep_in(&mut self, path: &Path) {
        let file = StateFile::new(path.to_owned());
        let (saved, told) = file.load();
        if let Err(why) = &told {
            tracing::error!("{why}");
        }
        let now = self.now();
        let mut snapshot = self.snapshot();
        if let Some(saved) = saved {
            snapshot.restore(saved, now);
        }
        snapshot.state_saved(told, now);
        drop(snapshot);
        self.state = Some(file);
    }

    /// Is the state kept?
    pub(crate) fn keeps_state(&self) -> bool {
        self.state.is_some()
    }

    /// Writes the state, if it is kept and has changed. When it cannot be written, that is a problem
    /// of the till, told once in the log.
    pub(crate) fn save(&self) {
        let Some(file) = &self.state else { return };
        let outcome = file.save(|| self.snapshot().saved_state());
        let now = self.now();
        if let (Err(why), true) = (&outcome, self.snapshot().saving_works()) {
            tracing::error!("the state cannot be kept: {why}");
        }
        self.snapshot().state_saved(outcome, now);
    }

    /// Both clocks.
    pub(crate) fn now(&self) -> Moment {
        moment(self.began)
    }

    /// A permit by a rule over the snapshot.
    pub(crate) fn permit(&self, rule: fn(&Snapshot, Moment) -> bool) -> Permit {
        Permit { snapshot: Arc::clone(&self.snapshot), began: self.began, rule }
    }

    /// The present snapshot. A thread that panicked leaves a whole one: every change of it is made
    /// by a method that cannot fail half-way.
    pub(crate) fn snapshot(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn snapshot_handle(&self) -> Arc<Mutex<Snapshot>> {
        Arc::clone(&self.snapshot)
    }

    /// Changes the snapshot, and wakes the scale's thread when that concerns it.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Snapshot, Moment) -> T) -> T {
        let mut snapshot = self.snapshot();
        let now = self.now();
        let before = snapshot.scale_allowed(now);
        let done = change(&mut snapshot, now);
        let after = snapshot.scale_allowed(now);
        drop(snapshot);
        if before != after {
            self.ring(|bell| bell.rounds += 1);
        }
        done
    }

    /// What the till program told.
    pub(crate) fn tell(&self, events: &[Event]) {
        let applied = self.update(|snapshot, now| snapshot.apply(events, now));
        if applied.from_the_future > 0 {
            tracing::warn!(
                events = applied.from_the_future,
                "times of the till program lie in the future and are taken as now: look at its clock"
            );
        }
        self.save();
    }

    /// Asks every thread to end.
    pub(crate) fn stop(&self) {
        self.ring(|bell| bell.stop = true);
    }

    pub(crate) fn stopping(&self) -> bool {
        self.bell().stop
    }

    /// Sleeps until `until`, or until the bell rings after `heard`. `false`: the service stops.
    pub(crate) fn sleep(&self, until: Instant, heard: &mut u64) -> bool {
        let mut bell = self.bell();
        while !bell.stop && bell.rounds == *heard {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.rung.wait_timeout(bell, left);
            bell = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        *heard = bell.rounds;
        !bell.stop
    }

    fn ring(&self, change: impl FnOnce(&mut Bell)) {
        change(&mut self.bell());
        self.rung.notify_all();
    }

    fn bell(&self) -> MutexGuard<'_, Bell> {
        self.bell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn moment(began: Instant) -> Moment {
    Moment { mono: began.elapsed(), wall: Timestamp::now() }
}
