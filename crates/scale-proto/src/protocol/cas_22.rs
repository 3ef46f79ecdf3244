//! The CAS stream of 22 bytes: it comes by itself, and nothing is ever sent.
//!
//! Source: docs/protocols/cas-22.md.

mod answer;
mod explain;
mod frame;

use std::collections::VecDeque;

pub use answer::Answer;
pub(crate) use explain::explain;
pub use frame::{Deframer, Format, SIZE};

use crate::error::DecodeError;
use crate::protocol::{Conversation, Dialogue, Said};

/// The protocol's name.
pub const NAME: &str = "cas-22";

/// The dialogue: we listen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cas22;

impl Cas22 {
    /// A scale that streams.
    #[must_use]
    pub fn protocol() -> Conversation<Self> {
        Conversation::new(Self, Format)
    }
}

impl Dialogue for Cas22 {
    type Format = Format;

    fn name(&self) -> &'static str {
        NAME
    }

    fn ask(&mut self, _: &mut VecDeque<Said>) {}

    fn hear(&mut self, frame: [u8; SIZE], say: &mut VecDeque<Said>) -> Result<(), DecodeError> {
        say.push_back(Answer::decode(&frame)?.said());
        Ok(())
    }
}
