//! The last hours of a till, one sample a minute, in memory.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use status_core::{Endpoint, Moment, Value};

use crate::answer::{Observation, Said};
use crate::judge::Watch;

/// Six hours.
const KEPT: usize = 360;
const MINUTE: u64 = 60;

/// What one poll saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    answered: bool,
    latency: u16,
    ofd: Option<u16>,
    paper: Option<bool>,
    vision: Option<bool>,
    receipt: Option<bool>,
    problems: u8,
}

/// A minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Minute {
    /// Which minute since 1970.
    pub minute: u32,
    /// How many polls there were.
    pub polls: u8,
    /// How many of them were answered.
    pub answered: u8,
    /// The slowest answer, in milliseconds.
    pub latency: u16,
    /// The most documents that were unsent; none where that was not known.
    pub ofd: Option<u16>,
    /// Was there paper all the time? None where that was never known.
    pub paper: Option<bool>,
    /// Was the link to Vision up all the time?
    pub vision: Option<bool>,
    /// Was a receipt open at any time?
    pub receipt: Option<bool>,
    /// The most problems at a time.
    pub problems: u8,
}

/// The last hours.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    minutes: VecDeque<Minute>,
}

impl Sample {
    /// What is known after a poll.
    pub(super) fn of(watch: &Watch, latency: Duration) -> Self {
        let answered = watch.failing().is_none();
        let problems = u8::try_from(watch.problems().count()).unwrap_or(u8::MAX);
        let seen = watch.observation();
        if !answered {
            return Self { problems, ..Self::default() };
        }
        Self {
            answered,
            latency: u16::try_from(latency.as_millis()).unwrap_or(u16::MAX),
            ofd: match seen.value(Endpoint::Ofd) {
                Some(Said::Value(Value::Count(count))) => {
                    Some(u16::try_from(*count).unwrap_or(u16::MAX))
                }
                _ => None,
            },
            paper: yes_or_no(seen, Endpoint::Paper),
            vision: yes_or_no(seen, Endpoint::Vision),
            receipt: yes_or_no(seen, Endpoint::LastReceiptTime),
            problems,
        }
    }
}

fn yes_or_no(seen: &Observation, endpoint: Endpoint) -> Option<bool> {
    match seen.value(endpoint) {
        Some(Said::Value(_)) => Some(true),
        Some(Said::None) => Some(false),
        _ => None,
    }
}

impl History {
    /// Adds what a poll saw.
    pub(super) fn add(&mut self, sample: Sample, now: Moment) {
        let second = u64::try_from(now.wall.as_second()).unwrap_or_default();
        let minute = u32::try_from(second / MINUTE).unwrap_or_default();
        if self.minutes.back().is_none_or(|last| last.minute != minute) {
            if self.minutes.len() == KEPT {
                self.minutes.pop_front();
            } else if self.minutes.len() == self.minutes.capacity() {
                // By the hour: doubled it would end at half as much again as is kept.
                self.minutes.reserve_exact(60);
            }
            self.minutes.push_back(Minute { minute, ..Minute::default() });
        }
        if let Some(last) = self.minutes.back_mut() {
            last.polls = last.polls.saturating_add(1);
            last.answered = last.answered.saturating_add(u8::from(sample.answered));
            last.latency = last.latency.max(sample.latency);
            last.ofd = last.ofd.max(sample.ofd);
            last.paper = all(last.paper, sample.paper);
            last.vision = all(last.vision, sample.vision);
            last.receipt = last.receipt.max(sample.receipt);
            last.problems = last.problems.max(sample.problems);
        }
    }

    /// Oldest first.
    pub(super) fn minutes(&self) -> impl Iterator<Item = &Minute> {
        self.minutes.iter()
    }
}

fn all(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one && other),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_hours_are_kept_and_no_more() {
        // So many bytes times so many minutes times the tills: docs/scaling.md counts on it.
        assert_eq!(size_of::<Minute>(), 16);
        let mut history = History::default();
        for second in (0..8 * 3600).step_by(7) {
            let wall = jiff::Timestamp::from_second(second).unwrap();
            let mono = Duration::from_secs(second.unsigned_abs());
            history.add(Sample { answered: true, ..Sample::default() }, Moment { mono, wall });
        }
        let minutes: Vec<_> = history.minutes().map(|minute| minute.minute).collect();
        assert_eq!(minutes, (120..480).collect::<Vec<_>>());
        assert_eq!(history.minutes.capacity(), KEPT);
        assert!(
            history.minutes().all(|minute| minute.polls >= 8 && minute.answered == minute.polls)
        );
    }
}
