//! The continuous output in words.

use super::{Answer, Format};
use crate::explain::{Direction, Explained, Message, frames};

pub(crate) fn explain(_: Direction, bytes: &[u8]) -> Vec<Explained> {
    frames(Format::default(), bytes, |frame| {
        let message = match Answer::decode(&frame)? {
            Answer::Weight(weight) => Message::named("weight").with_weight(&weight),
            Answer::OutOfRange => Message::named("out-of-range"),
            Answer::NotZeroed => Message::named("not-zeroed"),
        };
        let [a, b, c] = frame.status;
        Ok(message
            .with("status_words", format!("{a:02X} {b:02X} {c:02X}"))
            .with("check", frame.checked))
    })
}
