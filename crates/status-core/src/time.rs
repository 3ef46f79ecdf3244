//! The two clocks, always taken together.

use std::time::Duration;

use jiff::Timestamp;

/// A point in time by both clocks: one for ages, one for people.
///
/// The wall clock of a till may jump (a time service, a changed zone, a dead battery), so every age
/// is taken from `mono`; `wall` is only shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Time since the process began, by a clock that never goes back.
    pub mono: Duration,
    /// The till's wall clock.
    pub wall: Timestamp,
}

impl Moment {
    /// How long after `earlier` this is; zero when it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        self.mono.saturating_sub(earlier.mono)
    }

    /// The moment that was so long before this one; the process may have begun later.
    pub(crate) fn before(self, age: Duration) -> Self {
        let wall = self.wall.checked_sub(age).unwrap_or(Timestamp::MIN);
        Self { mono: self.mono.saturating_sub(age), wall }
    }
}
