//! One till: when it is asked.

use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::time::{Instant, sleep_until};

use super::{LEAST, Names, Visit};
use crate::board::{Board, Heard};
use crate::config::{Config, Language, Till};
use crate::serve::Clock;

/// How a till is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    interval: Duration,
    zone: TimeZone,
    language: Language,
}

impl Plan {
    pub(super) fn new(till: &Till, config: &Config) -> Self {
        let store = config.stores.get(&till.store).cloned().unwrap_or_default();
        let interval = config.kind(till).interval.0.max(LEAST);
        Self { interval, zone: store.zone.0, language: config.monitor.language }
    }
}

/// A till that does not answer is asked this seldom, so that it costs little, and however long its interval
/// is this often, so that one lost answer is no long problem and a till is found again soon.
const DEAD: Duration = Duration::from_secs(5);
/// The first requests are spread over half an interval, and over no more than this: the picture has to
/// be there soon, and the times that answers take spread them further.
const SPREAD: Duration = Duration::from_secs(2);

/// Asks a till for ever.
///
/// The next request leaves an interval after the last one was answered or given up. So two never come
/// to the till within a second, and after a stall there is no burst. The first one leaves a second
/// after the begin: an earlier run of this monitor may have asked just before.
pub(super) async fn poll(till: Till, plan: Plan, board: Board, clock: Clock, names: Names) {
    let mut visit = Visit::new(&till, plan.zone, plan.language, names);
    let mut next = Instant::now() + LEAST + spread(&till.name, SPREAD.min(plan.interval / 2));
    loop {
        sleep_until(next).await;
        let begun = Instant::now();
        let heard = visit.ask().await;
        let took = begun.elapsed();
        let failed = matches!(heard, Some(Heard::Nothing(_)));
        if let Some(heard) = heard {
            board.hear(&till.name, heard, took, clock.now());
        }
        let wait = if failed { DEAD } else { plan.interval };
        next = Instant::now() + wait;
    }
}

/// The same for every run, so that the tills of a fleet never come together.
fn spread(name: &str, over: Duration) -> Duration {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let milliseconds = u64::try_from(over.as_millis()).unwrap_or(1).max(1);
    Duration::from_millis((hash >> 16) % milliseconds)
}
