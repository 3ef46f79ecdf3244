//! The till's receipt over time, whoever tells about it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Is a receipt open, and the three times. No time ever runs back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReceiptTracker {
    open: Option<bool>,
    opened_at: Latest,
    last_activity_at: Latest,
    last_closed_at: Latest,
}

/// What a till program tells about its receipt after its restart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) open: bool,
    pub(crate) opened_at: Option<Timestamp>,
    pub(crate) last_activity_at: Option<Timestamp>,
    pub(crate) last_closed_at: Option<Timestamp>,
}

/// A time that only goes forward. It can be unknown for the present receipt
/// and still remembers how far it had come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Latest {
    at: Option<Timestamp>,
    known: bool,
}

impl ReceiptTracker {
    /// Is a receipt open? `None` before anything was told.
    pub(crate) fn open(&self) -> Option<bool> {
        self.open
    }

    pub(crate) fn opened_at(&self) -> Option<Timestamp> {
        self.opened_at.get().filter(|_| self.open == Some(true))
    }

    pub(crate) fn last_activity_at(&self) -> Option<Timestamp> {
        self.last_activity_at.get()
    }

    pub(crate) fn last_closed_at(&self) -> Option<Timestamp> {
        self.last_closed_at.get()
    }

    /// A receipt was opened; one that was open was closed at that moment.
    pub(crate) fn opened(&mut self, at: Timestamp) {
        if self.open == Some(true) {
            self.closed(at);
        }
        self.open = Some(true);
        self.opened_at.raise(at);
        self.last_activity_at.raise(at);
    }

    /// Something was done in a receipt; one that was not open was opened.
    pub(crate) fn activity(&mut self, at: Timestamp) {
        if self.open == Some(true) {
            self.last_activity_at.raise(at);
        } else {
            self.opened(at);
        }
    }

    /// The receipt was closed or cancelled, or one that we did not see was.
    pub(crate) fn closed(&mut self, at: Timestamp) {
        self.open = Some(false);
        self.last_closed_at.raise(at);
    }

    /// The state as it was found: nobody knows since when.
    pub(crate) fn found(&mut self, open: bool) {
        self.open = Some(open);
        if open {
            self.opened_at.known = false;
            self.last_activity_at.known = false;
        }
    }

    /// The full present state. What it does not say is what we knew, or, when it
    /// shows that something changed, the moment at which we learned it.
    pub(crate) fn told(&mut self, told: &Told, at: Timestamp) {
        let before = self.open;
        if told.open {
            let learned = (before == Some(false)).then_some(at);
            let opened_at = told.opened_at.or(learned);
            if before != Some(true) {
                self.found(true);
            }
            self.open = Some(true);
            self.opened_at.raise_to(opened_at);
            self.last_activity_at.raise_to(told.last_activity_at.or(opened_at));
            self.last_closed_at.raise_to(told.last_closed_at);
        } else {
            let learned = (before == Some(true)).then_some(at);
            self.open = Some(false);
            self.last_activity_at.raise_to(told.last_activity_at);
            self.last_closed_at.raise_to(told.last_closed_at.or(learned));
        }
    }
}

impl Latest {
    fn get(self) -> Option<Timestamp> {
        self.at.filter(|_| self.known)
    }

    fn raise(&mut self, at: Timestamp) {
        self.at = Some(self.at.map_or(at, |old| old.max(at)));
        self.known = true;
    }

    fn raise_to(&mut self, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.raise(at);
        }
    }
}

#[cfg(test)]
mod tests;
