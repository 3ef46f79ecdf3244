//! 91h 12h: whether the shift is over 24 hours.

use super::{Code, Command};
use crate::error::{DecodeError, end, take, take_confirmation};
use crate::value::{CivilDateTime, bcd_byte};

/// Asks register 12h (18) for the state of the shift.
///
/// ```text
/// > 91 12 00 01            p1 = 00, p2 = 01
/// < 55 ee st DD MM YY hh mm ss   ee = error; st = 0 closed, 1 open, 2 over 24 h; then BCD
///   0  1  2  3        6
/// ```
/// The parameters are those of the one program that is known to ask (vending); what p2 = 1 means
/// is not known. Over the link v2 the device may take 45 s, so it is asked rarely.
///
/// Units: none.
///
/// # Errors
/// [`DecodeError::Refused`], such as [`Fault::WRONG_REGISTER`](crate::Fault::WRONG_REGISTER).
///
/// Source: docs/protocols/atol.md section 11; three sources, the parameters one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadShiftRegister;

/// The state of the shift, as the KKT itself knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ShiftRegister {
    /// Closed, open, or over 24 hours.
    pub state: ShiftRegisterState,
    /// A time of which the sources disagree: when the last shift was closed (vending), or when the
    /// open one expires (the vendor's driver). **Never when the shift was opened.** `None` if the
    /// bytes are no date.
    pub time: Option<CivilDateTime>,
}

/// The state of a shift in register 12h. An unknown value is neither open nor closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ShiftRegisterState(pub u8);

impl ShiftRegisterState {
    /// Closed.
    pub const CLOSED: Self = Self(0);
    /// Open, for less than 24 hours.
    pub const OPEN: Self = Self(1);
    /// Open for more than 24 hours.
    pub const EXPIRED: Self = Self(2);

    /// Whether a shift is open, expired or not; `None` for an unknown value.
    #[must_use]
    pub fn is_open(self) -> Option<bool> {
        self.is_known().then_some(self != Self::CLOSED)
    }

    /// Whether the shift is open for more than 24 hours; `None` for an unknown value.
    #[must_use]
    pub fn is_expired(self) -> Option<bool> {
        self.is_known().then_some(self == Self::EXPIRED)
    }

    fn is_known(self) -> bool {
        [Self::CLOSED, Self::OPEN, Self::EXPIRED].contains(&self)
    }
}

impl Command for ReadShiftRegister {
    const CODE: Code = Code::REGISTER;
    type Answer = ShiftRegister;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x12, 0x00, 0x01]);
    }

    fn decode(&self, answer: &[u8]) -> Result<ShiftRegister, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        let [state] = take(&mut bytes, "shift state")?;
        let time = take::<6>(&mut bytes, "time")?;
        end(bytes, answer)?;
        Ok(ShiftRegister { state: ShiftRegisterState(state), time: day_first(time) })
    }
}

/// DD MM YY hh mm ss, BCD.
fn day_first([day, month, year, hour, minute, second]: [u8; 6]) -> Option<CivilDateTime> {
    let [year, month, day] = [bcd_byte(year)?, bcd_byte(month)?, bcd_byte(day)?];
    let [hour, minute, second] = [bcd_byte(hour)?, bcd_byte(minute)?, bcd_byte(second)?];
    CivilDateTime::from_numbers([year, month, day, hour, minute, second])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    const OPEN: [u8; 9] = [0x55, 0x00, 0x01, 0x25, 0x11, 0x26, 0x01, 0x56, 0x07];

    #[track_caller]
    fn check(state: u8, open: Option<bool>, expired: Option<bool>) {
        let mut answer = OPEN;
        answer[2] = state;
        let register = ReadShiftRegister.decode(&answer).unwrap();
        assert_eq!((register.state.is_open(), register.state.is_expired()), (open, expired));
    }

    #[test]
    fn closed_open_and_over_24_hours() {
        check(0, Some(false), Some(false));
        check(1, Some(true), Some(false));
        check(2, Some(true), Some(true));
        check(3, None, None);
    }

    #[test]
    fn the_day_stands_first() {
        let time = ReadShiftRegister.decode(&OPEN).unwrap().time.unwrap();
        assert_eq!(time.to_string(), "2026-11-25T01:56:07");
    }

    #[test]
    fn a_time_that_is_none_loses_no_state() {
        let zeros = ReadShiftRegister.decode(&[0x55, 0, 2, 0, 0, 0, 0, 0, 0]).unwrap();
        assert_eq!((zeros.state, zeros.time), (ShiftRegisterState::EXPIRED, None));
        let mut answer = OPEN;
        answer[3] = 0x1A;
        assert_eq!(ReadShiftRegister.decode(&answer).unwrap().time, None);
    }

    #[test]
    fn refused_short_and_long() {
        let refused = ReadShiftRegister.decode(&[0x55, 0x6C, 0x00]);
        assert_eq!(refused, Err(DecodeError::Refused(Fault::WRONG_REGISTER)));
        assert_eq!(ReadShiftRegister.decode(&OPEN[..8]), Err(DecodeError::Missing("time")));
        let long = ReadShiftRegister.decode(&[0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(long, Err(DecodeError::Surplus { got: 10, expected: 9 }));
    }
}
