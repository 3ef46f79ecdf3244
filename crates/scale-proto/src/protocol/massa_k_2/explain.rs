//! Protocol 2 in words. An answer does not tell what it answers, so the request is remembered.

use super::{FULL, Format, Full, GRAMS, Grams};
use crate::error::DecodeError;
use crate::explain::{self, Direction, Explained, Message, frames};
use crate::protocol::text::hex;

/// Remembers the last request; without one it is "J".
#[derive(Debug)]
pub(crate) struct Explains {
    request: u8,
}

impl Default for Explains {
    fn default() -> Self {
        Self { request: FULL }
    }
}

impl explain::Explains for Explains {
    fn explain(&mut self, direction: Direction, bytes: &[u8]) -> Vec<Explained> {
        if direction == Direction::Answer {
            let request = self.request;
            return frames(Format::answer_to(request), bytes, |bytes| answer(request, &bytes));
        }
        bytes.iter().map(|byte| Ok(self.request(*byte)?)).collect()
    }
}

impl Explains {
    /// Letters of other programs are named too; this crate sends none that changes the scale.
    fn request(&mut self, letter: u8) -> Result<Message, DecodeError> {
        let name = match letter {
            FULL => "get-full",
            GRAMS => "get-grams",
            0x44 => "get-state",
            0x0E => "set-zero",
            got => {
                let expected = "4A (J), 45 (E), 44 (D) or 0E";
                return Err(DecodeError::Value { field: "request", got, expected });
            }
        };
        self.request = letter;
        Ok(Message::named(name))
    }
}

fn answer(request: u8, bytes: &[u8]) -> Result<Message, DecodeError> {
    Ok(match request {
        FULL => {
            let full = Full::decode(bytes)?;
            let code = i64::from(full.division_code);
            Message::named("full").with("division_code", code).with_weight(&full.weight())
        }
        GRAMS => Message::named("grams").with_weight(&Grams::decode(bytes)?.weight()),
        // What its bits mean is not known.
        _ => Message::named("state").with("bytes", hex(bytes)),
    })
}
