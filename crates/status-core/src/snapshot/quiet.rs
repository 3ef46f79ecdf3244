//! How long nothing has happened to the till's receipt.

use std::time::Duration;

use jiff::Timestamp;

use super::{Snapshot, clock::SetBack};
use crate::{receipt::ReceiptTracker, time::Moment};

/// When we learned of the last thing that happened to the receipt. It may have happened before, so the
/// till has been quiet for at least as long as that is ago, whatever its wall clock did since.
#[derive(Debug, Clone)]
pub(crate) struct Quiet {
    last: Seen,
    since: Moment,
}

/// A receipt is open, when something was last done in one, when one was last closed.
type Seen = (Option<bool>, Option<Timestamp>, Option<Timestamp>);

impl Quiet {
    pub(super) fn new(now: Moment) -> Self {
        Self { last: (None, None, None), since: now }
    }

    /// To be told whenever something may have happened.
    fn note(&mut self, tracker: &ReceiptTracker, now: Moment) {
        let seen = seen(tracker);
        if seen != self.last {
            *self = Self { last: seen, since: now };
        }
    }

    /// The same as before, by a clock that was set.
    pub(super) fn corrected(&mut self, tracker: &ReceiptTracker) {
        self.last = seen(tracker);
    }

    pub(super) fn set_back(&mut self, back: &SetBack) {
        back.correct(&mut self.since.wall);
    }

    pub(crate) fn since(&self) -> Moment {
        self.since
    }

    pub(crate) fn lasts(&self, now: Moment) -> Duration {
        now.since(self.since)
    }
}

fn seen(tracker: &ReceiptTracker) -> Seen {
    (tracker.open(), tracker.last_activity_at(), tracker.last_closed_at())
}

impl Snapshot {
    pub(super) fn note_quiet(&mut self, now: Moment) {
        let mut quiet = self.quiet.clone();
        quiet.note(self.tracker(), now);
        if quiet.since != self.quiet.since {
            // What lay on the scale before belongs to the receipt.
            self.scale.load = None;
        }
        self.quiet = quiet;
    }
}
