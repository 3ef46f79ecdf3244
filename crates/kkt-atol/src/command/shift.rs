//! A4h 10h: the current shift.

use super::{Code, Command};
use crate::error::{DecodeError, end, take, take_confirmation};

/// Asks the fiscal storage for the current shift.
///
/// ```text
/// > A4 10
/// < 55 ee st nn nn rr rr   ee = error; st = 0 closed, 1 open; nn = shift, rr = receipt number,
///   0  1  2  3     5       both binary, least significant byte first
/// ```
/// Units: none.
///
/// # Errors
/// [`DecodeError::Refused`], such as [`Fault::FN_EXCHANGE`](crate::Fault::FN_EXCHANGE).
///
/// Source: docs/protocols/atol.md section 10, "A4 10"; three sources, one of which reads BCD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadShift;

/// The current shift, as the fiscal storage knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Shift {
    /// Open or closed.
    pub state: ShiftState,
    /// The number of the shift.
    pub number: u16,
    /// The number of the receipt in the shift.
    pub receipt_number: u16,
}

/// The state of a shift. An unknown value is neither open nor closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ShiftState(pub u8);

impl ShiftState {
    /// Closed.
    pub const CLOSED: Self = Self(0);
    /// Open.
    pub const OPEN: Self = Self(1);

    /// Whether the shift is open; `None` for an unknown value.
    #[must_use]
    pub fn is_open(self) -> Option<bool> {
        match self {
            Self::CLOSED => Some(false),
            Self::OPEN => Some(true),
            _ => None,
        }
    }
}

impl Command for ReadShift {
    const CODE: Code = Code::FISCAL_STORAGE;
    type Answer = Shift;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x10]);
    }

    fn decode(&self, answer: &[u8]) -> Result<Shift, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        let [state] = take(&mut bytes, "shift state")?;
        let number = take(&mut bytes, "shift number")?;
        let receipt_number = take(&mut bytes, "receipt number")?;
        end(bytes, answer)?;
        Ok(Shift {
            state: ShiftState(state),
            number: u16::from_le_bytes(number),
            receipt_number: u16::from_le_bytes(receipt_number),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    #[test]
    fn an_open_shift() {
        // The answer of F-v3-14b.
        let shift = ReadShift.decode(&[0x55, 0x00, 0x01, 0x12, 0x00, 0x2A, 0x00]).unwrap();
        assert_eq!(shift, Shift { state: ShiftState::OPEN, number: 18, receipt_number: 42 });
        assert_eq!(shift.state.is_open(), Some(true));
    }

    #[test]
    fn numbers_are_least_significant_byte_first() {
        let shift = ReadShift.decode(&[0x55, 0x00, 0x00, 0x01, 0x02, 0xFF, 0xFF]).unwrap();
        assert_eq!((shift.number, shift.receipt_number), (0x0201, 0xFFFF));
        assert_eq!(shift.state.is_open(), Some(false));
    }

    #[test]
    fn an_unknown_state_is_neither_open_nor_closed() {
        assert_eq!(ShiftState(7).is_open(), None);
    }

    #[test]
    fn refused_short_and_long() {
        let refused = ReadShift.decode(&[0x55, 0xD2, 0x00]);
        assert_eq!(refused, Err(DecodeError::Refused(Fault::FN_EXCHANGE)));
        let short = ReadShift.decode(&[0x55, 0x00, 0x01, 0x12, 0x00, 0x2A]);
        assert_eq!(short, Err(DecodeError::Missing("receipt number")));
        // "Nothing is unsent" is no closed shift.
        let long = [&[0x55][..], &[0x00; 14]].concat();
        let surplus = DecodeError::Surplus { got: 15, expected: 7 };
        assert_eq!(ReadShift.decode(&long), Err(surplus));
    }
}
