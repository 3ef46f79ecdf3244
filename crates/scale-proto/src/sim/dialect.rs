//! What simulated scales answer, protocol by protocol.

mod cas_22;
mod cas_ecr;
mod massa_k_100;
mod massa_k_2;
mod mt_sics;
mod pos2;
mod toledo_8217;
mod toledo_continuous;

use std::fmt::Debug;
use std::time::Duration;

use super::State;
use crate::deframer::{Deframer, Format};
use crate::protocol;

/// A request that was understood, and the answer; none when that is empty.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) request: Vec<u8>,
    pub(super) answer: Vec<u8>,
    /// It asked for the weight.
    pub(super) weighs: bool,
}

/// A protocol from the scale's side.
pub(super) trait Dialect: Debug + Send {
    /// Bytes from the host.
    fn hear(&mut self, bytes: &[u8], state: &mut State, now: Duration) -> Vec<Heard>;

    /// The host went away.
    fn forget(&mut self) {}

    /// Whether it sends frames by itself.
    fn streams(&self) -> bool {
        false
    }

    /// The frame of a scale that streams.
    fn frame(&self, state: &State, now: Duration) -> Vec<u8> {
        let _ = (state, now);
        Vec::new()
    }

    /// Makes a frame wrong in a way that can be seen. Single bytes stay as they are.
    fn spoil(&self, frame: &mut Vec<u8>) {
        if let [_, .., last] = frame.as_mut_slice() {
            *last ^= 0x55;
        }
    }
}

/// The protocol of that name.
pub(super) fn of(name: &str) -> Option<(&'static str, Box<dyn Dialect>)> {
    use protocol::toledo_8217::Dialect as Letters;
    let name = protocol::NAMES.into_iter().find(|known| *known == name)?;
    let dialect: Box<dyn Dialect> = match name {
        protocol::massa_k_100::NAME => Box::new(massa_k_100::Dialect::default()),
        protocol::massa_k_2::NAME => Box::new(massa_k_2::Dialect),
        protocol::pos2::NAME => Box::new(pos2::Dialect::default()),
        protocol::cas_ecr::NAME => Box::new(cas_ecr::Dialect::default()),
        protocol::cas_22::NAME => Box::new(cas_22::Dialect),
        protocol::toledo_8217::NAME => Box::new(toledo_8217::Dialect::new(Letters::Bits)),
        protocol::toledo_8217::SASI_NAME => Box::new(toledo_8217::Dialect::new(Letters::Sasi)),
        protocol::mt_sics::NAME => Box::new(mt_sics::Dialect::default()),
        protocol::toledo_continuous::NAME => Box::new(toledo_continuous::Dialect),
        _ => return None,
    };
    Some((name, dialect))
}

/// The good frames in bytes that arrive.
fn frames<F: Format>(deframer: &mut Deframer<F>, bytes: &[u8]) -> Vec<F::Frame> {
    deframer.push(bytes);
    let mut found = Vec::new();
    while let Some(result) = deframer.next_frame() {
        found.extend(result);
    }
    found
}

/// Grams as kilograms with three decimals, without a sign: "01.234" at a width of 6.
fn kilograms(grams: i32, width: usize) -> String {
    let grams = grams.unsigned_abs();
    let (whole, part) = (grams / 1000, grams % 1000);
    format!("{whole:0width$}.{part:03}", width = width.saturating_sub(4))
}
