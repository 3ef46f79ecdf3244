//! What the log says of a device that goes away: once at first, then rarely, and once when it is back.

use std::time::{Duration, Instant};

/// How often the log is reminded of a device that is away.
const REMINDER: Duration = Duration::from_secs(3600);
/// So many changes of one device are told in that time: a loose plug must not fill a disk.
const CHANGES: u32 = 20;

/// Whether a device is there, for the log: a line for each change, and rarely one while it is away.
#[derive(Debug)]
pub(crate) struct Presence {
    device: &'static str,
    away: Option<Away>,
    changes: Rarely,
}

#[derive(Debug)]
struct Away {
    since: Instant,
    reminders: Rarely,
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// It is away now; so many changes were not told before.
    Gone { not_told: u64 },
    /// It is away for so long.
    Away(Duration),
    /// It is back, after so long.
    Back { after: Duration, not_told: u64 },
}

impl Presence {
    pub(crate) fn new(device: &'static str) -> Self {
        Self { device, away: None, changes: Rarely::at_most(CHANGES, REMINDER) }
    }

    /// The device failed now, and `why`.
    pub(crate) fn failed(&mut self, why: &str) {
        let device = self.device;
        match self.failed_at(Instant::now()) {
            Some(Line::Gone { not_told: 0 }) => tracing::warn!(device, "{why}"),
            Some(Line::Gone { not_told }) => tracing::warn!(device, not_told, "{why}"),
            Some(Line::Away(span)) => {
                let minutes = span.as_secs() / 60;
                tracing::warn!(device, minutes, "still away: {why}");
            }
            Some(Line::Back { .. }) | None => tracing::debug!(device, "{why}"),
        }
    }

    /// The device answered now.
    pub(crate) fn answered(&mut self) {
        let device = self.device;
        if let Some(Line::Back { after, not_told }) = self.answered_at(Instant::now()) {
            let seconds = after.as_secs();
            match not_told {
                0 => tracing::info!(device, after_seconds = seconds, "answers again"),
                _ => tracing::info!(device, after_seconds = seconds, not_told, "answers again"),
            }
        }
    }

    fn failed_at(&mut self, now: Instant) -> Option<Line> {
        if let Some(away) = &mut self.away {
            away.reminders.at(now)?;
            return Some(Line::Away(now.saturating_duration_since(away.since)));
        }
        let mut reminders = Rarely::new(REMINDER);
        reminders.at(now);
        self.away = Some(Away { since: now, reminders });
        self.changes.at(now).map(|not_told| Line::Gone { not_told })
    }

    fn answered_at(&mut self, now: Instant) -> Option<Line> {
        let away = self.away.take()?;
        let after = now.saturating_duration_since(away.since);
        self.changes.at(now).map(|not_told| Line::Back { after, not_told })
    }
}

/// Lets few of many events through in each interval.
#[derive(Debug)]
pub(crate) struct Rarely {
    most: u32,
    every: Duration,
    /// Since when the interval lasts, and how many passed in it.
    interval: Option<(Instant, u32)>,
    kept_back: u64,
}

impl Rarely {
    /// One in each interval.
    pub(crate) fn new(every: Duration) -> Self {
        Self::at_most(1, every)
    }

    pub(crate) fn at_most(most: u32, every: Duration) -> Self {
        Self { most, every, interval: None, kept_back: 0 }
    }

    /// Whether this event passes; then how many were kept back since the last one.
    pub(crate) fn now(&mut self) -> Option<u64> {
        self.at(Instant::now())
    }

    fn at(&mut self, now: Instant) -> Option<u64> {
        let young = |since: Instant| now.saturating_duration_since(since) < self.every;
        let (since, passed) = self.interval.filter(|(since, _)| young(*since)).unwrap_or((now, 0));
        if passed >= self.most {
            self.kept_back += 1;
            return None;
        }
        self.interval = Some((since, passed + 1));
        Some(std::mem::take(&mut self.kept_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_away_for_a_day_has_a_line_an_hour() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut presence = Presence::new("scale");
        assert_eq!(presence.answered_at(at(0)), None, "it was never away");
        let mut lines = Vec::new();
        for second in 10..86_410 {
            lines.extend(presence.failed_at(at(second)).map(|line| (second, line)));
        }
        assert_eq!(lines[0], (10, Line::Gone { not_told: 0 }));
        let reminders = (1..24)
            .map(|hour| (10 + hour * 3600, Line::Away(REMINDER * u32::try_from(hour).unwrap())));
        assert_eq!(lines[1..], reminders.collect::<Vec<_>>());
        let back = Line::Back { after: Duration::from_secs(86_400), not_told: 0 };
        assert_eq!(presence.answered_at(at(86_410)), Some(back));
        assert_eq!(presence.answered_at(at(86_411)), None);
    }

    #[test]
    fn a_loose_plug_has_twenty_lines_an_hour() {
        let start = Instant::now();
        let mut presence = Presence::new("kkt");
        let mut told = 0;
        for second in 0..4 * 3600 {
            let now = start + Duration::from_secs(second);
            let line =
                if second % 2 == 0 { presence.failed_at(now) } else { presence.answered_at(now) };
            told += u32::from(line.is_some());
        }
        assert_eq!(told, 4 * CHANGES);
        let now = start + Duration::from_secs(4 * 3600);
        assert_eq!(presence.failed_at(now), Some(Line::Gone { not_told: 3600 - 20 }));
    }

    #[test]
    fn one_in_each_interval() {
        let start = Instant::now();
        let mut rarely = Rarely::new(Duration::from_secs(60));
        assert_eq!(rarely.at(start), Some(0));
        for second in 1..60 {
            assert_eq!(rarely.at(start + Duration::from_secs(second)), None);
        }
        assert_eq!(rarely.at(start + Duration::from_secs(60)), Some(59));
        assert_eq!(rarely.at(start + Duration::from_secs(61)), None);
    }

    #[test]
    fn a_storm_is_bounded_and_counted() {
        let start = Instant::now();
        let mut rarely = Rarely::at_most(3, Duration::from_secs(60));
        let told: Vec<_> = (0..600)
            .filter(|tenth| rarely.at(start + Duration::from_millis(100 * tenth)).is_some())
            .collect();
        assert_eq!(told, [0, 1, 2]);
        assert_eq!(rarely.at(start + Duration::from_secs(60)), Some(597));
        assert_eq!(rarely.at(start + Duration::from_secs(60)), Some(0));
    }
}
