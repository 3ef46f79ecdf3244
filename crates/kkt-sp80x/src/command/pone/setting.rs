//! A1: a setting.

use super::{SETTING, command, text};
use crate::Pone;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks for one setting by row and column. (A2 writes it, and does not exist here.)
///
/// ```text
/// > A1 [row] [column]
/// < A1 [value]
/// ```
/// Row 33, column 0 says how QR codes are printed. Do not walk through rows and columns: what others
/// hold is not published.
///
/// # Errors
/// [`DecodeError::Refused`] when there is no such setting.
///
/// Source: docs/protocols/sp80x.md section 5.1; one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadSetting {
    /// The row.
    pub row: u32,
    /// The column.
    pub column: u32,
}

impl ReadSetting {
    pub(super) fn fields(self) -> [u32; 2] {
        [self.row, self.column]
    }

    fn read(self, answer: &Answer<'_>) -> Result<String, DecodeError> {
        text(answer, "value of the setting")
    }
}

command!(Pone, ReadSetting, SETTING, String);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_errors};
    use super::*;

    #[test]
    fn a_setting_is_a_text() {
        let command = ReadSetting { row: 33, column: 0 };
        assert_eq!(answer(&command, "A1", "1|").unwrap(), "1");
        check_errors(&command, "A1", "value of the setting");
    }
}
