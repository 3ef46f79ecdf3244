//! MT-SICS in words.

use super::{Answer, Format};
use crate::error::DecodeError;
use crate::explain::{Direction, Explained, Message, frames};
use crate::protocol::text::shown;

pub(crate) fn explain(direction: Direction, bytes: &[u8]) -> Vec<Explained> {
    frames(Format, bytes, |line| match direction {
        Direction::Request => request(&line),
        Direction::Answer => answer(&line),
    })
}

/// Commands of other programs are named too; this crate sends none but "SI" and "S".
fn request(line: &[u8]) -> Result<Message, DecodeError> {
    let name = match line {
        b"S" => "get-stable-weight",
        b"SI" => "get-weight",
        b"SIR" => "repeat-weight",
        b"I0" | b"I1" | b"I2" | b"I3" | b"I4" | b"I5" => "get-information",
        b"TA" => "get-tare",
        b"Z" | b"ZI" => "zero",
        b"T" | b"TI" => "tare",
        b"TAC" => "clear-tare",
        b"@" => "reset",
        _ => {
            let expected = "a command of MT-SICS, such as SI";
            return Err(DecodeError::Text { field: "request", got: shown(line), expected });
        }
    };
    Ok(Message::named(name).with("text", shown(line)))
}

fn answer(line: &[u8]) -> Result<Message, DecodeError> {
    Ok(match Answer::decode(line)? {
        Answer::Weight(weight) => Message::named("weight").with_weight(&weight),
        Answer::NotNow => Message::named("not-now"),
        Answer::Overload => Message::named("overload"),
        Answer::Underload => Message::named("underload"),
        Answer::Acknowledged => Message::named("acknowledged"),
        Answer::Syntax => Message::named("syntax-error"),
        Answer::Transmission => Message::named("transmission-error"),
        Answer::Logical => Message::named("logical-error"),
        Answer::Other(text) if matches!(text.as_str(), "Z A" | "ZI D" | "ZI S") => {
            Message::named("zero-set")
        }
        Answer::Other(text) => {
            let expected = "an answer to S or SI, or Z A";
            return Err(DecodeError::Text { field: "answer", got: text, expected });
        }
    })
}
