//! Protocol 100 in words.

use super::{Answer, Check, Format, Frame, Massa};
use crate::error::DecodeError;
use crate::explain::{Direction, Explained, Field, Message, frames};
use crate::protocol::text::hex;

pub(crate) fn explain(direction: Direction, bytes: &[u8]) -> Vec<Explained> {
    frames(Format(Check::Strict), bytes, |frame| match direction {
        Direction::Request => Ok(request(&frame.body)),
        Direction::Answer => answer(&frame),
    })
}

/// Requests of other programs are named too; this crate sends none that changes the scale.
fn request(body: &[u8]) -> Message {
    match body {
        [0x20] => named("get-name", body),
        [0x23] => named("get-massa", body),
        [0x72] => named("set-zero", body),
        [0x75] => named("get-scale-par", body),
        [0xA0] => named("get-weight", body),
        [0xA3, a, b, c, d] => {
            let tare = i32::from_le_bytes([*a, *b, *c, *d]);
            named("set-tare", body).with("tare", i64::from(tare))
        }
        _ => with_data(named("unknown-request", body), body),
    }
}

fn answer(frame: &Frame) -> Result<Message, DecodeError> {
    let body = frame.body.as_slice();
    Ok(match Answer::decode(body)? {
        Answer::Massa(massa) => {
            let name = if body.first() == Some(&0x10) { "weight" } else { "ack-massa" };
            weight(named(name, body), &massa)
        }
        Answer::Error(code) => named("cmd-error", body)
            .with("error_code", format!("{:02X}", code.0))
            .with("error", code.name_en()),
        Answer::Nack => named("nack", body),
        Answer::Name { id, name } => {
            named("ack-name", body).with("scale_id", i64::from(id)).with("name", name)
        }
        Answer::Parameters(parameters) => {
            named("ack-scale-par", body).with("parameters", Field::Texts(parameters.0))
        }
        Answer::Other(_) => match body {
            [0x27] => named("ack-set", body),
            [0x12] => named("ack-set-tare", body),
            [0x15] => named("tare-refused", body),
            _ => with_data(named("unknown-answer", body), body),
        },
    })
}

fn named(name: &'static str, body: &[u8]) -> Message {
    let command = body.first().copied().unwrap_or_default();
    Message::named(name).with("command", format!("{command:02X}"))
}

fn with_data(message: Message, body: &[u8]) -> Message {
    match body.get(1..) {
        Some(data @ [_, ..]) => message.with("data", hex(data)),
        _ => message,
    }
}

fn weight(message: Message, massa: &Massa) -> Message {
    let weight = massa.weight();
    message
        .with("weight", i64::from(massa.counts))
        .with("division_code", i64::from(massa.division_code))
        .with("stable", massa.stable)
        .with("net", massa.net)
        .with("zero", massa.zero)
        .with("tare", massa.tare.map(i64::from))
        .with("weight_kg", weight.to_string())
        .with("tare_kg", weight.tare_kilograms())
}
