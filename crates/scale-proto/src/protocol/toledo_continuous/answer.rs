//! What a frame of the continuous output says.

use super::Frame;
use crate::error::DecodeError;
use crate::protocol::Said;
use crate::protocol::text::{number, shown};
use crate::weight::{Fault, FaultKind, Unit, Weight};

/// A frame.
///
/// ```text
/// A  0 … 2 decimal point   3 … 4 increment   5 = 1   6 = 0
/// B  0 net   1 negative   2 out of range   3 in motion   4 kg, else lb   6 not zeroed
/// C  0 … 2 unit: 0 as B says, 1 g   3 print   4 display × 10   5 = 1   6 keyboard tare
/// ```
///
/// Source: docs/protocols/toledo-continuous.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A weight; nothing is told about zero.
    Weight(Weight),
    /// Out of range, without a direction.
    OutOfRange,
    /// Not zeroed after power-up.
    NotZeroed,
}

impl Answer {
    /// Reads a sound frame.
    ///
    /// # Errors
    /// [`DecodeError`] when a field cannot be, or says what is not documented: how "display × 10"
    /// moves the point.
    pub fn decode(frame: &Frame) -> Result<Self, DecodeError> {
        let [a, b, c] = frame.status;
        let value = |field, got, expected| DecodeError::Value { field, got, expected };
        if a & 0x60 != 0x20 {
            return Err(value("status word A", a, "bit 5 set, bit 6 clear"));
        }
        if c & 0x20 == 0 {
            return Err(value("status word C", c, "bit 5 set"));
        }
        let bit = |number: u8| b & (1 << number) != 0;
        if bit(2) {
            return Ok(Self::OutOfRange);
        }
        if bit(6) {
            return Ok(Self::NotZeroed);
        }
        if c & 0x10 != 0 {
            return Err(value(
                "status word C",
                c,
                "bit 4 (display × 10) clear: what it does to the point is not documented",
            ));
        }
        let unit = match c & 7 {
            0 if bit(4) => Unit::Kilogram,
            0 => Unit::Pound,
            1 => Unit::Gram,
            _ => return Err(value("unit in status word C", c & 7, "00 or 01")),
        };
        let (decimals, factor) = match a & 7 {
            0 => (0, 100),
            1 => (0, 10),
            code => (code - 2, 1),
        };
        if decimals > unit.most_decimals() {
            return Err(value(
                "decimal point in status word A",
                a & 7,
                "at most 3 decimals of a gram",
            ));
        }
        let counts = |field, digits: &[u8]| -> Result<i64, DecodeError> {
            let whole = digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b' '));
            match number(field, digits) {
                Ok((number, 0)) if whole => Ok(number * factor),
                _ => Err(DecodeError::Text { field, got: shown(digits), expected: "digits" }),
            }
        };
        let weight = counts("weight", &frame.weight)?;
        let tare = frame.tare.as_ref().map(|tare| counts("tare", tare)).transpose()?;
        Ok(Self::Weight(Weight {
            stable: Some(!bit(3)),
            net: Some(bit(0)),
            tare,
            ..Weight::new(if bit(1) { -weight } else { weight }, decimals, unit)
        }))
    }

    /// The same as any scale says it.
    #[must_use]
    pub fn said(self) -> Said {
        match self {
            Self::Weight(weight) => Said::Weight(weight),
            Self::OutOfRange => {
                Said::Fault(Fault::new(FaultKind::OutOfRange, "out of range", "вне диапазона"))
            }
            Self::NotZeroed => Said::Fault(Fault::new(
                FaultKind::NotWeighing,
                "not zeroed after power-up",
                "ноль после включения не установлен",
            )),
        }
    }
}
