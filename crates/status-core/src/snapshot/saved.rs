//! What must survive a restart of the service.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Snapshot,
    follow::Bookmark,
    is_ahead,
    pos::{Heard, Presence, RecentIds},
};
use crate::{kkt::KktReceiptState, receipt::ReceiptTracker, time::Moment};

/// What must survive a restart: receipt, user, the ids of events, and who holds the KKT.
///
/// Its form is for [`serde`] alone; a file of an older version leaves out what it does not know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedState {
    feed_receipt: ReceiptTracker,
    user: Option<Presence>,
    heard_at: Option<Timestamp>,
    event_ids: Vec<String>,
    kkt_receipt: ReceiptTracker,
    kkt_last_receipt: Option<KktReceiptState>,
    kkt_taken_at: Option<Timestamp>,
    bookmark: Option<Bookmark>,
}

impl SavedState {
    /// Nothing differs but when the till program was last heard, and how far its log was read beyond the
    /// last event that changed something: neither is worth a write.
    pub fn same_but_for_silence(&self, other: &Self) -> bool {
        let file = |state: &Self| state.bookmark.as_ref().map(|mark| mark.file.clone());
        let bookmark = self.bookmark.clone();
        file(self) == file(other)
            && *self == Self { heard_at: self.heard_at, bookmark, ..other.clone() }
    }

    /// What still counts when something was saved after this and is lost: ids, and how far the times had
    /// come. Whether a receipt is open, its times and who is signed in may be others by now.
    #[must_use]
    pub fn outdated(mut self) -> Self {
        self.feed_receipt.doubt();
        self.kkt_receipt.doubt();
        Self { user: None, kkt_last_receipt: None, ..self }
    }
}

impl Snapshot {
    /// What must survive a restart. Compare it with the last one to see whether there is something to write.
    pub fn saved_state(&self) -> SavedState {
        SavedState {
            feed_receipt: self.feed.tracker.written(),
            user: self.feed.user.clone(),
            heard_at: self.feed.heard.map(|heard| heard.at.wall),
            event_ids: self.feed.ids.iter().cloned().collect(),
            kkt_receipt: self.kkt.tracker.written(),
            kkt_last_receipt: self.kkt.last_receipt,
            kkt_taken_at: self.kkt.taken.map(|taken| taken.wall),
            bookmark: self.feed.log.bookmark.clone(),
        }
    }

    /// Takes up what an earlier run saved; to be called before anything else is told.
    ///
    /// The feed counts as silent since it was last heard then, so that the receipt and the user
    /// are unknown when we were away for longer than the feed's limit.
    pub fn restore(&mut self, saved: SavedState, now: Moment) {
        self.feed.tracker = saved.feed_receipt;
        self.feed.user = saved.user;
        self.feed.heard = saved.heard_at.map(|at| {
            // A clock that was set back meanwhile does not tell for how long we were away.
            let away = match self.settings.feed_silence {
                Some(limit) if is_ahead(at, now.wall) => limit,
                _ => Duration::try_from(now.wall.duration_since(at)).unwrap_or_default(),
            };
            let at = Moment { mono: now.mono, wall: now.before(away).wall };
            Heard { at, age_on_arrival: away, before_start: true }
        });
        self.feed.log.bookmark = saved.bookmark;
        self.feed.ids = RecentIds::default();
        for id in &saved.event_ids {
            self.feed.ids.remember(id);
        }
        self.kkt.tracker = saved.kkt_receipt;
        self.kkt.last_receipt = saved.kkt_last_receipt;
        self.kkt.taken = saved.kkt_taken_at.map(|wall| Moment { mono: now.mono, wall });
        self.tick(now);
        self.note_quiet(now);
    }
}
