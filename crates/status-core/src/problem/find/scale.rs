//! The scale, and the link to SuperMag Vision.

use super::{Found, Warning};
use crate::{
    problem::{Language, text},
    scale::ScaleOutcome,
    snapshot::{Load, Weighing},
    unknown::Reason,
};

impl Found<'_> {
    pub(super) fn scale(&mut self) {
        let (snapshot, scale) = (self.snapshot, &self.snapshot.scale);
        let allowed = matches!(snapshot.weighing(self.now), Weighing::Allowed);
        if snapshot.settings.scale.is_none() || !allowed {
            return;
        }
        let codes = ["scale-not-connected", "scale-silent", "scale-busy", "scale-refused"];
        self.device("scale", codes, Warning, snapshot.scale_state(self.now), &scale.condition);
        let outcome = scale.outcome.young(snapshot.settings.max_age.weight, self.now);
        if let Some(ScaleOutcome::Fault(fault)) = outcome.map(|reading| &reading.value) {
            let name =
                if self.language == Language::Ru { fault.text_ru() } else { fault.text_en() };
            let since = scale.fault_since.map(|since| since.wall);
            self.raise("scale-fault", Warning, "scale", since, &name);
        }
        let limit = snapshot.settings.thresholds.scale_load;
        let left = |load: &Load| limit.is_some_and(|limit| load.lasts() >= limit);
        if let Some(load) = scale.load.filter(|load| outcome.is_some() && left(load)) {
            let code = if load.milligrams < 0 { "scale-standing-missing" } else { "scale-loaded" };
            let weight = text::kilograms(load.milligrams.unsigned_abs(), self.language);
            self.raise(code, Warning, "scale", Some(load.since.wall), &weight);
        }
    }

    pub(super) fn vision(&mut self) {
        let vision = &self.snapshot.vision;
        match self.snapshot.vision_view(self.now) {
            Ok(view) if !view.up => {
                let (since, evidence) = (view.since, view.evidence.to_owned());
                self.raise("vision-down", Warning, "vision", since, &evidence);
            }
            Err(why) if vision.condition.long() && why.reason == Reason::NotConnected => {
                let since = vision.condition.since();
                self.raise("vision-unknown", Warning, "vision", since, &why.detail);
            }
            _ => {}
        }
    }
}
