//! A MASSA-K scale with Protocol 100.

use std::time::Duration;

use super::{Heard, frames};
use crate::protocol::massa_k_100::{Check, Deframer, ErrorCode, GET_MASSA, GET_WEIGHT, encode};
use crate::sim::State;

#[derive(Debug)]
pub(super) struct Dialect(Deframer);

impl Default for Dialect {
    fn default() -> Self {
        Self(Deframer::new(Check::Strict))
    }
}

impl super::Dialect for Dialect {
    fn hear(&mut self, bytes: &[u8], state: &mut State, now: Duration) -> Vec<Heard> {
        let heard = frames(&mut self.0, bytes).into_iter().map(|frame| {
            let weighs = matches!(frame.body.as_slice(), [GET_MASSA | GET_WEIGHT]);
            let answer = encode(&answer(state, &frame.body, now));
            Heard { request: frame.body, answer, weighs }
        });
        heard.collect()
    }

    fn forget(&mut self) {
        self.0.clear();
    }
}

/// The body of the answer to a request.
fn answer(state: &mut State, body: &[u8], now: Duration) -> Vec<u8> {
    match body {
        [0x23] if !state.series_r => error(state).unwrap_or_else(|| massa(state, now)),
        [0xA0] if state.series_r => error(state).unwrap_or_else(|| series_r(state, now)),
        [0x20] => named(state),
        [0x75] => limits(state),
        [0x72] => {
            state.zero();
            vec![0x27]
        }
        // The unit of SET_TARE is in conflict; here it is grams. 0 takes the present load.
        [0xA3, a, b, c, d] => {
            let tare = i32::from_le_bytes([*a, *b, *c, *d]);
            vec![if state.tare((tare != 0).then_some(tare)) { 0x12 } else { 0x15 }]
        }
        _ => vec![0xF0],
    }
}

fn error(state: &State) -> Option<Vec<u8>> {
    let overload = state.overload.then_some(ErrorCode::OVERLOAD.0);
    state.fault.or(overload).map(|code| vec![0x28, code])
}

fn massa(state: &State, now: Duration) -> Vec<u8> {
    let shown = state.shown(now);
    let mut body = vec![0x24];
    body.extend(counts(state, shown.grams).to_le_bytes());
    body.push(state.division_code);
    body.push(u8::from(shown.stable));
    body.push(u8::from(state.tare_grams != 0));
    body.push(u8::from(state.at_zero(shown)));
    if state.tells_tare {
        body.extend(counts(state, state.tare_grams).to_le_bytes());
    }
    body
}

fn series_r(state: &State, now: Duration) -> Vec<u8> {
    let shown = state.shown(now);
    let mut body = vec![0x10];
    body.extend(counts(state, shown.grams).to_le_bytes());
    body.extend([state.division_code, u8::from(shown.stable)]);
    body
}

fn named(state: &State) -> Vec<u8> {
    let mut body = vec![0x21];
    body.extend(state.id.to_le_bytes());
    // At most 25 bytes.
    body.extend(state.name.bytes().take(25));
    body.extend(b"\r\n");
    body
}

fn limits(state: &State) -> Vec<u8> {
    let mut body = vec![0x76];
    for text in &state.parameters {
        body.extend(text.bytes());
        body.extend(b"\r\n");
    }
    body
}

fn counts(state: &State, grams: i32) -> i32 {
    match state.division_code {
        0 => grams.saturating_mul(10),
        1 => grams,
        2 => grams / 10,
        3 => grams / 100,
        _ => grams / 1000,
    }
}
