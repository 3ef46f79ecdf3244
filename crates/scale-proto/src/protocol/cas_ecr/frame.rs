//! The block and the single bytes around it.
//!
//! ```text
//! 01 02 st si w w w w w w u u xx 03 04     st = state, si = sign, w = weight, u = unit, xx = check
//! 0  1  2  3  4           10  12 13 14
//! 01 02 st si w w w w w w w u u xx 03      the same with seven characters of weight
//! ```
//! The check is an XOR over 2 … 11 (the *data*) or over 0 … 11 (*all*); the two differ by 03. A line
//! that is opened with 8 data bits on a 7-bit device begins with 81; then bit 7 of every byte is
//! parity.
//!
//! Source: docs/protocols/cas-ecr.md sections 1 and 2.

use crate::deframer::{self, Front, Look};
use crate::error::FrameError;

/// The host begins.
pub const ENQ: u8 = 0x05;
/// Go on.
pub const ACK: u8 = 0x06;
/// Send ENQ again.
pub const NAK: u8 = 0x15;
/// The host asks for the block.
pub const DC1: u8 = 0x11;

const SIZE: usize = 15;
const BEGIN: [u8; 2] = [0x01, 0x02];
const ETX: u8 = 0x03;
const EOT: u8 = 0x04;

/// A piece of the dialogue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// ENQ.
    Enq,
    /// ACK.
    Ack,
    /// NAK.
    Nak,
    /// DC1.
    Dc1,
    /// A block.
    Block(Block),
}

/// What stands between STX and the check.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// State, sign, weight and unit: 10 bytes, or 11 with a weight of seven characters.
    pub data: Vec<u8>,
    /// How its check is computed.
    pub convention: Convention,
}

/// Over what the check of a block is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Convention {
    /// Over state, sign, weight and unit.
    Data,
    /// Over SOH and STX, too.
    All,
}

/// Finds the pieces in a stream of bytes.
pub type Deframer = deframer::Deframer<Format>;

/// How the pieces look.
///
/// The first block decides on the convention; later ones must keep to it. Else one wrong digit in
/// three would pass by the other one, for many digits differ by the same 03.
#[derive(Clone, Copy, Debug, Default)]
pub struct Format {
    convention: Option<Convention>,
}

/// The block of state, sign, weight and unit.
#[must_use]
pub fn encode(data: &[u8], convention: Convention) -> Vec<u8> {
    let mut block = BEGIN.to_vec();
    block.extend(data);
    block.push(check(data, convention));
    block.extend([ETX, EOT]);
    block.truncate(SIZE);
    block
}

fn check(data: &[u8], convention: Convention) -> u8 {
    let begin = if convention == Convention::All { BEGIN[0] ^ BEGIN[1] } else { 0 };
    data.iter().fold(begin, |check, byte| check ^ byte)
}

impl deframer::Format for Format {
    type Frame = Token;
    const BEGINS: &'static str = "01 02, 05, 06, 11 or 15";

    fn look(&self, bytes: &[u8], front: Front) -> Look<Token> {
        match bytes {
            // In the rest of a broken block they are no messages.
            [ENQ | ACK | NAK | DC1, ..] if front.broken => Look::Noise(1),
            [ENQ, ..] => Look::Frame(1, Token::Enq),
            [ACK, ..] => Look::Frame(1, Token::Ack),
            [NAK, ..] => Look::Frame(1, Token::Nak),
            [DC1, ..] => Look::Frame(1, Token::Dc1),
            [0x01 | 0x81, 0x02, ..] => match bytes.first_chunk::<SIZE>() {
                Some(block) => self.block(block),
                None => Look::More(SIZE),
            },
            [0x01 | 0x81] => Look::More(SIZE),
            _ => Look::Noise(1),
        }
    }

    fn took(&mut self, token: &Token) {
        if let Token::Block(block) = token {
            self.convention = Some(block.convention);
        }
    }
}

impl Format {
    fn block(&self, block: &[u8; SIZE]) -> Look<Token> {
        let mut block = *block;
        if block[0] & 0x80 != 0 {
            block.iter_mut().for_each(|byte| *byte &= 0x7F);
        }
        let [_, _, data @ .., got, ETX, EOT] = &block else {
            return self.long_block(&block);
        };
        self.checked(data, *got)
    }

    fn long_block(&self, block: &[u8; SIZE]) -> Look<Token> {
        let [_, _, data @ .., got, ETX] = block else {
            let got = block[SIZE - 1];
            return Look::Broken(
                SIZE,
                FrameError::Byte { place: SIZE - 1, got, expected: "03 or 04" },
            );
        };
        self.checked(data, *got)
    }

    fn checked(&self, data: &[u8], got: u8) -> Look<Token> {
        let fits = |convention: &Convention| got == check(data, *convention);
        let both = [Convention::Data, Convention::All];
        let mut taken = both.into_iter().filter(|one| self.convention.is_none_or(|it| it == *one));
        match taken.find(fits) {
            Some(convention) => {
                Look::Frame(SIZE, Token::Block(Block { data: data.to_vec(), convention }))
            }
            None => {
                let expected = check(data, self.convention.unwrap_or(Convention::Data));
                let (got, expected) = (got.into(), expected.into());
                Look::Broken(SIZE, FrameError::Checksum { got, expected })
            }
        }
    }
}
