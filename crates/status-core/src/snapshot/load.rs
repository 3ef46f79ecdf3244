//! What lies on the scale while nobody weighs.

use std::time::Duration;

use crate::{
    scale::{ScaleOutcome, ScaleWeight},
    settings::StandingWeight,
    time::Moment,
};

/// A scale that was not asked for so long may have been used meanwhile.
const NOT_ASKED: Duration = Duration::from_secs(15);

/// The scale carries something else than its standing weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// By how much, in milligrams; below zero when a part of the standing weight is gone.
    pub(crate) milligrams: i64,
    /// Since when, answer for answer.
    pub(crate) since: Moment,
    last: Moment,
}

impl Load {
    /// What is on the scale by its next answer. Once there is a load it is one until it is clearly
    /// within the tolerance again, so that a weight at its edge is one load and not many.
    pub(crate) fn next(
        old: Option<Self>,
        outcome: &ScaleOutcome,
        standing: StandingWeight,
        now: Moment,
    ) -> Option<Self> {
        let ScaleOutcome::Weight(weight) = outcome else { return None };
        let milligrams = on_it(weight).saturating_sub(standing.milligrams);
        // Below an empty scale there is nothing to miss.
        if milligrams < 0 && standing.milligrams == 0 {
            return None;
        }
        let same_side = |old: &Self| old.milligrams.signum() == milligrams.signum();
        let going_on = old.filter(|old| same_side(old) && now.since(old.last) < NOT_ASKED);
        let tolerance = standing.tolerance_milligrams.unsigned_abs();
        let least = if going_on.is_some() { tolerance - tolerance / 4 } else { tolerance };
        (milligrams.unsigned_abs() > least).then(|| Self {
            milligrams,
            since: going_on.map_or(now, |old| old.since),
            last: now,
        })
    }

    /// How long it has been seen.
    pub(crate) fn lasts(&self) -> Duration {
        self.last.since(self.since)
    }
}

/// What the scale carries: what it shows, and what was tared away.
fn on_it(weight: &ScaleWeight) -> i64 {
    weight.milligrams.saturating_add(weight.tare_milligrams.unwrap_or(0))
}
