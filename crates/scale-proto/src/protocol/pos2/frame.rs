//! The link layer of POS2: three single bytes and one kind of frame.
//!
//! ```text
//! 02 nn cc .. xx     nn = bytes of command and parameters, cc .. = those; xx = XOR of nn and those
//! 0  1  2
//! ```
//! ENQ 05, ACK 06 and NAK 15 stand alone, or glued to the front of a frame.
//!
//! Source: docs/protocols/pos2.md sections 1 and 2.

use crate::deframer::{self, Front, Look};
use crate::error::FrameError;

/// Begins a frame.
pub const STX: u8 = 0x02;
/// The host knocks.
pub const ENQ: u8 = 0x05;
/// Received; after ENQ: an answer is there or on its way.
pub const ACK: u8 = 0x06;
/// Not received; after ENQ: ready for a command.
pub const NAK: u8 = 0x15;

/// A piece of the dialogue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// ENQ.
    Enq,
    /// ACK.
    Ack,
    /// NAK.
    Nak,
    /// Command and parameters; never empty.
    Frame(Vec<u8>),
}

/// Finds the pieces in a stream of bytes.
pub type Deframer = deframer::Deframer<Format>;

/// How the pieces look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Format;

/// The frame of a command with its parameters, of which there are at most 254 bytes.
#[must_use]
pub fn encode(body: &[u8]) -> Vec<u8> {
    let body = body.get(..255).unwrap_or(body);
    let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
    let mut frame = vec![STX, length];
    frame.extend(body);
    frame.push(lrc(length, body));
    frame
}

/// XOR of everything but STX.
fn lrc(length: u8, body: &[u8]) -> u8 {
    body.iter().fold(length, |lrc, byte| lrc ^ byte)
}

impl deframer::Format for Format {
    type Frame = Token;
    const BEGINS: &'static str = "02, 05, 06 or 15";

    fn look(&self, bytes: &[u8], front: Front) -> Look<Token> {
        match bytes {
            // In the rest of a broken frame they are no messages.
            [ENQ | ACK | NAK, ..] if front.broken => Look::Noise(1),
            [ENQ, ..] => Look::Frame(1, Token::Enq),
            [ACK, ..] => Look::Frame(1, Token::Ack),
            [NAK, ..] => Look::Frame(1, Token::Nak),
            [STX, 0, ..] => Look::Broken(2, FrameError::Length { got: 0, most: 255 }),
            [STX, length, rest @ ..] => {
                let count = usize::from(*length);
                let (Some(body), Some(got)) = (rest.get(..count), rest.get(count)) else {
                    return Look::More(count + 3);
                };
                let expected = lrc(*length, body);
                if *got != expected {
                    let (got, expected) = ((*got).into(), expected.into());
                    return Look::Broken(count + 3, FrameError::Checksum { got, expected });
                }
                Look::Frame(count + 3, Token::Frame(body.to_vec()))
            }
            [STX] => Look::More(4),
            _ => Look::Noise(1),
        }
    }
}
