//! 44: the short status of the fiscal storage.

use super::status::{ShiftState, shift};
use super::{SHORT_STATUS, command, unsigned};
use crate::data::Data;
use crate::error::DecodeError;

/// Asks for the short status: the shift and its number.
///
/// ```text
/// > 44
/// < 45   … { ShiftState, ShiftOvertime, 1038, … }
/// ```
/// `ShiftOvertime` 1: longer than 24 hours. 1038 is the number of the **last** shift while the shift
/// is closed, and of the current one while it is open.
///
/// # Errors
/// [`DecodeError::Value`] when a number is no number.
///
/// Source: docs/protocols/sp80x.md section 6.5; one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadShortStatus;

/// The answer to [`ReadShortStatus`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ShortStatus {
    /// The shift.
    pub shift: Option<ShiftState>,
    /// Whether it is longer than 24 hours; `None` for a number other than 0 and 1, too.
    pub shift_expired: Option<bool>,
    /// The number of the current shift, or of the last one while it is closed.
    pub shift_number: Option<u32>,
    /// Everything that came.
    pub data: Data,
}

impl ReadShortStatus {
    fn read(data: &Data) -> Result<ShortStatus, DecodeError> {
        Ok(ShortStatus {
            shift: shift(data)?,
            shift_expired: unsigned(data, &["ShiftOvertime"])?.and_then(|number| match number {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            }),
            shift_number: unsigned(data, &["1038"])?,
            data: data.clone(),
        })
    }
}

command!(ReadShortStatus, SHORT_STATUS, ShortStatus);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_refused};
    use super::*;

    #[test]
    fn an_overtime_that_nobody_described_is_unknown() {
        let expired = |text: &str| {
            let xml =
                format!("<pa n=\"r\" t=\"7\"><pa n=\"ShiftOvertime\" t=\"4\">{text}</pa></pa>");
            answer(&ReadShortStatus, 45, &xml).unwrap().shift_expired
        };
        assert_eq!((expired("0"), expired("1"), expired("2")), (Some(false), Some(true), None));
        check_refused(&ReadShortStatus, 45);
    }

    #[test]
    fn the_number_of_the_shift() {
        let xml = "<pa n=\"r\" t=\"7\"><pa n=\"ShiftState\" t=\"4\">1</pa>\
                   <pa n=\"1038\" t=\"4\">17</pa></pa>";
        let status = answer(&ReadShortStatus, 45, xml).unwrap();
        assert_eq!((status.shift, status.shift_number), (Some(ShiftState(1)), Some(17)));
    }
}
