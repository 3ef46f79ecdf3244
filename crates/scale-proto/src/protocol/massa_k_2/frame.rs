//! Answers of Protocol 2: so many bytes, and then nothing.
//!
//! Source: docs/protocols/massa-k-2.md sections 3 and 4.

use super::FULL;
use crate::deframer::{self, Front, Look};

/// How an answer looks: a number of bytes between two pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    size: usize,
}

impl Format {
    /// The answer to that letter: five bytes to "J", two to "D" and "E".
    #[must_use]
    pub fn answer_to(request: u8) -> Self {
        Self { size: if request == FULL { 5 } else { 2 } }
    }
}

impl deframer::Format for Format {
    type Frame = Vec<u8>;
    const BEGINS: &'static str = "an answer of 5 bytes, or of 2 to \"E\", between two pauses";

    fn look(&self, bytes: &[u8], front: Front) -> Look<Vec<u8>> {
        match (bytes.len(), front.ended) {
            (got, true) if got == self.size => Look::Frame(got, bytes.to_vec()),
            // More than an answer: which of the bytes are one is not known.
            (got, true) if got > self.size => Look::Noise(got),
            _ => Look::More(self.size),
        }
    }
}
