//! Why an exchange has no answer.

use std::time::Duration;

use thiserror::Error;

use crate::error::{DecodeError, because};
use crate::fault::Fault;
use crate::v3::frame::FrameError;
use crate::v3::task::{BufferError, TaskStatus};

/// Why an [`Exchange`](super::Exchange) has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The device is silent, or it took the task and never finished it.
    #[error("no answer from the device: waited {after:?} for {waiting_for}")]
    Timeout {
        /// What did not come.
        waiting_for: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// Bytes came, but no packet of ours among them.
    #[error("not understood: got {bytes} bytes in {after:?}, expected an answer of an ATOL KKT{}", because(.last))]
    Garbage {
        /// How many bytes came.
        bytes: usize,
        /// How long was waited.
        after: Duration,
        /// What was wrong with them last.
        last: Option<FrameError>,
    },
    /// The KKT command failed.
    #[error("the device refused: {0}")]
    Refused(Fault),
    /// The task buffer is not ours alone.
    #[error("another program uses the device: the task buffer says {0}")]
    Conflict(BufferError),
    /// The device asked for the same packet again and again.
    #[error("the device did not take a packet that was sent {times} times")]
    NotTaken {
        /// How often it was sent.
        times: u8,
    },
    /// A status that ends the task without an answer.
    #[error("the task buffer says {0}, expected A1, A2, A3, A4, A6, A7 or A8")]
    Status(TaskStatus),
    /// A buffer error that does not show a conflict.
    #[error("the task buffer says {0}, expected a status (A1 to A8)")]
    Buffer(BufferError),
    /// The command does not fit into a packet.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// An error answer that cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}
