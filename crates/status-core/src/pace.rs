//! How often a device is asked: each kind of value at its own pace, and never more than one status
//! cycle a second.

use std::time::Duration;

/// No device gets two status cycles within this time.
const SHORTEST: Duration = Duration::from_secs(1);

/// The kinds of values, by how fast they change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// Receipt and weight. Default every 1 s.
    Fast,
    /// Paper, cover, drawer. Default every 5 s.
    Paper,
    /// The OFD queue. Default every 60 s.
    Ofd,
    /// Fiscal storage and shift. Default every 5 min.
    FiscalStorage,
    /// Model, serial number, firmware. Default every hour.
    Inventory,
}

/// Says what is due. `now` is the time since any moment that all calls share.
///
/// What is late is asked once and not made up for: after a stall there is no burst.
#[derive(Debug, Clone)]
pub struct Pace {
    tiers: Vec<(Tier, Duration, Option<Duration>)>,
    last_cycle: Option<Duration>,
}

impl Pace {
    /// A pace for these tiers. All are due at once; none is asked more often than once a second.
    pub fn new(tiers: impl IntoIterator<Item = (Tier, Duration)>) -> Self {
        let tiers = tiers.into_iter().map(|(tier, every)| (tier, every.max(SHORTEST), None));
        Self { tiers: tiers.collect(), last_cycle: None }
    }

    /// The tiers that are due in a cycle at `now`; nothing when the last cycle was less than a second
    /// ago. What is told here counts as asked.
    pub fn due(&mut self, now: Duration) -> Vec<Tier> {
        if now < self.next_cycle() {
            return Vec::new();
        }
        let mut due = Vec::new();
        for (tier, every, last) in &mut self.tiers {
            if last.is_none_or(|last| now >= last.saturating_add(*every)) {
                *last = Some(now);
                due.push(*tier);
            }
        }
        if !due.is_empty() {
            self.last_cycle = Some(now);
        }
        due
    }

    /// The first moment at which something will be due.
    pub fn next(&self) -> Duration {
        let next = |(_, every, last): &(Tier, Duration, Option<Duration>)| {
            last.map_or(Duration::ZERO, |last| last.saturating_add(*every))
        };
        self.tiers.iter().map(next).min().unwrap_or(Duration::MAX).max(self.next_cycle())
    }

    /// Asks for everything again as soon as a cycle is allowed, as after the device was away.
    pub fn everything(&mut self) {
        for (_, _, last) in &mut self.tiers {
            *last = None;
        }
    }

    /// A tier was not answered: it is due again with the next cycle.
    pub fn again(&mut self, tier: Tier) {
        for (known, _, last) in &mut self.tiers {
            if *known == tier {
                *last = None;
            }
        }
    }

    fn next_cycle(&self) -> Duration {
        self.last_cycle.map_or(Duration::ZERO, |last| last.saturating_add(SHORTEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace() -> Pace {
        Pace::new([(Tier::Fast, Duration::from_secs(1)), (Tier::Ofd, Duration::from_secs(60))])
    }

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn everything_is_due_at_first_and_then_by_its_tier() {
        let mut pace = pace();
        assert_eq!(pace.next(), Duration::ZERO);
        assert_eq!(pace.due(at(5)), [Tier::Fast, Tier::Ofd]);
        assert_eq!(pace.next(), at(1005));
        assert_eq!(pace.due(at(1004)), []);
        assert_eq!(pace.due(at(1005)), [Tier::Fast]);
        assert_eq!(pace.due(at(60_005)), [Tier::Fast, Tier::Ofd]);
    }

    #[test]
    fn no_burst_after_a_stall() {
        let mut pace = pace();
        pace.due(at(0));
        let cycles = (0..50).filter(|n| !pace.due(at(600_000 + n * 20)).is_empty()).count();
        assert_eq!(cycles, 1, "a second after ten minutes of silence");
    }

    #[test]
    fn a_second_lies_between_two_cycles_whatever_the_tiers_say() {
        let mut pace = Pace::new([(Tier::Fast, at(1)), (Tier::Paper, at(1500))]);
        let mut cycles = Vec::new();
        for now in 0..10_000 {
            if !pace.due(at(now)).is_empty() {
                cycles.push(now);
            }
            if now % 7 == 0 {
                pace.everything();
                pace.again(Tier::Paper);
            }
        }
        assert!(cycles.windows(2).all(|pair| pair[1] - pair[0] >= 1000), "{cycles:?}");
        assert_eq!(cycles.len(), 10);
    }
}
