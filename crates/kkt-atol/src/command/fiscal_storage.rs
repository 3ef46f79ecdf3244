//! A4h 30h: the state of the fiscal storage.

use std::fmt;

use bitflags::bitflags;

use super::ofd_queue::fiscal_date_time;
use super::{Code, Command, ShiftState, sixteen};
use crate::error::{DecodeError, take, take_confirmation};
use crate::value::CivilDateTime;

/// Asks for the state of the fiscal storage: phase, warnings, last document.
///
/// ```text
/// > A4 30
/// < 55 ee ph dc dd sh wn YY MM DD hh mm n*16 ll ll ll ll    all binary
///   0  1  2  3  4  5  6  7              12   28
/// ```
/// ee error, ph phase, dc current document, dd document data (not described), sh shift, wn
/// warnings, then a date and time, n number of the FN (16 ASCII digits), ll number of the last
/// fiscal document, least significant byte first.
///
/// Units: none; the date is civil time to the minute.
///
/// # Errors
/// [`DecodeError::Refused`] when the fiscal storage is absent or does not answer.
///
/// Source: docs/protocols/atol.md section 10, "A4 30"; two sources, the warnings one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFiscalStorage;

/// The state of the fiscal storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FiscalStorage {
    /// The phase of its life.
    pub phase: FiscalPhase,
    /// The document that is open now.
    pub current_document: FiscalDocument,
    /// What is there of the open document; values not described.
    pub document_data: u8,
    /// Open or closed shift.
    pub shift: ShiftState,
    /// What it warns of.
    pub warnings: FiscalWarnings,
    /// The date and time of the last fiscal document, which need not be a receipt (inferred);
    /// `None` if that is no date.
    pub date_time: Option<CivilDateTime>,
    /// The number of the fiscal storage, 16 digits.
    pub number: String,
    /// The number of the last fiscal document.
    pub last_document: u32,
}

/// The phase of a fiscal storage's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FiscalPhase(pub u8);

impl FiscalPhase {
    /// Being set up.
    pub const SETUP: Self = Self(0);
    /// Ready to be activated.
    pub const READY: Self = Self(1);
    /// Fiscal mode: the normal life.
    pub const FISCAL: Self = Self(3);
    /// Fiscal mode was closed; documents are still being sent.
    pub const POST_FISCAL: Self = Self(7);
    /// The archive may be read.
    pub const ARCHIVE: Self = Self(15);

    /// The documented name; `None` for an unknown phase.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::SETUP => "setup",
            Self::READY => "ready to be activated",
            Self::FISCAL => "fiscal mode",
            Self::POST_FISCAL => "post-fiscal",
            Self::ARCHIVE => "archive",
            _ => return None,
        })
    }
}

impl fmt::Display for FiscalPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "phase {}", self.0),
        }
    }
}

/// The document that is open in a fiscal storage. That the codes from 10h on are hexadecimal is
/// inferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FiscalDocument(pub u8);

impl FiscalDocument {
    /// None.
    pub const NONE: Self = Self(0x00);
    /// A registration report.
    pub const REGISTRATION: Self = Self(0x01);
    /// A shift opening.
    pub const SHIFT_OPENING: Self = Self(0x02);
    /// A receipt.
    pub const RECEIPT: Self = Self(0x04);
    /// A shift closing.
    pub const SHIFT_CLOSING: Self = Self(0x08);
    /// The closing of the fiscal mode.
    pub const FISCAL_MODE_CLOSING: Self = Self(0x10);
    /// A correction receipt.
    pub const CORRECTION: Self = Self(0x14);
    /// A state report.
    pub const STATE_REPORT: Self = Self(0x17);

    /// The documented name; `None` for an unknown document.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NONE => "none",
            Self::REGISTRATION => "registration report",
            Self::SHIFT_OPENING => "shift opening",
            Self::RECEIPT => "receipt",
            Self::SHIFT_CLOSING => "shift closing",
            Self::FISCAL_MODE_CLOSING => "fiscal mode closing",
            Self(0x12 | 0x13) => "re-registration",
            Self::CORRECTION => "correction receipt",
            Self::STATE_REPORT => "state report",
            _ => return None,
        })
    }
}

impl fmt::Display for FiscalDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "document {:02X}h", self.0),
        }
    }
}

bitflags! {
    /// What a fiscal storage warns of. One source only: c-tool.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(transparent))]
    pub struct FiscalWarnings: u8 {
        /// It must be replaced at once.
        const REPLACE_NOW = 0x01;
        /// Its resource ends within 30 days.
        const RESOURCE_ENDS = 0x02;
        /// Its memory is 90 % full.
        const MEMORY_FULL = 0x04;
        /// The answer of the OFD is overdue.
        const OFD_OVERDUE = 0x08;
        /// Critical error.
        const CRITICAL_ERROR = 0x80;
    }
}

impl Command for ReadFiscalStorage {
    const CODE: Code = Code::FISCAL_STORAGE;
    type Answer = FiscalStorage;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x30]);
    }

    fn decode(&self, answer: &[u8]) -> Result<FiscalStorage, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        let [phase] = take(&mut bytes, "phase")?;
        let [current_document] = take(&mut bytes, "current document")?;
        let [document_data] = take(&mut bytes, "document data")?;
        let [shift] = take(&mut bytes, "shift state")?;
        let [warnings] = take(&mut bytes, "warnings")?;
        let date_time = take(&mut bytes, "date and time")?;
        let number = take(&mut bytes, "number of the fiscal storage")?;
        let last_document = take(&mut bytes, "number of the last document")?;
        Ok(FiscalStorage {
            phase: FiscalPhase(phase),
            current_document: FiscalDocument(current_document),
            document_data,
            shift: ShiftState(shift),
            warnings: FiscalWarnings::from_bits_retain(warnings),
            date_time: fiscal_date_time(date_time),
            number: sixteen(number),
            last_document: u32::from_le_bytes(last_document),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer of F-v3-16b.
    const IN_USE: [u8; 32] = [
        0x55, 0x00, // no error
        0x03, 0x00, 0x00, 0x01, 0x00, // phase, document, data, shift, warnings
        0x1A, 0x0B, 0x18, 0x01, 0x38, // date and time
        0x39, 0x39, 0x39, 0x39, 0x30, 0x37, 0x38, 0x39, 0x30, 0x30, 0x30, 0x31, 0x32, 0x33, 0x34,
        0x35, // number
        0x34, 0x12, 0x00, 0x00, // last document
    ];

    #[test]
    fn a_fiscal_storage_in_use() {
        assert_eq!(
            ReadFiscalStorage.decode(&IN_USE),
            Ok(FiscalStorage {
                phase: FiscalPhase::FISCAL,
                current_document: FiscalDocument::NONE,
                document_data: 0,
                shift: ShiftState::OPEN,
                warnings: FiscalWarnings::empty(),
                date_time: CivilDateTime::new(2026, 11, 24, 1, 56, 0),
                number: "9999078900012345".to_owned(),
                last_document: 4660,
            })
        );
    }

    #[test]
    fn unknown_codes_are_values() {
        let mut answer = IN_USE;
        (answer[2], answer[3], answer[6]) = (0x05, 0x21, 0x91);
        let storage = ReadFiscalStorage.decode(&answer).unwrap();
        assert_eq!(storage.phase.to_string(), "phase 5");
        assert_eq!(storage.current_document.to_string(), "document 21h");
        assert_eq!(storage.warnings.bits(), 0x91, "the unknown bit is kept");
        assert!(storage.warnings.contains(FiscalWarnings::CRITICAL_ERROR));
    }

    #[test]
    fn a_short_answer_names_the_field() {
        let short = ReadFiscalStorage.decode(&IN_USE[..31]);
        assert_eq!(short, Err(DecodeError::Missing("number of the last document")));
    }
}
