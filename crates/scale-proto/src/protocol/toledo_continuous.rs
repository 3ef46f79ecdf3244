//! The continuous output of Toledo and many others: it comes by itself, some seven times a second,
//! and nothing is ever sent.
//!
//! Source: docs/protocols/toledo-continuous.md.

mod answer;
mod explain;
mod frame;

use std::collections::VecDeque;

pub use answer::Answer;
pub(crate) use explain::explain;
pub use frame::{Deframer, Format, Frame, checksum};

use crate::error::DecodeError;
use crate::protocol::{Conversation, Dialogue, Said};

/// The protocol's name.
pub const NAME: &str = "toledo-continuous";

/// The dialogue: we listen.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToledoContinuous;

impl ToledoContinuous {
    /// A scale of which it is not known whether its frames have a check byte.
    #[must_use]
    pub fn protocol() -> Conversation<Self> {
        Conversation::new(Self, Format::default())
    }
}

impl Dialogue for ToledoContinuous {
    type Format = Format;

    fn name(&self) -> &'static str {
        NAME
    }

    fn ask(&mut self, _: &mut VecDeque<Said>) {}

    fn hear(&mut self, frame: Frame, say: &mut VecDeque<Said>) -> Result<(), DecodeError> {
        say.push_back(Answer::decode(&frame)?.said());
        Ok(())
    }
}
