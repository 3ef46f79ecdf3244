//! Where the till program and the fiscal printer contradict each other.
//!
//! Both speak at their own times, so a difference alone says nothing. It is a contradiction when the
//! KKT said the same before, at and long after the moment at which the till program said otherwise.

use std::time::Duration;

use super::{Snapshot, clock::SetBack};
use crate::{
    evidence::Evidence,
    kkt::{KktReading, PrinterFault},
    settings::{KktReceipt, PosSource},
    time::Moment,
};

/// The till program may count a few documents more or fewer: one is sent while it looks.
const SLACK: u32 = 5;

/// What both said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disagreement {
    paper_told: Option<(bool, Moment)>,
    paper_read: Option<Read<bool>>,
    queue_told: Option<QueueTold>,
    queue_read: Option<Read<Stuck>>,
    receipt: Option<Read<bool>>,
}

/// What the KKT says, unchanged from `since` to `last`.
#[derive(Debug, Clone, Copy)]
struct Read<T> {
    value: T,
    since: Moment,
    last: Moment,
}

/// A queue behind the same first document: it only grows.
#[derive(Debug, Clone, Copy)]
struct Stuck {
    first: u32,
    count: u32,
}

#[derive(Debug, Clone, Copy)]
struct QueueTold {
    count: u32,
    at: Moment,
    /// The KKT's own count before that.
    read: Option<u32>,
}

/// What they contradict each other about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The KKT says that there is paper, the till program that there is none, or the other way round.
    Paper {
        /// What the KKT says.
        kkt: bool,
    },
    /// The number of unsent documents.
    Queue {
        /// What the KKT says.
        kkt: u32,
        /// What the till program told.
        told: u32,
    },
    /// The KKT, which gets each line of a receipt, has one open and the till program has none, or the
    /// other way round.
    Receipt {
        /// What the KKT says.
        kkt: bool,
    },
}

impl Disagreement {
    pub(super) fn told_paper(&mut self, present: bool, at: Moment) {
        self.paper_told = Some((present, at));
    }

    pub(super) fn told_queue(&mut self, count: u32, at: Moment) {
        let read = self.queue_read.map(|read| read.value.count);
        self.queue_told = Some(QueueTold { count, at, read });
    }

    /// What the till program told of its receipt changed: now the KKT has time to follow.
    pub(super) fn told_receipt(&mut self) {
        self.receipt = None;
    }

    pub(super) fn set_back(&mut self, back: &SetBack) {
        back.correct_all(self.paper_told.iter_mut().map(|(_, at)| &mut at.wall));
        back.correct_all(self.queue_told.iter_mut().map(|told| &mut told.at.wall));
        back.correct_all(self.receipt.iter_mut().map(|read| &mut read.since.wall));
    }

    fn paper(&self, grace: Duration) -> Option<(About, Moment)> {
        let (told, read) = (self.paper_told?, self.paper_read?);
        let differ = told.0 != read.value && read.covers(told.1, grace);
        differ.then_some((About::Paper { kkt: read.value }, told.1))
    }

    fn queue(&self, grace: Duration) -> Option<(About, Moment)> {
        let (told, read) = (self.queue_told?, self.queue_read?);
        let (least, most) = (told.read?, read.value.count);
        let impossible = told.count == 0
            || told.count.saturating_add(SLACK) < least
            || told.count > most.saturating_add(SLACK);
        let differ = impossible && read.covers(told.at, grace);
        differ.then_some((About::Queue { kkt: most, told: told.count }, told.at))
    }

    fn receipt(&self, grace: Duration) -> Option<(About, Moment)> {
        let read = self.receipt.filter(|read| read.last.since(read.since) >= grace)?;
        Some((About::Receipt { kkt: read.value }, read.since))
    }
}

impl<T: Copy> Read<T> {
    fn new(value: T, now: Moment) -> Self {
        Self { value, since: now, last: now }
    }

    /// The KKT said it before that moment, and went on for `grace` after it.
    fn covers(&self, at: Moment, grace: Duration) -> bool {
        self.since.mono <= at.mono && self.last.since(at) >= grace
    }

    /// The same again, or anew.
    fn next(old: Option<Self>, value: T, now: Moment, same: impl Fn(&T) -> bool) -> Option<Self> {
        let since = old.filter(|old| same(&old.value)).map_or(now, |old| old.since);
        Some(Self { since, ..Self::new(value, now) })
    }
}

impl Snapshot {
    /// Compares what the KKT said with what the till program told.
    pub(super) fn watch_disagreement(&mut self, reading: &KktReading, now: Moment) {
        // What is only assumed contradicts nobody.
        if self.settings.pos == PosSource::None || reading.evidence == Evidence::Assumed {
            return;
        }
        let both = &mut self.disagreement;
        let faults = reading.printer_faults.as_deref().unwrap_or_default();
        let lost = faults.contains(&PrinterFault::ConnectionLost);
        if let Some(present) = reading.paper_present.filter(|_| !lost) {
            both.paper_read = Read::next(both.paper_read, present, now, |old| *old == present);
        }
        if let Some(queue) = reading.ofd {
            let stuck = queue.first_unsent_number.filter(|_| queue.unsent_documents > 0);
            both.queue_read = stuck.and_then(|first| {
                let stuck = Stuck { first, count: queue.unsent_documents };
                let same = |old: &Stuck| old.first == first && old.count <= stuck.count;
                Read::next(both.queue_read, stuck, now, same)
            });
        }
        let line_by_line = self.settings.kkt.as_ref().map(|kkt| kkt.receipt);
        if let (Some(receipt), Some(KktReceipt::LineByLine)) = (reading.receipt, line_by_line) {
            let grace = self.settings.thresholds.feed_disagrees.unwrap_or_default();
            let told = self.feed.tracker.open().filter(|told| *told != receipt.open);
            let lately = both.receipt.filter(|old| now.since(old.last) <= grace);
            let same = |old: &bool| *old == receipt.open;
            both.receipt = told.and_then(|_| Read::next(lately, receipt.open, now, same));
        }
    }

    /// What the till program and the KKT contradict each other about, and since when.
    pub(crate) fn disagreements(&self, now: Moment) -> Vec<(About, Moment)> {
        let Some(grace) = self.settings.thresholds.feed_disagrees else { return Vec::new() };
        if self.feed_heard(now).is_err() {
            return Vec::new();
        }
        let (both, ages) = (&self.disagreement, &self.settings.max_age);
        let young = |last: Option<Moment>, max_age: Duration| {
            last.is_some_and(|last| now.since(last) < max_age)
        };
        let receipt =
            both.receipt(grace).filter(|_| young(both.receipt.map(|read| read.last), ages.receipt));
        let paper =
            both.paper(grace).filter(|_| young(both.paper_read.map(|read| read.last), ages.paper));
        let queue =
            both.queue(grace).filter(|_| young(both.queue_read.map(|read| read.last), ages.ofd));
        [receipt, paper, queue].into_iter().flatten().collect()
    }
}
