//! Frames of the continuous output, of 7-bit characters.
//!
//! ```text
//! 02 A B C w w w w w w t t t t t t 0D [chk]     A, B, C = status words, w = weight, t = tare
//! 0  1 2 3 4           10          16 17
//! 02 A B C w w w w w w 0D [chk]                 the same without a tare
//! ```
//! The check byte is optional: all bytes up to it and itself add up to 0 modulo 128. It can look like
//! the STX of the next frame, so whether there is one is decided over several frames of a line.
//!
//! Source: docs/protocols/toledo-continuous.md.

use crate::deframer::{self, Front, Look};
use crate::error::FrameError;

const STX: u8 = 0x02;
const CR: u8 = 0x0D;
/// Where CR stands, with and without a tare.
const ENDS: [usize; 2] = [10, 16];
/// So many frames in a row that agree decide whether there is a check byte.
const DECIDE: i8 = 2;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// The status words A, B and C.
    pub status: [u8; 3],
    /// The digits of the weight.
    pub weight: [u8; 6],
    /// The digits of the tare, if it is told.
    pub tare: Option<[u8; 6]>,
    /// It had a check byte, and that was right.
    pub checked: bool,
}

/// Finds frames in a stream of bytes.
pub type Deframer = deframer::Deframer<Format>;

/// How frames look, and what is known about the check byte of this line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Format {
    /// Above 0: so many frames had one; below: so many had none.
    votes: i8,
}

/// The check byte behind these bytes.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg() & 0x7F
}

impl deframer::Format for Format {
    type Frame = Frame;
    const BEGINS: &'static str = "02";

    fn look(&self, bytes: &[u8], front: Front) -> Look<Frame> {
        let masked: Vec<u8> = bytes.iter().take(20).map(|byte| byte & 0x7F).collect();
        if masked.first() != Some(&STX) {
            return Look::Noise(1);
        }
        // Status words have bit 5 or digits' bits set, so none of them is STX or CR.
        let inside = |byte: &u8| *byte >= 0x20;
        let length = masked.iter().skip(1).take_while(|byte| inside(byte)).count() + 1;
        match masked.get(length) {
            None if length <= ENDS[1] => return Look::More(ENDS[1] + 1),
            Some(&CR) if ENDS.contains(&length) => {}
            found => {
                let got = found.copied().unwrap_or_default();
                let error = FrameError::Byte { place: length, got, expected: "0D at 10 or 16" };
                return Look::Broken(length, error);
            }
        }
        let (body, behind) = masked.split_at(length + 1);
        match self.has_check(body, behind, front.ended) {
            Ok(checked) => frame(body, checked),
            Err(look) => look,
        }
    }

    fn took(&mut self, frame: &Frame) {
        if self.votes.abs() < DECIDE {
            let vote = if frame.checked { 1 } else { -1 };
            self.votes = if self.votes.signum() == -vote { vote } else { self.votes + vote };
        }
    }
}

impl Format {
    /// Whether a check byte follows a body.
    fn has_check(&self, body: &[u8], behind: &[u8], ended: bool) -> Result<bool, Look<Frame>> {
        let expected = checksum(body);
        let size = body.len();
        let wrong = |got: u8| {
            let (got, expected) = (got.into(), expected.into());
            Err(Look::Broken(size + 1, FrameError::Checksum { got, expected }))
        };
        match behind {
            // Decided: there is none.
            _ if self.votes <= -DECIDE => Ok(false),
            // Decided: there is one.
            [got, ..] if self.votes >= DECIDE => {
                if *got == expected {
                    Ok(true)
                } else {
                    wrong(*got)
                }
            }
            [] if ended && self.votes < DECIDE => Ok(false),
            [] => Err(Look::More(size + 1)),
            // An STX: of the next frame, unless another one follows.
            [STX, STX, ..] if expected == STX => Ok(true),
            [STX, STX, ..] => wrong(STX),
            [STX] if !ended => Err(Look::More(size + 2)),
            [STX, ..] => Ok(false),
            [got, ..] if *got == expected => Ok(true),
            [got, ..] => wrong(*got),
        }
    }
}

fn frame(body: &[u8], checked: bool) -> Look<Frame> {
    let [_, a, b, c, digits @ .., CR] = body else { return Look::Noise(1) };
    let (weight, tare) = digits.split_at(digits.len().min(6));
    let Ok(weight) = weight.try_into() else { return Look::Noise(1) };
    let frame = Frame { status: [*a, *b, *c], weight, tare: tare.try_into().ok(), checked };
    Look::Frame(body.len() + usize::from(checked), frame)
}
