//! A0: the status.

use bitflags::bitflags;

use super::{STATUS, command, fields};
use crate::Pone;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks for the state of the device, the shift and the document.
///
/// ```text
/// > A0 []
/// < A0 [f] [c] [d]      f = fatal flags, c = current flags, d = document status
/// ```
/// Three fields of text; surplus ones are ignored. A value of one digit is the same in decimal and
/// in hex. How a greater value is written is not known: decimal is likely, no more.
///
/// # Errors
/// [`DecodeError::Missing`] when there are fewer than three fields.
///
/// Source: docs/protocols/sp80x.md section 5.2; one source, the order of the fields inferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadStatus;

/// The state of the device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// What blocks the device.
    pub fatal: StatusValue,
    /// Modes and the shift.
    pub current: StatusValue,
    /// The document.
    pub document: StatusValue,
}

/// A field of the status as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct StatusValue(String);

impl StatusValue {
    /// The text, as it came.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The value, if it is one digit: the same in every reading.
    #[must_use]
    pub fn certain(&self) -> Option<u32> {
        self.0.parse().ok().filter(|_| matches!(self.0.as_bytes(), [b'0'..=b'9']))
    }

    /// The value, if the text is decimal digits. Of more than one digit it is an assumption that
    /// they are decimal.
    #[must_use]
    pub fn assumed_decimal(&self) -> Option<u32> {
        self.0.parse().ok().filter(|_| self.0.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

impl Status {
    /// Whether a document is open. Zero is closed and any other number open, decimal or hex; `None`
    /// when the field holds no number.
    #[must_use]
    pub fn document_open(&self) -> Option<bool> {
        let text = self.document.text();
        let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        number.then(|| text.bytes().any(|byte| byte != b'0'))
    }

    /// What blocks the device. Of more than one digit it is assumed decimal.
    #[must_use]
    pub fn fatal_flags(&self) -> Option<FatalFlags> {
        self.fatal.assumed_decimal().map(FatalFlags::from_bits_retain)
    }

    /// Modes and the shift. Of more than one digit it is assumed decimal.
    #[must_use]
    pub fn current_flags(&self) -> Option<CurrentFlags> {
        self.current.assumed_decimal().map(CurrentFlags::from_bits_retain)
    }
}

bitflags! {
    /// What blocks the device.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(transparent))]
    pub struct FatalFlags: u32 {
        /// Wrong checksum of the memory (NVR).
        const NVR_CHECKSUM = 1;
        /// Wrong checksum of the configuration.
        const CONFIGURATION_CHECKSUM = 1 << 1;
        /// Error of the interface to the fiscal memory (SPI).
        const SPI = 1 << 2;
        /// Wrong checksum of the fiscal memory.
        const FISCAL_MEMORY_CHECKSUM = 1 << 3;
        /// The fiscal memory cannot be written.
        const FISCAL_MEMORY_WRITE = 1 << 4;
        /// The fiscal module is not installed.
        const NO_FISCAL_MODULE = 1 << 5;
        /// Fatal error of the EKLZ.
        const EKLZ = 1 << 6;
    }
}

bitflags! {
    /// Modes and the shift.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(transparent))]
    pub struct CurrentFlags: u32 {
        /// "Start work" was not done yet. The till program does it, with its clock; never we.
        const NOT_INITIALISED = 1;
        /// Non-fiscal mode.
        const NON_FISCAL = 1 << 1;
        /// The shift is open.
        const SHIFT_OPEN = 1 << 2;
        /// The shift is longer than 24 hours.
        const SHIFT_EXPIRED = 1 << 3;
        /// The EKLZ's archive is closed.
        const ARCHIVE_CLOSED = 1 << 4;
        /// The EKLZ is not active.
        const EKLZ_INACTIVE = 1 << 5;
        /// There is no memory to close the shift.
        const NO_MEMORY_FOR_CLOSING = 1 << 6;
        /// A wrong password of the fiscal memory was entered.
        const WRONG_FISCAL_PASSWORD = 1 << 7;
    }
}

impl ReadStatus {
    pub(super) fn fields(self) -> [u32; 0] {
        []
    }

    fn read(self, answer: &Answer<'_>) -> Result<Status, DecodeError> {
        let mut fields = fields(answer)?;
        let mut next = |name| {
            let field = fields.next().ok_or(DecodeError::Missing(name))?;
            Ok::<_, DecodeError>(StatusValue(crate::text::decode(field)))
        };
        Ok(Status {
            fatal: next("fatal flags")?,
            current: next("current flags")?,
            document: next("document status")?,
        })
    }
}

command!(Pone, ReadStatus, STATUS, Status);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_errors};
    use super::*;

    #[track_caller]
    fn check(data: &str, open: Option<bool>, shift: Option<bool>, certain: bool) {
        let status = answer(&ReadStatus, "A0", data).unwrap();
        assert_eq!(status.document_open(), open, "{data}");
        let flags = status.current_flags();
        assert_eq!(flags.map(|flags| flags.contains(CurrentFlags::SHIFT_OPEN)), shift, "{data}");
        assert_eq!(status.current.certain().is_some(), certain, "{data}");
    }

    #[test]
    fn one_digit_is_the_same_in_every_reading() {
        check("0|4|0|", Some(false), Some(true), true);
        check("0|0|0|", Some(false), Some(false), true);
        check("0|4|1|", Some(true), Some(true), true);
    }

    #[test]
    fn two_digits_tell_open_but_are_only_assumed_decimal() {
        check("0|12|18|", Some(true), Some(true), false);
        check("0|4|12|", Some(true), Some(true), true);
        check("0|4|1F|", Some(true), Some(true), true);
        check("0|4|20|", Some(true), Some(true), true);
        check("0|4|00|", Some(false), Some(true), true);
    }

    #[test]
    fn what_is_no_number_is_unknown() {
        check("0||0|", Some(false), None, false);
        check("0|x|x|", None, None, false);
        check("0|+4||", None, None, false);
    }

    #[test]
    fn surplus_and_a_last_field_without_fs() {
        check("0|4|0|7|", Some(false), Some(true), true);
        check("0|4|0", Some(false), Some(true), true);
    }

    #[test]
    fn refused_and_short() {
        check_errors(&ReadStatus, "A0", "current flags");
        let missing = answer(&ReadStatus, "A0", "0|4|").unwrap_err();
        assert_eq!(missing, DecodeError::Missing("document status"));
    }

    #[test]
    fn bits_that_nobody_named_survive() {
        let status = answer(&ReadStatus, "A0", "128|4|0|").unwrap();
        assert_eq!(status.fatal_flags().unwrap().bits(), 128);
    }
}
