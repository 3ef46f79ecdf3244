//! What can go wrong, in three layers: bytes that are no answer, a device that refuses, a call that
//! fails.

use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::document::DocumentError;
use crate::fault::Fault;
use crate::frame::FrameError;
use crate::xml::XmlError;

/// Why an answer cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The answer ends before a field, or lacks an element.
    #[error("{0} is missing in the message")]
    Missing(&'static str),
    /// A field holds something that it cannot hold.
    #[error("{field}: got {got:?}, expected {expected}")]
    Value {
        /// The field.
        field: &'static str,
        /// What stands there, as it came.
        got: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// `arm`: a value stands twice where it is looked for.
    #[error("{path} stands more than once in the message, expected one")]
    Ambiguous {
        /// The path of names.
        path: String,
    },
    /// `arm`: the document is no sound XML.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// The answer is an error of the device.
    #[error("the device refused: {0}")]
    Refused(Fault),
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
    /// Something talks, but it does not answer us: a wrong device, dialect or line setting, or noise.
    #[error(
        "not understood: got {bytes} bytes in {after:?}, expected an answer in the dialect \
         {dialect}{}",
        because(.last)
    )]
    Garbage {
        /// The dialect of the client.
        dialect: crate::DialectName,
        /// How many bytes came.
        bytes: usize,
        /// How long was waited.
        after: Duration,
        /// What was wrong with them last.
        last: Option<BadMessage>,
    },
    /// The answer cannot be read.
    #[error(transparent)]
    Decode(DecodeError),
    /// The device understood and refused.
    #[error("the device refused: {0}")]
    Refused(Fault),
}

/// Bytes that were no message of the dialect.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadMessage {
    /// No frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// No document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A frame or document that is none of the dialect's.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// An answer to something else.
    #[error("an answer to another request")]
    Late,
}

impl BadMessage {
    /// Whether it was an answer once, which asking again may bring; noise and late answers were not.
    pub(crate) fn was_a_message(&self) -> bool {
        match self {
            Self::Frame(error) => {
                matches!(error, FrameError::Checksum { .. } | FrameError::NoChecksum { .. })
            }
            Self::Document(_) | Self::Late => false,
            Self::Decode(_) => true,
        }
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Refused(fault) => Self::Refused(fault),
            error => Self::Decode(error),
        }
    }
}

fn because(last: &Option<BadMessage>) -> String {
    last.as_ref().map_or_else(String::new, |last| format!(" ({last})"))
}
