//! The signs of life of the device threads.
//!
//! A thread that sleeps until its next turn is well. One that works shows a sign of life at each tick
//! of its port, so one that shows none for long hangs in a call that should have had an end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So long a call of the system may take that has no limit of ours: Linux waits up to 30 s for a
/// serial port to drain when it is closed.
const LIMIT: Duration = Duration::from_secs(40);

/// The signs of life of all threads. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulses(Arc<Mutex<Vec<Pulse>>>);

#[derive(Debug)]
struct Pulse {
    device: &'static str,
    /// Beyond the limit: what the thread may take by its configuration.
    patience: Duration,
    /// Its last sign of life; none while it sleeps.
    beat: Option<Instant>,
}

/// A device thread that hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the thread of the {device} has not come back from a call for {} s", silent.as_secs())]
pub struct Stuck {
    /// `kkt`, `scale` or `vision`.
    pub device: &'static str,
    /// For how long it has shown no sign of life.
    pub silent: Duration,
}

impl Pulses {
    /// The thread of a device begins a turn, which may take `patience` without a sign of life.
    pub(crate) fn works(&self, device: &'static str, patience: Duration, now: Instant) {
        let mut pulses = self.all();
        pulses.retain(|pulse| pulse.device != device);
        pulses.push(Pulse { device, patience, beat: Some(now) });
    }

    /// A sign of life in the middle of a turn.
    pub(crate) fn beats(&self, device: &'static str, now: Instant) {
        for pulse in self.all().iter_mut().filter(|pulse| pulse.device == device) {
            pulse.beat = pulse.beat.map(|_| now);
        }
    }

    /// Its turn is over.
    pub(crate) fn rests(&self, device: &'static str) {
        for pulse in self.all().iter_mut().filter(|pulse| pulse.device == device) {
            pulse.beat = None;
        }
    }

    /// The first thread that hangs.
    pub(crate) fn stuck(&self, now: Instant) -> Option<Stuck> {
        self.all_stuck(now).into_iter().next()
    }

    /// Every thread that hangs.
    pub(crate) fn all_stuck(&self, now: Instant) -> Vec<Stuck> {
        let pulses = self.all();
        let stuck = pulses.iter().filter_map(|pulse| {
            let silent = now.saturating_duration_since(pulse.beat?);
            let stuck = silent > LIMIT + pulse.patience;
            stuck.then_some(Stuck { device: pulse.device, silent })
        });
        stuck.collect()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Pulse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_hangs_when_it_works_without_a_sign_of_life() {
        let (pulses, begun) = (Pulses::default(), Instant::now());
        let after = |span: Duration| begun + span;
        let stuck = |at| pulses.stuck(at).map(|stuck| stuck.device);
        let second = Duration::from_secs(1);
        pulses.works("kkt", Duration::ZERO, begun);
        pulses.works("vision", LIMIT, begun);
        assert_eq!(stuck(after(LIMIT)), None, "it may take so long");
        assert_eq!(stuck(after(LIMIT + second)), Some("kkt"));
        pulses.beats("kkt", after(LIMIT));
        assert_eq!(stuck(after(LIMIT + second)), None, "a tick of its port is a sign of life");
        pulses.rests("kkt");
        pulses.beats("kkt", after(LIMIT));
        assert_eq!(stuck(after(LIMIT * 2)), None, "it sleeps, and vision may take longer");
        assert_eq!(stuck(after(LIMIT * 3)), Some("vision"));
        assert!(pulses.stuck(after(LIMIT * 3)).unwrap().to_string().contains("for 120 s"));
    }
}
