//! How long to wait before a port is opened again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LAST: Duration = Duration::from_secs(5);

/// Doubles from 0.2 s to 5 s, each time up to a quarter less, so that many tills do not knock at
/// the same moment after a power cut.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    random: RandomState,
    count: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST, random: RandomState::new(), count: 0 }
    }
}

impl Backoff {
    /// The wait after one more failure.
    pub(crate) fn failed(&mut self) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(LAST);
        self.count += 1;
        let mut hasher = self.random.build_hasher();
        hasher.write_u64(self.count);
        let thousandths = u32::try_from(hasher.finish() % 250).unwrap_or_default();
        whole - whole * thousandths / 1000
    }

    /// It worked: the next failure waits shortly again.
    pub(crate) fn worked(&mut self) {
        self.next = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_five_seconds_and_begins_anew() {
        let mut backoff = Backoff::default();
        for whole in [200, 400, 800, 1600, 3200, 5000, 5000] {
            let wait = backoff.failed().as_millis();
            assert!(wait >= whole * 3 / 4 && wait <= whole, "{wait} of {whole}");
        }
        backoff.worked();
        assert!(backoff.failed() <= FIRST);
    }

    #[test]
    fn two_tills_do_not_knock_together() {
        let waits = |mut backoff: Backoff| [(); 6].map(|()| backoff.failed());
        assert_ne!(waits(Backoff::default()), waits(Backoff::default()));
    }
}
