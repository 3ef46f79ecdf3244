//! The CAS stream in words.

use super::{Answer, Format};
use crate::explain::{Direction, Explained, Message, frames};

pub(crate) fn explain(_: Direction, bytes: &[u8]) -> Vec<Explained> {
    frames(Format, bytes, |frame| {
        let answer = Answer::decode(&frame)?;
        let message = match &answer.weight {
            Some(weight) => Message::named("weight").with_weight(weight),
            None => Message::named("overload"),
        };
        Ok(message
            .with("device", i64::from(answer.device))
            .with("lamps", format!("{:02X}", answer.lamps))
            .with("lamps_differ", answer.lamps_differ()))
    })
}
