//! What is known about the scale.

use super::{
    Snapshot,
    kkt::too_old,
    load::Load,
    pos::{KktDocument, TillReceipt},
};
use crate::{
    condition::{Condition, DeviceState},
    reading::{Observer, Reading},
    scale::{ScaleOutcome, ScaleReading},
    settings::WithoutReceiptState,
    slot::Slot,
    time::Moment,
    trouble::{Refusal, Trouble},
    unknown::{Reason, Unknown},
};

/// The latest answer, and how the scale fares.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScaleState {
    pub(crate) condition: Condition,
    pub(crate) outcome: Slot<ScaleOutcome>,
    /// Since when the scale has shown a fault in place of a weight.
    pub(crate) fault_since: Option<Moment>,
    /// It carries something else than its standing weight.
    pub(crate) load: Option<Load>,
}

impl Snapshot {
    /// The scale gave a good answer: a weight, or a fault in place of one.
    pub fn scale_answered(&mut self, reading: ScaleReading, now: Moment) {
        self.tick(now);
        let scale = &mut self.scale;
        scale.condition.answered(now);
        scale.fault_since = match reading.outcome {
            ScaleOutcome::Weight(_) => None,
            ScaleOutcome::Fault(_) => scale.fault_since.or(Some(now)),
        };
        scale.load = Load::next(scale.load, &reading.outcome, self.settings.standing, now);
        scale.outcome.observe(reading.outcome, Observer::Scale, reading.evidence, now);
    }

    /// No good answer came. To be called again each time it is still so.
    pub fn scale_failed(&mut self, trouble: Trouble, now: Moment) {
        self.tick(now);
        self.scale.condition.failed(trouble, now);
    }

    /// The scale answered with an error.
    pub fn scale_refused(&mut self, refusal: Refusal, now: Moment) {
        self.tick(now);
        self.scale.outcome.refuse(refusal.clone(), now);
        self.scale.condition.refused(refusal, now);
    }

    /// May the scale be asked now? Only while it is known that no receipt is open (the settings can
    /// override an unknown state, never an open receipt), and not while paused.
    pub fn scale_allowed(&self, now: Moment) -> bool {
        self.paused.is_none() && matches!(self.weighing(now), Weighing::Allowed)
    }

    pub(crate) fn weighing(&self, now: Moment) -> Weighing {
        let Some(scale) = &self.settings.scale else {
            let detail = "no scale is configured on this till";
            return Weighing::Unknown(Unknown::new(Reason::NotConfigured, detail).of("scale"));
        };
        match self.kkt_document(now) {
            KktDocument::Open(observed) => return Weighing::ReceiptOpen(observed),
            KktDocument::WasOpen(observed) => {
                let detail = "a document was open on the KKT when it was last heard, so the scale is left alone";
                let why = Unknown::new(Reason::ReceiptStateUnknown, detail).of("kkt");
                return Weighing::Unknown(why.since(Some(observed)));
            }
            KktDocument::NoneKnown => {}
        }
        let read = scale.without_receipt_state == WithoutReceiptState::Read;
        match self.till_receipt(now) {
            TillReceipt::Open { observed, .. } => Weighing::ReceiptOpen(observed),
            TillReceipt::Closed { observed } if self.only_heard_before() && !read => {
                let why = Unknown::new(Reason::ReceiptStateUnknown, NOT_HEARD_YET);
                Weighing::Unknown(why.of("pos").since(Some(observed)))
            }
            TillReceipt::Closed { .. } => Weighing::Allowed,
            TillReceipt::Unknown(_) if read => Weighing::Allowed,
            TillReceipt::Unknown(_) if !self.receipt_can_be_known() => {
                let detail = "no source on this till can tell whether a receipt is open, so the scale is left alone";
                Weighing::Unknown(Unknown::new(Reason::NotSupported, detail).of("scale"))
            }
            TillReceipt::Unknown(why) => {
                let detail = format!(
                    "it is not known whether a receipt is open, so the scale is left alone: {}",
                    why.detail
                );
                let mut unknown = Unknown::new(Reason::ReceiptStateUnknown, detail);
                unknown.device = why.device;
                Weighing::Unknown(unknown.since(why.since))
            }
        }
    }

    /// The scale's last answer, when it is young enough, or why there is none.
    pub(crate) fn scale_outcome(&self, now: Moment) -> Result<&Reading<ScaleOutcome>, Unknown> {
        let max_age = self.settings.max_age.weight;
        let slot = &self.scale.outcome;
        let condition = &self.scale.condition;
        if self.settings.scale.is_none() {
            let detail = "no scale is configured on this till";
            return Err(Unknown::new(Reason::NotConfigured, detail).of("scale"));
        }
        if self.paused.is_some() {
            return Err(self.paused_unknown().of("scale"));
        }
        // A fault makes an older weight meaningless at once.
        let fault = slot.refusal().filter(|(refusal, _)| refusal.fault);
        match (slot.young(max_age, now), fault) {
            (Some(reading), None) => return Ok(reading),
            (_, Some((refusal, since))) if condition.trouble().is_none() => {
                let detail = format!("the scale answered with {}", refusal.text());
                return Err(Unknown::new(Reason::DeviceFault, detail)
                    .of("scale")
                    .since(Some(since.wall)));
            }
            _ => {}
        }
        let old = too_old(slot, max_age, now);
        if let Some(trouble) = condition.trouble() {
            let detail = format!("{}; {old}", trouble.text());
            let unknown = Unknown::new(condition.reason(now), detail);
            return Err(unknown.of("scale").since(condition.since()));
        }
        if let Some((refusal, since)) = slot.refusal() {
            let detail = format!("the scale answered with {}; {old}", refusal.text());
            return Err(Unknown::new(Reason::Refused, detail).of("scale").since(Some(since.wall)));
        }
        match slot.reading() {
            Some(reading) => {
                Err(Unknown::new(Reason::Stale, old).of("scale").since(Some(reading.at.wall)))
            }
            None => {
                let detail = "the scale has not been asked yet";
                let unknown = Unknown::new(Reason::Starting, detail).of("scale");
                Err(unknown.since(Some(self.started.wall)))
            }
        }
    }

    /// The state of the section.
    pub(crate) fn scale_state(&self, now: Moment) -> DeviceState {
        if self.settings.scale.is_none() {
            return DeviceState::NotConfigured;
        }
        if self.paused.is_some() {
            return DeviceState::Paused;
        }
        self.scale.condition.state(now)
    }
}

const NOT_HEARD_YET: &str = "the till program has told nothing since this service started, so a \
                             receipt may be open and the scale is left alone";

/// What the receipt means for the scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Weighing {
    /// The scale may be asked.
    Allowed,
    /// A receipt or a document is open, as observed at this time.
    ReceiptOpen(jiff::Timestamp),
    /// It is left alone.
    Unknown(Unknown),
}
