//! 8217 and SASI in words.

use super::{Answer, Dialect, Format, WEIGHT};
use crate::error::DecodeError;
use crate::explain::{self, Direction, Explained, Message, frames};
use crate::weight::Unit;

/// An explainer of a dialect. The unit is not in a frame: here the decimals stand for it.
#[derive(Debug)]
pub(crate) struct Explains(pub(crate) Dialect);

impl explain::Explains for Explains {
    fn explain(&mut self, direction: Direction, bytes: &[u8]) -> Vec<Explained> {
        match direction {
            // What follows is the host's own text.
            Direction::Answer if bytes.starts_with(b"\x02E\r") => {
                let echo = bytes.get(3..).unwrap_or_default();
                let message = Message::named("echo-started");
                vec![Ok(message.with("echo", crate::protocol::text::shown(echo)))]
            }
            Direction::Answer => frames(Format, bytes, |text| answer(&text, self.0)),
            Direction::Request => vec![Ok(request(bytes)).and_then(|it| it.map_err(Into::into))],
        }
    }
}

/// Letters of other programs are named too; this crate sends none but "W".
fn request(bytes: &[u8]) -> Result<Message, DecodeError> {
    let message = |name| Ok(Message::named(name));
    match bytes {
        [WEIGHT] => message("get-weight"),
        b"Z" => message("zero"),
        [b'T', .., b'\r'] => message("tare"),
        b"C" => message("clear-tare"),
        b"A" => message("start-test"),
        b"B" => message("test-result"),
        b"F" => message("stop-echo"),
        [b'E', echo @ ..] => {
            Ok(Message::named("start-echo").with("echo", crate::protocol::text::shown(echo)))
        }
        [got, ..] => {
            let expected = "57 (W), or another letter of the protocol";
            Err(DecodeError::Value { field: "request", got: *got, expected })
        }
        [] => Err(DecodeError::Size { message: "request", got: 0, expected: "1 or more" }),
    }
}

fn answer(text: &[u8], dialect: Dialect) -> Result<Message, DecodeError> {
    let kilograms = Answer::decode(text, dialect, Unit::Kilogram);
    Ok(
        match kilograms
            .or_else(|error| Answer::decode(text, dialect, Unit::Pound).map_err(|_| error))?
        {
            Answer::Weight(weight) => Message::named("weight").with_weight(&weight),
            Answer::Status(status, fault) => {
                Message::named("status").with("status", format!("{status:02X}")).with_fault(&fault)
            }
        },
    )
}
