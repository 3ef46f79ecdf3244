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

use std::collections::VecDeque;

use crc::{CRC_16_SPI_FUJITSU, CRC_16_XMODEM, Crc};

use crate::error::FrameError;

/// What every frame begins with.
pub const HEADER: [u8; 3] = [0xF8, 0x55, 0xCE];
/// The longest body that is read; the longest one known has 88 bytes.
pub const MAX_BODY: usize = 512;

const BEFORE_BODY: usize = 5;
const AROUND_BODY: usize = 7;
/// Bytes that wait to be looked at; more than a scale sends in many seconds.
const MAX_WAITING: usize = 64 * 1024;
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
///
/// After a wrong checksum or length it goes on one byte after the false header, so a frame that
/// begins inside is found.
#[derive(Debug)]
pub struct Deframer {
    check: Check,
    waiting: VecDeque<u8>,
    dropped: usize,
    /// Bytes at the front that a reported error already told of.
    of_broken: usize,
}

impl Deframer {
    /// A deframer without bytes.
    #[must_use]
    pub fn new(check: Check) -> Self {
        Self { check, waiting: VecDeque::new(), dropped: 0, of_broken: 0 }
    }

    /// Adds bytes as they arrived, in pieces of any size. Of more than 64 KiB the oldest are
    /// dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend(bytes);
        let surplus = self.waiting.len().saturating_sub(MAX_WAITING);
        self.drop_bytes(surplus);
    }

    /// The next frame; `None`: more bytes are needed; `Err`: bytes were dropped, call again.
    pub fn next_frame(&mut self) -> Option<Result<Frame, FrameError>> {
        self.drop_to_header();
        let begun = self.begun();
        if self.dropped > 0 && (begun == HEADER.len() || self.waiting.is_empty()) {
            let dropped = std::mem::take(&mut self.dropped);
            return Some(Err(FrameError::Noise { dropped, expected: "F8 55 CE" }));
        }
        let length = self.length()?;
        if length == 0 || length > MAX_BODY {
            self.break_frame(BEFORE_BODY);
            return Some(Err(FrameError::Length { got: length, most: MAX_BODY }));
        }
        if self.waiting.len() < length + AROUND_BODY {
            return None;
        }
        let body: Vec<u8> = self.waiting.iter().skip(BEFORE_BODY).take(length).copied().collect();
        let mut check = self.waiting.iter().skip(BEFORE_BODY + length).copied();
        let got = u16::from_le_bytes([check.next()?, check.next()?]);
        let expected = crc(&body);
        let lenient = got != expected;
        if lenient && !(self.check == Check::Lenient && got == crc_aug_ccitt(&body)) {
            self.break_frame(length + AROUND_BODY);
            return Some(Err(FrameError::Checksum { got, expected }));
        }
        self.waiting.drain(..length + AROUND_BODY);
        self.of_broken = 0;
        Some(Ok(Frame { body, lenient }))
    }

    /// What the bytes that are left are, when no more come.
    pub fn finish(&mut self) -> Option<FrameError> {
        let got = self.waiting.len();
        let expected = self.length().map_or(AROUND_BODY + 1, |length| length + AROUND_BODY);
        let dropped = std::mem::take(&mut self.dropped);
        self.waiting.clear();
        if got > 0 {
            Some(FrameError::Incomplete { got, expected })
        } else {
            (dropped > 0).then_some(FrameError::Noise { dropped, expected: "F8 55 CE" })
        }
    }

    /// No more bytes come: the header at the front was false, the search goes on behind its first
    /// byte. `false` when nothing is left.
    pub fn give_up(&mut self) -> bool {
        let waiting = self.waiting.len();
        if waiting > 0 {
            self.break_frame(waiting);
        }
        waiting > 0
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.waiting.clear();
        (self.dropped, self.of_broken) = (0, 0);
    }

    fn length(&self) -> Option<usize> {
        let mut bytes = self.waiting.iter().skip(HEADER.len()).copied();
        Some(usize::from(u16::from_le_bytes([bytes.next()?, bytes.next()?])))
    }

    /// How many bytes of a header stand at the front.
    fn begun(&self) -> usize {
        self.waiting.iter().zip(&HEADER).take_while(|(byte, wanted)| byte == wanted).count()
    }

    fn drop_to_header(&mut self) {
        while !self.waiting.is_empty() {
            let begun = self.begun();
            if begun == HEADER.len() || begun == self.waiting.len() {
                return;
            }
            // No header begins inside of a begun one, for its three bytes differ.
            self.drop_bytes(begun.max(1));
        }
    }

    /// A header was false: its claim of so many bytes is told of, and the search goes on behind its
    /// first byte.
    fn break_frame(&mut self, claimed: usize) {
        self.waiting.pop_front();
        self.of_broken = claimed - 1;
    }

    fn drop_bytes(&mut self, count: usize) {
        self.waiting.drain(..count);
        let told = count.min(self.of_broken);
        self.of_broken -= told;
        self.dropped += count - told;
    }
}
