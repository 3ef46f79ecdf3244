//! POS2 in words.

use super::{Answer, CHANNEL, CHANNEL_PARAMETERS, DEVICE_TYPE, Format, STATE, Token, Variant};
use crate::error::DecodeError;
use crate::explain::{Direction, Explained, Field, Message, frames};
use crate::protocol::text::{hex, shown};
use crate::weight::{Unit, Weight};

pub(crate) fn explain(direction: Direction, bytes: &[u8]) -> Vec<Explained> {
    // Texts of MERTECH scales come on the same line.
    if let Some(text) = text(direction, bytes) {
        return vec![Ok(text)];
    }
    frames(Format, bytes, |token| match (token, direction) {
        (Token::Enq, _) => Ok(Message::named("enq")),
        (Token::Ack, _) => Ok(Message::named("ack")),
        (Token::Nak, _) => Ok(Message::named("nak")),
        (Token::Frame(body), Direction::Request) => Ok(request(&body)),
        (Token::Frame(body), Direction::Answer) => answer(&body),
    })
}

/// "Gprov" and its answer, and the zero and tare that are never sent.
fn text(direction: Direction, bytes: &[u8]) -> Option<Message> {
    match bytes {
        b"<ZK>\t" if direction == Direction::Request => Some(Message::named("mertech-zero")),
        b"<TK>\t" if direction == Direction::Request => Some(Message::named("mertech-tare")),
        [first, .., b'\r', b'\n'] if first.is_ascii_graphic() => {
            let text = bytes.trim_ascii_end();
            let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
            text.iter().all(printable).then(|| Message::named("text").with("text", shown(text)))
        }
        _ => None,
    }
}

/// Requests of other programs are named too; this crate sends none that changes the scale.
fn request(body: &[u8]) -> Message {
    let (command, parameters) =
        body.split_first().map_or((0, body), |(first, rest)| (*first, rest));
    let name = match command {
        STATE => "get-state",
        CHANNEL_PARAMETERS => "get-channel-parameters",
        CHANNEL => "get-channel",
        DEVICE_TYPE => "get-device-type",
        0x30 => "zero",
        0x31 => "tare",
        0x32 => "set-tare",
        _ => "unknown-request",
    };
    let message = Message::named(name).with("command", format!("{command:02X}"));
    match (command, parameters) {
        (0x32, [.., low, high]) => {
            message.with("tare", i64::from(u16::from_le_bytes([*low, *high])))
        }
        (CHANNEL_PARAMETERS, [channel]) => message.with("channel", i64::from(*channel)),
        // Passwords are not shown.
        (STATE | 0x30 | 0x31, _) | (_, []) => message,
        (_, data) => message.with("data", hex(data)),
    }
}

fn answer(body: &[u8]) -> Result<Message, DecodeError> {
    let command = body.first().copied().unwrap_or_default();
    let named = |name| Message::named(name).with("command", format!("{command:02X}"));
    Ok(match Answer::decode(body)? {
        Answer::State(state) => {
            let flag = |bit: u8| Field::Flag(state.bits & (1 << bit) != 0);
            // In counts: what one is stands in the answer to E8.
            let fault = state.fault(Variant::ShtrihM).map(|fault| fault.name_en);
            named("state")
                .with("state", format!("{:04X}", state.bits))
                .with("fixed", flag(0))
                .with("channel_on", flag(2))
                .with("tare_set", flag(3))
                .with("stable", flag(4))
                .with("weight", i64::from(state.counts))
                .with("tare", i64::from(state.tare))
                .with("reserved", format!("{:02X}", state.reserved))
                .with("fault", fault)
        }
        Answer::Factor(factor) => {
            let decimals = if factor.power > 0 { 0 } else { factor.power.unsigned_abs() };
            let kilograms = |counts: u16| {
                (factor.power <= 0)
                    .then(|| Weight::new(counts.into(), decimals, Unit::Kilogram).to_string())
            };
            let [max, min, tare] = factor.limits.map(kilograms);
            named("channel-parameters")
                .with("flags", format!("{:04X}", factor.flags))
                .with("decimal_point", i64::from(factor.decimal_point))
                .with("power", i64::from(factor.power))
                .with("max_kg", max)
                .with("min_kg", min)
                .with("largest_tare_kg", tare)
                .with("ranges", Field::Texts(factor.ranges.map(|end| end.to_string()).to_vec()))
                .with("steps", Field::Texts(factor.steps.map(|step| step.to_string()).to_vec()))
                .with("calibration_points", i64::from(factor.points))
        }
        Answer::Channel(channel) => named("channel").with("channel", i64::from(channel)),
        Answer::DeviceType(device) => named("device-type")
            .with("type", i64::from(device.kind))
            .with("subtype", i64::from(device.subtype))
            .with("protocol", format!("{}.{}", device.protocol.0, device.protocol.1))
            .with("model", i64::from(device.model))
            .with("language", i64::from(device.language))
            .with("name", device.name),
        Answer::Error { code, .. } => {
            named("error").with("error_code", i64::from(code.0)).with("error", code.name_en())
        }
        Answer::Other(body) => match body.get(2..) {
            Some(data @ [_, ..]) => named("unknown-answer").with("data", hex(data)),
            _ => named("done"),
        },
    })
}
