//! The log of the till program: its lines become events.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use status_core::{Event, Moment, Snapshot, Trouble};

use super::Source;
use crate::config::PosLog;
use crate::feed::follow::Follower;
use crate::feed::{Clock, What};
use crate::notice::{Presence, Rarely};
use crate::shared::Shared;

/// After so long without a look lines have waited for us.
const AWAY: Duration = Duration::from_secs(5);
const REMINDER: Duration = Duration::from_secs(3600);

/// A log that is followed.
pub(crate) struct LogSource {
    log: PosLog,
    zone: TimeZone,
    follower: Follower,
    /// When it was last read to its end.
    at_end: Option<Instant>,
    presence: Presence,
    strange: Rarely,
}

impl LogSource {
    pub(crate) fn new(log: &PosLog) -> Self {
        Self {
            log: log.clone(),
            zone: log.zone.clone().unwrap_or_else(TimeZone::system),
            follower: Follower::new(log.path.clone()),
            at_end: None,
            presence: Presence::new("pos"),
            strange: Rarely::new(REMINDER),
        }
    }

    /// The event of a line, if it is one.
    fn event(&mut self, line: &[u8], clock: Clock<'_>) -> Option<Event> {
        let line = self.log.encoding.text(line);
        let what = self.log.rules.read(&line, clock)?.what;
        let strange = match &what {
            What::Event(_) => None,
            What::EventWithoutTime(_, text) => {
                Some(format!("the time {text:?} has no form of [pos.log] time"))
            }
            What::Nothing(why) => Some((*why).to_owned()),
        };
        if let Some(why) = strange {
            // What a line says is not for our log: it may name people.
            if self.strange.now().is_some() {
                tracing::warn!("a line of the till program's log is only half understood: {why}");
            }
        }
        what.event()
    }
}

impl Source for LogSource {
    fn name(&self) -> &'static str {
        "pos"
    }

    fn step(&mut self, shared: &Shared) -> Instant {
        let began = Instant::now();
        let zone = self.zone.clone();
        let clock = Clock { now: shared.now().wall, zone: &zone };
        let bookmark = shared.snapshot().bookmark().cloned();
        let waited = self.at_end.is_none_or(|end| began.duration_since(end) > AWAY);
        let mut lines = Vec::new();
        let dated = self.log.rules.are_dated();
        let mut follower =
            std::mem::replace(&mut self.follower, Follower::new(self.log.path.clone()));
        let look = follower.look(clock, bookmark.as_ref(), dated, |line, modified| {
            // A line that waited was written before the file was last changed.
            let now = if waited { modified.min(clock.now) } else { clock.now };
            if let Some(event) = self.event(line, Clock { now, ..clock }) {
                lines.push((event, modified));
            }
        });
        self.follower = follower;
        if let Some(why) = &look.lost {
            tracing::warn!("{why}: the receipt and the user are unknown until its next lines tell");
            shared.update(|snapshot, now| snapshot.feed_lost(why, now));
        }
        if let Some(mark) = look.bookmark {
            let written = waited.then(|| lines.last().map_or(clock.now, |(_, written)| *written));
            let timed = |(event, written): (Event, Timestamp)| Event {
                at: event.at.or(waited.then_some(written)),
                ..event
            };
            let events: Vec<_> = lines.into_iter().map(timed).collect();
            shared.follow(&events, written, mark, look.to_end);
        }
        match &look.trouble {
            Some(why) => self.presence.failed(why),
            None => self.presence.answered(),
        }
        shared.update(|snapshot, now| snapshot.feed_readable(look.trouble.clone(), now));
        self.at_end = look.to_end.then_some(began);
        if look.to_end || look.trouble.is_some() { began + self.log.every } else { began }
    }

    fn close(&mut self) {
        self.follower.close();
    }

    fn report(&self, trouble: Trouble, snapshot: &mut Snapshot, now: Moment) {
        snapshot.feed_readable(Some(trouble.text().to_owned()), now);
    }
}
