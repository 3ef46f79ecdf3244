//! Everything that is known about one till, and the doors through which it becomes known.
//!
//! Device threads and the feed of the till program write into it; answers, the document and the problems are read
//! from it. It does no I/O and asks no clock: each door takes the present moment.

mod clock;
mod configure;
mod disagree;
mod follow;
mod hold;
mod kkt;
mod load;
mod pos;
mod quiet;
mod saved;
mod scale;
mod seven;
mod vision;

use jiff::Timestamp;

pub(crate) use self::{
    clock::{SetBack, is_ahead},
    disagree::About,
    kkt::UnsentTime,
    load::Load,
    pos::{TillReceipt, UserView},
    scale::Weighing,
};
use self::{
    disagree::Disagreement, kkt::KktState, pos::Feed, quiet::Quiet, scale::ScaleState,
    vision::VisionState,
};
pub use self::{follow::Bookmark, hold::Barred, pos::Applied, saved::SavedState, seven::Said};
use crate::{
    settings::{PosSource, Settings, UserIdKind},
    time::Moment,
};

/// Everything that is known about one till.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) settings: Settings,
    pub(crate) started: Moment,
    /// Both clocks when anything last became known.
    clock: Moment,
    pub(crate) paused: Option<Moment>,
    pub(crate) kkt: KktState,
    pub(crate) scale: ScaleState,
    pub(crate) vision: VisionState,
    pub(crate) feed: Feed,
    pub(crate) seven: seven::Seven,
    pub(crate) quiet: Quiet,
    disagreement: Disagreement,
    /// Why the state could not be written to disk, and since when.
    pub(crate) unsaved: Option<(String, Timestamp)>,
    /// Why the configuration is not what the service works by, and since when.
    pub(crate) not_applied: Option<(String, Timestamp)>,
}

impl Snapshot {
    /// Nothing is known yet.
    pub fn new(settings: Settings, now: Moment) -> Self {
        Self {
            settings,
            started: now,
            clock: now,
            paused: None,
            kkt: KktState::default(),
            scale: ScaleState::default(),
            vision: VisionState::default(),
            feed: Feed::default(),
            seven: seven::Seven::default(),
            quiet: Quiet::new(now),
            disagreement: Disagreement::default(),
            unsaved: None,
            not_applied: None,
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The service lets go of every device, or takes them up again.
    pub fn pause(&mut self, paused: bool, now: Moment) {
        self.tick(now);
        match (paused, self.paused) {
            (true, None) => self.paused = Some(now),
            (false, Some(_)) => {
                self.paused = None;
                self.kkt.condition.resume(now);
                self.scale.condition.resume(now);
                self.vision.condition.resume(now);
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// Is the service paused?
    pub fn paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Could the state be written to disk? The text says why not, for a technician.
    pub fn state_saved(&mut self, outcome: Result<(), String>, now: Moment) {
        self.tick(now);
        self.unsaved = match (outcome, self.unsaved.take()) {
            (Ok(()), _) => None,
            (Err(why), Some((_, since))) => Some((why, since)),
            (Err(why), None) => Some((why, now.wall)),
        };
    }

    /// Nothing is known against writing the state.
    pub fn saving_works(&self) -> bool {
        self.unsaved.is_none()
    }

    /// Has every configured source answered or failed once? A till program cannot be asked,
    /// so its feed is not waited for; nor is a fiscal printer that may not be opened, or a scale
    /// that is left alone now.
    pub fn ready(&self, now: Moment) -> bool {
        if self.settings.pos == PosSource::Seven {
            return self.seven_asked();
        }
        let kkt = self.kkt.condition.asked() || self.kkt_kept_away(now).is_some();
        let scale = self.settings.scale.is_none()
            || self.scale.condition.asked()
            || !self.scale_allowed(now);
        let vision = !self.settings.vision || self.vision.condition.asked();
        kkt && scale && vision
    }

    /// Which of the user's ids is the answer.
    pub(crate) fn user_id_name(&self) -> &'static str {
        match self.settings.user_role_id {
            UserIdKind::Role => "role_id",
            UserIdKind::User => "user_id",
        }
    }
}

#[cfg(test)]
mod tests;
