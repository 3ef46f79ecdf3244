//! Frames of Protocol 100: finding them in what arrives, and writing them.
//!
//! ```text
//! F8 55 CE ll hh bb .. cc cc     ll hh = length of the body, low byte first; bb = body, whose first
//! 0  1  2  3  4  5               byte is the command; cc = CRC of the body, low byte first
//! ```
//!
//! The CRC is CRC-16 with polynomial 1021 and initial value 0000, **non-augmented**: the register is
//! not shifted by 16 zero bits at the end. So the CRC of a single byte is that byte.
//!
//! Source: docs/protocols/massa-k-100.md sections 2 and 3.

use crc::{CRC_16_SPI_FUJITSU, CRC_16_XMODEM, Crc};

use crate::deframer::{self, Front, Look};
use crate::error::FrameError;

/// What every frame begins with.
pub const HEADER: [u8; 3] = [0xF8, 0x55, 0xCE];
/// The longest body that is read; the longest one known has 88 bytes.
pub const MAX_BODY: usize = 512;

const BEFORE_BODY: usize = 5;
const AROUND_BODY: usize = 7;
const XMODEM: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);
const AUG_CCITT: Crc<u16> = Crc::<u16>::new(&CRC_16_SPI_FUJITSU);

/// How the checksums of answers are checked. Requests always carry the right one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Check {
    /// Only the CRC of the protocol is taken.
    #[default]
    Strict,
    /// AUG-CCITT (initial value 1D0F) is taken too, and reported in [`Frame::lenient`].
    Lenient,
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// The body; never empty. Its first byte is the command.
    pub body: Vec<u8>,
    /// The checksum is only right by the lenient check.
    pub lenient: bool,
}

/// The CRC of a body.
///
/// The division without the 16 zero bits is XMODEM of all but the last two bytes, xor those two.
#[must_use]
pub fn crc(body: &[u8]) -> u16 {
    match body {
        [] => 0,
        [only] => u16::from(*only),
        [front @ .., high, low] => XMODEM.checksum(front) ^ u16::from_be_bytes([*high, *low]),
    }
}

/// The CRC that one program takes for the protocol's; never sent.
#[must_use]
pub fn crc_aug_ccitt(body: &[u8]) -> u16 {
    AUG_CCITT.checksum(body)
}

/// The frame of a body.
///
/// A body longer than [`MAX_BODY`] is cut: nobody would read it.
#[must_use]
pub fn encode(body: &[u8]) -> Vec<u8> {
    let body = body.get(..MAX_BODY).unwrap_or(body);
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    let mut frame = HEADER.to_vec();
    frame.extend(length.to_le_bytes());
    frame.extend(body);
    frame.extend(crc(body).to_le_bytes());
    frame
}

/// Finds frames in a stream of bytes.
pub type Deframer = deframer::Deframer<Format>;

/// How frames look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Format(pub Check);

impl Deframer {
    /// A deframer without bytes.
    #[must_use]
    pub fn new(check: Check) -> Self {
        Self::of(Format(check))
    }
}

impl deframer::Format for Format {
    type Frame = Frame;
    const BEGINS: &'static str = "F8 55 CE";

    fn look(&self, bytes: &[u8], _: Front) -> Look<Frame> {
        let begun = bytes.iter().zip(&HEADER).take_while(|(byte, wanted)| byte == wanted).count();
        if begun < HEADER.len() && begun < bytes.len() {
            // No header begins inside of a begun one, for its three bytes differ.
            return Look::Noise(begun.max(1));
        }
        let [_, _, _, low, high, rest @ ..] = bytes else { return Look::More(AROUND_BODY + 1) };
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        if length == 0 || length > MAX_BODY {
            let error = FrameError::Length { got: length, most: MAX_BODY };
            return Look::Broken(BEFORE_BODY, error);
        }
        let size = length + AROUND_BODY;
        let (Some(body), Some([low, high])) = (rest.get(..length), rest.get(length..length + 2))
        else {
            return Look::More(size);
        };
        let got = u16::from_le_bytes([*low, *high]);
        let expected = crc(body);
        let lenient = got != expected;
        if lenient && !(self.0 == Check::Lenient && got == crc_aug_ccitt(body)) {
            return Look::Broken(size, FrameError::Checksum { got, expected });
        }
        Look::Frame(size, Frame { body: body.to_vec(), lenient })
    }
}
