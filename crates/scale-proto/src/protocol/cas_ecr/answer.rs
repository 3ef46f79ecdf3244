//! What a block says.

use super::Block;
use crate::error::DecodeError;
use crate::protocol::Said;
use crate::protocol::text::{number, unit};
use crate::weight::{Fault, FaultKind, Weight};

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A weight: whether it is stable is told, nothing about zero, net and tare.
    Weight(Weight),
    /// The sign is "F", or the weight is all "F": overload.
    Overload,
    /// The state is "F": out of range, or zero was not found at the start.
    OutOfRange,
}

impl Answer {
    /// Reads state, sign, weight and unit.
    ///
    /// # Errors
    /// [`DecodeError`] when one of them cannot be.
    pub fn decode(block: &Block) -> Result<Self, DecodeError> {
        let [state, sign, digits @ .., u0, u1] = block.data.as_slice() else {
            let got = block.data.len();
            return Err(DecodeError::Size { message: "block", got, expected: "10 or 11" });
        };
        let value = |field, got: &u8, expected| DecodeError::Value { field, got: *got, expected };
        let stable = match state {
            b'S' => true,
            b'U' => false,
            b'F' => return Ok(Self::OutOfRange),
            got => return Err(value("state", got, "53 (S), 55 (U) or 46 (F)")),
        };
        let negative = match sign {
            b' ' => false,
            b'-' => true,
            b'F' => return Ok(Self::Overload),
            got => return Err(value("sign", got, "20 (blank), 2D (-) or 46 (F)")),
        };
        if digits.iter().all(|byte| *byte == b'F') {
            return Ok(Self::Overload);
        }
        let (number, decimals) = number("weight", digits)?;
        if digits.iter().any(|byte| matches!(byte, b'+' | b'-')) {
            let (got, expected) = (crate::protocol::text::shown(digits), "digits and one point");
            return Err(DecodeError::Text { field: "weight", got, expected });
        }
        let unit = unit(&[*u0, *u1], decimals)?;
        let number = if negative { -number } else { number };
        Ok(Self::Weight(Weight { stable: Some(stable), ..Weight::new(number, decimals, unit) }))
    }

    /// The same as any scale says it.
    #[must_use]
    pub fn said(self) -> Said {
        match self {
            Self::Weight(weight) => Said::Weight(weight),
            Self::Overload => {
                Said::Fault(Fault::new(FaultKind::Overload, "overload", "перегрузка"))
            }
            Self::OutOfRange => Said::Fault(Fault::new(
                FaultKind::OutOfRange,
                "out of range, or zero was not found at the start",
                "вне диапазона, или не найден ноль при включении",
            )),
        }
    }
}
