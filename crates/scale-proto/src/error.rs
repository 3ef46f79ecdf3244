//! What can go wrong, in three layers: bytes that are no frame, a frame that makes no sense, a call
//! that fails.

use std::io;
use std::time::Duration;

use thiserror::Error;

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Bytes that do not belong to a frame.
    #[error("got {dropped} bytes outside of a frame, expected {expected}")]
    Noise {
        /// How many bytes were dropped.
        dropped: usize,
        /// What a frame begins with.
        expected: &'static str,
    },
    /// The frame is whole, but its checksum is wrong.
    #[error("wrong checksum: got {got:04X}, expected {expected:04X}")]
    Checksum {
        /// The checksum of the frame.
        got: u16,
        /// The checksum that its bytes give.
        expected: u16,
    },
    /// The length cannot be.
    #[error("broken frame: got length {got}, expected 1 to {most}")]
    Length {
        /// The length.
        got: usize,
        /// The longest one.
        most: usize,
    },
    /// A byte inside a frame is not what it always is there.
    #[error("broken frame: byte {place} is {got:02X}, expected {expected}")]
    Byte {
        /// Its place from the beginning of the frame.
        place: usize,
        /// What stands there.
        got: u8,
        /// What stands there always.
        expected: &'static str,
    },
    /// The bytes end inside a frame.
    #[error("incomplete frame: got {got} bytes, expected {expected}")]
    Incomplete {
        /// Bytes of the frame that came.
        got: usize,
        /// Bytes that it has, as far as is known.
        expected: usize,
    },
}

/// Why a sound frame cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum DecodeError {
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
    /// A text, such as a number or a unit, cannot be.
    #[error("{field}: got {got:?}, expected {expected}")]
    Text {
        /// The field.
        field: &'static str,
        /// What stands there; what is not ASCII is shown as "?".
        got: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// The frame is longer or shorter than its kind.
    #[error("{message}: got {got} bytes, expected {expected}")]
    Size {
        /// What the frame is.
        message: &'static str,
        /// How long it is.
        got: usize,
        /// How long it may be.
        expected: &'static str,
    },
}

/// Why a call of [`Client`](crate::Client) has no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The port failed.
    #[error("the port failed: {0}")]
    Io(#[from] io::Error),
    /// The other end closed the line.
    #[error("the scale closed the connection")]
    Closed,
    /// The scale is silent.
    #[error("no answer from the scale: waited {after:?} for {waiting_for}")]
    Timeout {
        /// What did not come.
        waiting_for: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// Something talks, but it does not answer us: a wrong protocol or line setting, or noise.
    #[error("not understood: got {bytes} bytes in {after:?}, expected an answer of the scale{}", because(.last))]
    Garbage {
        /// How many bytes came.
        bytes: usize,
        /// How long was waited.
        after: Duration,
        /// What was wrong with them last.
        last: Option<FrameError>,
    },
    /// The answer is sound but cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The scale knows none of the requests for a weight.
    #[error("the scale does not know the request for a weight: another protocol or series")]
    Unsupported,
}

fn because(error: &Option<FrameError>) -> String {
    error.map(|error| format!(" ({error})")).unwrap_or_default()
}
