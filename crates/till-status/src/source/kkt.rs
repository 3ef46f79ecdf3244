//! A KKT: its state in tiers, never more than one cycle a second, and only through the gate. What is
//! asked and what an answer means is the driver's.

mod atol;
mod driver;
mod per_poll;
mod sp80x;

pub use atol::settings as atol_settings;
pub use sp80x::settings as sp80x_settings;

use std::path::Path;
use std::time::{Duration, Instant};

use status_core::{KktReading, KktReceipt, Moment, Pace, Snapshot, Tier, Trouble};

use super::Source;
use super::line::{Line, Wire};
use crate::config::{Kkt, Poll};
use crate::gate::{Gate, Leash, Pass};
use crate::notice::Presence;
use crate::shared::Shared;
use crate::trace::Trace;
use atol::Atol;
use driver::{Driver, Failure, Told, Wants};
use sp80x::Sp80x;

/// How often it is looked whether the KKT may be asked again.
const LOOK: Duration = Duration::from_millis(200);
/// How long the KKT is left alone when somebody else works with it.
const COOL_DOWN: Duration = Duration::from_secs(60);
/// How long it is left alone when its OFD queue grows while we hold it.
const LET_GO: Duration = Duration::from_secs(300);
/// How often a trouble that goes on is told.
const AGAIN: Duration = Duration::from_secs(1);
/// After so many calls in a row without a good answer the port is opened anew.
const CALLS: u32 = 3;

/// The source of a KKT with the driver that its configuration names.
pub(crate) fn source(kkt: &Kkt, poll: &Poll, scale: bool) -> Box<dyn Source> {
    match &kkt.sp80x {
        None => Box::new(KktSource::new(Atol::new(kkt), kkt, poll, scale)),
        Some(sp80x) => Box::new(KktSource::new(Sp80x::new(sp80x), kkt, poll, scale)),
    }
}

/// A KKT.
#[derive(Debug)]
struct KktSource<D: Driver> {
    driver: D,
    asks: Vec<(Tier, D::Ask)>,
    pace: Pace,
    line: Line,
    gate: Gate,
    client: Option<D::Client>,
    /// The right to have the port open, while it is.
    pass: Option<Pass>,
    /// How long the last question took.
    took: Duration,
    /// Openings in a row that brought no answer.
    in_vain: u32,
    /// Since when this is asked; what the pace counts from.
    began: Option<Instant>,
    failures: u32,
    /// Goes on while the line rests.
    last_trouble: Option<Trouble>,
    presence: Presence,
}

impl<D: Driver> KktSource<D> {
    /// Reads the KKT in tiers.
    fn new(driver: D, kkt: &Kkt, poll: &Poll, scale: bool) -> Self {
        let gate = Gate::new(kkt);
        let asks = driver.asks(Wants {
            // A port that is opened now and then tells about a receipt too late; the feed has to.
            held: gate.budget().is_none(),
            scale,
            receipt: kkt.receipt == KktReceipt::LineByLine,
            operator: !kkt.operators.is_empty(),
        });
        let fast = asks.iter().any(|(tier, _)| *tier == Tier::Fast);
        let tiers = [
            (Tier::Fast, poll.fast),
            (Tier::Paper, poll.paper),
            (Tier::Ofd, poll.ofd),
            (Tier::FiscalStorage, poll.fiscal_storage),
            (Tier::Inventory, poll.inventory),
        ];
        Self {
            driver,
            asks,
            pace: Pace::new(tiers.into_iter().filter(|(tier, _)| fast || *tier != Tier::Fast)),
            line: Line::new(kkt.address.clone(), per_poll::options(&gate)),
            gate,
            client: None,
            pass: None,
            took: Duration::ZERO,
            in_vain: 0,
            began: None,
            failures: 0,
            last_trouble: None,
            presence: Presence::new("kkt"),
        }
    }

    /// When the next cycle is due, by the clock of this thread.
    fn next(&self, began: Instant) -> Instant {
        let now = Instant::now();
        let next = began.checked_add(self.pace.next()).unwrap_or(now + LOOK);
        let next = next.max(self.line.not_before(now).unwrap_or(next));
        let next = next.max(self.gate.due().unwrap_or(next));
        let next = if self.goes_on() { next.min(now + AGAIN) } else { next };
        // While the port is open it is looked often whether it may still be.
        if self.client.is_some() { next.min(now + LOOK) } else { next }
    }

    fn open(&mut self, pass: Pass, shared: &Shared) -> Result<(), Trouble> {
        let wire = self.line.open(pass.leash().clone(), &shared.impacts().kkt);
        // Kept also when it fails: the port is closed before the pass is given back.
        self.pass = Some(pass);
        self.client = Some(self.driver.connect(wire?));
        // Another device may be behind the address now.
        if self.gate.budget().is_none() || self.in_vain > 0 {
            self.pace.everything();
        }
        Ok(())
    }

    /// May another question begin? After the first there must be time for one as long as the last.
    fn may_ask(&self, first: bool, shared: &Shared) -> bool {
        let now = Instant::now();
        let may =
            |leash: &Leash| leash.may_ask(now) && (first || leash.has_time_for(self.took, now));
        self.pass.as_ref().is_some_and(|pass| may(pass.leash())) && !shared.stopping()
    }

    /// One status cycle: everything that is due, until something is not answered. That question goes
    /// behind the others, so that a command which never has an answer keeps none of them waiting.
    fn cycle(&mut self, due: &[Tier], shared: &Shared) {
        let mut asks = self.asks.clone();
        asks.retain(|(tier, _)| due.contains(tier));
        let impact = &shared.impacts().kkt;
        let mut answered = 0;
        for (_, ask) in &asks {
            // A pause, a stop or the end of the budget does not wait for the whole cycle.
            let go_on = self.may_ask(answered == 0, shared);
            let Some(client) = self.client.as_mut().filter(|_| go_on) else { break };
            if answered == 0 {
                impact.cycle();
            }
            impact.request();
            let asked = shared.now();
            let told = self.driver.ask(*ask, client);
            self.took = shared.now().since(asked);
            match told {
                Ok(told) => {
                    self.worked();
                    self.publish(*ask, told, shared);
                }
                Err(failure) => {
                    let revoked = self.pass.as_ref().and_then(|pass| pass.leash().revoked());
                    if let Some(revoked) = revoked {
                        self.cut_short(revoked, answered > 0, asked, shared);
                        break;
                    }
                    self.failed(failure, asked, shared);
                    if let Some(place) = self.asks.iter().position(|(_, known)| known == ask) {
                        let behind = self.asks.remove(place);
                        self.asks.push(behind);
                    }
                    answered += 1;
                    break;
                }
            }
            answered += 1;
        }
        let put_off = answered < asks.len();
        let whole = self.gate.budget().is_some() || !put_off;
        if whole && answered > 0 && self.failures == 0 && self.last_trouble.is_none() {
            self.presence.answered();
        }
        for (tier, _) in asks.iter().skip(answered) {
            self.pace.again(*tier);
        }
        if put_off && self.gate.budget().is_some() {
            self.take_turns(&asks, answered);
        }
    }

    /// Publishes what the KKT said.
    fn publish(&self, ask: D::Ask, told: Told, shared: &Shared) {
        let values = self.driver.values(ask);
        match told {
            Told::Values { readings, unsupported, unclear } => {
                let save = |it: &KktReading| it.receipt.is_some() || it.operator.is_some();
                let save = readings.iter().any(save);
                shared.update(|snapshot, now| {
                    if readings.is_empty() {
                        snapshot.kkt_answered(KktReading::default(), now);
                    }
                    for reading in readings {
                        snapshot.kkt_answered(reading, now);
                    }
                    for (value, why) in unsupported {
                        snapshot.kkt_unsupported(&[value], &why);
                    }
                    for (value, why) in unclear {
                        snapshot.kkt_unclear(&[value], why);
                    }
                });
                if save {
                    shared.save();
                }
            }
            // A command that the model does not know is no trouble: it will never know it. It is an
            // answer all the same: the KKT is there.
            Told::Refused { refusal, reading, unknown } => shared.update(|snapshot, now| {
                shared.impacts().kkt.refused();
                if let Some(reading) = reading {
                    snapshot.kkt_learned(*reading, now);
                }
                match unknown {
                    Some(why) => {
                        snapshot.kkt_unsupported(&values, &why);
                        snapshot.kkt_refused(&[], refusal, now);
                    }
                    None => snapshot.kkt_refused(&values, refusal, now),
                }
            }),
            Told::Unclear(why) => {
                shared.update(|snapshot, _| snapshot.kkt_unclear(&values, &why));
            }
            Told::OtherForm(why) => {
                let why = format!("this KKT answers in a form that is not known: {why}");
                shared.update(|snapshot, now| snapshot.kkt_other_form(&values, &why, now));
            }
        }
    }

    fn worked(&mut self) {
        self.failures = 0;
        self.last_trouble = None;
        self.line.worked();
        // A disk may be slow, and a port that is held for a moment only is closed first.
        if self.gate.budget().is_none() {
            self.line.between();
        }
    }

    /// A failed call counts from when it began: that is since when there has been no answer.
    fn failed(&mut self, failure: Failure, asked: Moment, shared: &Shared) {
        self.failures += 1;
        let lost = matches!(failure, Failure::Lost(_) | Failure::Closed);
        let conflict = matches!(failure, Failure::Conflict(_));
        let trouble = match failure {
            Failure::Closed => self.line.closed(),
            Failure::Lost(trouble) | Failure::Conflict(trouble) | Failure::Other(trouble) => {
                trouble
            }
        };
        if matches!(trouble, Trouble::Busy(_)) {
            shared.impacts().kkt.conflict();
        }
        if conflict {
            self.close();
            self.line.rest(COOL_DOWN);
        } else if lost || self.failures >= CALLS {
            self.failures = 0;
            self.close();
            self.line.failed();
        }
        self.report_trouble(trouble, asked, shared);
    }

    fn report_trouble(&mut self, trouble: Trouble, since: Moment, shared: &Shared) {
        shared.impacts().kkt.failed(&trouble);
        self.presence.failed(trouble.text());
        self.last_trouble = Some(trouble.clone());
        shared.update(|snapshot, _| snapshot.kkt_failed(trouble, since));
    }

    /// Documents do not leave while we hold the KKT: we may be why.
    fn let_go(&mut self, shared: &Shared) {
        self.close();
        self.line.rest(LET_GO);
        let text = "the OFD queue grows while this service holds the KKT, so it has let go of it";
        tracing::error!(device = "kkt", "{text}");
        shared.update(|snapshot, _| snapshot.kkt_let_go());
        self.report_trouble(Trouble::Busy(text.to_owned()), shared.now(), shared);
    }
}

impl<D: Driver> Source for KktSource<D> {
    fn name(&self) -> &'static str {
        "kkt"
    }

    fn step(&mut self, shared: &Shared) -> Instant {
        let now = Instant::now();
        let began = *self.began.get_or_insert_with(|| {
            shared.update(|snapshot, _| {
                for (value, why) in self.driver.unsupported(&self.asks) {
                    snapshot.kkt_unsupported(&[value], &why);
                }
            });
            now
        });
        let (allowed, let_go) = {
            let snapshot = shared.snapshot();
            (snapshot.kkt_allowed(shared.now()), snapshot.kkt_should_let_go())
        };
        let revoked = self.pass.as_ref().is_some_and(|pass| !pass.leash().may_ask(now));
        if !allowed || revoked {
            if self.client.is_some() {
                shared.update(|snapshot, _| snapshot.kkt_let_go());
            }
            self.close();
            return now + LOOK;
        }
        if let Some(wait) = self.line.not_before(now) {
            // The trouble goes on, and is told once a second.
            if let Some(trouble) = self.last_trouble.clone() {
                shared.update(|snapshot, now| snapshot.kkt_failed(trouble, now));
            }
            return wait.min(now + AGAIN);
        }
        if let_go && self.client.is_some() {
            self.let_go(shared);
            return self.next(began);
        }
        if self.client.is_none() {
            // It is not opened for nothing.
            if self.gate.budget().is_some() && now.duration_since(began) < self.pace.next() {
                return self.next(began);
            }
            let pass = match self.gate.pass(shared.watch(), now) {
                Ok(pass) => pass,
                Err(why) => return self.shut(&why, now, shared),
            };
            let asked = shared.now();
            if let Err(trouble) = self.open(pass, shared) {
                if matches!(trouble, Trouble::Busy(_)) {
                    shared.impacts().kkt.conflict();
                }
                self.report_trouble(trouble, asked, shared);
                self.leave(shared);
                self.line.failed();
                return self.next(began);
            }
        }
        let due = self.pace.due(now.duration_since(began));
        self.cycle(&due, shared);
        if self.gate.budget().is_some() {
            self.leave(shared);
        }
        self.next(began)
    }

    fn close(&mut self) {
        let owed = self.client.take().and_then(|client| D::owed(&client));
        self.line.close();
        // A client that is begun anew would not know that answer for what it is.
        if let Some(owed) = owed {
            self.line.rest(owed);
        }
        // Only now: it says that the port is closed.
        self.pass = None;
    }

    fn trace(&mut self, folder: &Path) {
        let (protocol, scrub) = self.driver.scrub();
        self.line.trace(Trace::of("kkt", &protocol, scrub, folder));
    }

    fn rest(&mut self, until: Instant, why: Option<Trouble>) {
        self.line.rest(until.saturating_duration_since(Instant::now()));
        self.last_trouble = why;
    }

    fn rests_until(&self) -> Option<Instant> {
        let line = self.line.not_before(Instant::now());
        line.into_iter().chain(self.gate.due()).max()
    }

    fn report(&self, trouble: Trouble, snapshot: &mut Snapshot, now: Moment) {
        snapshot.kkt_failed(trouble, now);
    }
}

#[cfg(test)]
mod tests;
