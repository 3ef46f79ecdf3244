//! What a gate looks at, and who is inside.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use status_core::{Barred, Moment, Snapshot};

use crate::Config;
use crate::pulse::Pulses;

/// The snapshot, its clock, and how many passes are out.
#[derive(Clone, Debug)]
pub struct Watch {
    snapshot: Arc<Mutex<Snapshot>>,
    began: Instant,
    inside: Arc<Inside>,
    pulses: Pulses,
}

#[derive(Debug, Default)]
struct Inside {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    count: u32,
    stop: bool,
}

/// One who is inside; outside again when dropped.
#[derive(Debug)]
pub(super) struct Held(Arc<Inside>);

impl Watch {
    /// Begins the time of a service; `snapshot` makes the first snapshot.
    pub(crate) fn new(snapshot: impl FnOnce(Moment) -> Snapshot) -> Self {
        let first = Moment { mono: Duration::ZERO, wall: Timestamp::now() };
        let snapshot = Arc::new(Mutex::new(snapshot(first)));
        Self { snapshot, began: Instant::now(), inside: Arc::default(), pulses: Pulses::default() }
    }

    /// For a program that is not the service: it hears no till program, so `per-poll` stays shut.
    #[must_use]
    pub fn alone(config: &Config) -> Self {
        let watch = Self::new(|now| Snapshot::new(config.settings(), now));
        let now = watch.now();
        watch.snapshot().pause(config.till.paused(), now);
        watch
    }

    /// Both clocks.
    pub(crate) fn now(&self) -> Moment {
        Moment { mono: self.began.elapsed(), wall: Timestamp::now() }
    }

    /// The present snapshot. A thread that panicked leaves a whole one: every change of it is made
    /// by a method that cannot fail half-way.
    pub(crate) fn snapshot(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn snapshot_handle(&self) -> Arc<Mutex<Snapshot>> {
        Arc::clone(&self.snapshot)
    }

    /// The signs of life of the device threads.
    pub(crate) fn pulses(&self) -> &Pulses {
        &self.pulses
    }

    pub(super) fn enter_unless_barred(&self) -> Result<Held, Barred> {
        let snapshot = self.snapshot();
        if let Some(barred) = snapshot.kkt_barred(self.now()) {
            return Err(barred);
        }
        self.inside.state().count += 1;
        Ok(Held(Arc::clone(&self.inside)))
    }

    /// Waits until nobody is inside. `false`: somebody still is after `limit`.
    pub(crate) fn free_within(&self, limit: Duration) -> bool {
        let state = self.inside.state();
        let waited = self.inside.changed.wait_timeout_while(state, limit, |state| state.count > 0);
        waited.unwrap_or_else(PoisonError::into_inner).0.count == 0
    }

    /// Nobody may be inside any more: the service ends.
    pub(crate) fn stop(&self) {
        self.inside.state().stop = true;
    }

    pub(super) fn stopping(&self) -> bool {
        self.inside.state().stop
    }
}

impl Inside {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.state().count -= 1;
        self.0.changed.notify_all();
    }
}
