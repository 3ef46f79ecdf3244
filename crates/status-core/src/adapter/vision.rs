//! A probe's verdict as a reading.

use vision_probe::{Observation, Verdict};

use crate::vision::{VisionLink, VisionReading};

/// What one round of looks shows, and all that was observed in it.
///
/// A try that nobody answered does not show anew that the link is up, even where it is too early to
/// say that it is down: the last reading is left to stand until its maximum age.
pub fn reading(observed: &Observation) -> VisionReading {
    let link = match observed.shown {
        Verdict::Up => VisionLink::Up,
        Verdict::Down => VisionLink::Down,
        Verdict::Unknown => VisionLink::Unknown,
    };
    VisionReading { link, evidence: observed.to_string() }
}
