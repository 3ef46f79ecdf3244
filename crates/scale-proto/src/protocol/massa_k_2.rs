//! MASSA-K Protocol 2, of the older MK and TB scales: a letter is asked, two or five bytes come.
//!
//! There is no header, no checksum and no end: an answer is what comes until the line is quiet, and
//! only its length and its plausibility are a check. "J" is asked; a scale that leaves it unanswered
//! is asked "E", which tells less.
//!
//! Source: docs/protocols/massa-k-2.md.

mod answer;
mod explain;
mod frame;

use std::collections::VecDeque;

pub use answer::{Full, Grams};
pub(crate) use explain::Explains;
pub use frame::Format;

use crate::error::DecodeError;
use crate::protocol::{Conversation, Dialogue, Said};

/// The protocol's name.
pub const NAME: &str = "massa-k-2";

/// The letters that may be sent: all they do is read. Source: docs/protocols/massa-k-2.md, column
/// "send": yes.
pub const SAFE: &[&[u8]] = &[&[FULL], &[GRAMS]];

/// "J": the weight with its state; answered by five bytes.
pub const FULL: u8 = 0x4A;
/// "E": the weight alone, in grams; answered by two bytes.
pub const GRAMS: u8 = 0x45;

/// The dialogue.
#[derive(Clone, Copy, Debug)]
pub struct MassaK2 {
    request: u8,
}

impl MassaK2 {
    /// A scale that is asked "J" first.
    #[must_use]
    pub fn protocol() -> Conversation<Self> {
        Conversation::new(Self { request: FULL }, Format::answer_to(FULL))
    }
}

impl Dialogue for MassaK2 {
    type Format = Format;

    fn name(&self) -> &'static str {
        NAME
    }

    fn ask(&mut self, say: &mut VecDeque<Said>) {
        say.push_back(Said::Send(vec![self.request]));
    }

    fn hear(&mut self, frame: Vec<u8>, say: &mut VecDeque<Said>) -> Result<(), DecodeError> {
        say.push_back(Said::Weight(match self.request {
            FULL => Full::decode(&frame)?.weight(),
            _ => Grams::decode(&frame)?.weight(),
        }));
        Ok(())
    }

    fn silence(&mut self, heard: bool, say: &mut VecDeque<Said>) {
        if heard {
            return;
        }
        if self.request == FULL {
            self.request = GRAMS;
            say.push_back(Said::Send(vec![GRAMS]));
        } else {
            self.request = FULL;
        }
    }

    fn tune(&self, format: &mut Format) {
        *format = Format::answer_to(self.request);
    }
}
