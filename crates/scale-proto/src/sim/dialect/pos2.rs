//! A scale with POS2. For tests only: the document of the protocol forbids other devices.

use std::time::Duration;

use super::{Heard, frames};
use crate::protocol::pos2::{
    ACK, CHANNEL, CHANNEL_PARAMETERS, DEVICE_TYPE, Deframer, ENQ, ErrorCode, Format, NAK, STATE,
    Token, Variant, encode,
};
use crate::sim::State;

#[derive(Debug)]
pub(super) struct Dialect {
    deframer: Deframer,
    /// The last answer, which NAK asks for again.
    last: Vec<u8>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { deframer: Deframer::of(Format), last: Vec::new() }
    }
}

impl super::Dialect for Dialect {
    fn hear(&mut self, bytes: &[u8], state: &mut State, now: Duration) -> Vec<Heard> {
        let mut heard = Vec::new();
        for token in frames(&mut self.deframer, bytes) {
            let heard_now = match token {
                Token::Enq => Heard { request: vec![ENQ], answer: vec![NAK], weighs: false },
                // Some hosts acknowledge, some do not.
                Token::Ack => Heard { request: vec![ACK], answer: Vec::new(), weighs: false },
                Token::Nak => {
                    Heard { request: vec![NAK], answer: self.last.clone(), weighs: false }
                }
                Token::Frame(body) => {
                    self.last = encode(&answer(state, &body, now));
                    let answer = [&[ACK], self.last.as_slice()].concat();
                    let weighs = body.first() == Some(&STATE);
                    Heard { request: body, answer, weighs }
                }
            };
            heard.push(heard_now);
        }
        heard
    }

    fn forget(&mut self) {
        self.deframer.clear();
        self.last.clear();
    }
}

/// Command, error code and parameters of the answer to a command.
fn answer(state: &mut State, body: &[u8], now: Duration) -> Vec<u8> {
    let (command, parameters) =
        body.split_first().map_or((0, body), |(first, rest)| (*first, rest));
    let answered = match command {
        STATE => password(state, parameters).and_then(|_| weight(state, now)),
        CHANNEL if parameters.is_empty() => Ok(vec![0]),
        CHANNEL_PARAMETERS => match parameters {
            [0] => Ok(channel(state)),
            [_] => Err(WRONG_CHANNEL),
            _ => Err(WRONG_LENGTH),
        },
        DEVICE_TYPE if parameters.is_empty() => {
            // A scale, of no special kind; protocol 1.2, model 0, English.
            Ok([&[1, 0, 1, 2, 0, 1], state.name.as_bytes()].concat())
        }
        0x30 => password(state, parameters).map(|_| {
            state.zero();
            Vec::new()
        }),
        0x31 => password(state, parameters)
            .and_then(|_| state.tare(None).then(Vec::new).ok_or(TARE_FAILED)),
        0x32 => password(state, parameters).and_then(|rest| match rest {
            [low, high] => {
                let counts = i32::from(u16::from_le_bytes([*low, *high]));
                state.tare(Some(grams(state, counts))).then(Vec::new).ok_or(TARE_FAILED)
            }
            _ => Err(WRONG_LENGTH),
        }),
        _ => Err(ErrorCode::UNKNOWN_COMMAND.0),
    };
    match answered {
        Ok(fields) => [&[command, 0], fields.as_slice()].concat(),
        Err(code) => vec![command, code],
    }
}

const WRONG_LENGTH: u8 = 121;
const TARE_FAILED: u8 = 151;
const WRONG_CHANNEL: u8 = 185;

/// What follows the password.
fn password<'b>(state: &State, parameters: &'b [u8]) -> Result<&'b [u8], u8> {
    let (password, rest) = parameters.split_at_checked(4).ok_or(WRONG_LENGTH)?;
    if password == state.password { Ok(rest) } else { Err(ErrorCode::WRONG_PASSWORD.0) }
}

fn weight(state: &State, now: Duration) -> Result<Vec<u8>, u8> {
    if let Some(code) = state.fault {
        return Err(code);
    }
    let shown = state.shown(now);
    let bit = |set: bool, bit: u8| if set { 1_u16 << bit } else { 0 };
    let own = match state.variant {
        // Fixed and settled; below zero.
        Variant::ShtrihM => bit(shown.stable, 0) | bit(shown.stable, 4) | bit(state.underload, 8),
        Variant::Mertech => bit(shown.stable, 0) | bit(state.at_zero(shown), 1),
    };
    let bits = own | bit(true, 2) | bit(state.tare_grams != 0, 3) | bit(state.overload, 6);
    let bits = if state.tells_state { bits } else { 0 };
    let mut fields = bits.to_le_bytes().to_vec();
    fields.extend(counts(state, shown.grams).to_le_bytes());
    let tare = u16::try_from(counts(state, state.tare_grams)).unwrap_or(u16::MAX);
    fields.extend(tare.to_le_bytes());
    fields.push(0);
    Ok(fields)
}

/// Max 15 kg, Min 40 g, largest tare 6 kg, ranges to 6 and 15 kg in steps of 2 and 5 g.
fn channel(state: &State) -> Vec<u8> {
    let counts = |grams: i32| u16::try_from(counts(state, grams)).unwrap_or(u16::MAX);
    let point = state.power.unsigned_abs();
    let [power] = state.power.to_le_bytes();
    let mut fields = vec![0, 0, point, power];
    for grams in [15_000, 40, 6000, 6000, 15_000, 0] {
        fields.extend(counts(grams).to_le_bytes());
    }
    fields.extend([2, 5, 0, 0, 2, 0]);
    fields
}

fn counts(state: &State, grams: i32) -> i32 {
    match state.power {
        power @ ..-3 => {
            let factor = 10_i32.saturating_pow(u32::from(power.unsigned_abs()) - 3);
            grams.saturating_mul(factor)
        }
        power => grams / 10_i32.saturating_pow(u32::from((power + 3).unsigned_abs())),
    }
}

fn grams(state: &State, counts: i32) -> i32 {
    match state.power {
        power @ ..-3 => counts / 10_i32.saturating_pow(u32::from(power.unsigned_abs()) - 3),
        power => {
            counts.saturating_mul(10_i32.saturating_pow(u32::from((power + 3).unsigned_abs())))
        }
    }
}
