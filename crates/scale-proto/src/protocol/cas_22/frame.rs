//! Frames of the CAS stream: 22 bytes with separators at fixed places.
//!
//! ```text
//! S  T  ,  G  S  ,  id la ,  w w w w w w w w .. u  u  CR LF     la = lamps, .. = blank or relays
//! 0  1  2  3  4  5  6  7  8  9               17 18 19 20 21
//! ```
//! Lamps and relays can have any value, also those of the separators and of CR and LF.
//!
//! Source: docs/protocols/cas-22.md.

use crate::deframer::{self, Front, Look};
use crate::error::FrameError;

/// The length of a frame.
pub const SIZE: usize = 22;

/// Finds frames in a stream of bytes.
pub type Deframer = deframer::Deframer<Format>;

/// How frames look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Format;

const STATES: [&[u8; 3]; 3] = [b"ST,", b"US,", b"OL,"];
const KINDS: [&[u8; 3]; 2] = [b"GS,", b"NT,"];
const FIXED: [(usize, u8, &str); 3] = [(8, b',', "2C"), (20, b'\r', "0D"), (21, b'\n', "0A")];

impl deframer::Format for Format {
    type Frame = [u8; SIZE];
    const BEGINS: &'static str = "ST, US or OL and a comma";

    fn look(&self, bytes: &[u8], _: Front) -> Look<[u8; SIZE]> {
        let begins = |all: &[&[u8; 3]], bytes: &[u8]| {
            all.iter().any(|one| bytes.iter().zip(*one).all(|(byte, wanted)| byte == wanted))
        };
        let kind = bytes.get(3..).unwrap_or_default();
        if !begins(&STATES, bytes) || !begins(&KINDS, kind) {
            return Look::Noise(1);
        }
        let Some(frame) = bytes.first_chunk::<SIZE>() else { return Look::More(SIZE) };
        for (place, wanted, expected) in FIXED {
            let got = frame.get(place).copied().unwrap_or_default();
            if got != wanted {
                return Look::Broken(SIZE, FrameError::Byte { place, got, expected });
            }
        }
        Look::Frame(SIZE, *frame)
    }
}
