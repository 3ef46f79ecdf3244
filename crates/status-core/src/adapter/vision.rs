//! A probe's verdict as a reading.

use vision_probe::{Evidence, Meaning, Verdict};

use crate::vision::{VisionLink, VisionReading};

/// What several tries mean, and what was observed last.
///
/// A try that nobody answered does not show anew that the link is up, even where it is too early to
/// say that it is down: the last reading is left to stand until its maximum age.
pub fn reading(verdict: Verdict, evidence: &Evidence) -> VisionReading {
    let link = match (verdict, evidence.meaning()) {
        (Verdict::Up, Meaning::Up) => VisionLink::Up,
        (Verdict::Down, _) => VisionLink::Down,
        _ => VisionLink::Unknown,
    };
    VisionReading { link, evidence: evidence.to_string() }
}
