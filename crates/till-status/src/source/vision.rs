//! The link to SuperMag Vision: one round of looks after the other.

use std::time::{Duration, Instant};

use status_core::{Moment, Snapshot, Trouble, VisionLink, VisionReading, adapter};
use vision_probe::{Hysteresis, Link, Prober, Verdict};

use super::Source;
use crate::config::Vision;
use crate::notice::Presence;
use crate::shared::Shared;

/// The Vision end of a till.
pub(crate) struct VisionSource {
    link: Link,
    prober: Prober,
    every: Duration,
    limit: Duration,
    patience: Duration,
    next: Option<Instant>,
    presence: Presence,
}

impl VisionSource {
    pub(crate) fn new(vision: &Vision, prober: Prober) -> Self {
        let looks = u32::try_from(vision.sources.len()).unwrap_or(u32::MAX);
        let hysteresis = Hysteresis::new(vision.failures.into(), vision.window.into());
        Self {
            link: Link::new(vision.sources.iter().cloned(), vision.need, &hysteresis),
            prober,
            every: vision.every,
            limit: vision.limit,
            patience: vision.limit.saturating_mul(looks),
            next: None,
            presence: Presence::new("vision"),
        }
    }
}

impl Source for VisionSource {
    fn name(&self) -> &'static str {
        "vision"
    }

    fn step(&mut self, shared: &Shared) -> Instant {
        let began = Instant::now();
        // A ring of the bell is no reason to ask sooner.
        if let Some(next) = self.next.filter(|next| *next > began) {
            return next;
        }
        let next = began + self.every;
        self.next = Some(next);
        if shared.snapshot().paused() {
            return next;
        }
        let impact = &shared.impacts().vision;
        impact.cycle();
        impact.request();
        let observed = self.link.look(&mut self.prober, self.limit);
        match observed.standing {
            Verdict::Up => self.presence.answered(),
            Verdict::Down | Verdict::Unknown => self.presence.failed(&observed.to_string()),
        }
        let reading = adapter::vision::reading(&observed);
        if reading.link == VisionLink::Unknown {
            impact.failed(&Trouble::Failed(reading.evidence.clone()));
        }
        shared.update(|snapshot, now| snapshot.vision_observed(reading, now));
        next
    }

    /// Each of its looks has a limit.
    fn patience(&self) -> Duration {
        self.patience
    }

    fn close(&mut self) {}

    fn report(&self, trouble: Trouble, snapshot: &mut Snapshot, now: Moment) {
        let evidence = trouble.text().to_owned();
        snapshot.vision_observed(VisionReading { link: VisionLink::Unknown, evidence }, now);
    }
}
