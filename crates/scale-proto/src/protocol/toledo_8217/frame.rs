//! Answers of 8217: a text between STX and CR, of 7-bit characters.
//!
//! A line that is opened with 8 data bits delivers the parity in bit 7, which is masked.
//!
//! Source: docs/protocols/toledo-8217.md sections 1 to 3.

use crate::deframer::{self, Front, Look};
use crate::error::FrameError;

/// The longest text that is read; the longest one known has 7 characters.
pub const MAX_TEXT: usize = 16;

const STX: u8 = 0x02;
const CR: u8 = 0x0D;

/// Finds answers in a stream of bytes.
pub type Deframer = deframer::Deframer<Format>;

/// How answers look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Format;

impl deframer::Format for Format {
    type Frame = Vec<u8>;
    const BEGINS: &'static str = "02";

    fn look(&self, bytes: &[u8], _: Front) -> Look<Vec<u8>> {
        let mut text = Vec::new();
        for (place, byte) in bytes.iter().map(|byte| byte & 0x7F).enumerate() {
            match (place, byte) {
                (0, STX) => {}
                (0, _) => return Look::Noise(1),
                (_, CR) => return Look::Frame(place + 1, text),
                (_, got @ ..0x20) => {
                    return Look::Broken(place, FrameError::Byte { place, got, expected: "0D" });
                }
                (1..=MAX_TEXT, byte) => text.push(byte),
                (place, got) => {
                    return Look::Broken(place, FrameError::Byte { place, got, expected: "0D" });
                }
            }
        }
        Look::More(bytes.len() + 1)
    }
}
