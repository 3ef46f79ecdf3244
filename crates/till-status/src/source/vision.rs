//! The link to SuperMag Vision: one try after the other.

use std::time::{Duration, Instant};

use status_core::{Moment, Snapshot, Trouble, VisionLink, VisionReading, adapter};
use vision_probe::{Hysteresis, Target, Verdict, check};

use super::{Resolver, Source};
use crate::config::Vision;
use crate::notice::Presence;
use crate::shared::Shared;

/// The Vision end of a till.
pub(crate) struct VisionSource {
    target: Target,
    every: Duration,
    limit: Duration,
    hysteresis: Hysteresis,
    resolver: Resolver,
    next: Option<Instant>,
    presence: Presence,
}

impl VisionSource {
    pub(crate) fn new(vision: &Vision, resolver: Resolver) -> Self {
        Self {
            target: vision.target.clone(),
            every: vision.every,
            limit: vision.limit,
            hysteresis: Hysteresis::new(vision.failures.into(), vision.window.into()),
            resolver,
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
        let evidence = check(&self.target, self.limit, &mut *self.resolver);
        let verdict = self.hysteresis.observe(&evidence);
        match verdict {
            Verdict::Up => self.presence.answered(),
            Verdict::Down | Verdict::Unknown => self.presence.failed(&evidence.to_string()),
        }
        let reading = adapter::vision::reading(verdict, &evidence);
        shared.update(|snapshot, now| snapshot.vision_observed(reading, now));
        next
    }

    fn close(&mut self) {}

    fn report(&self, trouble: Trouble, snapshot: &mut Snapshot, now: Moment) {
        let evidence = trouble.text().to_owned();
        snapshot.vision_observed(VisionReading { link: VisionLink::Unknown, evidence }, now);
    }
}
