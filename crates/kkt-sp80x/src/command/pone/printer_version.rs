//! AF [6], AF [7]: versions of the printer.

use super::{PRINTER_INFORMATION, command, text};
use crate::Pone;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks for the version of the boot loader.
///
/// ```text
/// > AF [6]
/// < AF [version]
/// ```
///
/// # Errors
/// [`DecodeError::Missing`] when the answer is empty.
///
/// Source: docs/protocols/sp80x.md section 5.1; one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadBootVersion;

/// Asks for the version in the flash memory.
///
/// ```text
/// > AF [7]
/// < AF [version]
/// ```
///
/// # Errors
/// [`DecodeError::Missing`] when the answer is empty.
///
/// Source: docs/protocols/sp80x.md section 5.1; one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFlashVersion;

impl ReadBootVersion {
    pub(super) fn fields(self) -> [u32; 1] {
        [6]
    }

    fn read(self, answer: &Answer<'_>) -> Result<String, DecodeError> {
        text(answer, "boot version")
    }
}

impl ReadFlashVersion {
    pub(super) fn fields(self) -> [u32; 1] {
        [7]
    }

    fn read(self, answer: &Answer<'_>) -> Result<String, DecodeError> {
        text(answer, "flash version")
    }
}

command!(Pone, ReadBootVersion, PRINTER_INFORMATION, String);
command!(Pone, ReadFlashVersion, PRINTER_INFORMATION, String);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_errors};
    use super::*;

    #[test]
    fn versions_are_texts() {
        assert_eq!(answer(&ReadBootVersion, "AF", "3.01|").unwrap(), "3.01");
        assert_eq!(answer(&ReadFlashVersion, "AF", "3.04|").unwrap(), "3.04");
        check_errors(&ReadBootVersion, "AF", "boot version");
        check_errors(&ReadFlashVersion, "AF", "flash version");
    }
}
