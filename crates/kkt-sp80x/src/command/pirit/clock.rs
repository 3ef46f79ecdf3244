//! 13: the clock.

use super::{CLOCK, Fields, command};
use crate::Pirit;
use crate::error::DecodeError;
use crate::frame::Answer;
use crate::value::CivilDateTime;

/// Asks what the device's clock shows. (14 sets it, and does not exist here.)
///
/// ```text
/// > 13
/// < 13 [DDMMYY] [HHMMSS]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when it is no date or time.
///
/// Source: docs/protocols/sp80x.md section 4.9.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadClock;

impl ReadClock {
    pub(super) fn fields(self) -> [u32; 0] {
        []
    }

    fn read(self, answer: &Answer<'_>) -> Result<CivilDateTime, DecodeError> {
        Fields::of(answer, &[])?.date_time("date and time")
    }
}

command!(Pirit, ReadClock, CLOCK, CivilDateTime);

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn no_number_stands_before_the_time() {
        let time = answer(&ReadClock, "13", "241126|093015|").unwrap();
        assert_eq!(time.to_string(), "2026-11-24T09:30:15");
        assert!(answer(&ReadClock, "13", "241126|").is_err());
    }
}
