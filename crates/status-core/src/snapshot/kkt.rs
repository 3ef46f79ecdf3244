//! What is known about the fiscal printer.

mod drift;
mod each;
mod value;
mod watch;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};

pub(super) use self::value::too_old;
use self::{
    drift::Drift,
    each::{OtherForm, Refuse, Unclear, Unsupported},
    watch::Held,
};
use super::Snapshot;
use crate::{
    condition::{Condition, DeviceState},
    evidence::Evidence,
    kkt::{
        FiscalStorageFlag, FiscalStoragePhase, KktReading, KktReceiptState, KktValue, PrinterFault,
        Readiness, Shift,
    },
    reading::Observer,
    receipt::ReceiptTracker,
    slot::Slot,
    time::Moment,
    trouble::{Refusal, Trouble},
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
    /// The shift that is open, and since when it was seen to be.
    pub(crate) shift_seen: Option<(Shift, Moment)>,
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

impl Snapshot {
    /// The KKT gave a good answer. Every `Some` replaces that value.
    pub fn kkt_answered(&mut self, reading: KktReading, now: Moment) {
        self.tick(now);
        self.kkt.condition.answered(now);
        self.kkt_learned(reading, now);
    }

    /// What an error of the KKT tells besides: values, but no good answer. Every `Some` replaces that
    /// value.
    pub fn kkt_learned(&mut self, mut reading: KktReading, now: Moment) {
        self.tick(now);
        self.watch_disagreement(&reading, now);
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
        kkt.watch_shift(shift, now);
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
        self.note_quiet(now);
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
        self.tick(now);
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
        self.tick(now);
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
        self.tick(now);
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
}

impl KktState {
    pub(super) fn forget_told(&mut self) {
        self.paper_present.forget_told();
        self.paper_near_end.forget_told();
        self.unsent_documents.forget_told();
        self.first_unsent.forget_told();
        self.taken = None;
        self.released = false;
    }
}

fn put<T: PartialEq>(slot: &mut Slot<T>, value: Option<T>, evidence: Evidence, now: Moment) {
    if let Some(value) = value {
        slot.observe(value, Observer::Kkt, evidence, now);
    }
}
