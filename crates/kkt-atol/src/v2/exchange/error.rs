//! Why an exchange has no answer.

use std::time::Duration;

use thiserror::Error;

use crate::error::because;
use crate::v2::frame::FrameError;

/// Why an [`Exchange`](super::Exchange) has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The device is silent, or it took the command and never answered.
    #[error("no answer from the device: waited {after:?} for {waiting_for}")]
    Timeout {
        /// What did not come.
        waiting_for: &'static str,
        /// How long it was waited for, from the start of the exchange.
        after: Duration,
    },
    /// Bytes came, but nothing that belongs to the exchange.
    #[error("not understood: got {bytes} bytes in {after:?}, expected an answer of an ATOL KKT{}", because(.last))]
    Garbage {
        /// How many bytes came.
        bytes: usize,
        /// How long was waited.
        after: Duration,
        /// What was wrong with them last.
        last: Option<FrameError>,
    },
    /// The device does not want to be asked: it answered every ENQ with NAK.
    #[error("the device is not ready: it refused to listen {times} times")]
    NotReady {
        /// How often it refused.
        times: u8,
    },
    /// The device did not take the command.
    #[error("the device did not take a command that was sent {times} times")]
    NotTaken {
        /// How often it was sent.
        times: u8,
    },
    /// The device wants to send and does not let us ask.
    #[error("the device did not listen: it wanted to send something itself, {times} times")]
    Collision {
        /// How often it wanted to.
        times: u8,
    },
    /// The answer came damaged again and again.
    #[error("the answer came damaged {times} times{}: check the cable and the speed", because(.last))]
    Damaged {
        /// How often it came.
        times: u8,
        /// What was wrong with it last.
        last: Option<FrameError>,
    },
    /// The device sent its answer twice, and not the same: one of them is damaged.
    #[error("the device repeated its answer, and it was another one: ask again")]
    Changed,
    /// The command is longer than the device takes.
    #[error(transparent)]
    Frame(#[from] FrameError),
}
