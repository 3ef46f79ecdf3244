//! 00: status flags.

use bitflags::bitflags;

use super::{Fields, STATUS, command};
use crate::Pirit;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks for the state of the device, the shift and the document.
///
/// ```text
/// > 00
/// < 00 [f] [c] [d]      f = fatal flags, c = current flags, d = document status; decimal integers
/// ```
/// A fourth field (Belarus) is ignored.
///
/// # Errors
/// [`DecodeError::Value`] when a field is no number.
///
/// Source: docs/protocols/sp80x.md section 4.1; five sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadStatus;

/// The state of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// What blocks the device.
    pub fatal: FatalFlags,
    /// Modes and the shift.
    pub current: CurrentFlags,
    /// The document.
    pub document: DocumentStatus,
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
        /// No link with the fiscal storage.
        const NO_FN_LINK = 1 << 2;
        /// The KKT is not authorised.
        const NOT_AUTHORISED = 1 << 5;
        /// Fatal error of the fiscal storage.
        const FN_ERROR = 1 << 6;
        /// FM16, Viki Print: the SD card is absent or broken.
        const SD_CARD = 1 << 8;
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
        /// The archive of the fiscal storage is closed.
        const FN_ARCHIVE_CLOSED = 1 << 4;
        /// The fiscal storage is not registered.
        const FN_NOT_REGISTERED = 1 << 5;
        /// The closing of the shift was not finished and must be repeated.
        const SHIFT_CLOSING_UNFINISHED = 1 << 8;
        /// FM16: error of the control tape.
        const CONTROL_TAPE = 1 << 9;
    }
}

/// The document: its type in the low four bits, its state above them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DocumentStatus(pub u32);

impl DocumentStatus {
    /// Whether a document is open, or closed but not printed to its end: the till has something to
    /// finish. Anything but 0 is.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.0 != 0
    }

    /// What kind of document it is.
    #[must_use]
    pub fn document_type(self) -> DocumentType {
        DocumentType(self.0 & 0xF)
    }

    /// How far it is.
    #[must_use]
    pub fn state(self) -> DocumentState {
        DocumentState(self.0 >> 4)
    }
}

/// What kind of document it is. An unknown one is a value; in Belarus 6 to 10 mean orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DocumentType(pub u32);

impl DocumentType {
    /// What it is called; `None` for an unknown one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "none",
            1 => "service document",
            2 => "sale",
            3 => "refund of a sale",
            4 => "cash in",
            5 => "cash out",
            6 => "purchase",
            7 => "refund of a purchase",
            9 => "correction of income",
            10 => "correction of expense",
            11 => "correction of a refund of income",
            12 => "correction of a refund of expense",
            _ => return None,
        })
    }

    /// Whether it is a receipt (by our judgement); `None` for an unknown type.
    #[must_use]
    pub fn is_receipt(self) -> Option<bool> {
        match self.0 {
            0 | 1 | 4 | 5 => Some(false),
            2 | 3 | 6 | 7 | 9..=12 => Some(true),
            _ => None,
        }
    }
}

/// How far a document is. An unknown state is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DocumentState(pub u32);

impl DocumentState {
    /// What it is called; `None` for an unknown one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "closed",
            1 => "opened",
            2 => "after the first subtotal",
            3 => "after the second subtotal, or payment has begun",
            4 => "settled, must be closed",
            8 => "closed in the FN but not printed to its end",
            _ => return None,
        })
    }
}

impl ReadStatus {
    pub(super) fn fields(self) -> [u32; 0] {
        []
    }

    fn read(self, answer: &Answer<'_>) -> Result<Status, DecodeError> {
        let mut fields = Fields::of(answer, &[])?;
        Ok(Status {
            fatal: FatalFlags::from_bits_retain(fields.integer("fatal flags")?),
            current: CurrentFlags::from_bits_retain(fields.integer("current flags")?),
            document: DocumentStatus(fields.integer("document status")?),
        })
    }
}

command!(Pirit, ReadStatus, STATUS, Status);

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn masks_are_wide_and_decimal() {
        let status = answer(&ReadStatus, "00", "256|772|18|").unwrap();
        assert_eq!(status.fatal, FatalFlags::SD_CARD);
        let both = CurrentFlags::SHIFT_CLOSING_UNFINISHED | CurrentFlags::CONTROL_TAPE;
        assert_eq!(status.current, both | CurrentFlags::SHIFT_OPEN);
        assert_eq!(status.document.document_type().name(), Some("sale"));
        assert_eq!(status.document.state().name(), Some("opened"));
        assert_eq!(status.document.document_type().is_receipt(), Some(true));
    }

    #[test]
    fn not_printed_to_its_end_is_open() {
        for (value, open) in [("0", false), ("128", true), ("130", true), ("1", true)] {
            let status = answer(&ReadStatus, "00", &format!("0|4|{value}|")).unwrap();
            assert_eq!(status.document.is_open(), open, "{value}");
        }
    }

    #[test]
    fn empty_is_zero_missing_is_none_surplus_is_ignored() {
        assert!(!answer(&ReadStatus, "00", "||||").unwrap().document.is_open());
        let missing = answer(&ReadStatus, "00", "0|4|").unwrap_err();
        assert_eq!(missing, DecodeError::Missing("document status"));
        assert!(answer(&ReadStatus, "00", "0|4|0|1|").is_ok(), "Belarus");
        assert!(answer(&ReadStatus, "00", "0|4|x|").is_err());
    }
}
