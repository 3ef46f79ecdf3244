//! How far the clock of the fiscal printer is from the till's.

use jiff::Timestamp;

/// The answer of a KKT takes its time, and both clocks show whole seconds.
const JITTER: i64 = 5;
/// So many steps of a drifting clock are remembered.
const STEPS: usize = 32;

/// The KKT's clock, read as UTC, minus ours: its zone comes in later.
#[derive(Debug, Clone)]
pub(crate) struct Drift {
    /// At the last look.
    pub(super) seconds: i64,
    /// Where it stood and since when, oldest first. It stays at a step while it is within the jitter,
    /// so that a clock at a limit does not cross it with every look.
    steps: Vec<(i64, Timestamp)>,
}

impl Drift {
    pub(super) fn new(seconds: i64, now: Timestamp) -> Self {
        Self { seconds, steps: vec![(seconds, now)] }
    }

    pub(super) fn note(&mut self, seconds: i64, now: Timestamp) {
        self.seconds = seconds;
        let stays = self.steps.last().is_some_and(|(at, _)| (at - seconds).abs() <= JITTER);
        if !stays {
            self.steps.push((seconds, now));
            if self.steps.len() > STEPS {
                self.steps.remove(0);
            }
        }
    }

    pub(super) fn times(&mut self) -> impl Iterator<Item = &mut Timestamp> {
        self.steps.iter_mut().map(|(_, since)| since)
    }

    /// How far it is from a clock at `offset` and since when it has been `limit` or more, all the time.
    pub(super) fn off(&self, offset: i64, limit: u64) -> Option<(i64, Timestamp)> {
        let off = |at: i64| (at - offset).unsigned_abs() >= limit;
        let steps = self.steps.iter().rev().take_while(|(at, _)| off(*at));
        let (_, since) = steps.last()?;
        Some((self.seconds - offset, *since))
    }
}
