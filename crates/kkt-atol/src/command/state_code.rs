//! 45h: mode and printer faults.

use bitflags::bitflags;

use super::{Code, Command};
use crate::error::{DecodeError, end, take};
use crate::mode::Mode;

/// Asks for the mode and the faults of the printer.
///
/// ```text
/// > 45
/// < 55 mm ff               mm = mode byte, as in 3Fh; ff = printer faults
///   0  1  2
/// ```
/// Units: none. The second byte is **not** an error code.
///
/// # Errors
/// [`DecodeError::Value`] when the answer does not begin with 55. An error answer has the same
/// form; on the link v3 the task's status tells them apart, on the link v2 see
/// [`link::state_code`](crate::link::state_code).
///
/// Source: docs/protocols/atol.md section 8, "45h"; bits 0 to 4 three sources, bits 5 to 7 one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadStateCode;

/// Mode and printer faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StateCode {
    /// Mode and submode.
    pub mode: Mode,
    /// What is wrong with the printer.
    pub flags: StateFlags,
}

bitflags! {
    /// What is wrong with the printer.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(transparent))]
    pub struct StateFlags: u8 {
        /// There is **no** paper. (3Fh tells the opposite: a set bit is "paper present".)
        const NO_PAPER = 1;
        /// No link with the printer.
        const NO_PRINTER_LINK = 1 << 1;
        /// Mechanical or unrecoverable error.
        const PRINTER_ERROR = 1 << 2;
        /// Cutter error.
        const CUTTER_ERROR = 1 << 3;
        /// The print head is too hot; it recovers.
        const OVERHEATED = 1 << 4;
        /// Paper jam. One source only: c-tool; in devices of manual 2.x the control-tape buffer is
        /// empty.
        const PAPER_JAM = 1 << 5;
        /// Presenter error. One source only: c-tool; in devices of manual 2.x the control-tape
        /// buffer is full.
        const PRESENTER_ERROR = 1 << 6;
        /// The paper is near its end. One source only: c-tool.
        const PAPER_NEAR_END = 1 << 7;
    }
}

impl Command for ReadStateCode {
    const CODE: Code = Code::STATE_CODE;
    type Answer = StateCode;

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(Self::CODE.0);
    }

    fn decode(&self, answer: &[u8]) -> Result<StateCode, DecodeError> {
        let mut bytes = answer;
        let [start] = take(&mut bytes, "start byte")?;
        if start != 0x55 {
            return Err(DecodeError::Value { field: "start byte", got: start, expected: "55" });
        }
        let [mode] = take(&mut bytes, "mode")?;
        let [flags] = take(&mut bytes, "printer faults")?;
        end(bytes, answer)?;
        Ok(StateCode { mode: Mode(mode), flags: StateFlags::from_bits_retain(flags) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answer: &[u8], mode: u8, flags: StateFlags) {
        assert_eq!(ReadStateCode.decode(answer), Ok(StateCode { mode: Mode(mode), flags }));
    }

    #[test]
    fn no_problem() {
        check(&[0x55, 0x01, 0x00], 0x01, StateFlags::empty());
    }

    #[test]
    fn no_paper_and_cutter_error() {
        check(&[0x55, 0x01, 0x09], 0x01, StateFlags::NO_PAPER | StateFlags::CUTTER_ERROR);
    }

    #[test]
    fn a_mode_is_never_taken_for_an_error_code() {
        check(&[0x55, 0x67, 0x80], 0x67, StateFlags::PAPER_NEAR_END);
    }

    #[test]
    fn short_and_strange_answers() {
        assert_eq!(
            ReadStateCode.decode(&[0x55, 0x01]),
            Err(DecodeError::Missing("printer faults"))
        );
        assert!(ReadStateCode.decode(&[0x44, 0x01, 0x00]).is_err());
        // An open shift is no "no paper".
        let shift = [0x55, 0x00, 0x01, 0x12, 0x00, 0x2A, 0x00];
        let surplus = DecodeError::Surplus { got: 7, expected: 3 };
        assert_eq!(ReadStateCode.decode(&shift), Err(surplus));
    }
}
