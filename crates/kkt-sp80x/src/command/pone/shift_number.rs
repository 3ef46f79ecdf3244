//! A5 [1]: the number of the shift.

use super::{INFORMATION, command, number};
use crate::Pone;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks for the number of the current shift.
///
/// ```text
/// > A5 [1]
/// < A5 [n]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when it is no number.
///
/// Source: docs/protocols/sp80x.md section 5.1; one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadShiftNumber;

impl ReadShiftNumber {
    pub(super) fn fields(self) -> [u32; 1] {
        [1]
    }

    fn read(self, answer: &Answer<'_>) -> Result<u32, DecodeError> {
        number(answer, "shift number")
    }
}

command!(Pone, ReadShiftNumber, INFORMATION, u32);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_errors};
    use super::*;

    #[test]
    fn an_empty_number_is_zero_and_a_missing_one_is_none() {
        assert_eq!(answer(&ReadShiftNumber, "A5", "17|"), Ok(17));
        assert_eq!(answer(&ReadShiftNumber, "A5", "|"), Ok(0));
        check_errors(&ReadShiftNumber, "A5", "shift number");
        let error = answer(&ReadShiftNumber, "A5", "4294967296|").unwrap_err();
        assert!(matches!(error, DecodeError::Value { .. }), "{error}");
        assert!(answer(&ReadShiftNumber, "A5", "-1|").is_err());
        assert!(answer(&ReadShiftNumber, "A5", "+1|").is_err());
    }
}
