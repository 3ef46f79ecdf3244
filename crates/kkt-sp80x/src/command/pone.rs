//! The commands of `pone`.
//!
//! Answers do not repeat a request number, so each answer is read in the light of its request.
//! Of A5 and AF other numbers are not known, and numbers are never walked through: in the sister
//! dialect some numbers of such a command erase counters.
//!
//! Everything here rests on one source. Source: docs/protocols/sp80x.md section 5.

mod factory_number;
mod model;
mod printer_version;
mod setting;
mod shift_number;
mod status;

use super::stx::command;
use crate::error::DecodeError;
use crate::fault::{Fault, PoneFault};
use crate::frame::{Answer, Code};

pub use factory_number::ReadFactoryNumber;
pub use model::ReadModel;
pub use printer_version::{ReadBootVersion, ReadFlashVersion};
pub use setting::ReadSetting;
pub use shift_number::ReadShiftNumber;
pub use status::{CurrentFlags, FatalFlags, ReadStatus, Status, StatusValue};

pub(crate) const STATUS: Code = Code(0xA0);
pub(crate) const SETTING: Code = Code(0xA1);
pub(crate) const INFORMATION: Code = Code(0xA5);
pub(crate) const FACTORY_NUMBER: Code = Code(0xA6);
pub(crate) const PRINTER_INFORMATION: Code = Code(0xAF);

/// The fields of an answer that is no error.
pub(crate) fn fields<'a>(
    answer: &Answer<'a>,
) -> Result<impl Iterator<Item = &'a [u8]> + use<'a>, DecodeError> {
    match answer.error {
        0 => Ok(answer.fields()),
        code => Err(DecodeError::Refused(Fault::Pone(PoneFault(code)))),
    }
}

/// The first field of an answer as text.
fn text(answer: &Answer<'_>, field: &'static str) -> Result<String, DecodeError> {
    let first = fields(answer)?.next().ok_or(DecodeError::Missing(field))?;
    Ok(crate::text::decode(first))
}

/// The first field of an answer as a number. An empty one is 0, a missing one is none.
fn number(answer: &Answer<'_>, field: &'static str) -> Result<u32, DecodeError> {
    let got = text(answer, field)?;
    let digits = got.bytes().all(|byte| byte.is_ascii_digit());
    match got.parse() {
        Ok(number) if digits => Ok(number),
        _ if got.is_empty() => Ok(0),
        _ => Err(DecodeError::Value { field, got, expected: "decimal digits" }),
    }
}

#[cfg(test)]
mod tests;
