//! An older MASSA-K scale, with Protocol 2. It cannot tell an overload or an error.

use std::time::Duration;

use super::Heard;
use crate::protocol::massa_k_2::{FULL, GRAMS};
use crate::sim::State;

#[derive(Debug)]
pub(super) struct Dialect;

impl super::Dialect for Dialect {
    fn hear(&mut self, bytes: &[u8], state: &mut State, now: Duration) -> Vec<Heard> {
        let heard = bytes.iter().map(|byte| Heard {
            request: vec![*byte],
            answer: match *byte {
                FULL if !state.only_grams => full(state, now),
                GRAMS => grams(state, now),
                0x0E => {
                    state.zero();
                    Vec::new()
                }
                _ => Vec::new(),
            },
            weighs: matches!(*byte, FULL | GRAMS),
        });
        heard.collect()
    }

    /// Bits of the status that are never set.
    fn spoil(&self, frame: &mut Vec<u8>) {
        if let [status, _, ..] = frame.as_mut_slice() {
            *status |= 0x1F;
        }
    }
}

fn full(state: &State, now: Duration) -> Vec<u8> {
    let shown = state.shown(now);
    let (division, counts) = match state.division_code {
        0 => (1, shown.grams.saturating_mul(10)),
        1 => (0, shown.grams),
        2 => (4, shown.grams / 10),
        _ => (5, shown.grams / 100),
    };
    let bit = |set: bool, bit: u8| if set { 1_u8 << bit } else { 0 };
    let status =
        bit(shown.stable, 7) | bit(state.at_zero(shown), 6) | bit(state.tare_grams != 0, 5);
    let [low, middle, high, _] = counts.unsigned_abs().to_le_bytes();
    vec![status, division, low, middle, high & 0x7F | bit(counts < 0, 7)]
}

fn grams(state: &State, now: Duration) -> Vec<u8> {
    let grams = state.shown(now).grams;
    let [low, high, ..] = grams.unsigned_abs().to_le_bytes();
    vec![low, high & 0x7F | if grams < 0 { 0x80 } else { 0 }]
}
