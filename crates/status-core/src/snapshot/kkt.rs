//! What is known about the fiscal printer.

use std::time::Duration;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::Offset,
};

use super::{Snapshot, hold::Barred};
use crate::{
    condition::{Condition, DeviceState},
    evidence::Evidence,
    kkt::{
        FiscalStorageFlag, FiscalStoragePhase, KktReading, KktReceiptState, KktValue, PrinterFault,
        Readiness, Shift,
    },
    reading::{Observer, Reading},
    receipt::ReceiptTracker,
    slot::Slot,
    time::Moment,
    trouble::{Refusal, Trouble},
    unknown::{Reason, Unknown},
};

/// The latest of every value, and how the device fares.
#[derive(Debug, Clone, Default)]
pub(crate) struct KktState {
    pub(crate) condition: Condition,
    pub(crate) paper_present: Slot<bool>,
    pub(crate) paper_near_end: Slot<bool>,
    pub(crate) cover_open: Slot<bool>,
    pub(crate) drawer_open: Slot<bool>,
    pub(crate) printer_faults: Slot<Vec<PrinterFault>>,
    pub(crate) unsent_documents: Slot<u32>,
    pub(crate) first_unsent: Slot<FirstUnsent>,
    pub(crate) receipt: Slot<KktReceiptState>,
    pub(crate) document_open: Slot<bool>,
    pub(crate) operator: Slot<u8>,
    pub(crate) shift: Slot<Shift>,
    pub(crate) shift_expired: Slot<bool>,
    pub(crate) shift_opened_at: Slot<DateTime>,
    pub(crate) fiscal_storage_number: Slot<String>,
    pub(crate) fiscal_storage_phase: Slot<FiscalStoragePhase>,
    pub(crate) fiscal_storage_flags: Slot<Vec<FiscalStorageFlag>>,
    pub(crate) fiscal_storage_valid_until: Slot<Date>,
    pub(crate) model: Slot<String>,
    pub(crate) serial_number: Slot<String>,
    pub(crate) firmware: Slot<String>,
    pub(crate) device_time: Slot<DateTime>,
    pub(crate) readiness: Slot<Readiness>,
    pub(crate) unsent_notifications: Slot<u32>,
    pub(crate) tracker: ReceiptTracker,
    /// The receipt as it was at the last look, which may have been before a restart.
    pub(crate) last_receipt: Option<KktReceiptState>,
    /// The till program has taken the port.
    pub(crate) taken: Option<Moment>,
    /// The till program has let go of the port, and has not taken it again.
    pub(crate) released: bool,
    /// Since when the queue has been too long.
    pub(crate) queue_long_since: Option<Timestamp>,
    held: Option<Held>,
    drift: Option<Drift>,
}

/// The first document that waits for the OFD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FirstUnsent {
    pub(crate) number: Option<u32>,
    pub(crate) at: Option<UnsentTime>,
}

/// When it was made, by the KKT's clock or as the till program told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnsentTime {
    Device(DateTime),
    Told(Timestamp),
}

/// A queue that grows behind the same first document while we hold the port.
#[derive(Debug, Clone, Copy)]
struct Held {
    first: Option<u32>,
    count: u32,
    grown: bool,
    since: Moment,
    last: Moment,
}

/// How far the KKT's clock, read as UTC, is from ours: the zone comes in later.
#[derive(Debug, Clone, Copy)]
struct Drift {
    seconds: i64,
    anchor: i64,
    since: Timestamp,
}

impl Snapshot {
    /// The KKT gave a good answer. Every `Some` replaces that value.
    pub fn kkt_answered(&mut self, reading: KktReading, now: Moment) {
        self.kkt.condition.answered(now);
        self.kkt_learned(reading, now);
    }

    /// What an error of the KKT tells besides: values, but no good answer. Every `Some` replaces that
    /// value.
    pub fn kkt_learned(&mut self, mut reading: KktReading, now: Moment) {
        if reading.evidence == Evidence::Assumed {
            self.told_goes_before(&mut reading, now);
        }
        let long_queue = self.settings.thresholds.ofd_queue;
        let kkt = &mut self.kkt;
        let evidence = reading.evidence;
        put(&mut kkt.paper_present, reading.paper_present, evidence, now);
        put(&mut kkt.paper_near_end, reading.paper_near_end, evidence, now);
        put(&mut kkt.cover_open, reading.cover_open, evidence, now);
        put(&mut kkt.drawer_open, reading.drawer_open, evidence, now);
        put(&mut kkt.printer_faults, reading.printer_faults, evidence, now);
        if let Some(queue) = reading.ofd {
            let first = FirstUnsent {
                number: queue.first_unsent_number,
                at: queue.first_unsent_at.map(UnsentTime::Device),
            };
            put(&mut kkt.unsent_documents, Some(queue.unsent_documents), evidence, now);
            put(&mut kkt.first_unsent, Some(first), evidence, now);
            kkt.watch_queue(queue.unsent_documents, long_queue, now.wall);
            kkt.watch_held(queue.unsent_documents, first.number, now);
        }
        if let Some(receipt) = reading.receipt {
            kkt.watch_receipt(receipt, now.wall);
        }
        put(&mut kkt.receipt, reading.receipt, evidence, now);
        put(&mut kkt.document_open, reading.document_open, evidence, now);
        put(&mut kkt.operator, reading.operator, evidence, now);
        let shift = reading.shift.map(|shift| kkt.numbered(shift));
        put(&mut kkt.shift, shift, evidence, now);
        // A closed shift is not over 24 hours, however long ago that was asked.
        let expired = reading.shift_expired.or(kkt.ended(shift));
        put(&mut kkt.shift_expired, expired, evidence, now);
        put(&mut kkt.shift_opened_at, reading.shift_opened_at, evidence, now);
        put(&mut kkt.fiscal_storage_number, reading.fiscal_storage_number, evidence, now);
        put(&mut kkt.fiscal_storage_phase, reading.fiscal_storage_phase, evidence, now);
        put(&mut kkt.fiscal_storage_flags, reading.fiscal_storage_flags, evidence, now);
        put(&mut kkt.fiscal_storage_valid_until, reading.fiscal_storage_valid_until, evidence, now);
        put(&mut kkt.model, reading.model, evidence, now);
        put(&mut kkt.serial_number, reading.serial_number, evidence, now);
        put(&mut kkt.firmware, reading.firmware, evidence, now);
        if let Some(time) = reading.device_time {
            kkt.watch_clock(time, now.wall);
        }
        put(&mut kkt.device_time, reading.device_time, evidence, now);
        put(&mut kkt.readiness, reading.readiness, evidence, now);
        put(&mut kkt.unsent_notifications, reading.unsent_notifications, evidence, now);
    }

    /// What is only assumed does not replace what the till program told, as long as that is young.
    fn told_goes_before(&self, assumed: &mut KktReading, now: Moment) {
        let (kkt, ages) = (&self.kkt, &self.settings.max_age);
        let told = |by: Option<Observer>| by == Some(Observer::Events);
        if told(kkt.unsent_documents.young(ages.ofd, now).map(|it| it.by)) {
            assumed.ofd = None;
        }
        if told(kkt.paper_present.young(ages.paper, now).map(|it| it.by)) {
            assumed.paper_present = None;
        }
    }

    /// The KKT answered the question for these values with an error.
    pub fn kkt_refused(&mut self, values: &[KktValue], refusal: Refusal, now: Moment) {
        for value in values {
            self.kkt.each(*value, &mut Refuse(&refusal, now));
        }
        self.kkt.condition.refused(refusal, now);
    }

    /// The KKT answered the question for these values, and nobody can tell what the answer says. What
    /// was known stays until it is too old; then `detail`, one English sentence, says why.
    pub fn kkt_unclear(&mut self, values: &[KktValue], detail: &str) {
        for value in values {
            self.kkt.each(*value, &mut Unclear(detail));
        }
    }

    /// The KKT answered the question for these values in another form than the known one: it is there,
    /// but this is no good answer. As [`kkt_unclear`](Self::kkt_unclear), until three answers in a row
    /// were so and none was ever good: then these values are not supported.
    pub fn kkt_other_form(&mut self, values: &[KktValue], detail: &str, now: Moment) {
        for value in values {
            self.kkt.each(*value, &mut OtherForm(detail));
        }
        self.kkt.condition.not_understood(detail, now);
    }

    /// This driver has no safe way to ask for these values.
    pub fn kkt_unsupported(&mut self, values: &[KktValue], detail: &str) {
        for value in values {
            self.kkt.each(*value, &mut Unsupported(detail));
        }
    }

    /// No good answer came. To be called again each time it is still so: the 15 s until the KKT is in
    /// trouble are counted from failure to failure.
    pub fn kkt_failed(&mut self, trouble: Trouble, now: Moment) {
        self.kkt.condition.failed(trouble, now);
    }

    /// Should we let go of the KKT for a while? The queue grew behind the same first document all the time that
    /// we held the port, so we may be what keeps the documents from being sent. It is
    /// also the problem `ofd-held-by-us`.
    pub fn kkt_should_let_go(&self) -> bool {
        let limit = self.settings.thresholds.ofd_held;
        limit.is_some_and(|limit| self.kkt.held_since(limit).is_some())
    }

    /// We let go of the port: what the queue does now is none of our doing.
    pub fn kkt_let_go(&mut self) {
        self.kkt.held = None;
    }

    /// The state of the section.
    pub(crate) fn kkt_state(&self, now: Moment) -> DeviceState {
        if self.settings.kkt.is_none() {
            return DeviceState::NotConfigured;
        }
        if self.paused.is_some() {
            return DeviceState::Paused;
        }
        if self.kkt_kept_away(now).is_some() {
            return DeviceState::Busy;
        }
        match self.kkt.condition.state(now) {
            DeviceState::Online if self.kkt_unreported(now) => DeviceState::Stale,
            state => state,
        }
    }

    /// Whoever asks the KKT has not reported for too long.
    pub(crate) fn kkt_unreported(&self, now: Moment) -> bool {
        self.kkt.condition.unreported_for(self.settings.max_age.paper, now)
    }

    /// A value of the KKT that is younger than its maximum age, or why there is none.
    pub(crate) fn kkt_value<'a, T>(
        &self,
        slot: &'a Slot<T>,
        max_age: Duration,
        now: Moment,
    ) -> Result<&'a Reading<T>, Unknown> {
        slot.young(max_age, now).ok_or_else(|| self.kkt_unknown(slot, max_age, now))
    }

    /// Whether there is paper. A KKT that has lost its printer cannot tell.
    pub(crate) fn paper_present(&self, now: Moment) -> Result<&Reading<bool>, Unknown> {
        let max_age = self.settings.max_age.paper;
        let reading = self.kkt_value(&self.kkt.paper_present, max_age, now)?;
        if reading.by == Observer::Kkt && self.kkt.printer_lost(max_age, now) {
            let detail =
                "the KKT has no connection to its printer, so it cannot tell about the paper";
            let since = self.kkt.printer_faults.unchanged_since();
            return Err(Unknown::new(Reason::DeviceFault, detail).of("kkt").since(since));
        }
        Ok(reading)
    }

    fn kkt_unknown<T>(&self, slot: &Slot<T>, max_age: Duration, now: Moment) -> Unknown {
        if self.settings.kkt.is_none() && slot.reading().is_none() {
            return Unknown::new(Reason::NotConfigured, "no KKT is configured on this till")
                .of("kkt");
        }
        if let Some(detail) = slot.unsupported() {
            return Unknown::new(Reason::NotSupported, detail).of("kkt");
        }
        if self.paused.is_some() {
            return self.paused_unknown().of("kkt");
        }
        let old = too_old(slot, max_age, now);
        if self.settings.kkt.is_none() {
            return Unknown::new(Reason::Stale, old).of("kkt").since(wall(slot));
        }
        match self.kkt_barred(now) {
            Some(barred @ Barred::Settings) => {
                let detail =
                    format!("{barred}, so only the till program can tell (kkt-status); {old}");
                return Unknown::new(Reason::Busy, detail).of("kkt").retry_after(60);
            }
            Some(barred) => {
                let since = match barred {
                    Barred::Taken(since) => Some(since),
                    _ => wall(slot),
                };
                return Unknown::new(Reason::Busy, format!("{barred}; {old}"))
                    .of("kkt")
                    .since(since);
            }
            None => {}
        }
        let condition = &self.kkt.condition;
        if let Some(trouble) = condition.trouble() {
            let detail = format!("{}; {old}", trouble.text());
            return Unknown::new(condition.reason(now), detail).of("kkt").since(condition.since());
        }
        if let Some((refusal, since)) = slot.refusal() {
            let reason = if refusal.fault { Reason::DeviceFault } else { Reason::Refused };
            let detail = format!("the KKT answered with {}; {old}", refusal.text());
            return Unknown::new(reason, detail).of("kkt").since(Some(since.wall));
        }
        if let Some(why) = slot.unclear() {
            return Unknown::new(Reason::Stale, format!("{why}; {old}"))
                .of("kkt")
                .since(wall(slot));
        }
        if slot.reading().is_none() && !self.kkt_unreported(now) {
            let detail = "the KKT has not been asked for this yet";
            return Unknown::new(Reason::Starting, detail).of("kkt").since(Some(self.started.wall));
        }
        Unknown::new(Reason::Stale, old).of("kkt").since(wall(slot))
    }

    pub(crate) fn paused_unknown(&self) -> Unknown {
        let detail = "the service is paused and has let go of every device";
        Unknown::new(Reason::Paused, detail).since(self.paused.map(|since| since.wall))
    }
}

impl KktState {
    /// The state of the receipt changed, or we saw it for the first time.
    fn watch_receipt(&mut self, receipt: KktReceiptState, at: Timestamp) {
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
    fn numbered(&self, shift: Shift) -> Shift {
        let known = self.shift.reading().map(|reading| reading.value);
        let same = known.filter(|known| known.open == shift.open);
        Shift { number: shift.number.or(same.and_then(|known| known.number)), ..shift }
    }

    /// The shift that was over 24 hours is closed now.
    fn ended(&self, shift: Option<Shift>) -> Option<bool> {
        let expired = self.shift_expired.reading().is_some_and(|expired| expired.value);
        let closed = shift.is_some_and(|shift| !shift.open);
        (expired && closed).then_some(false)
    }

    pub(super) fn watch_queue(&mut self, count: u32, limit: Option<u32>, at: Timestamp) {
        self.queue_long_since = match limit {
            Some(limit) if count >= limit => self.queue_long_since.or(Some(at)),
            _ => None,
        };
    }

    fn watch_held(&mut self, count: u32, first: Option<u32>, now: Moment) {
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

    fn watch_clock(&mut self, time: DateTime, wall: Timestamp) {
        const JITTER: i64 = 5;
        let Ok(as_utc) = Offset::UTC.to_timestamp(time) else { return };
        let seconds = as_utc.as_second() - wall.as_second();
        self.drift = Some(match self.drift {
            Some(old) if (old.anchor - seconds).abs() <= JITTER => Drift { seconds, ..old },
            _ => Drift { seconds, anchor: seconds, since: wall },
        });
    }

    /// How far the KKT's clock is from one at `offset`, and since when about so far.
    pub(crate) fn clock_skew(&self, offset: Offset) -> Option<(i64, Timestamp)> {
        self.drift.map(|drift| (drift.seconds - i64::from(offset.seconds()), drift.since))
    }

    /// A printer that the KKT cannot reach says nothing about its paper.
    pub(crate) fn printer_lost(&self, max_age: Duration, now: Moment) -> bool {
        self.printer_faults
            .young(max_age, now)
            .is_some_and(|faults| faults.value.contains(&PrinterFault::ConnectionLost))
    }

    pub(super) fn forget_told(&mut self) {
        self.paper_present.forget_told();
        self.paper_near_end.forget_told();
        self.unsent_documents.forget_told();
        self.first_unsent.forget_told();
        self.taken = None;
        self.released = false;
    }

    /// The slots of one value. The one place that knows which they are.
    fn each(&mut self, value: KktValue, act: &mut impl Act) {
        match value {
            KktValue::Paper => act.on(&mut self.paper_present),
            KktValue::PaperNearEnd => act.on(&mut self.paper_near_end),
            KktValue::Cover => act.on(&mut self.cover_open),
            KktValue::Drawer => act.on(&mut self.drawer_open),
            KktValue::PrinterFaults => act.on(&mut self.printer_faults),
            KktValue::Ofd => {
                act.on(&mut self.unsent_documents);
                act.on(&mut self.first_unsent);
            }
            KktValue::Receipt => act.on(&mut self.receipt),
            KktValue::DocumentOpen => act.on(&mut self.document_open),
            KktValue::Operator => act.on(&mut self.operator),
            KktValue::Shift => act.on(&mut self.shift),
            KktValue::ShiftExpired => act.on(&mut self.shift_expired),
            KktValue::ShiftOpenedAt => act.on(&mut self.shift_opened_at),
            KktValue::FiscalStorageNumber => act.on(&mut self.fiscal_storage_number),
            KktValue::FiscalStoragePhase => act.on(&mut self.fiscal_storage_phase),
            KktValue::FiscalStorageFlags => act.on(&mut self.fiscal_storage_flags),
            KktValue::FiscalStorageValidUntil => act.on(&mut self.fiscal_storage_valid_until),
            KktValue::Model => act.on(&mut self.model),
            KktValue::SerialNumber => act.on(&mut self.serial_number),
            KktValue::Firmware => act.on(&mut self.firmware),
            KktValue::DeviceTime => act.on(&mut self.device_time),
            KktValue::Readiness => act.on(&mut self.readiness),
            KktValue::UnsentNotifications => act.on(&mut self.unsent_notifications),
        }
    }
}

/// Something to do with a slot, whatever it holds.
trait Act {
    fn on<T>(&mut self, slot: &mut Slot<T>);
}

struct Refuse<'a>(&'a Refusal, Moment);
struct Unclear<'a>(&'a str);
struct OtherForm<'a>(&'a str);
struct Unsupported<'a>(&'a str);

impl Act for Refuse<'_> {
    fn on<T>(&mut self, slot: &mut Slot<T>) {
        slot.refuse(self.0.clone(), self.1);
    }
}

impl Act for Unclear<'_> {
    fn on<T>(&mut self, slot: &mut Slot<T>) {
        slot.set_unclear(self.0);
    }
}

impl Act for OtherForm<'_> {
    fn on<T>(&mut self, slot: &mut Slot<T>) {
        slot.set_other_form(self.0);
    }
}

impl Act for Unsupported<'_> {
    fn on<T>(&mut self, slot: &mut Slot<T>) {
        slot.set_unsupported(self.0);
    }
}

fn put<T: PartialEq>(slot: &mut Slot<T>, value: Option<T>, evidence: Evidence, now: Moment) {
    if let Some(value) = value {
        slot.observe(value, Observer::Kkt, evidence, now);
    }
}

fn wall<T>(slot: &Slot<T>) -> Option<Timestamp> {
    slot.reading().map(|reading| reading.at.wall)
}

/// How old the last reading is, for a technician.
pub(super) fn too_old<T>(slot: &Slot<T>, max_age: Duration, now: Moment) -> String {
    match slot.age(now) {
        Some(age) => format!(
            "the last reading is {} s old, more than {} s is too old",
            age.as_secs(),
            max_age.as_secs()
        ),
        None => "there has been no reading".to_owned(),
    }
}
