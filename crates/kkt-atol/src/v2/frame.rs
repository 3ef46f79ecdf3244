//! Frames and control bytes of the link v2: finding them in what arrives, and writing them.
//!
//! ```text
//! 02 dd .. 03 cc     02 = STX; dd = data, masked; 03 = ETX; cc = xor, raw
//! ```
//! In the data 10 and 03 are sent with a 10 (DLE) in front, nothing else is. The xor covers
//! everything behind the STX up to and with the ETX, as it was sent. The check byte stands behind
//! the ETX as it is, be it 02, 03 or 10.
//!
//! Between frames single control bytes go both ways: [`Control`].
//!
//! Any byte may stand inside a frame unmasked, but ETX and DLE. So nothing in the bytes shows that a
//! frame was cut off: only silence does, see [`Deframer::give_up`].
//!
//! Source: docs/protocols/atol.md section 3; five independent sources.

use std::fmt;

use thiserror::Error;

use crate::waiting::{MAX_WAITING, Waiting};

/// The byte that begins a frame.
pub const STX: u8 = 0x02;
/// The byte that ends the data of a frame.
pub const ETX: u8 = 0x03;
/// The byte that masks the next one.
pub const DLE: u8 = 0x10;
/// The longest data of a frame that is read or written here.
///
/// Our own limit: no source tells the longest answer. What a device takes as a command is less.
pub const MAX_DATA: usize = 4096;
/// How many ETX bytes with a wrong check byte behind them may belong to the data of one answer.
///
/// Some firmware does not mask an ETX in an answer. One source: c-tool. The number is our own.
/// What nothing can tell: an unmasked ETX behind which the xor up to there happens to stand.
pub const MAX_UNMASKED: usize = 4;

/// A byte of the dialogue that stands outside of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Control(pub u8);

impl Control {
    /// The side that sent the last frame is done.
    pub const EOT: Self = Self(0x04);
    /// May I send?
    pub const ENQ: Self = Self(0x05);
    /// Yes, or: taken.
    pub const ACK: Self = Self(0x06);
    /// No, or: not taken.
    pub const NAK: Self = Self(0x15);

    /// The name of the byte in the field's documents; `None` for any other byte.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::EOT => "EOT",
            Self::ENQ => "ENQ",
            Self::ACK => "ACK",
            Self::NAK => "NAK",
            _ => return None,
        })
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:02X}", self.0),
        }
    }
}

/// What stands in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// One of the four control bytes.
    Control(Control),
    /// The unmasked data of a sound frame.
    Frame(&'a [u8]),
    /// A byte outside of frames that means nothing there.
    Noise(u8),
}

/// What has begun and not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// Nothing.
    Nothing,
    /// A frame.
    Frame,
    /// A frame whose check byte is wrong, unless its ETX was not the last: the next bytes tell, or
    /// silence does.
    Mismatch,
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The frame is whole, but its check byte is wrong.
    #[error("wrong check byte of a frame: got {got:02X}, expected {expected:02X}")]
    Checksum {
        /// The check byte of the frame.
        got: u8,
        /// The check byte that its bytes give.
        expected: u8,
    },
    /// The bytes end inside a frame (told by [`Deframer::give_up`] only).
    #[error("incomplete frame: got {got} bytes, expected an ETX (03) and a check byte behind them")]
    Incomplete {
        /// Bytes of the frame that came, with the STX, as they were sent.
        got: usize,
    },
    /// The data is longer than it may be.
    #[error("frame too long: got {got} bytes of data, expected at most {most}")]
    TooLong {
        /// Length of the data, as far as it was read.
        got: usize,
        /// The limit.
        most: usize,
    },
    /// More bytes were pushed than are kept.
    #[error("got {dropped} bytes too many at once, expected at most {most}")]
    Overflow {
        /// How many bytes were dropped.
        dropped: usize,
        /// How many bytes are kept.
        most: usize,
    },
}

/// Writes a frame to the end of `out`.
///
/// # Errors
/// [`FrameError::TooLong`] above [`MAX_DATA`]; nothing is written then.
pub fn encode(data: &[u8], out: &mut Vec<u8>) -> Result<(), FrameError> {
    if data.len() > MAX_DATA {
        return Err(FrameError::TooLong { got: data.len(), most: MAX_DATA });
    }
    out.push(STX);
    let mut check = 0;
    let mut send = |byte| {
        check ^= byte;
        out.push(byte);
    };
    for &byte in data {
        if matches!(byte, ETX | DLE) {
            send(DLE);
        }
        send(byte);
    }
    send(ETX);
    out.push(check);
    Ok(())
}

/// Finds frames and control bytes in bytes that arrive in pieces of any size.
///
/// It keeps one buffer of at most 64 KiB of bytes that wait, and lends each frame out of it.
#[derive(Debug, Default)]
pub struct Deframer {
    waiting: Waiting,
    frame: Option<Scan>,
    strict: bool,
    dropped: u64,
}

impl Deframer {
    /// For what a device sends.
    ///
    /// Some firmware does not mask an ETX in an answer. So a wrong check byte may mean that the data
    /// goes on, and the next [`MAX_UNMASKED`] ETX bytes are tried before it counts as wrong.
    #[must_use]
    pub fn for_answers() -> Self {
        Self::default()
    }

    /// For what a host sends, whose masking is right: a wrong check byte is told at once.
    #[must_use]
    pub fn for_commands() -> Self {
        Self { strict: true, ..Self::default() }
    }

    /// Adds bytes as they arrived, in pieces of any size.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.push(bytes);
    }

    /// The next control byte or frame; `None`: more bytes are needed; `Err`: bytes were dropped,
    /// call again.
    ///
    /// The results do not depend on the pieces in which the bytes came, unless they overflow. Each
    /// byte is looked at a bounded number of times: a wrong frame is dropped up to its first ETX.
    pub fn next_item(&mut self) -> Option<Result<Item<'_>, FrameError>> {
        if self.frame.is_none() && self.waiting.bytes().first() != Some(&STX) {
            return self.next_byte().map(Ok).or_else(|| self.overflow().map(Err));
        }
        let scan = self.frame.get_or_insert_default();
        match scan.run(self.waiting.bytes(), self.strict) {
            Some(Ok(sent)) => {
                let masks = scan.masks;
                self.frame = None;
                let frame = self.waiting.take(sent);
                let data = frame.get_mut(1..sent.saturating_sub(2)).unwrap_or_default();
                Some(Ok(Item::Frame(if masks == 0 { data } else { unmask(data) })))
            }
            Some(Err(Wrong { error, sent })) => {
                self.drop_bytes(sent);
                Some(Err(error))
            }
            None => self.overflow().map(Err),
        }
    }

    /// The next byte, for a side that can be sent no frame now: an STX is noise then, and what
    /// looked like the beginning of a frame is looked at byte by byte.
    pub fn next_byte(&mut self) -> Option<Item<'static>> {
        let byte = *self.waiting.bytes().first()?;
        self.frame = None;
        self.waiting.take(1);
        let control = Control(byte);
        Some(if control.name().is_some() {
            Item::Control(control)
        } else {
            self.dropped += 1;
            Item::Noise(byte)
        })
    }

    /// What has begun, so that the caller knows how long to wait for more.
    ///
    /// To be asked when [`next_item`](Self::next_item) said `None`.
    #[must_use]
    pub fn pending(&self) -> Pending {
        match &self.frame {
            None => Pending::Nothing,
            Some(Scan { mismatch: None, .. }) => Pending::Frame,
            Some(Scan { mismatch: Some(_), .. }) => Pending::Mismatch,
        }
    }

    /// Drops the frame that has not ended, because the line is silent or no more bytes will come.
    ///
    /// To be called when [`next_item`](Self::next_item) said `None`. Behind a frame with a wrong
    /// check byte there may be more: then `next_item` goes on.
    pub fn give_up(&mut self) -> Option<FrameError> {
        let Wrong { error, sent } = self.frame.take()?.give_up(self.waiting.bytes());
        self.drop_bytes(sent);
        Some(error)
    }

    /// Drops everything that waits.
    pub fn clear(&mut self) {
        let overflow = self.waiting.take_overflow();
        self.drop_bytes(self.waiting.bytes().len());
        self.count(overflow);
    }

    /// How many bytes were dropped so far: noise, and frames that were wrong or incomplete.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What followed is lost, so an unfinished frame can only be finished with wrong bytes.
    fn overflow(&mut self) -> Option<FrameError> {
        let dropped = self.waiting.take_overflow();
        if dropped == 0 {
            return None;
        }
        self.drop_bytes(self.waiting.bytes().len());
        self.count(dropped);
        Some(FrameError::Overflow { dropped, most: MAX_WAITING })
    }

    fn drop_bytes(&mut self, length: usize) {
        self.frame = None;
        self.waiting.take(length);
        self.count(length);
    }

    fn count(&mut self, dropped: usize) {
        self.dropped += u64::try_from(dropped).unwrap_or(u64::MAX);
    }
}

/// A frame that is being read.
#[derive(Debug)]
struct Scan {
    /// The byte that is looked at next, counted from the STX.
    at: usize,
    /// The xor of what is behind the STX and before that byte.
    check: u8,
    /// The last byte was a DLE that masks the next one.
    masked: bool,
    /// How many bytes so far only masked others.
    masks: usize,
    /// The first ETX with a wrong check byte.
    mismatch: Option<Wrong>,
    /// How many there were.
    mismatches: usize,
}

/// What is no frame, and how many bytes of it, from the STX.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    error: FrameError,
    sent: usize,
}

impl Default for Scan {
    fn default() -> Self {
        Self { at: 1, check: 0, masked: false, masks: 0, mismatch: None, mismatches: 0 }
    }
}

impl Scan {
    /// Goes on as far as there are bytes, which begin with the STX. Gives the length of a frame.
    fn run(&mut self, bytes: &[u8], strict: bool) -> Option<Result<usize, Wrong>> {
        loop {
            self.take_plain_data(bytes);
            let &byte = bytes.get(self.at)?;
            if byte == ETX && !self.masked {
                let &got = bytes.get(self.at + 1)?;
                let expected = self.check ^ ETX;
                let sent = self.at + 2;
                if got == expected {
                    return Some(Ok(sent));
                }
                let error = FrameError::Checksum { got, expected };
                self.mismatch.get_or_insert(Wrong { error, sent });
                self.mismatches += 1;
                if strict || self.mismatches > MAX_UNMASKED {
                    return Some(Err(self.give_up(bytes)));
                }
            }
            self.check ^= byte;
            self.masked = byte == DLE && !self.masked;
            self.masks += usize::from(self.masked);
            self.at += 1;
            if self.length() > MAX_DATA {
                return Some(Err(self.give_up(bytes.get(..self.at).unwrap_or(bytes))));
            }
        }
    }

    /// Takes the data that needs no second look in one go.
    fn take_plain_data(&mut self, bytes: &[u8]) {
        let room = MAX_DATA.saturating_sub(self.length());
        let rest = bytes.get(self.at..).filter(|_| !self.masked).unwrap_or_default();
        let rest = rest.get(..room).unwrap_or(rest);
        let plain = rest.iter().position(|byte| matches!(*byte, ETX | DLE)).unwrap_or(rest.len());
        let plain = rest.get(..plain).unwrap_or(rest);
        self.check = plain.iter().fold(self.check, |check, byte| check ^ byte);
        self.at += plain.len();
    }

    /// What is wrong if no more than these bytes belong to the frame.
    fn give_up(&self, bytes: &[u8]) -> Wrong {
        let sent = bytes.len();
        let got = self.length();
        match self.mismatch {
            Some(wrong) => wrong,
            None if got > MAX_DATA => {
                Wrong { error: FrameError::TooLong { got, most: MAX_DATA }, sent }
            }
            None => Wrong { error: FrameError::Incomplete { got: sent }, sent },
        }
    }

    /// How much data was read.
    fn length(&self) -> usize {
        self.at - 1 - self.masks
    }
}

/// Takes the masking bytes out, in place.
fn unmask(bytes: &mut [u8]) -> &[u8] {
    let mut length = 0;
    let mut masked = false;
    for at in 0..bytes.len() {
        let Some(&byte) = bytes.get(at) else { break };
        masked = byte == DLE && !masked;
        if masked {
            continue;
        }
        if let Some(place) = bytes.get_mut(length) {
            *place = byte;
        }
        length += 1;
    }
    bytes.get(..length).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests;
