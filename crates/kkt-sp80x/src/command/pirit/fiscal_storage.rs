//! 78: the fiscal storage (FN).

use bitflags::bitflags;

use super::{FISCAL_STORAGE, Fields, command};
use crate::Pirit;
use crate::error::DecodeError;
use crate::frame::Answer;
use crate::value::CivilDateTime;

/// Asks for the state of the fiscal storage.
///
/// ```text
/// > 78 [2]
/// < 78 [2] [state] [document] [warnings]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when a field is no number.
///
/// Source: docs/protocols/sp80x.md section 4.10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFnStatus;

/// Asks for the number of the last fiscal document.
///
/// ```text
/// > 78 [3]
/// < 78 [3] [FD]
/// ```
/// Declared a string by the vendor.
///
/// # Errors
/// [`DecodeError::Missing`] when the answer is too short.
///
/// Source: docs/protocols/sp80x.md section 4.10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadLastDocument;

/// Asks for the shift in the fiscal storage.
///
/// ```text
/// > 78 [6]
/// < 78 [6] [number] [1 open, 0 closed] [receipt in the shift]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when a field is no number, or the shift neither open nor closed.
///
/// Source: docs/protocols/sp80x.md section 4.10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadShift;

/// Asks how many documents wait to be sent to the OFD, and since when.
///
/// ```text
/// > 78 [7]
/// < 78 [7] [flags] [count] [number of the first] [DDMMYY] [HHMMSS]
/// ```
/// What the last three fields hold when nothing waits is not described; they are not read then.
///
/// # Errors
/// [`DecodeError`] when flags or count are missing or no numbers.
///
/// Source: docs/protocols/sp80x.md section 4.10; two sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOfdQueue;

/// The state of the fiscal storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FnStatus {
    /// Its phase, and what is going on in it.
    pub state: FnState,
    /// The open document.
    pub document: FnDocument,
    /// What it warns of.
    pub warnings: FnWarnings,
}

/// Phase and flags of the fiscal storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FnState(pub u32);

impl FnState {
    /// The phase of its life.
    #[must_use]
    pub fn phase(self) -> FnPhase {
        FnPhase(self.0 & 0xF)
    }

    /// It has received data of a document.
    #[must_use]
    pub fn document_data(self) -> bool {
        self.0 & (1 << 4) != 0
    }

    /// The shift is open.
    #[must_use]
    pub fn shift_open(self) -> bool {
        self.0 & (1 << 5) != 0
    }
}

/// The phase of the fiscal storage. An unknown one is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FnPhase(pub u32);

impl FnPhase {
    /// What it is called; `None` for an unknown one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "set up",
            1 => "ready for fiscalisation",
            3 => "fiscal mode",
            7 => "post-fiscal: documents are being sent to the OFD",
            15 => "archive is being read",
            _ => return None,
        })
    }
}

/// The open document of the fiscal storage. An unknown one is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FnDocument(pub u32);

impl FnDocument {
    /// What it is called; `None` for an unknown one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0x00 => "none",
            0x01 => "registration report",
            0x02 => "shift opening",
            0x04 => "receipt",
            0x08 => "shift closing",
            0x10 => "closing of the fiscal mode",
            0x11 => "BSO (strict form)",
            0x12 => "re-registration because of FN change",
            0x13 => "re-registration",
            0x14 => "correction receipt",
            0x15 => "correction BSO",
            0x17 => "report on the current state of settlements",
            _ => return None,
        })
    }
}

bitflags! {
    /// What the fiscal storage warns of.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(transparent))]
    pub struct FnWarnings: u32 {
        /// The crypto coprocessor must be replaced within 3 days.
        const REPLACE_IN_3_DAYS = 1;
        /// It must be replaced within 30 days.
        const REPLACE_IN_30_DAYS = 1 << 1;
        /// The archive is 90 % full.
        const ARCHIVE_90_PERCENT = 1 << 2;
        /// The OFD's answer is overdue.
        const OFD_OVERDUE = 1 << 3;
        /// Critical error.
        const CRITICAL = 1 << 7;
    }
}

/// The shift in the fiscal storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Shift {
    /// Its number.
    pub number: u32,
    /// Whether it is open.
    pub open: bool,
    /// The number of the receipt in the shift.
    pub receipt_number: u32,
}

/// The exchange with the OFD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OfdQueue {
    /// What the exchange is doing.
    pub flags: OfdFlags,
    /// How many documents are not sent yet.
    pub unsent_documents: u32,
    /// The number (FD) of the first of them.
    pub first_unsent_number: Option<u32>,
    /// Its date and time.
    pub first_unsent_at: Option<CivilDateTime>,
}

bitflags! {
    /// What the exchange with the OFD is doing.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(transparent))]
    pub struct OfdFlags: u32 {
        /// The transport connection is up.
        const TRANSPORT_UP = 1;
        /// There is a message for the OFD.
        const MESSAGE_TO_SEND = 1 << 1;
        /// The OFD's receipt is awaited.
        const WAITING_RECEIPT = 1 << 2;
        /// There is a command from the OFD.
        const COMMAND = 1 << 3;
        /// The settings of the connection have changed.
        const SETTINGS_CHANGED = 1 << 4;
        /// The answer to an OFD command is awaited.
        const WAITING_COMMAND_ANSWER = 1 << 5;
        /// The reading of the message has begun.
        const MESSAGE_READING = 1 << 6;
    }
}

impl ReadFnStatus {
    pub(super) fn fields(self) -> [u32; 1] {
        [2]
    }

    fn read(self, answer: &Answer<'_>) -> Result<FnStatus, DecodeError> {
        let mut fields = Fields::of(answer, &self.fields())?;
        Ok(FnStatus {
            state: FnState(fields.integer("state of the fiscal storage")?),
            document: FnDocument(fields.integer("document of the fiscal storage")?),
            warnings: FnWarnings::from_bits_retain(fields.integer("warnings")?),
        })
    }
}

impl ReadLastDocument {
    pub(super) fn fields(self) -> [u32; 1] {
        [3]
    }

    fn read(self, answer: &Answer<'_>) -> Result<String, DecodeError> {
        Fields::of(answer, &self.fields())?.text("number of the last fiscal document")
    }
}

impl ReadShift {
    pub(super) fn fields(self) -> [u32; 1] {
        [6]
    }

    fn read(self, answer: &Answer<'_>) -> Result<Shift, DecodeError> {
        let mut fields = Fields::of(answer, &self.fields())?;
        let number = fields.integer("shift number")?;
        let field = "state of the shift";
        let open = match fields.integer(field)? {
            0 => false,
            1 => true,
            got => {
                let (got, expected) = (got.to_string(), "0 or 1");
                return Err(DecodeError::Value { field, got, expected });
            }
        };
        Ok(Shift { number, open, receipt_number: fields.integer("receipt in the shift")? })
    }
}

impl ReadOfdQueue {
    pub(super) fn fields(self) -> [u32; 1] {
        [7]
    }

    fn read(self, answer: &Answer<'_>) -> Result<OfdQueue, DecodeError> {
        let mut fields = Fields::of(answer, &self.fields())?;
        let flags = OfdFlags::from_bits_retain(fields.integer("flags of the exchange")?);
        let count = "number of unsent documents";
        // An empty number is 0 by the vendor's rule, but "nothing waits" needs a digit.
        let unsent_documents = match fields.text(count)? {
            got if got.is_empty() => {
                return Err(DecodeError::Value { field: count, got, expected: "decimal digits" });
            }
            got => Fields(got.as_bytes()).integer(count)?,
        };
        let some = unsent_documents > 0;
        let number = fields.integer("number of the first unsent document").ok();
        let at = fields.date_time("date of the first unsent document").ok();
        Ok(OfdQueue {
            flags,
            unsent_documents,
            first_unsent_number: number.filter(|number| some && *number != 0),
            first_unsent_at: at.filter(|_| some),
        })
    }
}

command!(Pirit, ReadFnStatus, FISCAL_STORAGE, FnStatus);
command!(Pirit, ReadLastDocument, FISCAL_STORAGE, String);
command!(Pirit, ReadShift, FISCAL_STORAGE, Shift);
command!(Pirit, ReadOfdQueue, FISCAL_STORAGE, OfdQueue);

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn state_document_and_warnings() {
        let status = answer(&ReadFnStatus, "78", "2|35|23|8|").unwrap();
        assert_eq!(status.state.phase().name(), Some("fiscal mode"));
        assert!(status.state.shift_open() && !status.state.document_data());
        let report = "report on the current state of settlements";
        assert_eq!(status.document.name(), Some(report), "23 is 17h");
        assert_eq!(status.warnings, FnWarnings::OFD_OVERDUE);
    }

    #[test]
    fn the_shift() {
        let shift = answer(&ReadShift, "78", "6|17|1|51|").unwrap();
        assert_eq!((shift.number, shift.open, shift.receipt_number), (17, true, 51));
        assert!(answer(&ReadShift, "78", "6|17|2|51|").is_err(), "neither open nor closed");
        assert_eq!(answer(&ReadLastDocument, "78", "3|4660|").as_deref(), Ok("4660"));
    }

    #[track_caller]
    fn check(data: &str, count: u32, number: Option<u32>, at: Option<&str>) {
        let queue = answer(&ReadOfdQueue, "78", data).unwrap();
        assert_eq!(queue.unsent_documents, count);
        assert_eq!(queue.first_unsent_number, number);
        assert_eq!(queue.first_unsent_at.map(|at| at.to_string()).as_deref(), at);
    }

    #[test]
    fn the_queue() {
        check("7|3|300|4660|231126|211500|", 300, Some(4660), Some("2026-11-23T21:15:00"));
        check("7|0|0||||", 0, None, None);
        check("7|0|0|4660|231126|211500|", 0, None, None);
        check("7|0|2|9|999999|211500|", 2, Some(9), None);
        check("7|0|2|", 2, None, None);
    }

    #[test]
    fn nothing_waits_only_when_a_device_says_zero() {
        assert!(answer(&ReadOfdQueue, "78", "7|0|").is_err());
        assert!(answer(&ReadOfdQueue, "78", "7|0||||").is_err());
        assert!(answer(&ReadOfdQueue, "78", "7|0|-1|").is_err());
        assert!(answer(&ReadOfdQueue, "78", "6|0|0|0|").is_err(), "the answer to another question");
    }
}
