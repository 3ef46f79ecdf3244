//! How it goes with one device: does it answer, and if not, since when and why.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    snapshot::SetBack,
    time::Moment,
    trouble::{Refusal, Trouble},
    unknown::Reason,
};

/// So long must a device be asked in vain before it is in trouble: a printing KKT is silent for a while.
pub(crate) const TROUBLE_AFTER: Duration = Duration::from_secs(15);
/// After so long without a question the next failure begins anew.
const NOT_ASKED: Duration = Duration::from_secs(15);
/// Answers that nobody can read may be as far apart as the questions of the slowest tier.
const NOT_ASKED_SLOWLY: Duration = Duration::from_secs(2 * 3600);
/// A device that only sends garbage for so long counts as not connected.
pub(crate) const GARBAGE_AFTER: Duration = Duration::from_secs(5);

/// The `state` of a device's section in the status document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// It answers.
    Online,
    /// It answered before and has been silent for 15 s of asking.
    Stale,
    /// Its port cannot be opened, it never answered, or it only sends garbage.
    NotConnected,
    /// Another program holds it, or we may not open it.
    Busy,
    /// It answers every question with an error.
    Refused,
    /// It has not been asked yet.
    Starting,
    /// The service is paused.
    Paused,
    /// The till has none.
    NotConfigured,
}

/// What came of asking one device, over time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    good: Option<Moment>,
    /// It has answered at least once, be it with an error.
    heard: bool,
    asked: Option<Moment>,
    failing: Option<Failing>,
    refusing: Option<Refusing>,
    /// Nobody could read its last answer.
    unread: Option<Unread>,
}

#[derive(Debug, Clone)]
struct Failing {
    trouble: Trouble,
    /// The first failure after the last answer.
    since: Moment,
    /// The first failure of this kind in a row.
    kind_since: Moment,
    last: Moment,
}

#[derive(Debug, Clone)]
struct Refusing {
    refusal: Refusal,
    since: Moment,
    last: Moment,
}

#[derive(Debug, Clone)]
struct Unread {
    why: String,
    /// The first one in a row.
    since: Moment,
    last: Moment,
}

impl Condition {
    pub(crate) fn answered(&mut self, now: Moment) {
        self.good = Some(now);
        self.heard = true;
        self.asked = Some(now);
        self.failing = None;
        self.refusing = None;
        self.unread = None;
    }

    /// Something answered, and nobody can read what. That is no answer of the device until one is good,
    /// and it ends no refusal.
    pub(crate) fn not_understood(&mut self, why: &str, now: Moment) {
        self.asked = Some(now);
        self.failing = None;
        let going_on = self.unread.as_ref().filter(|old| now.since(old.last) < NOT_ASKED_SLOWLY);
        let since = going_on.map_or(now, |old| old.since);
        self.unread = Some(Unread { why: why.to_owned(), since, last: now });
    }

    pub(crate) fn refused(&mut self, refusal: Refusal, now: Moment) {
        self.heard = true;
        self.asked = Some(now);
        self.failing = None;
        let since = self.refusing.as_ref().map_or(now, |refusing| refusing.since);
        self.refusing = Some(Refusing { refusal, since, last: now });
    }

    pub(crate) fn failed(&mut self, trouble: Trouble, now: Moment) {
        self.asked = Some(now);
        self.refusing = None;
        // Time in which nobody asked is no time of asking.
        let going_on = self.failing.as_ref().filter(|old| now.since(old.last) < NOT_ASKED);
        let (since, kind_since) = match going_on {
            Some(old) if old.trouble.same_kind(&trouble) => (old.since, old.kind_since),
            Some(old) => (old.since, now),
            None => (now, now),
        };
        self.failing = Some(Failing { trouble, since, kind_since, last: now });
    }

    /// After a pause the 15 s of asking begin anew.
    pub(crate) fn resume(&mut self, now: Moment) {
        self.failing = None;
        self.refusing = None;
        if let Some(unread) = &mut self.unread {
            (unread.since, unread.last) = (now, now);
        }
        self.asked = self.asked.map(|_| now);
    }

    /// The till's clock was set back.
    pub(crate) fn set_back(&mut self, back: &SetBack) {
        back.correct_all(self.good.iter_mut().map(|good| &mut good.wall));
        back.correct_all(self.failing.iter_mut().map(|failing| &mut failing.since.wall));
        back.correct_all(self.refusing.iter_mut().map(|refusing| &mut refusing.since.wall));
        back.correct_all(self.unread.iter_mut().map(|unread| &mut unread.since.wall));
    }

    /// When the device last gave a good answer.
    pub(crate) fn good(&self) -> Option<Moment> {
        self.good
    }

    /// Has it answered or failed at least once?
    pub(crate) fn asked(&self) -> bool {
        self.asked.is_some()
    }

    pub(crate) fn trouble(&self) -> Option<&Trouble> {
        self.failing.as_ref().map(|failing| &failing.trouble)
    }

    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusing.as_ref().map(|refusing| &refusing.refusal)
    }

    /// Why nobody could read its last answer, until a good one comes.
    pub(crate) fn unread(&self) -> Option<&str> {
        self.unread.as_ref().map(|unread| unread.why.as_str())
    }

    /// Since when nobody can read its answers, once it was asked for 15 s and gave no other one.
    pub(crate) fn unreadable_since(&self) -> Option<Timestamp> {
        let unread = self.unread.as_ref().filter(|_| self.failing.is_none())?;
        (unread.last.since(unread.since) >= TROUBLE_AFTER).then_some(unread.since.wall)
    }

    /// Since when there has been no good answer.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        match (&self.failing, &self.refusing) {
            (Some(failing), _) => Some(failing.since.wall),
            (None, Some(refusing)) => Some(refusing.since.wall),
            (None, None) => None,
        }
    }

    /// Has it been asked in vain for 15 s? Only time in which it was asked counts.
    pub(crate) fn long(&self) -> bool {
        match (&self.failing, &self.refusing) {
            (Some(failing), _) => failing.last.since(failing.since) >= TROUBLE_AFTER,
            (None, Some(refusing)) => refusing.last.since(refusing.since) >= TROUBLE_AFTER,
            (None, None) => false,
        }
    }

    /// Nobody has reported anything for so long: whoever asks this device hangs.
    pub(crate) fn unreported_for(&self, limit: Duration, now: Moment) -> bool {
        self.asked.is_some_and(|asked| now.since(asked) >= limit.max(TROUBLE_AFTER))
    }

    pub(crate) fn state(&self, now: Moment) -> DeviceState {
        if let Some(failing) = &self.failing {
            return match failing.trouble {
                Trouble::CannotOpen(_) => DeviceState::NotConnected,
                Trouble::Busy(_) => DeviceState::Busy,
                Trouble::Garbage(_) if failing.garbage_for_long(now) => DeviceState::NotConnected,
                _ if !self.heard => DeviceState::NotConnected,
                _ if self.long() => DeviceState::Stale,
                _ => DeviceState::Online,
            };
        }
        match (&self.refusing, self.good) {
            (Some(_), None) => DeviceState::Refused,
            (Some(_), Some(_)) if self.long() => DeviceState::Refused,
            (_, Some(_)) if self.unreadable_since().is_some() => DeviceState::Stale,
            (_, Some(_)) => DeviceState::Online,
            // Once it has been asked it is not starting any more: it has given no good answer.
            (None, None) if self.asked() => DeviceState::NotConnected,
            (None, None) => DeviceState::Starting,
        }
    }

    /// The reason of a value that is too old, or was never read, by the device's present trouble.
    pub(crate) fn reason(&self, now: Moment) -> Reason {
        match &self.failing {
            None if self.heard => Reason::Stale,
            None if self.asked() => Reason::NotConnected,
            None => Reason::Starting,
            Some(failing) => match failing.trouble {
                Trouble::CannotOpen(_) => Reason::NotConnected,
                Trouble::Busy(_) => Reason::Busy,
                Trouble::Garbage(_) if failing.garbage_for_long(now) => Reason::NotConnected,
                _ if !self.heard => Reason::NotConnected,
                _ => Reason::Stale,
            },
        }
    }
}

impl Failing {
    fn garbage_for_long(&self, now: Moment) -> bool {
        now.since(self.kind_since) >= GARBAGE_AFTER
    }
}

#[cfg(test)]
mod tests;
