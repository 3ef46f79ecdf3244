//! The till's receipt over time, whoever tells about it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::snapshot::{SetBack, is_ahead};

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
    /// By the till's present clock it is yet to come: it was learned by another one, before a restart.
    #[serde(skip)]
    ahead: bool,
}

impl ReceiptTracker {
    /// To be called before anything is told: a time that the till's clock has not reached says nothing.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        for time in self.times() {
            time.ahead = time.at.is_some_and(|at| is_ahead(at, now));
        }
    }

    /// Would `tick` change nothing?
    pub(crate) fn is_steady(&self, now: Timestamp) -> bool {
        [self.opened_at, self.last_activity_at, self.last_closed_at]
            .iter()
            .all(|time| time.ahead == time.at.is_some_and(|at| is_ahead(at, now)))
    }

    /// The till's clock was set back.
    pub(crate) fn set_back(&mut self, back: &SetBack) {
        back.correct_all(self.times().into_iter().flat_map(|time| &mut time.at));
    }

    /// As it is written: what the clock shows is no part of it.
    pub(crate) fn written(&self) -> Self {
        let mut written = self.clone();
        written.times().into_iter().for_each(|time| time.ahead = false);
        written
    }

    /// Something may have happened that we never heard of.
    pub(crate) fn doubt(&mut self) {
        self.open = None;
        self.times().into_iter().for_each(|time| time.known = false);
    }

    fn times(&mut self) -> [&mut Latest; 3] {
        [&mut self.opened_at, &mut self.last_activity_at, &mut self.last_closed_at]
    }

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

    /// The present state in another program's words; of a time that it does not say nothing is known.
    pub(crate) fn said(&mut self, open: bool, at: Option<Timestamp>) {
        if self.open != Some(open) {
            self.found(open);
            self.last_closed_at.known &= open;
        }
        let time = if open { &mut self.last_activity_at } else { &mut self.last_closed_at };
        time.raise_to(at);
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
        self.at.filter(|_| self.known && !self.ahead)
    }

    fn raise(&mut self, at: Timestamp) {
        let old = self.at.filter(|_| !self.ahead);
        *self = Self { at: Some(old.map_or(at, |old| old.max(at))), known: true, ahead: false };
    }

    fn raise_to(&mut self, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.raise(at);
        }
    }
}

#[cfg(test)]
mod tests;
