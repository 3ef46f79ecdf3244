//! A scale that speaks 8217 or SASI.

use std::time::Duration;

use super::{Heard, kilograms};
use crate::protocol::toledo_8217::{Dialect as Letters, WEIGHT};
use crate::sim::State;

#[derive(Debug)]
pub(super) struct Dialect {
    letters: Letters,
    /// "E" came, and no "F" yet.
    echoes: bool,
}

impl Dialect {
    pub(super) fn new(letters: Letters) -> Self {
        Self { letters, echoes: false }
    }
}

impl super::Dialect for Dialect {
    fn hear(&mut self, bytes: &[u8], state: &mut State, now: Duration) -> Vec<Heard> {
        let mut heard = Vec::new();
        for byte in bytes {
            let answer = match *byte {
                b'F' => {
                    self.echoes = false;
                    Vec::new()
                }
                byte if self.echoes => vec![byte],
                b'E' => {
                    self.echoes = true;
                    b"\x02E\r".to_vec()
                }
                WEIGHT => weight(self.letters, state, now),
                b'Z' => {
                    state.zero();
                    status(self.letters, state, now)
                }
                _ => status(self.letters, state, now),
            };
            heard.push(Heard { request: vec![*byte], answer, weighs: *byte == WEIGHT });
        }
        heard
    }

    fn forget(&mut self) {
        self.echoes = false;
    }
}

/// A number only at rest, within the limits and not below zero.
fn weight(letters: Letters, state: &State, now: Duration) -> Vec<u8> {
    let shown = state.shown(now);
    let limits = state.overload || state.underload || state.fault.is_some();
    if limits || !shown.stable || shown.grams < 0 {
        return status(letters, state, now);
    }
    let net = if state.tare_grams == 0 { "" } else { "N" };
    format!("\x02{}{net}\r", kilograms(shown.grams, 6)).into_bytes()
}

fn status(letters: Letters, state: &State, now: Duration) -> Vec<u8> {
    let shown = state.shown(now);
    let below = state.underload || shown.grams < 0;
    let bit = |set: bool, bit: u8| if set { 1_u8 << bit } else { 0 };
    // The only error that it can tell: zero cannot be found.
    let lost = state.fault.is_some();
    let byte = match letters {
        Letters::Bits => {
            0x40 | bit(!shown.stable, 0)
                | bit(state.overload, 1)
                | bit(below, 2)
                | bit(lost, 3)
                | bit(state.at_zero(shown) && !lost, 4)
                | bit(state.tare_grams != 0, 5)
        }
        Letters::Sasi if state.overload => b'B',
        Letters::Sasi if below => b'C',
        Letters::Sasi if lost => b'D',
        // It has no letter for "all is well".
        Letters::Sasi if shown.stable => return Vec::new(),
        Letters::Sasi => b'A',
    };
    vec![0x02, b'?', byte, b'\r']
}
