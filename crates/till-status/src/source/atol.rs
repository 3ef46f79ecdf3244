//! An ATOL KKT: its state in tiers, never more than one cycle a second, and only through the gate.

mod per_poll;

use std::time::{Duration, Instant};

use kkt_atol::{Client, DecodeError, Error, Fault, Link, Reading, Settings, v2, v3};
use status_core::{
    KktReading, KktReceipt, KktValue, Moment, Pace, Snapshot, Tier, Trouble, adapter,
};

use super::Source;
use super::line::{Line, Wire};
use crate::config::{Kkt, Poll};
use crate::gate::{Gate, Leash, Pass};
use crate::notice::Presence;
use crate::shared::Shared;

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

/// An ATOL KKT.
#[derive(Debug)]
pub(crate) struct Atol {
    settings: Settings,
    /// How the disputed numbers are read.
    reading: Reading,
    asks: Vec<(Tier, Ask)>,
    pace: Pace,
    line: Line,
    gate: Gate,
    client: Option<Client<Wire>>,
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

/// One question to the KKT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Status,
    StateCode,
    OfdQueue,
    Shift,
    ShiftRegister,
    FiscalStorage,
    FiscalStorageTerm,
    DeviceType,
}

impl Ask {
    /// What the answer is about.
    fn values(self) -> &'static [KktValue] {
        use KktValue as V;
        match self {
            Self::Status => &[
                V::Paper,
                V::Cover,
                V::Drawer,
                V::Receipt,
                V::Operator,
                V::SerialNumber,
                V::DeviceTime,
                V::Readiness,
            ],
            Self::StateCode => &[V::PaperNearEnd, V::PrinterFaults],
            Self::OfdQueue => &[V::Ofd],
            Self::Shift => &[V::Shift],
            Self::ShiftRegister => &[V::ShiftExpired],
            Self::FiscalStorage => &[
                V::DocumentOpen,
                V::FiscalStorageNumber,
                V::FiscalStoragePhase,
                V::FiscalStorageFlags,
            ],
            Self::FiscalStorageTerm => &[V::FiscalStorageValidUntil],
            Self::DeviceType => &[V::Model, V::Firmware],
        }
    }

    /// A command that the model does not know is no trouble: it will never know it.
    fn refused(self, fault: Fault, snapshot: &mut Snapshot, now: Moment) {
        if let Some(reading) = adapter::atol::refused(fault) {
            snapshot.kkt_learned(reading, now);
        }
        if fault.is_unsupported() {
            let detail = format!("this KKT does not know the command: {fault}");
            snapshot.kkt_unsupported(self.values(), &detail);
            // It is an answer all the same: the KKT is there.
            snapshot.kkt_refused(&[], adapter::atol::refusal(fault), now);
        } else {
            snapshot.kkt_refused(self.values(), adapter::atol::refusal(fault), now);
        }
    }

    fn ask(self, client: &mut Client<Wire>, reading: Reading) -> Result<KktReading, Error> {
        use adapter::atol;
        match self {
            Self::Status => client.status_as(reading).map(|answer| atol::status(&answer)),
            Self::StateCode => client.state_code().map(|answer| atol::state_code(&answer)),
            Self::OfdQueue => client.ofd_queue().map(|answer| atol::ofd_queue(&answer)),
            Self::Shift => client.shift().map(|answer| atol::shift(&answer)),
            Self::ShiftRegister => {
                client.shift_register().map(|answer| atol::shift_register(&answer))
            }
            Self::FiscalStorage => {
                client.fiscal_storage().map(|answer| atol::fiscal_storage(&answer))
            }
            Self::FiscalStorageTerm => {
                client.fiscal_storage_term().map(|answer| atol::fiscal_storage_term(&answer))
            }
            Self::DeviceType => client.device_type().map(|answer| atol::device_type(&answer)),
        }
    }
}

impl Atol {
    /// Reads the KKT in tiers. Its state is asked fast only where the state of its receipt or its
    /// operator is of use: to the receipt answers, to the user, or to the scale. With a scale it must
    /// also be known soon that any other document is open, which the fiscal storage tells.
    pub(crate) fn new(kkt: &Kkt, poll: &Poll, scale: bool) -> Self {
        let gate = Gate::new(kkt);
        // A port that is opened now and then tells about a receipt too late; the feed has to.
        let held = gate.budget().is_none();
        let fast =
            held && (scale || kkt.receipt == KktReceipt::LineByLine || !kkt.operators.is_empty());
        let status = if fast { Tier::Fast } else { Tier::Paper };
        let document = if scale { Tier::Paper } else { Tier::FiscalStorage };
        let tiers = [
            (Tier::Fast, poll.fast),
            (Tier::Paper, poll.paper),
            (Tier::Ofd, poll.ofd),
            (Tier::FiscalStorage, poll.fiscal_storage),
            (Tier::Inventory, poll.inventory),
        ];
        let mut asks = vec![
            (status, Ask::Status),
            (Tier::Ofd, Ask::OfdQueue),
            (Tier::Paper, Ask::StateCode),
            (Tier::FiscalStorage, Ask::Shift),
            (document, Ask::FiscalStorage),
            // Seldom: a register may take long, and the shift is 24 hours old once a day.
            (Tier::FiscalStorage, Ask::ShiftRegister),
            (Tier::Inventory, Ask::FiscalStorageTerm),
            (Tier::Inventory, Ask::DeviceType),
        ];
        // A register may take longer than a port may be held, and would then be left behind.
        if !held {
            asks.retain(|(_, ask)| *ask != Ask::ShiftRegister);
        }
        Self {
            settings: settings(kkt),
            reading: kkt.disputed_numbers,
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

    fn open(&mut self, pass: Pass) -> Result<(), Trouble> {
        // A device may keep tasks of a connection that broke off: never use the same ids next.
        if let Settings::V3(settings) = &mut self.settings {
            settings.first_task_id = any_task_id();
        }
        let wire = self.line.open(pass.leash().clone());
        // Kept also when it fails: the port is closed before the pass is given back.
        self.pass = Some(pass);
        self.client = Some(Client::new(wire?, self.settings));
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
        let mut answered = 0;
        for (_, ask) in &asks {
            // A pause, a stop or the end of the budget does not wait for the whole cycle.
            let go_on = self.may_ask(answered == 0, shared);
            let Some(client) = self.client.as_mut().filter(|_| go_on) else { break };
            let asked = shared.now();
            let answer = ask.ask(client, self.reading);
            self.took = shared.now().since(asked);
            match answer {
                Ok(mut reading) => {
                    let unclear =
                        reading.paper_present == Some(false) && !printer_is_there(client, shared);
                    if unclear {
                        reading.paper_present = None;
                    }
                    self.worked();
                    shared.update(|snapshot, now| {
                        snapshot.kkt_answered(reading, now);
                        if unclear {
                            snapshot.kkt_unclear(&[KktValue::Paper], NO_PAPER_OR_NO_PRINTER);
                        }
                    });
                    if *ask == Ask::Status {
                        shared.save();
                    }
                }
                Err(Error::Refused(fault)) => {
                    self.worked();
                    shared.update(|snapshot, now| ask.refused(fault, snapshot, now));
                }
                // It may be a state or an error: what was known stays until it is too old.
                Err(Error::Decode(DecodeError::Ambiguous(fault))) => {
                    self.worked();
                    let detail = either(fault);
                    shared.update(|snapshot, _| snapshot.kkt_unclear(ask.values(), &detail));
                }
                // A sound answer of another form than the known one. One may be a stray.
                Err(Error::Decode(error)) => {
                    self.worked();
                    let detail = format!("this KKT answers in a form that is not known: {error}");
                    shared.update(|snapshot, now| {
                        snapshot.kkt_other_form(ask.values(), &detail, now);
                    });
                }
                Err(error) => {
                    let revoked = self.pass.as_ref().and_then(|pass| pass.leash().revoked());
                    if let Some(revoked) = revoked {
                        self.cut_short(revoked, answered > 0, asked, shared);
                        break;
                    }
                    self.failed(self.trouble(&error), &error, asked, shared);
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

    fn worked(&mut self) {
        self.failures = 0;
        self.last_trouble = None;
        self.line.worked();
    }

    /// A failed call counts from when it began: that is since when there has been no answer.
    fn failed(&mut self, trouble: Trouble, error: &Error, asked: Moment, shared: &Shared) {
        self.failures += 1;
        if matches!(error, Error::Conflict(_)) {
            self.close();
            self.line.rest(COOL_DOWN);
        } else if matches!(error, Error::Io(_) | Error::Closed) || self.failures >= CALLS {
            self.failures = 0;
            self.close();
            self.line.failed();
        }
        self.report_trouble(trouble, asked, shared);
    }

    fn report_trouble(&mut self, trouble: Trouble, since: Moment, shared: &Shared) {
        self.presence.failed(trouble.text());
        self.last_trouble = Some(trouble.clone());
        shared.update(|snapshot, _| snapshot.kkt_failed(trouble, since));
    }

    fn trouble(&self, error: &Error) -> Trouble {
        let text = error.to_string();
        match error {
            Error::Io(_) => Trouble::CannotOpen(text),
            Error::Closed => self.line.closed(),
            Error::Timeout { .. } => Trouble::Silent(text),
            Error::Garbage { .. } | Error::Damaged { .. } => Trouble::Garbage(text),
            Error::Conflict(_) | Error::NotReady { .. } | Error::Collision { .. } => {
                Trouble::Busy(text)
            }
            _ => Trouble::Failed(text),
        }
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

impl Source for Atol {
    fn name(&self) -> &'static str {
        "kkt"
    }

    fn step(&mut self, shared: &Shared) -> Instant {
        let now = Instant::now();
        let began = *self.began.get_or_insert_with(|| {
            shared.update(|snapshot, _| {
                snapshot.kkt_unsupported(UNSUPPORTED, "no safe command is known");
                let why = "the KKT tells a time of its shift, but nobody knows of what: its last close or its limit";
                snapshot.kkt_unsupported(&[KktValue::ShiftOpenedAt], why);
                if !self.asks.iter().any(|(_, ask)| *ask == Ask::ShiftRegister) {
                    let why = "it takes longer to ask than the KKT may be held (hold = \"per-poll\")";
                    snapshot.kkt_unsupported(&[KktValue::ShiftExpired], why);
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
            if let Err(trouble) = self.open(pass) {
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
        let owed = self.client.take().and_then(|client| client.owed());
        self.line.close();
        // A client that is begun anew would not know that answer for what it is.
        if let Some(owed) = owed {
            self.line.rest(owed);
        }
        // Only now: it says that the port is closed.
        self.pass = None;
    }

    fn report(&self, trouble: Trouble, snapshot: &mut Snapshot, now: Moment) {
        snapshot.kkt_failed(trouble, now);
    }
}

/// Before "no paper" is believed: a KKT that has lost its printer says the same, and 45h tells. `false`
/// when that has no answer now, so that nobody knows; a KKT that does not know 45h is believed.
fn printer_is_there(client: &mut Client<Wire>, shared: &Shared) -> bool {
    match Ask::StateCode.ask(client, Reading::default()) {
        Ok(reading) => {
            shared.update(|snapshot, now| snapshot.kkt_answered(reading, now));
            true
        }
        Err(Error::Refused(_)) => true,
        Err(_) => false,
    }
}

/// Why an answer to 45h over the link v2 tells nothing.
fn either(fault: Fault) -> String {
    format!(
        "the answer of the KKT may be its mode or an error, \"{fault}\", and the link v2 does not tell which"
    )
}

const NO_PAPER_OR_NO_PRINTER: &str = "the KKT says that there is no paper, but it says the same when \
    it has lost its printer, and whether it has could not be learned";

/// What this driver has no safe command for.
const UNSUPPORTED: &[KktValue] = &[KktValue::UnsentNotifications];

/// How a connection to this KKT begins: its link, its access password, and on the link v3 a task id
/// that is ours.
#[must_use]
pub fn settings(kkt: &Kkt) -> Settings {
    let password = kkt.access_password;
    let bcd = |number: u16| u8::try_from(number / 10 % 10 * 16 + number % 10).unwrap_or(0);
    let access_password = [bcd(password / 100), bcd(password)];
    match kkt.link {
        Link::V2 => v2::Settings { access_password, ..v2::Settings::default() }.into(),
        Link::V3 => {
            let first_task_id = any_task_id();
            v3::Settings { access_password, first_task_id, ..v3::Settings::default() }.into()
        }
    }
}

/// Any id of the range that is ours, so that two runs seldom begin with the same.
fn any_task_id() -> u8 {
    let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
    let range = u64::from(v3::frame::LAST_ID - v3::FIRST_TASK) + 1;
    v3::FIRST_TASK + u8::try_from(random % range).unwrap_or(0)
}

#[cfg(test)]
mod tests;
