//! The CAS ECR block in words.

use super::{Answer, Convention, Format, Token};
use crate::explain::{Direction, Explained, Message, frames};

pub(crate) fn explain(_: Direction, bytes: &[u8]) -> Vec<Explained> {
    frames(Format::default(), bytes, |token| {
        let block = match token {
            Token::Enq => return Ok(Message::named("enq")),
            Token::Ack => return Ok(Message::named("ack")),
            Token::Nak => return Ok(Message::named("nak")),
            Token::Dc1 => return Ok(Message::named("dc1")),
            Token::Block(block) => block,
        };
        let message = match Answer::decode(&block)? {
            Answer::Weight(weight) => Message::named("weight").with_weight(&weight),
            Answer::Overload => Message::named("overload"),
            Answer::OutOfRange => Message::named("out-of-range"),
        };
        let convention = if block.convention == Convention::Data { "data" } else { "all" };
        Ok(message.with("check", convention))
    })
}
