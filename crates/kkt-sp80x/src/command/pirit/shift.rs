//! 01 [1], 01 [2]: the numbers of the shift and of the next receipt.

use super::{COUNTERS, Fields, command};
use crate::Pirit;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks for the number of the current shift.
///
/// ```text
/// > 01 [1]
/// < 01 [1] [n]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when it is no number.
///
/// Source: docs/protocols/sp80x.md section 4.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadShiftNumber;

/// Asks for the number of the **next** receipt; right only when the KKT numbers receipts itself.
///
/// ```text
/// > 01 [2]
/// < 01 [2] [n]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when it is no number.
///
/// Source: docs/protocols/sp80x.md section 4.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadNextReceipt;

impl ReadShiftNumber {
    pub(super) fn fields(self) -> [u32; 1] {
        [1]
    }

    fn read(self, answer: &Answer<'_>) -> Result<u32, DecodeError> {
        Fields::of(answer, &self.fields())?.integer("shift number")
    }
}

impl ReadNextReceipt {
    pub(super) fn fields(self) -> [u32; 1] {
        [2]
    }

    fn read(self, answer: &Answer<'_>) -> Result<u32, DecodeError> {
        Fields::of(answer, &self.fields())?.integer("receipt number")
    }
}

command!(Pirit, ReadShiftNumber, COUNTERS, u32);
command!(Pirit, ReadNextReceipt, COUNTERS, u32);

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn the_number_of_the_question_is_no_value() {
        assert_eq!(answer(&ReadShiftNumber, "01", "1|17|"), Ok(17));
        assert_eq!(answer(&ReadNextReceipt, "01", "2|52|"), Ok(52));
        assert_eq!(answer(&ReadNextReceipt, "01", "2||"), Ok(0));
        let missing = answer(&ReadNextReceipt, "01", "2|").unwrap_err();
        assert_eq!(missing, DecodeError::Missing("receipt number"));
        let other = answer(&ReadNextReceipt, "01", "1|52|").unwrap_err();
        assert!(other.to_string().contains("got \"1\""), "{other}");
    }
}
