//! The commands of `pirit`, the dialect of Pirit and Viki Print. No SP model speaks it.
//!
//! Commands with numbered questions repeat the number as the first field of the answer, and it is
//! checked. Of 05 the numbers 5 and 6 erase counters and have no question here; the setting 20 is the
//! password of the link and is not read.
//!
//! Everything is from the vendor's document where nothing else is said.
//! Source: docs/protocols/sp80x.md section 4.

mod clock;
mod drawer;
mod extended_error;
mod fiscal_storage;
mod information;
mod item;
mod printer;
mod receipt;
mod setting;
mod shift;
mod status;

use super::stx::command;
use crate::error::DecodeError;
use crate::fault::{Fault, PiritFault};
use crate::frame::{self, Answer, Code};
use crate::value::{CivilDate, CivilDateTime};

pub use clock::ReadClock;
pub use drawer::ReadDrawer;
pub use extended_error::{
    EXTENDED_ERRORS, ExtendedError, FnBlocks, ReadExtendedError, ReadFnBlocks,
};
pub use fiscal_storage::{
    FnDocument, FnPhase, FnState, FnStatus, FnWarnings, OfdFlags, OfdQueue, ReadFnStatus,
    ReadLastDocument, ReadOfdQueue, ReadShift, Shift,
};
pub use information::{
    FnTerm, PiritModel, ReadFactoryNumber, ReadFnTerm, ReadLastFiscal, ReadModel, ReadShiftOpened,
};
pub use item::{ITEMS, Item};
pub use printer::{Printer, PrinterFlags, ReadPrinter};
pub use receipt::{LastReceipt, OpenReceipt, ReadLastReceipt, ReadOpenReceipt};
pub use setting::ReadSetting;
pub use shift::{ReadNextReceipt, ReadShiftNumber};
pub use status::{
    CurrentFlags, DocumentState, DocumentStatus, DocumentType, FatalFlags, ReadStatus, Status,
};

pub(crate) const STATUS: Code = Code(0x00);
pub(crate) const COUNTERS: Code = Code(0x01);
pub(crate) const INFORMATION: Code = Code(0x02);
pub(crate) const RECEIPT: Code = Code(0x03);
pub(crate) const PRINTER: Code = Code(0x04);
pub(crate) const SERVICE: Code = Code(0x05);
pub(crate) const EXTENDED_ERROR: Code = Code(0x06);
pub(crate) const SETTING: Code = Code(0x11);
pub(crate) const CLOCK: Code = Code(0x13);
pub(crate) const FISCAL_STORAGE: Code = Code(0x78);
pub(crate) const DRAWER: Code = Code(0x81);

/// Whether answers to a command begin with the number of the question.
pub(crate) fn repeats_number(code: Code) -> bool {
    [COUNTERS, INFORMATION, RECEIPT, SERVICE, EXTENDED_ERROR, FISCAL_STORAGE].contains(&code)
}

/// The fields of an answer, taken one by one.
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields of an answer that is no error, behind the number that repeats the question.
    fn of(answer: &Answer<'a>, asked: &[u32]) -> Result<Self, DecodeError> {
        if answer.error != 0 {
            return Err(DecodeError::Refused(Fault::Pirit(PiritFault(answer.error))));
        }
        let mut fields = Self(answer.data);
        if repeats_number(answer.code) {
            let got = fields.integer("number of the question")?;
            if asked.first() != Some(&got) {
                let (field, expected) = ("number of the question", "the one that was asked");
                return Err(DecodeError::Value { field, got: got.to_string(), expected });
            }
        }
        Ok(fields)
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        frame::field(&mut self.0)
    }

    fn text(&mut self, field: &'static str) -> Result<String, DecodeError> {
        self.next().map(crate::text::decode).ok_or(DecodeError::Missing(field))
    }

    /// An empty number is 0, a missing one is none.
    fn integer(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        let got = self.text(field)?;
        let digits = got.bytes().all(|byte| byte.is_ascii_digit());
        match got.parse() {
            Ok(number) if digits => Ok(number),
            _ if got.is_empty() => Ok(0),
            _ => Err(DecodeError::Value { field, got, expected: "decimal digits" }),
        }
    }

    /// A decimal as it came; an empty one is "0".
    fn decimal(&mut self, field: &'static str) -> Result<String, DecodeError> {
        let got = self.text(field)?;
        let shaped = got.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
        match got.is_empty() {
            true => Ok("0".to_owned()),
            false if shaped => Ok(got),
            false => Err(DecodeError::Value { field, got, expected: "a decimal number" }),
        }
    }

    /// DDMMYY, in the years from 2000.
    fn date(&mut self, field: &'static str) -> Result<CivilDate, DecodeError> {
        let got = self.text(field)?;
        CivilDate::from_stx(&got).ok_or(DecodeError::Value { field, got, expected: "DDMMYY" })
    }

    /// DDMMYY and HHMMSS.
    fn date_time(&mut self, field: &'static str) -> Result<CivilDateTime, DecodeError> {
        let (date, time) = (self.text(field)?, self.text(field)?);
        let (got, expected) = (format!("{date} {time}"), "DDMMYY HHMMSS");
        CivilDateTime::from_stx(&date, &time).ok_or(DecodeError::Value { field, got, expected })
    }
}

/// Whether that is a good answer to the question with these numbers. Of the printer's answer the
/// flags count beside an error.
pub(crate) fn check(answer: &Answer<'_>, asked: &[u32]) -> Result<(), DecodeError> {
    let flags = answer.code == PRINTER && !answer.data.is_empty();
    let answer = Answer { error: if flags { 0 } else { answer.error }, ..*answer };
    Fields::of(&answer, asked).map(|_| ())
}

#[cfg(test)]
mod tests;
