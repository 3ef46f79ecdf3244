//! What is different when the KKT is opened for a moment only (`hold = "per-poll"`).

use std::time::{Duration, Instant};

use status_core::{Moment, Tier, Trouble};
use till_port::OpenOptions;

use super::{AGAIN, Driver, KktSource, LOOK, Source as _};
use crate::gate::{Gate, Revoked, Shut};
use crate::shared::Shared;

/// Connecting may take half of the time that the port may be held.
pub(super) fn options(gate: &Gate) -> OpenOptions {
    let mut options = OpenOptions::default();
    if let Some((hold, _)) = gate.budget() {
        options.limit = hold / 2;
    }
    options
}

impl<D: Driver> KktSource<D> {
    /// Why the gate lets nobody through, and when to come again. What a till program does in the normal
    /// course of things is no trouble of the KKT.
    pub(super) fn shut(&mut self, why: &Shut, now: Instant, shared: &Shared) -> Instant {
        match why {
            Shut::Barred(_) => return now + LOOK,
            Shut::TooSoon(due) => {
                // One opening in vain may be chance. From the second on the trouble goes on in between,
                // and is told once a second.
                if let Some(trouble) = self.last_trouble.clone().filter(|_| self.goes_on()) {
                    shared.update(|snapshot, now| snapshot.kkt_failed(trouble, now));
                }
                return (*due).min(now + AGAIN);
            }
            Shut::Locked(_) => {
                shared.impacts().kkt.conflict();
                let long = self.gate.budget().map_or(Duration::ZERO, |(_, every)| every * 3);
                let normal = self.gate.due().or(self.began).is_some_and(|due| now < due + long);
                if normal && self.known(&why.to_string()) {
                    return now + AGAIN;
                }
            }
            Shut::NoLock { .. } => {}
        }
        self.report_trouble(Trouble::Busy(why.to_string()), shared.now(), shared);
        now + AGAIN
    }

    /// Need this not be told, once? While the KKT was never opened, or another trouble was told last, it
    /// is what keeps us away now.
    fn known(&self, why: &str) -> bool {
        match &self.last_trouble {
            Some(told) => told.text() == why,
            None => self.gate.due().is_some(),
        }
    }

    /// Is a trouble told between two openings?
    pub(super) fn goes_on(&self) -> bool {
        self.in_vain > 1
    }

    /// Ends an opening of `per-poll`. What the OFD queue does in between is none of our doing.
    pub(super) fn leave(&mut self, shared: &Shared) {
        shared.update(|snapshot, _| snapshot.kkt_let_go());
        self.in_vain = if self.last_trouble.is_none() { 0 } else { self.in_vain + 1 };
        self.close();
    }

    /// What the time did not suffice for has its turn at the next opening: the two most important
    /// questions come first, one before the other that was asked now, and the rest goes round.
    pub(super) fn take_turns(&mut self, asks: &[(Tier, D::Ask)], asked: usize) {
        let (asked, put_off) = asks.split_at(asked.min(asks.len()));
        let driver = &self.driver;
        let rank = |(_, ask): &(Tier, D::Ask)| match ask {
            _ if driver.comes_first(*ask) => u8::from(!put_off.iter().any(|(_, off)| off == ask)),
            _ if asked.iter().any(|(_, done)| done == ask) => 3,
            _ => 2,
        };
        // A stable sort: within a rank the order stays.
        self.asks.sort_by_key(rank);
    }

    /// The port had to be let go of in the middle of a question. That is a trouble of the KKT only if
    /// the whole time of an opening did not suffice for one answer.
    pub(super) fn cut_short(
        &mut self,
        why: Revoked,
        answered: bool,
        asked: Moment,
        shared: &Shared,
    ) {
        shared.impacts().kkt.cut_short();
        self.close();
        if let (Revoked::Budget, false, Some((hold, _))) = (why, answered, self.gate.budget()) {
            let text = format!("no answer within the {hold:?} that the KKT may be held");
            self.report_trouble(Trouble::Silent(text), asked, shared);
        }
    }
}
