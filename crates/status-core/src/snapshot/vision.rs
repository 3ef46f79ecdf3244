//! What is known about the Vision link.

use jiff::Timestamp;

use super::{Snapshot, kkt::too_old};
use crate::{
    condition::Condition,
    evidence::Evidence,
    reading::{Observer, Reading},
    slot::Slot,
    time::Moment,
    trouble::Trouble,
    unknown::{Reason, Unknown},
    vision::{VisionLink, VisionReading},
};

/// The latest verdict, and how the probe fares.
#[derive(Debug, Clone, Default)]
pub(crate) struct VisionState {
    pub(crate) condition: Condition,
    /// The last verdict that said anything: up or down.
    pub(crate) up: Slot<bool>,
    /// What it rests on.
    pub(crate) evidence: String,
}

/// A verdict that is young enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VisionView<'a> {
    pub(crate) up: bool,
    pub(crate) reading: &'a Reading<bool>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) evidence: &'a str,
}

impl Snapshot {
    /// The probe came to a verdict. One without evidence leaves the last one standing until its maximum age.
    pub fn vision_observed(&mut self, reading: VisionReading, now: Moment) {
        self.tick(now);
        let vision = &mut self.vision;
        let up = match reading.link {
            VisionLink::Up => true,
            VisionLink::Down => false,
            VisionLink::Unknown => {
                vision.condition.failed(Trouble::CannotOpen(reading.evidence), now);
                return;
            }
        };
        vision.condition.answered(now);
        vision.up.observe(up, Observer::Vision, Evidence::Device, now);
        vision.evidence = reading.evidence;
    }

    pub(crate) fn vision_view(&self, now: Moment) -> Result<VisionView<'_>, Unknown> {
        if !self.settings.vision {
            let detail = "no Vision link is configured on this till";
            return Err(Unknown::new(Reason::NotConfigured, detail).of("vision"));
        }
        if self.paused.is_some() {
            return Err(self.paused_unknown().of("vision"));
        }
        let vision = &self.vision;
        let max_age = self.settings.max_age.vision;
        if let Some(reading) = vision.up.young(max_age, now) {
            return Ok(VisionView {
                up: reading.value,
                reading,
                since: vision.up.unchanged_since(),
                evidence: &vision.evidence,
            });
        }
        let condition = &vision.condition;
        let old = too_old(&vision.up, max_age, now);
        let unknown = match (condition.trouble(), vision.up.reading()) {
            (Some(trouble), _) => {
                let detail = format!("{}; {old}", trouble.text());
                Unknown::new(Reason::NotConnected, detail).since(condition.since())
            }
            (None, Some(reading)) => Unknown::new(Reason::Stale, old).since(Some(reading.at.wall)),
            (None, None) => Unknown::new(Reason::Starting, "the link has not been probed yet")
                .since(Some(self.started.wall)),
        };
        Err(unknown.of("vision"))
    }
}
