//! What can go wrong, in three layers: bytes that are no answer, a device that refuses, a call that
//! fails.

use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::fault::Fault;
use crate::link::FrameError;
use crate::v3::task::{BufferError, TaskStatus};
use crate::{v2, v3};

/// Why an answer cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The answer ends before a field.
    #[error("answer too short: {0} is missing")]
    Missing(&'static str),
    /// A byte has a value that it cannot have.
    #[error("{field}: got {got:02X}, expected {expected}")]
    Value {
        /// The field.
        field: &'static str,
        /// What stands there.
        got: u8,
        /// What may stand there.
        expected: &'static str,
    },
    /// The answer goes on behind its last field.
    #[error("answer too long: got {got} bytes, expected {expected}")]
    Surplus {
        /// Its length.
        got: usize,
        /// The documented length.
        expected: usize,
    },
    /// The answer is an error of the device.
    #[error("the device refused: {0}")]
    Refused(Fault),
    /// Link v2: the answer to 45h may be a state, or an error of the device.
    #[error(
        "the answer to 45h may be a mode or the error \"{0}\": ask for the status (3Fh) instead"
    )]
    Ambiguous(Fault),
}

/// Why [`Client::call`](crate::Client::call) has no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The port failed.
    #[error("the port failed: {0}")]
    Io(#[from] io::Error),
    /// The other end closed the line.
    #[error("the device closed the connection")]
    Closed,
    /// The device is silent.
    #[error("no answer from the device: waited {after:?} for {waiting_for}")]
    Timeout {
        /// What did not come.
        waiting_for: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// Something talks, but it does not answer us: a wrong device, link or line setting, or noise.
    #[error("not understood: got {bytes} bytes in {after:?}, expected an answer of an ATOL KKT{}", because(.last))]
    Garbage {
        /// How many bytes came.
        bytes: usize,
        /// How long was waited.
        after: Duration,
        /// What was wrong with them last.
        last: Option<FrameError>,
    },
    /// The command does not fit into a packet.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The answer cannot be read.
    #[error(transparent)]
    Decode(DecodeError),
    /// The device understood and refused.
    #[error("the device refused: {0}")]
    Refused(Fault),
    /// Link v3: the device's task buffer is not ours alone: let go of the port.
    #[error("another program uses the device: the task buffer says {0}")]
    Conflict(BufferError),
    /// The device did not take a packet or a command although it was sent again.
    #[error("the device did not take what was sent {times} times")]
    NotTaken {
        /// How often it was sent.
        times: u8,
    },
    /// Link v2: the device does not want to be asked.
    #[error("the device is not ready: it refused to listen {times} times")]
    NotReady {
        /// How often it refused.
        times: u8,
    },
    /// Link v2: the device wants to send by itself and does not let us ask.
    #[error("the device did not listen: it wanted to send something itself, {times} times")]
    Collision {
        /// How often it wanted to.
        times: u8,
    },
    /// Link v2: the answer came damaged again and again.
    #[error("the answer came damaged {times} times{}: check the cable and the speed", because(.last))]
    Damaged {
        /// How often it came.
        times: u8,
        /// What was wrong with it last.
        last: Option<FrameError>,
    },
    /// Link v2: the device sent its answer twice, and not the same.
    #[error("the device repeated its answer, and it was another one: ask again")]
    Changed,
    /// Link v3: the device says something about our task that it should not say.
    #[error("the task buffer says {got:02X}, expected {expected}")]
    Unexpected {
        /// The status or buffer error.
        got: u8,
        /// What was expected.
        expected: &'static str,
    },
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Refused(fault) => Self::Refused(fault),
            error => Self::Decode(error),
        }
    }
}

impl From<v2::ExchangeError> for Error {
    fn from(error: v2::ExchangeError) -> Self {
        use v2::ExchangeError as E;
        match error {
            E::Timeout { waiting_for, after } => Self::Timeout { waiting_for, after },
            E::Garbage { bytes, after, last } => {
                Self::Garbage { bytes, after, last: last.map(FrameError::V2) }
            }
            E::NotReady { times } => Self::NotReady { times },
            E::NotTaken { times } => Self::NotTaken { times },
            E::Collision { times } => Self::Collision { times },
            E::Damaged { times, last } => Self::Damaged { times, last: last.map(FrameError::V2) },
            E::Changed => Self::Changed,
            E::Frame(error) => Self::Frame(error.into()),
        }
    }
}

impl From<v3::ExchangeError> for Error {
    fn from(error: v3::ExchangeError) -> Self {
        use v3::ExchangeError as E;
        match error {
            E::Timeout { waiting_for, after } => Self::Timeout { waiting_for, after },
            E::Garbage { bytes, after, last } => {
                Self::Garbage { bytes, after, last: last.map(FrameError::V3) }
            }
            E::Refused(fault) => Self::Refused(fault),
            E::Conflict(error) => Self::Conflict(error),
            E::NotTaken { times } => Self::NotTaken { times },
            E::Status(TaskStatus(got)) => {
                Self::Unexpected { got, expected: "A1, A2, A3, A4, A6, A7 or A8" }
            }
            E::Buffer(BufferError(got)) => {
                Self::Unexpected { got, expected: "a status (A1 to A8)" }
            }
            E::Frame(error) => Self::Frame(error.into()),
            E::Decode(error) => Self::Decode(error),
        }
    }
}

/// Takes the next `N` bytes off an answer.
pub(crate) fn take<const N: usize>(
    bytes: &mut &[u8],
    field: &'static str,
) -> Result<[u8; N], DecodeError> {
    let (head, tail) = bytes.split_first_chunk::<N>().ok_or(DecodeError::Missing(field))?;
    *bytes = tail;
    Ok(*head)
}

/// All the rest of an answer, which must not be empty.
pub(crate) fn rest<'a>(bytes: &'a [u8], field: &'static str) -> Result<&'a [u8], DecodeError> {
    if bytes.is_empty() { Err(DecodeError::Missing(field)) } else { Ok(bytes) }
}

/// Says that nothing is left of an answer whose length is documented. A longer one is another
/// command's, and its zeros must not read as this one's "no".
pub(crate) fn end(rest: &[u8], answer: &[u8]) -> Result<(), DecodeError> {
    if rest.is_empty() {
        return Ok(());
    }
    let got = answer.len();
    Err(DecodeError::Surplus { got, expected: got.saturating_sub(rest.len()) })
}

/// Takes `55 <error>` off an answer: the form of nearly all.
pub(crate) fn take_confirmation(bytes: &mut &[u8]) -> Result<(), DecodeError> {
    let [start] = take(bytes, "start byte")?;
    if start != 0x55 {
        return Err(DecodeError::Value { field: "start byte", got: start, expected: "55" });
    }
    let [code] = take(bytes, "error code")?;
    if code == 0 { Ok(()) } else { Err(DecodeError::Refused(fault(code, bytes))) }
}

/// A fault whose extended code may follow.
pub(crate) fn fault(code: u8, rest: &[u8]) -> Fault {
    Fault { code, extended: rest.first().copied().unwrap_or(0) }
}

/// What was wrong last, to be said behind a sentence.
pub(crate) fn because(error: &Option<impl std::fmt::Display>) -> String {
    error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_is_taken_off() {
        let mut answer = &[0x55, 0x00, 0x2A][..];
        assert_eq!(take_confirmation(&mut answer), Ok(()));
        assert_eq!(answer, [0x2A]);
    }

    #[test]
    fn an_error_answer_is_a_refusal() {
        let refused = take_confirmation(&mut &[0x55, 0xF6, 0x04][..]);
        assert_eq!(refused, Err(DecodeError::Refused(Fault { code: 0xF6, extended: 0x04 })));
        let short = take_confirmation(&mut &[0x55, 0x67][..]);
        assert_eq!(short, Err(DecodeError::Refused(Fault::NO_PAPER)));
    }

    #[test]
    fn another_start_byte_is_named() {
        let error = take_confirmation(&mut &[0x44, 0x00][..]).unwrap_err();
        assert_eq!(error.to_string(), "start byte: got 44, expected 55");
        let error = take_confirmation(&mut &[0x55][..]).unwrap_err();
        assert_eq!(error.to_string(), "answer too short: error code is missing");
    }
}
