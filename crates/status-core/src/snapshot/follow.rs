//! A till program's log: what its lines tell, how far it has been read, and whether it can be.
//!
//! A line that waited for us tells when it was written, and not that the till program is there now. While
//! lines wait nothing that the log told counts, because the next of them may say the contrary.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Snapshot,
    pos::{Applied, Heard},
};
use crate::{event::Event, settings::PosSource, time::Moment};

/// After so long a log that cannot be read tells nothing, where no limit of silence is set.
const UNREADABLE: Duration = Duration::from_secs(300);

/// How far a till program's log has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bookmark {
    /// Which file it was.
    pub file: String,
    /// So many bytes of it have been read and have told what they tell.
    pub offset: u64,
    /// By what the bytes before can be known again.
    pub before: String,
    /// When that was, by the till's clock.
    pub at: Timestamp,
}

/// How the reading of the log fares.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogState {
    pub(super) bookmark: Option<Bookmark>,
    /// It has been read to its end.
    read: bool,
    /// Why it cannot be read, and since when.
    trouble: Option<(String, Moment)>,
    /// Why what it had told was forgotten.
    lost: Option<String>,
}

impl Snapshot {
    /// How far the log has been read, by this run or an earlier one.
    pub fn bookmark(&self) -> Option<&Bookmark> {
        self.feed.log.bookmark.as_ref()
    }

    /// Applies what lines of the log tell, up to `bookmark`.
    ///
    /// `written` is when the last line was written, for lines that have waited for us to read them; each of
    /// these is as old as it says, and only without a time as old as the last. `to_end`: none waits any more.
    pub fn follow(
        &mut self,
        events: &[Event],
        written: Option<Timestamp>,
        bookmark: Bookmark,
        to_end: bool,
        now: Moment,
    ) -> Applied {
        let applied = self.apply_heard(events, now, |event| {
            let Some(written) = written else {
                return Heard { at: now, age_on_arrival: Duration::ZERO, before_start: false };
            };
            let at = event.at.unwrap_or(written).min(now.wall);
            let age = Duration::try_from(now.wall.duration_since(at)).unwrap_or_default();
            let at = Moment { mono: now.mono, wall: at };
            Heard { at, age_on_arrival: age, before_start: false }
        });
        let log = &mut self.feed.log;
        log.bookmark = Some(bookmark);
        log.read = to_end;
        if applied.applied > 0 {
            log.lost = None;
        }
        // What an earlier run heard is up to date as soon as the log has been read to its end.
        if let Some(heard) = self.feed.heard.as_mut().filter(|_| to_end) {
            heard.before_start = false;
        }
        applied
    }

    /// Lines of the log were lost, so nothing that it told before counts any more. The text says why.
    pub fn feed_lost(&mut self, why: &str, now: Moment) {
        self.tick(now);
        self.forget_feed();
        self.feed.log.lost = Some(why.to_owned());
    }

    /// Why the log cannot be read now, for a technician; `None` when it can.
    pub fn feed_readable(&mut self, trouble: Option<String>, now: Moment) {
        self.tick(now);
        let since = self.feed.log.trouble.as_ref().map_or(now, |(_, since)| *since);
        self.feed.log.trouble = trouble.map(|why| (why, since));
    }

    /// Why what the log told does not count now.
    pub(super) fn log_read(&self, now: Moment) -> Result<(), String> {
        let log = &self.feed.log;
        if self.settings.pos != PosSource::Log {
            return Ok(());
        }
        let limit = self.settings.feed_silence.unwrap_or(UNREADABLE);
        match &log.trouble {
            Some((why, _)) if !log.read => Err(why.clone()),
            Some((why, since)) if now.since(*since) >= limit => Err(why.clone()),
            _ if log.read => Ok(()),
            _ => Err(format!("the log {} is still being read", self.settings.pos_place)),
        }
    }

    /// The till program has told nothing, in words.
    pub(super) fn nothing_told(&self) -> String {
        let place = &self.settings.pos_place;
        match &self.feed.log.lost {
            Some(why) => format!("{why}, and no line of {place} has told anything since"),
            None if self.settings.pos == PosSource::Log => {
                format!("no line of {place} has told anything yet")
            }
            None => "the till program has told nothing yet".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
