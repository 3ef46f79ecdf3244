//! What the till program tells, and what follows for the receipt and the user.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    Snapshot,
    clock::is_ahead,
    disagree::Disagreement,
    follow::LogState,
    kkt::{FirstUnsent, UnsentTime},
};
use crate::{
    event::{Event, EventKind, Hello, HelloUser, KktStatus, Paper, User},
    receipt::{ReceiptTracker, Told},
    settings::{KktReceipt, KktSettings, PosSource, UserIdKind},
    time::Moment,
    unknown::{Reason, Unknown},
};

/// So many ids of events are remembered.
pub(super) const REMEMBERED_IDS: usize = 1000;

/// What the till program told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Feed {
    pub(crate) tracker: ReceiptTracker,
    pub(crate) user: Option<Presence>,
    pub(super) ids: RecentIds,
    pub(super) heard: Option<Heard>,
    pub(super) log: LogState,
}

/// Who is signed in, once anything was told about it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Presence {
    Nobody,
    SignedIn(User),
}

/// When the till program was last heard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    pub(super) at: Moment,
    /// For one that was heard before our start.
    pub(super) age_on_arrival: Duration,
    /// By an earlier run of the service.
    pub(super) before_start: bool,
}

/// The last ids, oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct RecentIds {
    order: VecDeque<String>,
    known: BTreeSet<String>,
}

/// What became of a batch of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Events that were applied.
    pub applied: usize,
    /// Events that were ignored because their id had come before.
    pub repeated: usize,
    /// Events with a time more than 5 s in the future, which was taken as now.
    pub from_the_future: usize,
}

/// The till's receipt as it is known now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TillReceipt {
    Open { opened: Option<Timestamp>, observed: Timestamp },
    Closed { observed: Timestamp },
    Unknown(Unknown),
}

/// A document on the KKT as it is known now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KktDocument {
    /// One is open, as observed then.
    Open(Timestamp),
    /// One was open when that could last be told.
    WasOpen(Timestamp),
    /// Nothing is known of an open one.
    NoneKnown,
}

/// The user as it is known now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UserView {
    SignedIn { user: User, observed: Timestamp },
    Nobody { observed: Timestamp },
    Unknown(Unknown),
}

impl Snapshot {
    /// Applies a batch that [`parse_events`](crate::parse_events) has checked. It cannot fail.
    pub fn apply(&mut self, events: &[Event], now: Moment) -> Applied {
        let heard = Heard { at: now, age_on_arrival: Duration::ZERO, before_start: false };
        self.apply_heard(events, now, |_| heard)
    }

    /// The same, when the till program was heard at another time than now.
    pub(super) fn apply_heard(
        &mut self,
        events: &[Event],
        now: Moment,
        heard: impl Fn(&Event) -> Heard,
    ) -> Applied {
        self.tick(now);
        let mut done = Applied::default();
        for event in events {
            let heard = heard(event);
            let younger =
                self.feed.heard.is_none_or(|last| heard.silent_for(now) <= last.silent_for(now));
            if younger {
                self.feed.heard = Some(heard);
            }
            if event.id.as_ref().is_some_and(|id| !self.feed.ids.remember(id)) {
                done.repeated += 1;
                continue;
            }
            let at = match event.at {
                Some(at) if is_ahead(at, now.wall) => {
                    done.from_the_future += 1;
                    now.wall
                }
                Some(at) => at,
                None => now.wall,
            };
            self.apply_one(&event.kind, at, now);
            done.applied += 1;
        }
        self.note_quiet(now);
        done
    }

    /// Forgets everything that the till program told.
    pub fn forget_feed(&mut self) {
        self.feed = Feed { log: self.feed.log.clone(), ..Feed::default() };
        self.disagreement = Disagreement::default();
        self.kkt.forget_told();
    }

    /// For a while the till program could not be heard. What it told is served with its time, but no device
    /// is opened on the strength of it until it tells anything again. That it has taken the KKT stays.
    pub fn feed_interrupted(&mut self) {
        if let Some(heard) = &mut self.feed.heard {
            heard.before_start = true;
        }
        self.kkt.released = false;
    }

    fn apply_one(&mut self, kind: &EventKind, at: Timestamp, now: Moment) {
        let open = self.feed.tracker.open();
        match kind {
            EventKind::ReceiptOpened => self.feed.tracker.opened(at),
            EventKind::ItemAdded => self.feed.tracker.activity(at),
            EventKind::ReceiptClosed | EventKind::ReceiptCancelled => self.feed.tracker.closed(at),
            EventKind::UserSignedIn(user) => {
                self.feed.user = Some(Presence::SignedIn(user.clone()));
            }
            EventKind::UserSignedOut => self.feed.user = Some(Presence::Nobody),
            EventKind::KktStatus(status) => self.apply_kkt_status(status, at, now),
            EventKind::KktReleased => {
                self.kkt.taken = None;
                self.kkt.released = true;
            }
            EventKind::KktTaken => {
                self.kkt.released = false;
                let taken = Moment { mono: now.mono, wall: at };
                self.kkt.taken = self.kkt.taken.or(Some(taken));
            }
            EventKind::Alive => {}
            EventKind::Hello(hello) => self.apply_hello(hello, at, now),
        }
        if self.feed.tracker.open() != open {
            self.disagreement.told_receipt();
        }
    }

    fn apply_hello(&mut self, hello: &Hello, at: Timestamp, now: Moment) {
        let not_ahead = |time: Option<Timestamp>| {
            time.map(|time| if is_ahead(time, now.wall) { now.wall } else { time })
        };
        let told = Told {
            open: hello.open,
            opened_at: not_ahead(hello.opened_at),
            last_activity_at: not_ahead(hello.last_activity_at),
            last_closed_at: not_ahead(hello.last_closed_at),
        };
        self.feed.tracker.told(&told, at);
        // It may have been killed between two openings: it has to say anew that the port is free.
        self.kkt.released = false;
        self.feed.user = match &hello.user {
            HelloUser::NotTold => None,
            HelloUser::Nobody => Some(Presence::Nobody),
            HelloUser::SignedIn(user) => Some(Presence::SignedIn(user.clone())),
        };
    }

    fn apply_kkt_status(&mut self, status: &KktStatus, at: Timestamp, now: Moment) {
        let told = now.before(age(at, now));
        if let Some(paper) = status.paper {
            self.kkt.paper_present.told(paper != Paper::Out, at, now);
            self.kkt.paper_near_end.told(paper == Paper::NearEnd, at, now);
            self.disagreement.told_paper(paper != Paper::Out, told);
        }
        if let Some(count) = status.unsent_documents {
            self.kkt.unsent_documents.told(count, at, now);
            self.disagreement.told_queue(count, told);
            if let Some(reading) = self.kkt.unsent_documents.reading() {
                let count = reading.value;
                self.kkt.watch_queue(count, self.settings.thresholds.ofd_queue, at);
            }
        }
        if status.first_unsent_at.is_some() || status.unsent_documents == Some(0) {
            let first = status.first_unsent_at.map(UnsentTime::Told);
            self.kkt.first_unsent.told(FirstUnsent { number: None, at: first }, at, now);
        }
    }

    /// Can any source of this till ever know whether a receipt is open?
    pub(crate) fn receipt_can_be_known(&self) -> bool {
        self.settings.pos.is_feed() || self.kkt_tells_receipt()
    }

    fn kkt_tells_receipt(&self) -> bool {
        let line_by_line = |kkt: &KktSettings| kkt.receipt == KktReceipt::LineByLine;
        self.kkt_is_asked() && self.settings.kkt.as_ref().is_some_and(line_by_line)
    }

    /// Who tells about the receipt: `events`, `log`, `seven`, `kkt` or `none`.
    pub(crate) fn receipt_source(&self) -> &'static str {
        match self.settings.pos {
            PosSource::None if self.kkt_tells_receipt() => "kkt",
            source => source.name(),
        }
    }

    /// The device that a receipt's problem is about.
    pub(crate) fn receipt_device(&self) -> &'static str {
        if self.receipt_source() == "kkt" { "kkt" } else { "pos" }
    }

    /// Who tells about the user: `events`, `log`, `seven`, `kkt` or `none`.
    pub(crate) fn user_source(&self) -> &'static str {
        let map = self.settings.kkt.as_ref().is_some_and(|kkt| !kkt.operators.is_empty());
        match self.settings.pos {
            PosSource::None if map => "kkt",
            source => source.name(),
        }
    }

    /// The tracker that counts. A feed is never silently replaced by the KKT.
    pub(crate) fn tracker(&self) -> &ReceiptTracker {
        match self.settings.pos {
            PosSource::None => &self.kkt.tracker,
            PosSource::Events | PosSource::Log | PosSource::Seven => &self.feed.tracker,
        }
    }

    pub(crate) fn till_receipt(&self, now: Moment) -> TillReceipt {
        let observed = match (self.settings.pos, self.kkt_tells_receipt()) {
            (PosSource::Events | PosSource::Log | PosSource::Seven, _) => {
                match self.feed_heard(now) {
                    Ok(observed) => observed,
                    Err(detail) => return TillReceipt::Unknown(self.receipt_unknown(detail)),
                }
            }
            (PosSource::None, true) => {
                let max_age = self.settings.max_age.receipt;
                match self.kkt_value(&self.kkt.receipt, max_age, now) {
                    Ok(reading) => reading.at.wall,
                    Err(unknown) => return TillReceipt::Unknown(unknown),
                }
            }
            (PosSource::None, false) => {
                let detail = "no source on this till can tell whether a receipt is open";
                return TillReceipt::Unknown(Unknown::new(Reason::NotSupported, detail).of("pos"));
            }
        };
        let tracker = self.tracker();
        match tracker.open() {
            Some(true) => TillReceipt::Open { opened: tracker.opened_at(), observed },
            Some(false) => TillReceipt::Closed { observed },
            None => {
                let detail = "the till program has told nothing about a receipt yet";
                TillReceipt::Unknown(self.receipt_unknown(detail.to_owned()))
            }
        }
    }

    /// A receipt or another document on the KKT itself. It is one whatever the KKT's receipt says
    /// about the till's.
    pub(crate) fn kkt_document(&self, now: Moment) -> KktDocument {
        let max_age = self.settings.max_age.receipt;
        let receipt = (&self.kkt.receipt, self.kkt.receipt.reading().map(|r| r.value.open));
        let seen = |at: Option<Timestamp>, young: bool| match (at, young) {
            (Some(at), true) => KktDocument::Open(at),
            (Some(at), false) if self.kkt_is_asked() => KktDocument::WasOpen(at),
            _ => KktDocument::NoneKnown,
        };
        if receipt.1 == Some(true) {
            let at = receipt.0.reading().map(|reading| reading.at.wall);
            return seen(at, receipt.0.young(max_age, now).is_some());
        }
        let document = &self.kkt.document_open;
        let open = document.reading().filter(|reading| reading.value);
        seen(open.map(|reading| reading.at.wall), document.young(max_age, now).is_some())
    }

    pub(crate) fn user(&self, now: Moment) -> UserView {
        match self.user_source() {
            "kkt" => self.operator(now),
            _ if self.settings.pos.is_feed() => self.told_user(now),
            _ => {
                let detail = "no source on this till can tell who is signed in";
                UserView::Unknown(Unknown::new(Reason::NotSupported, detail).of("pos"))
            }
        }
    }

    fn told_user(&self, now: Moment) -> UserView {
        let unknown = |reason, detail: String, since| {
            UserView::Unknown(Unknown::new(reason, detail).of("pos").since(since))
        };
        let heard = match (self.feed_heard(now), &self.feed.user) {
            (Ok(observed), Some(Presence::Nobody)) => return UserView::Nobody { observed },
            (Ok(observed), Some(Presence::SignedIn(user))) => {
                return UserView::SignedIn { user: user.clone(), observed };
            }
            (heard, _) => heard,
        };
        match (heard, self.feed.heard) {
            (Err(detail), Some(heard)) => unknown(Reason::Stale, detail, Some(heard.at.wall)),
            _ => {
                let detail = "the till program has not told yet who is signed in";
                unknown(Reason::NeverSeen, detail.to_owned(), Some(self.started.wall))
            }
        }
    }

    /// The operator of the KKT, only through the explicit map of the settings.
    fn operator(&self, now: Moment) -> UserView {
        let reading = match self.kkt_value(&self.kkt.operator, self.settings.max_age.receipt, now) {
            Ok(reading) => reading,
            Err(unknown) => return UserView::Unknown(unknown),
        };
        let operators = self.settings.kkt.as_ref().map(|kkt| &kkt.operators);
        let Some(id) = operators.and_then(|operators| operators.get(&reading.value)) else {
            let detail = format!(
                "operator {} of the KKT has no entry in the settings ([kkt] operators)",
                reading.value
            );
            return UserView::Unknown(Unknown::new(Reason::NotConfigured, detail).of("kkt"));
        };
        let id = Some(id.clone());
        let user = match self.settings.user_role_id {
            UserIdKind::Role => User { role_id: id, user_id: None },
            UserIdKind::User => User { role_id: None, user_id: id },
        };
        UserView::SignedIn { user, observed: reading.at.wall }
    }

    fn receipt_unknown(&self, detail: String) -> Unknown {
        let since = self.feed.heard.map_or(self.started.wall, |heard| heard.at.wall);
        Unknown::new(Reason::ReceiptStateUnknown, detail).of("pos").since(Some(since))
    }

    /// The till program has told nothing since we started. What it told before is served with its time,
    /// but no device is opened on the strength of it: a receipt may have been opened meanwhile.
    pub(crate) fn only_heard_before(&self) -> bool {
        self.settings.pos.is_feed() && self.feed.heard.is_some_and(|heard| heard.before_start)
    }

    /// When the feed was last heard, or why what it told does not count.
    pub(crate) fn feed_heard(&self, now: Moment) -> Result<Timestamp, String> {
        self.log_read(now)?;
        let Some(heard) = self.feed.heard else {
            return Err(self.nothing_told());
        };
        let silent = heard.silent_for(now);
        match self.settings.feed_silence {
            Some(limit) if silent >= limit => Err(format!(
                "the till program has been silent for {} s, its limit is {} s",
                silent.as_secs(),
                limit.as_secs()
            )),
            _ => Ok(heard.at.wall),
        }
    }

    /// Since when the feed has been silent for longer than its limit; from our start when it never spoke.
    pub(crate) fn feed_silent_since(&self, now: Moment) -> Option<Timestamp> {
        let limit = self.settings.feed_silence?;
        if !self.settings.pos.is_feed() {
            return None;
        }
        let (silent, since) = match self.feed.heard {
            Some(heard) => (heard.silent_for(now), heard.at.wall),
            None => (now.since(self.started), self.started.wall),
        };
        (silent >= limit).then_some(since)
    }
}

impl Heard {
    pub(super) fn silent_for(self, now: Moment) -> Duration {
        now.since(self.at).saturating_add(self.age_on_arrival)
    }
}

impl RecentIds {
    /// Remembers an id; false when it was known.
    pub(super) fn remember(&mut self, id: &str) -> bool {
        if !self.known.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED_IDS {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
        true
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &String> {
        self.order.iter()
    }
}

/// How long ago that was; nothing when the clock says that it is to come.
fn age(at: Timestamp, now: Moment) -> Duration {
    Duration::try_from(now.wall.duration_since(at)).unwrap_or_default()
}
