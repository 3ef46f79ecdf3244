//! A scale that sends the CAS ECR block.

use std::time::Duration;

use super::{Heard, frames, kilograms};
use crate::protocol::cas_ecr::{ACK, DC1, Deframer, ENQ, Format, Token, encode};
use crate::sim::State;

/// The host has so long to go on with DC1.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(super) struct Dialect {
    deframer: Deframer,
    /// When ENQ came.
    enquired: Option<Duration>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { deframer: Deframer::of(Format::default()), enquired: None }
    }
}

impl super::Dialect for Dialect {
    fn hear(&mut self, bytes: &[u8], state: &mut State, now: Duration) -> Vec<Heard> {
        let mut heard = Vec::new();
        for token in frames(&mut self.deframer, bytes) {
            match token {
                Token::Enq => {
                    self.enquired = Some(now);
                    heard.push(Heard { request: vec![ENQ], answer: vec![ACK], weighs: false });
                }
                Token::Dc1 => {
                    let waits = self.enquired.take().is_some_and(|at| now <= at + PATIENCE);
                    let answer = if waits { block(state, now) } else { Vec::new() };
                    heard.push(Heard { request: vec![DC1], answer, weighs: true });
                }
                _ => {}
            }
        }
        heard
    }

    fn forget(&mut self) {
        self.deframer.clear();
        self.enquired = None;
    }

    /// The check, which stands before the last two bytes.
    fn spoil(&self, frame: &mut Vec<u8>) {
        if let [_, .., check, _, _] = frame.as_mut_slice() {
            *check ^= 0x55;
        }
    }
}

fn block(state: &State, now: Duration) -> Vec<u8> {
    let shown = state.shown(now);
    let letter = match (state.fault, shown.stable) {
        (Some(_), _) => 'F',
        (None, true) => 'S',
        (None, false) => 'U',
    };
    let data = match (state.overload, shown.grams < 0) {
        (true, _) => format!("{letter}FFFFFFFkg"),
        (false, true) => format!("{letter}-{}kg", kilograms(shown.grams, 6)),
        (false, false) => format!("{letter} {}kg", kilograms(shown.grams, 6)),
    };
    encode(data.as_bytes(), state.convention)
}
