//! What all threads share: the snapshot, the clock, and the bell that wakes a sleeping thread.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use status_core::{Applied, Bookmark, Event, Moment, Snapshot};

use crate::gate::Watch;
use crate::http::Traffics;
use crate::impact::Impacts;
use crate::pause::Wishes;
use crate::state::StateFile;

/// Within this the KKT is let go of when it has to be.
const RELEASE: Duration = Duration::from_secs(1);

/// The shared state of a running service.
#[derive(Debug)]
pub(crate) struct Shared {
    watch: Watch,
    impacts: Impacts,
    traffics: Traffics,
    state: Option<StateFile>,
    wishes: Mutex<Wishes>,
    bell: Mutex<Bell>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct Bell {
    rounds: u64,
    stop: bool,
}

impl Shared {
    /// Begins the time of this service; `snapshot` makes the first snapshot.
    pub(crate) fn new(snapshot: impl FnOnce(Moment) -> Snapshot) -> Self {
        Self {
            watch: Watch::new(snapshot),
            impacts: Impacts::default(),
            traffics: Traffics::default(),
            state: None,
            wishes: Mutex::default(),
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
        self.watch.now()
    }

    /// The present snapshot.
    pub(crate) fn snapshot(&self) -> MutexGuard<'_, Snapshot> {
        self.watch.snapshot()
    }

    pub(crate) fn snapshot_handle(&self) -> Arc<Mutex<Snapshot>> {
        self.watch.snapshot_handle()
    }

    /// What the gate before a device looks at.
    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// What is done to the devices.
    pub(crate) fn impacts(&self) -> &Impacts {
        &self.impacts
    }

    /// What comes to the listeners.
    pub(crate) fn traffics(&self) -> &Traffics {
        &self.traffics
    }

    /// Changes the snapshot, and wakes the threads of KKT and scale when that concerns them.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Snapshot, Moment) -> T) -> T {
        let mut snapshot = self.snapshot();
        let now = self.now();
        let allowed =
            |snapshot: &Snapshot| (snapshot.scale_allowed(now), snapshot.kkt_allowed(now));
        let before = allowed(&snapshot);
        let done = change(&mut snapshot, now);
        let after = allowed(&snapshot);
        drop(snapshot);
        if before != after {
            self.wake();
        }
        done
    }

    /// What the till program told. When this returns the KKT is free, if it has to be.
    pub(crate) fn tell(&self, events: &[Event]) {
        let applied = self.update(|snapshot, now| snapshot.apply(events, now));
        self.told(applied);
    }

    /// What the log of the till program tells, up to `bookmark`.
    pub(crate) fn follow(
        &self,
        events: &[Event],
        written: Option<Timestamp>,
        bookmark: Bookmark,
        to_end: bool,
    ) {
        self.told(
            self.update(|snapshot, now| snapshot.follow(events, written, bookmark, to_end, now)),
        );
    }

    fn told(&self, applied: Applied) {
        if applied.from_the_future > 0 {
            tracing::warn!(
                events = applied.from_the_future,
                "times of the till program lie in the future and are taken as now: look at its clock"
            );
        }
        self.save();
        let barred = self.snapshot().kkt_barred(self.now());
        if let Some(barred) = barred.filter(|_| !self.watch.free_within(RELEASE)) {
            tracing::error!(device = "kkt", "it could not be let go of in time: {barred}");
        }
    }

    /// Changes who wants a pause, and pauses or goes on by that.
    pub(crate) fn pause(&self, change: impl FnOnce(&mut Wishes)) {
        let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut wishes);
        let wanted = wishes.file || wishes.signal;
        if self.snapshot().paused() == wanted {
            return;
        }
        self.update(|snapshot, now| snapshot.pause(wanted, now));
        wishes.tell(wanted);
    }

    /// Wakes every thread that sleeps.
    pub(crate) fn wake(&self) {
        self.ring(|bell| bell.rounds += 1);
    }

    /// Asks every thread to end.
    pub(crate) fn stop(&self) {
        self.watch.stop();
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
