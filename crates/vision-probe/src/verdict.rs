//! What several observations in a row mean.

use std::collections::VecDeque;

use crate::evidence::{Evidence, Meaning};

/// Is the link up?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is.
    Up,
    /// It is not.
    Down,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// Turns observations into a verdict.
///
/// - An answer as expected: up, at once.
/// - A certain failure (refused, reset, wrong answer): down, at once.
/// - Nothing answered: down when that happened in `failures` of the last `window` tries; until then
///   the verdict stays what it was, so a single lost packet changes nothing.
/// - No evidence (the name does not resolve, no route): unknown. It counts as no try.
#[derive(Clone, Debug)]
pub struct Hysteresis {
    failures: usize,
    window: usize,
    missed: VecDeque<bool>,
    verdict: Verdict,
}

impl Default for Hysteresis {
    /// 2 of 3.
    fn default() -> Self {
        Self::new(2, 3)
    }
}

impl Hysteresis {
    /// Down when `failures` of the last `window` tries were not answered. Both are at least 1, and
    /// the window holds that many failures.
    #[must_use]
    pub fn new(failures: usize, window: usize) -> Self {
        let failures = failures.max(1);
        let window = window.max(failures);
        Self { failures, window, missed: VecDeque::new(), verdict: Verdict::Unknown }
    }

    /// Takes what was observed.
    pub fn observe(&mut self, evidence: &Evidence) -> Verdict {
        let meaning = evidence.meaning();
        if meaning != Meaning::Nothing {
            self.missed.push_back(meaning == Meaning::Missed);
            if self.missed.len() > self.window {
                self.missed.pop_front();
            }
        }
        self.verdict = match meaning {
            Meaning::Up => Verdict::Up,
            Meaning::Down => Verdict::Down,
            Meaning::Nothing => Verdict::Unknown,
            Meaning::Missed if self.too_many_missed() => Verdict::Down,
            Meaning::Missed => self.verdict,
        };
        self.verdict
    }

    /// The present verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    fn too_many_missed(&self) -> bool {
        self.missed.iter().filter(|missed| **missed).count() >= self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::Unresolved;
    use std::time::Duration;

    fn evidence(letter: char) -> Evidence {
        let after = Duration::from_millis(4);
        match letter {
            'u' => Evidence::Answered { status: 200, after },
            'r' => Evidence::Refused,
            'w' => Evidence::WrongStatus { got: 503, expected: 200 },
            't' => Evidence::TimedOut { waiting_for: "answer", after },
            'n' => Evidence::Unresolved(Unresolved::TimedOut(after)),
            _ => Evidence::NoRoute,
        }
    }

    #[track_caller]
    fn check(hysteresis: Hysteresis, story: &str, verdicts: &str) {
        let mut hysteresis = hysteresis;
        let got: String = story
            .chars()
            .map(|letter| match hysteresis.observe(&evidence(letter)) {
                Verdict::Up => 'U',
                Verdict::Down => 'D',
                Verdict::Unknown => '?',
            })
            .collect();
        assert_eq!(got, verdicts, "{story}");
    }

    #[test]
    fn what_tries_in_a_row_mean() {
        let default = Hysteresis::default;
        check(default(), "u", "U");
        check(default(), "rwu", "DDU");
        check(default(), "tt", "?D");
        check(default(), "utu", "UUU");
        check(default(), "utt", "UUD");
        check(default(), "utut", "UUUD");
        check(default(), "utuut", "UUUUU");
        check(default(), "unu", "U?U");
        check(default(), "tnt", "??D");
        check(default(), "ux", "U?");
        check(Hysteresis::new(1, 1), "ut", "UD");
        check(Hysteresis::new(3, 1), "uttt", "UUUD");
        check(Hysteresis::new(0, 0), "ut", "UD");
    }
}
