//! A scale that speaks MT-SICS.

use std::time::Duration;

use super::{Heard, frames, kilograms};
use crate::protocol::mt_sics::{Deframer, Format};
use crate::sim::State;

#[derive(Debug)]
pub(super) struct Dialect(Deframer);

impl Default for Dialect {
    fn default() -> Self {
        Self(Deframer::of(Format))
    }
}

impl super::Dialect for Dialect {
    fn hear(&mut self, bytes: &[u8], state: &mut State, now: Duration) -> Vec<Heard> {
        let heard = frames(&mut self.0, bytes).into_iter().map(|line| {
            let answer = format!("{}\r\n", answer(state, &line, now)).into_bytes();
            let weighs = matches!(line.as_slice(), b"S" | b"SI");
            Heard { request: line, answer, weighs }
        });
        heard.collect()
    }

    fn forget(&mut self) {
        self.0.clear();
    }
}

fn answer(state: &mut State, line: &[u8], now: Duration) -> String {
    let shown = state.shown(now);
    match line {
        b"S" | b"SI" if state.fault.is_some() => "S I".to_owned(),
        b"S" | b"SI" if state.overload => "S +".to_owned(),
        b"S" | b"SI" if state.underload => "S -".to_owned(),
        // It waits until the pan is at rest, and that is never.
        b"S" if !shown.stable => "S I".to_owned(),
        b"S" | b"SI" => {
            let letter = if shown.stable { 'S' } else { 'D' };
            format!("S {letter} {:>10} kg", signed(shown.grams))
        }
        b"TA" => format!("TA A {:>10} kg", signed(state.tare_grams)),
        b"Z" => {
            state.zero();
            "Z A".to_owned()
        }
        b"T" => {
            state.tare(None);
            format!("T S {:>10} kg", signed(state.tare_grams))
        }
        b"I2" => format!("I2 A \"{}\"", state.name),
        b"I4" | b"@" => format!("I4 A \"{}\"", state.id),
        _ => "ES".to_owned(),
    }
}

fn signed(grams: i32) -> String {
    let sign = if grams < 0 { "-" } else { "" };
    format!("{sign}{}", kilograms(grams, 5))
}
