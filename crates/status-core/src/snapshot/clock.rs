//! The till's clock is set back: what was in its past must not come to lie in its future.
//!
//! Ages are taken from the monotonic clock and never notice. Times for people are by the till's clock at
//! the moment they were learned; those that a clock set back would show as times to come move back with
//! it. A clock that is set forth changes nothing that was learned before.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::Snapshot;
use crate::{kkt::KktValue, time::Moment};

/// Clocks differ by so much, and a till program's may be ahead of ours.
const SLACK: SignedDuration = SignedDuration::from_secs(5);

/// The till's clock was set back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SetBack {
    by: SignedDuration,
    /// What it shows, and what it would show.
    now: Timestamp,
    before: Timestamp,
}

impl SetBack {
    fn between(last: Moment, now: Moment) -> Option<Self> {
        let before = last.wall.checked_add(now.since(last)).unwrap_or(Timestamp::MAX);
        let by = before.duration_since(now.wall);
        (by > SLACK).then_some(Self { by, now: now.wall, before })
    }

    /// A time by the clock before, by the clock now. One that lay in the future before is not ours.
    pub(crate) fn correct(&self, at: &mut Timestamp) {
        if is_ahead(*at, self.now) && !is_ahead(*at, self.before) {
            *at = at.checked_sub(self.by).map_or(self.now, |at| at.min(self.now));
        }
    }

    pub(crate) fn correct_all<'a>(&self, times: impl IntoIterator<Item = &'a mut Timestamp>) {
        times.into_iter().for_each(|at| self.correct(at));
    }
}

/// Is that a time to come, by more than clocks differ?
pub(crate) fn is_ahead(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) > SLACK
}

impl Snapshot {
    /// To be called first whenever anything becomes known.
    pub(super) fn tick(&mut self, now: Moment) {
        if now.mono < self.clock.mono {
            // A call that failed counts from when it began: that is what the clock showed then.
            return;
        }
        if let Some(back) = SetBack::between(self.clock, now) {
            self.set_back(&back);
        }
        self.clock = now;
        self.feed.tracker.tick(now.wall);
        self.kkt.tracker.tick(now.wall);
        let tracker = self.tracker().clone();
        self.quiet.corrected(&tracker);
    }

    /// What is known, with every time as the till's clock shows it now.
    pub(crate) fn by_the_clock(&self, now: Moment) -> Cow<'_, Self> {
        let steady = now.mono < self.clock.mono
            || SetBack::between(self.clock, now).is_none()
                && self.feed.tracker.is_steady(now.wall)
                && self.kkt.tracker.is_steady(now.wall);
        if steady {
            return Cow::Borrowed(self);
        }
        let mut corrected = self.clone();
        corrected.tick(now);
        Cow::Owned(corrected)
    }

    fn set_back(&mut self, back: &SetBack) {
        back.correct(&mut self.started.wall);
        back.correct_all(self.paused.iter_mut().map(|since| &mut since.wall));
        back.correct_all(self.unsaved.iter_mut().map(|(_, since)| since));
        for value in KktValue::ALL {
            self.kkt.set_back(value, back);
        }
        self.kkt.set_back_times(back);
        self.kkt.condition.set_back(back);
        self.scale.outcome.set_back(back);
        self.scale.condition.set_back(back);
        back.correct_all(self.scale.fault_since.iter_mut().map(|since| &mut since.wall));
        back.correct_all(self.scale.load.iter_mut().map(|load| &mut load.since.wall));
        self.vision.up.set_back(back);
        self.seven_set_back(back);
        self.vision.condition.set_back(back);
        self.feed.tracker.set_back(back);
        self.kkt.tracker.set_back(back);
        back.correct_all(self.feed.heard.iter_mut().map(|heard| &mut heard.at.wall));
        self.quiet.set_back(back);
        self.disagreement.set_back(back);
    }
}
