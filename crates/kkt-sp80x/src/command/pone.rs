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

use crate::dialect::{Pone, Stx};
use crate::error::DecodeError;
use crate::fault::{Fault, PoneFault};
use crate::frame::{self, Answer, Code, FS, PacketId};

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

/// Writes a request; without fields a lone FS, as the program does that was tried in the field.
pub(crate) fn encode(id: PacketId, code: Code, fields: &[u32], out: &mut Vec<u8>) {
    let mut body = Vec::with_capacity(16);
    body.extend(Pone::PASSWORD);
    body.push(id.byte());
    body.extend_from_slice(code.to_string().as_bytes());
    for field in fields {
        body.extend_from_slice(field.to_string().as_bytes());
        body.push(FS);
    }
    if fields.is_empty() {
        body.push(FS);
    }
    frame::write(&body, frame::checksum(&body), Pone::CASE, out);
}

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

/// What all commands of the dialect have in common.
macro_rules! command {
    ($command:ty, $code:expr, $answer:ty) => {
        impl $crate::dialect::sealed::Sealed for $command {}

        impl $crate::Command for $command {
            type Dialect = $crate::Pone;
            type Answer = $answer;

            fn encode(&self, id: &$crate::frame::PacketId, out: &mut Vec<u8>) {
                super::encode(*id, $code, &self.fields(), out);
            }

            fn is_answered_by(
                &self,
                id: &$crate::frame::PacketId,
                answer: &$crate::frame::Answer<'_>,
            ) -> bool {
                answer.packet_id == id.byte() && answer.code == $code
            }

            fn decode(
                &self,
                answer: &$crate::frame::Answer<'_>,
            ) -> Result<$answer, $crate::error::DecodeError> {
                Self::read(answer)
            }
        }
    };
}
use command;

#[cfg(test)]
mod tests;
