//! What the log says of a device that goes away: once at first, then rarely, and once when it is back.

use std::time::{Duration, Instant};

/// How often the log is reminded of a device that is away.
const REMINDER: Duration = Duration::from_secs(3600);

/// Whether a device is there, for the log.
#[derive(Debug)]
pub(crate) struct Presence {
    device: &'static str,
    away: Option<Away>,
}

#[derive(Debug)]
struct Away {
    since: Instant,
    reminders: Rarely,
}

impl Presence {
    pub(crate) fn new(device: &'static str) -> Self {
        Self { device, away: None }
    }

    /// The device failed now, and `why`.
    pub(crate) fn failed(&mut self, why: &str) {
        let device = self.device;
        if let Some(away) = &mut self.away {
            if away.reminders.now().is_some() {
                let minutes = away.since.elapsed().as_secs() / 60;
                tracing::warn!(device, minutes, "still away: {why}");
            } else {
                tracing::debug!(device, "{why}");
            }
            return;
        }
        let mut reminders = Rarely::new(REMINDER);
        reminders.now();
        self.away = Some(Away { since: Instant::now(), reminders });
        tracing::warn!(device, "{why}");
    }

    /// The device answered now.
    pub(crate) fn answered(&mut self) {
        if let Some(away) = self.away.take() {
            let seconds = away.since.elapsed().as_secs();
            tracing::info!(device = self.device, after_seconds = seconds, "answers again");
        }
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
