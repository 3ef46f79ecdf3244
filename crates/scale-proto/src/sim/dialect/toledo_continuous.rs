//! A scale with the continuous output of Toledo.

use std::time::Duration;

use super::Heard;
use crate::protocol::toledo_continuous::checksum;
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
        let bit = |set: bool, bit: u8| if set { 1_u8 << bit } else { 0 };
        let (decimals, counts) = match state.division_code {
            0 => (4, 10),
            1 => (3, 1),
            2 => (2, -10),
            3 => (1, -100),
            _ => (0, -1000),
        };
        let counts = |grams: i32| {
            let grams = grams.unsigned_abs();
            if counts > 0 {
                grams * i32::unsigned_abs(counts)
            } else {
                grams / i32::unsigned_abs(counts)
            }
        };
        // The point, and an increment of 1.
        let a = 0x20 | 1 << 3 | (decimals + 2);
        let b = 0x30
            | bit(state.tare_grams != 0, 0)
            | bit(shown.grams < 0, 1)
            | bit(state.overload || state.underload, 2)
            | bit(!shown.stable, 3)
            | bit(state.fault.is_some(), 6);
        let mut frame = vec![0x02, a, b, 0x20];
        frame
            .extend(format!("{:>6}{:>6}\r", counts(shown.grams), counts(state.tare_grams)).bytes());
        if state.checks {
            frame.push(checksum(&frame));
        }
        frame
    }
}
