//! 04: the printer.

use bitflags::bitflags;

use super::{Fields, PRINTER, command};
use crate::Pirit;
use crate::error::DecodeError;
use crate::fault::{Fault, PiritFault};
use crate::frame::Answer;

/// Asks for the state of the printer.
///
/// ```text
/// > 04
/// < 04 [flags]
/// ```
/// The answer may carry an error and still hold the flags, so they are read whatever the error is.
/// No bit tells that the paper is near its end.
///
/// # Errors
/// [`DecodeError::Refused`] when there is an error and no flags.
///
/// Source: docs/protocols/sp80x.md section 4.5; three sources, flags beside an error one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadPrinter;

/// The state of the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Printer {
    /// What is wrong with it.
    pub flags: PrinterFlags,
    /// The error that came with the flags.
    pub fault: Option<PiritFault>,
}

impl Printer {
    /// Whether there is paper; `None` without a link to the printer, when the other flags say
    /// nothing.
    #[must_use]
    pub fn paper_present(&self) -> Option<bool> {
        if self.fault == Some(PiritFault::PAPER_END) {
            return Some(false);
        }
        let linked = !self.flags.contains(PrinterFlags::NO_LINK);
        linked.then(|| !self.flags.contains(PrinterFlags::NO_PAPER))
    }
}

bitflags! {
    /// What is wrong with the printer. Bits 4, 5 and 6 are not described.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(transparent))]
    pub struct PrinterFlags: u32 {
        /// Not ready.
        const NOT_READY = 1;
        /// No paper.
        const NO_PAPER = 1 << 1;
        /// The cover is open.
        const COVER_OPEN = 1 << 2;
        /// Error of the cutter.
        const CUTTER = 1 << 3;
        /// No link with the printer; the other flags say nothing then.
        const NO_LINK = 1 << 7;
    }
}

impl ReadPrinter {
    pub(super) fn fields(self) -> [u32; 0] {
        []
    }

    fn read(self, answer: &Answer<'_>) -> Result<Printer, DecodeError> {
        let fault = Some(PiritFault(answer.error)).filter(|fault| fault.0 != 0);
        let flags = Fields(answer.data).integer("printer flags");
        match (flags, fault) {
            (Err(DecodeError::Missing(_)), Some(fault)) => {
                Err(DecodeError::Refused(Fault::Pirit(fault)))
            }
            (flags, fault) => Ok(Printer { flags: PrinterFlags::from_bits_retain(flags?), fault }),
        }
    }
}

command!(Pirit, ReadPrinter, PRINTER, Printer);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, raw};
    use super::*;

    #[test]
    fn paper() {
        let paper = |data: &str| answer(&ReadPrinter, "04", data).unwrap().paper_present();
        assert_eq!((paper("0|"), paper("2|"), paper("5|")), (Some(true), Some(false), Some(true)));
        assert_eq!(paper("128|"), None, "no link with the printer");
        assert_eq!(paper("130|"), None);
    }

    #[test]
    fn flags_beside_an_error_count() {
        let printer = raw(&ReadPrinter, "04092|").unwrap();
        assert_eq!(printer.paper_present(), Some(false));
        assert_eq!(printer.fault, Some(PiritFault(0x09)));
        let printer = raw(&ReadPrinter, "04080|").unwrap();
        assert_eq!(printer.paper_present(), Some(false), "the error itself says paper end");
    }

    #[test]
    fn an_error_without_flags_is_a_refusal() {
        let error = raw(&ReadPrinter, "0409").unwrap_err();
        assert_eq!(error, DecodeError::Refused(Fault::Pirit(PiritFault(0x09))));
        assert_eq!(raw(&ReadPrinter, "0400"), Err(DecodeError::Missing("printer flags")));
        assert!(raw(&ReadPrinter, "0400x|").is_err());
    }
}
