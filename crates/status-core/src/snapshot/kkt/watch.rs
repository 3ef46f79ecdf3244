//! What the values of the fiscal printer show over time.

use std::time::Duration;

use jiff::{Timestamp, civil::DateTime, tz::Offset};

use super::{super::clock::SetBack, KktState, drift::Drift};
use crate::{
    kkt::{KktReceiptState, PrinterFault, Shift},
    time::Moment,
};

/// A queue that grows behind the same first document while we hold the port.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    first: Option<u32>,
    count: u32,
    grown: bool,
    since: Moment,
    last: Moment,
}

impl KktState {
    /// The state of the receipt changed, or we saw it for the first time.
    pub(super) fn watch_receipt(&mut self, receipt: KktReceiptState, at: Timestamp) {
        let other =
            |old: Option<u32>, new: Option<u32>| old.zip(new).is_some_and(|(old, new)| old != new);
        match (self.last_receipt.replace(receipt), receipt.open) {
            (None, open) => self.tracker.found(open),
            (Some(old), true) if !old.open => self.tracker.opened(at),
            (Some(old), false) if old.open => self.tracker.closed(at),
            // Another receipt than before: that one was closed and this one opened between two looks.
            (Some(old), true) if other(old.number, receipt.number) => self.tracker.opened(at),
            (Some(old), true) if old.sum != receipt.sum || old.kind != receipt.kind => {
                self.tracker.activity(at);
            }
            // A whole receipt went by between two looks. A smaller number is a new shift.
            (Some(old), false) if old.number.is_some() && receipt.number > old.number => {
                self.tracker.closed(at);
            }
            (Some(_), _) => {}
        }
    }

    /// A shift without its number keeps the number that is known, as long as it is the same shift.
    pub(super) fn numbered(&self, shift: Shift) -> Shift {
        let known = self.shift.reading().map(|reading| reading.value);
        let same = known.filter(|known| known.open == shift.open);
        Shift { number: shift.number.or(same.and_then(|known| known.number)), ..shift }
    }

    /// The same shift is open as at the last look, or another one.
    pub(super) fn watch_shift(&mut self, shift: Option<Shift>, now: Moment) {
        let Some(shift) = shift else { return };
        let since = self.shift_seen.filter(|(seen, _)| *seen == shift).map_or(now, |(_, at)| at);
        self.shift_seen = shift.open.then_some((shift, since));
    }

    /// The shift that was over 24 hours is closed now.
    pub(super) fn ended(&self, shift: Option<Shift>) -> Option<bool> {
        let expired = self.shift_expired.reading().is_some_and(|expired| expired.value);
        let closed = shift.is_some_and(|shift| !shift.open);
        (expired && closed).then_some(false)
    }

    /// A queue that was too long is so until it is clearly shorter again.
    pub(in super::super) fn watch_queue(&mut self, count: u32, limit: Option<u32>, at: Timestamp) {
        let less = if self.queue_long_since.is_some() { limit.unwrap_or(0) / 10 } else { 0 };
        self.queue_long_since = match limit {
            Some(limit) if count >= limit - less => self.queue_long_since.or(Some(at)),
            _ => None,
        };
    }

    pub(super) fn watch_held(&mut self, count: u32, first: Option<u32>, now: Moment) {
        self.held = match self.held {
            _ if count == 0 => None,
            Some(held) if held.first == first && count >= held.count => {
                Some(Held { count, grown: held.grown || count > held.count, last: now, ..held })
            }
            _ => Some(Held { first, count, grown: false, since: now, last: now }),
        };
    }

    /// Since when the same document has been first in a growing queue, once that is `limit` long.
    pub(crate) fn held_since(&self, limit: Duration) -> Option<Timestamp> {
        self.held
            .filter(|held| {
                held.grown && held.first.is_some() && held.last.since(held.since) >= limit
            })
            .map(|held| held.since.wall)
    }

    pub(super) fn watch_clock(&mut self, time: DateTime, wall: Timestamp) {
        let Ok(as_utc) = Offset::UTC.to_timestamp(time) else { return };
        let seconds = as_utc.as_second() - wall.as_second();
        match &mut self.drift {
            Some(drift) => drift.note(seconds, wall),
            None => self.drift = Some(Drift::new(seconds, wall)),
        }
    }

    /// How far the KKT's clock is from one at `offset`.
    pub(crate) fn clock_skew(&self, offset: Offset) -> Option<i64> {
        self.drift.as_ref().map(|drift| drift.seconds - i64::from(offset.seconds()))
    }

    /// How far it is, and since when, once that is `limit` or more.
    pub(crate) fn clock_off(&self, offset: Offset, limit: Duration) -> Option<(i64, Timestamp)> {
        self.drift.as_ref()?.off(i64::from(offset.seconds()), limit.as_secs())
    }

    /// The till's clock was set back: what is known over time.
    pub(in super::super) fn set_back_times(&mut self, back: &SetBack) {
        back.correct_all(self.taken.iter_mut().map(|since| &mut since.wall));
        back.correct_all(self.shift_seen.iter_mut().map(|(_, since)| &mut since.wall));
        back.correct_all(&mut self.queue_long_since);
        back.correct_all(self.held.iter_mut().map(|held| &mut held.since.wall));
        back.correct_all(self.drift.iter_mut().flat_map(Drift::times));
    }

    /// A printer that the KKT cannot reach says nothing about its paper.
    pub(crate) fn printer_lost(&self, max_age: Duration, now: Moment) -> bool {
        self.printer_faults
            .young(max_age, now)
            .is_some_and(|faults| faults.value.contains(&PrinterFault::ConnectionLost))
    }
}
