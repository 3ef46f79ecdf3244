//! A scale that sends the CAS stream.

use std::time::Duration;

use super::{Heard, kilograms};
use crate::sim::State;

#[derive(Debug)]
pub(super) struct Dialect;

impl super::Dialect for Dialect {
    fn hear(&mut self, _: &[u8], _: &mut State, _: Duration) -> Vec<Heard> {
        Vec::new()
    }

    fn streams(&self) -> bool {
        true
    }

    fn frame(&self, state: &State, now: Duration) -> Vec<u8> {
        let shown = state.shown(now);
        let net = state.tare_grams != 0;
        let letters = match (state.overload, shown.stable) {
            (true, _) => "OL",
            (false, true) => "ST",
            (false, false) => "US",
        };
        let bit = |set: bool, bit: u8| if set { 1_u8 << bit } else { 0 };
        let lamps =
            0x80 | bit(shown.stable, 6) | bit(!net, 2) | bit(net, 1) | bit(state.at_zero(shown), 0);
        let sign = if shown.grams < 0 { '-' } else { ' ' };
        let mut frame = letters.as_bytes().to_vec();
        frame.extend(if net { b",NT,1" } else { b",GS,1" });
        frame.push(lamps);
        frame.extend(format!(",{sign} {} kg\r\n", kilograms(shown.grams, 6)).bytes());
        frame
    }
}
