//! What a running service takes over when its configuration changes.

use super::{Snapshot, scale::ScaleState, vision::VisionState};
use crate::{settings::Settings, time::Moment};

impl Snapshot {
    /// Other settings apply from now on. What is known stays known; a device that is another one now has
    /// to be forgotten once nobody asks the old one any more.
    pub fn configure(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Nothing that the fiscal printer told is true of the one that is asked now. Whether the till program
    /// has taken its port stays known.
    pub fn forget_kkt(&mut self) {
        let old = std::mem::take(&mut self.kkt);
        (self.kkt.taken, self.kkt.released) = (old.taken, old.released);
    }

    /// The same of the scale.
    pub fn forget_scale(&mut self) {
        self.scale = ScaleState::default();
    }

    /// The same of the link to Vision.
    pub fn forget_vision(&mut self) {
        self.vision = VisionState::default();
    }

    /// Does the service work by its present configuration? The text says why not, for a technician.
    pub fn config_applied(&mut self, outcome: Result<(), String>, now: Moment) {
        self.not_applied = match (outcome, self.not_applied.take()) {
            (Ok(()), _) => None,
            (Err(why), Some((_, since))) => Some((why, since)),
            (Err(why), None) => Some((why, now.wall)),
        };
    }
}
