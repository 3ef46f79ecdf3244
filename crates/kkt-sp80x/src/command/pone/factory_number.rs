//! A6: the serial number.

use super::{FACTORY_NUMBER, command, text};
use crate::Pone;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks for the factory (serial) number. (In the sister dialect A6 is another command.)
///
/// ```text
/// > A6 []
/// < A6 [number]
/// ```
///
/// # Errors
/// [`DecodeError::Missing`] when the answer is empty.
///
/// Source: docs/protocols/sp80x.md section 5.1; one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFactoryNumber;

impl ReadFactoryNumber {
    pub(super) fn fields(self) -> [u32; 0] {
        []
    }

    fn read(self, answer: &Answer<'_>) -> Result<String, DecodeError> {
        text(answer, "factory number")
    }
}

command!(Pone, ReadFactoryNumber, FACTORY_NUMBER, String);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_errors};
    use super::*;

    #[test]
    fn leading_zeros_stay() {
        assert_eq!(answer(&ReadFactoryNumber, "A6", "0801001234").unwrap(), "0801001234");
        assert_eq!(answer(&ReadFactoryNumber, "A6", "0801001234|").unwrap(), "0801001234");
        check_errors(&ReadFactoryNumber, "A6", "factory number");
    }
}
