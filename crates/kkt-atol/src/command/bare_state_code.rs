//! 45h where nothing else tells an error from a state: the link v2.

use super::{Code, Command, ReadStateCode, StateCode};
use crate::error::DecodeError;
use crate::fault::Fault;

/// Asks for mode and printer faults over a link that does not mark errors.
///
/// ```text
/// > 45
/// < 55 mm ff               mm = mode byte, ff = printer faults
/// < 55 ee xx               or: ee = error code, xx = extended code
///   0  1  2
/// ```
/// On the link v3 the task's status tells which of the two it is: use [`ReadStateCode`] there. On the
/// link v2 only the second byte can:
///
/// - a low nibble above 7 is no documented mode: an error;
/// - no documented error code: a state;
/// - else it may be both, such as 67h (no paper, or mode 7): nobody can tell. Ask 3Fh, whose
///   error answer begins with another byte.
///
/// Units: none.
///
/// # Errors
/// [`DecodeError::Value`] when the answer does not begin with 55.
///
/// Source: docs/protocols/atol.md section 8, "Ambiguity in v2"; that the two forms are alike follows
/// from four sources, how to tell them apart is inferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadBareStateCode;

/// What an answer to 45h may be when nothing marks an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum BareStateCode {
    /// A state: no documented error has this code.
    State(StateCode),
    /// An error: no documented mode has this byte.
    Refused(Fault),
    /// A state or an error. Neither may be believed.
    CannotTell {
        /// What it says if it is a state.
        state: StateCode,
        /// What it says if it is an error.
        fault: Fault,
    },
}

/// The greatest documented mode.
const LAST_MODE: u8 = 7;

impl Command for ReadBareStateCode {
    const CODE: Code = Code::STATE_CODE;
    type Answer = BareStateCode;

    fn encode(&self, out: &mut Vec<u8>) {
        ReadStateCode.encode(out);
    }

    fn decode(&self, answer: &[u8]) -> Result<BareStateCode, DecodeError> {
        let state = ReadStateCode.decode(answer)?;
        let fault = Fault { code: state.mode.0, extended: state.flags.bits() };
        let mode = state.mode.mode() <= LAST_MODE;
        // 00 is "no error", and a mode: an error answer never holds it.
        let error = fault.code != 0 && fault.name_en().is_some();
        Ok(match (mode, error) {
            (false, _) => BareStateCode::Refused(fault),
            (true, false) => BareStateCode::State(state),
            (true, true) => BareStateCode::CannotTell { state, fault },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::StateFlags;
    use crate::fault::FAULTS;
    use crate::mode::Mode;

    fn read(code: u8) -> BareStateCode {
        ReadBareStateCode.decode(&[0x55, code, 0x01]).unwrap()
    }

    #[test]
    fn a_state_that_no_error_has() {
        // The answer of F-v2-15.
        let state = StateCode { mode: Mode::REGISTRATION, flags: StateFlags::NO_PAPER };
        assert_eq!(read(0x01), BareStateCode::State(state));
        assert!(matches!(read(0x00), BareStateCode::State(_)));
    }

    #[test]
    fn an_error_that_no_mode_has() {
        assert_eq!(read(0x8C), BareStateCode::Refused(Fault { code: 0x8C, extended: 0x01 }));
        assert!(matches!(read(0x0F), BareStateCode::Refused(_)));
        assert!(matches!(read(0x09), BareStateCode::Refused(_)), "an error that is not documented");
    }

    /// 67h is the worst: "no paper", or a device that cannot work.
    #[test]
    fn what_may_be_both_is_neither() {
        for code in [0x67, 0x66, 0xA4, 0x11, 0x41, 0x97] {
            let BareStateCode::CannotTell { state, fault } = read(code) else {
                panic!("{code:02X}: {:?}", read(code));
            };
            assert_eq!((state.mode, fault.code), (Mode(code), code));
        }
    }

    #[test]
    fn no_documented_error_is_ever_taken_for_a_state() {
        for (code, ..) in FAULTS.iter().skip(1) {
            assert!(!matches!(read(*code), BareStateCode::State(_)), "{code:02X}");
        }
    }

    #[test]
    fn another_answer_is_an_error() {
        assert!(ReadBareStateCode.decode(&[0x44, 0x01, 0x00]).is_err());
        assert!(ReadBareStateCode.decode(&[0x55, 0x67]).is_err());
    }
}
