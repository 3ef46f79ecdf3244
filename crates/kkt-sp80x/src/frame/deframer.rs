//! Finding frames in bytes that arrive in pieces of any size, with noise between them.

use nom::bytes::streaming::take_till;
use nom::{IResult, Parser};

use super::{ACK, CAN, ENQ, ETX, Frame, FrameError, LF, MAX_FRAME, STX, checksum, hex_byte};

/// Bytes that wait to be looked at; more than a device sends in many seconds.
const MAX_WAITING: usize = 64 * 1024;
/// STX, ETX and the two check characters.
const AROUND: usize = 4;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A frame whose checksum is right.
    Frame(Frame<'a>),
    /// A single byte with a meaning of its own: ACK from a device; ENQ, LF or CAN from a host.
    Control(u8),
}

/// Finds frames and single bytes of one direction.
///
/// It keeps at most 64 KiB, lends a frame out where it lies, and looks at each byte once.
#[derive(Debug)]
pub struct Deframer {
    buffer: Vec<u8>,
    /// Bytes before this are done with.
    begin: usize,
    /// Bytes from `begin` that were searched in vain for the end of the frame that begins there.
    searched: usize,
    overflow: usize,
    dropped: u64,
    controls: &'static [u8],
}

/// What a search came to; ranges, so that the buffer is lent out only at the end.
enum Found {
    Nothing,
    Frame { length: usize },
    Control(u8),
    Error(FrameError),
}

impl Deframer {
    /// For what a device says.
    #[must_use]
    pub fn answers() -> Self {
        Self::new(&[ACK])
    }

    /// For what a host says.
    #[must_use]
    pub fn requests() -> Self {
        Self::new(&[ENQ, LF, CAN])
    }

    fn new(controls: &'static [u8]) -> Self {
        Self { buffer: Vec::new(), begin: 0, searched: 0, overflow: 0, dropped: 0, controls }
    }

    /// Adds bytes as they arrived, in pieces of any size.
    pub fn push(&mut self, bytes: &[u8]) {
        // What is done with is given up when it is the greater part, so moving costs little.
        if self.begin > self.buffer.len() / 2 {
            self.buffer.drain(..self.begin);
            self.begin = 0;
        }
        let room = MAX_WAITING.saturating_sub(self.waiting().len());
        self.buffer.extend(bytes.iter().take(room));
        self.overflow += bytes.len().saturating_sub(room);
    }

    /// The next frame or single byte; `None`: more bytes are needed; `Err`: bytes were dropped, call
    /// again.
    ///
    /// The results do not depend on the pieces in which the bytes came, unless they overflow, and
    /// but for noise that is told in several parts.
    pub fn next_piece(&mut self) -> Option<Result<Piece<'_>, FrameError>> {
        match self.search() {
            Found::Nothing => None,
            Found::Error(error) => Some(Err(error)),
            Found::Control(byte) => Some(Ok(Piece::Control(byte))),
            Found::Frame { length } => {
                let end = self.begin;
                let body = self.buffer.get(end - length + 1..end - (AROUND - 1));
                Some(Ok(Piece::Frame(Frame { body: body.unwrap_or_default() })))
            }
        }
    }

    /// The next frame; single bytes are passed over.
    pub(crate) fn next_beyond_controls(&mut self) -> Option<Result<Piece<'_>, FrameError>> {
        while self.waiting().first().is_some_and(|byte| self.controls.contains(byte)) {
            self.begin += 1;
        }
        self.next_piece()
    }

    /// What is left when no more bytes will come: an unfinished frame, which is dropped.
    ///
    /// To be called when [`next_piece`](Self::next_piece) said `None`.
    pub fn finish(&mut self) -> Option<FrameError> {
        let got = self.waiting().len();
        self.drop_bytes(got);
        (got > 0).then_some(FrameError::Incomplete { got })
    }

    /// How many bytes were dropped so far: noise, and frames that were broken or cut short.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    #[cfg(test)]
    pub(super) fn buffer_len(&self) -> usize {
        self.buffer.len()
    }

    fn waiting(&self) -> &[u8] {
        self.buffer.get(self.begin..).unwrap_or_default()
    }

    fn search(&mut self) -> Found {
        match self.waiting().first() {
            None => self.take_overflow(),
            Some(&STX) => self.frame(),
            Some(byte) if self.controls.contains(byte) => {
                let byte = *byte;
                self.begin += 1;
                Found::Control(byte)
            }
            Some(_) => {
                let noise = self.waiting().iter();
                let dropped =
                    noise.take_while(|it| **it != STX && !self.controls.contains(it)).count();
                self.drop_bytes(dropped);
                Found::Error(FrameError::Noise { dropped })
            }
        }
    }

    /// From the STX at the beginning to the checksum, or to whatever stands in the way.
    fn frame(&mut self) -> Found {
        // Its own STX, and what was searched before, is not looked at again.
        let from = self.searched.max(1);
        let place = match mark(self.waiting().get(from..).unwrap_or_default()) {
            Ok((_, before)) => from + before.len(),
            Err(_) => return self.unfinished(),
        };
        if place + 2 >= MAX_FRAME {
            return self.too_long(place);
        }
        self.searched = place;
        match self.waiting().get(place..) {
            Some([STX, ..] | [ETX, STX, ..] | [ETX, _, STX, ..]) => {
                let tail = self.waiting().iter().skip(place);
                let got = place + tail.take_while(|byte| **byte != STX).count();
                self.drop_bytes(got);
                Found::Error(FrameError::Cut { got })
            }
            Some([ETX, high, low, ..]) => self.check(place, [*high, *low]),
            _ => self.take_overflow(),
        }
    }

    fn check(&mut self, etx: usize, digits: [u8; 2]) -> Found {
        let length = etx + 3;
        let expected = checksum(self.waiting().get(1..etx).unwrap_or_default());
        let error = match hex_byte(digits[0], digits[1]) {
            Some(got) if got == expected => {
                self.begin += length;
                self.searched = 0;
                return Found::Frame { length };
            }
            Some(got) => FrameError::Checksum { got, expected },
            None => FrameError::NoChecksum { got: digits },
        };
        self.drop_bytes(length);
        Found::Error(error)
    }

    fn unfinished(&mut self) -> Found {
        self.searched = self.waiting().len();
        if self.searched >= MAX_FRAME { self.too_long(self.searched) } else { self.take_overflow() }
    }

    /// None of these bytes but the first is an STX, so nothing is lost with them.
    fn too_long(&mut self, got: usize) -> Found {
        self.drop_bytes(got);
        Found::Error(FrameError::TooLong { got, most: MAX_FRAME })
    }

    fn take_overflow(&mut self) -> Found {
        let overflow = std::mem::take(&mut self.overflow);
        if overflow == 0 {
            return Found::Nothing;
        }
        // What followed is lost, so an unfinished frame can only be finished with wrong bytes.
        self.drop_bytes(self.waiting().len());
        self.dropped += u64::try_from(overflow).unwrap_or(u64::MAX);
        Found::Error(FrameError::Overflow { dropped: overflow, most: MAX_WAITING })
    }

    fn drop_bytes(&mut self, count: usize) {
        self.begin += count;
        self.searched = 0;
        self.dropped += u64::try_from(count).unwrap_or(u64::MAX);
    }
}

/// What stands before the next STX or ETX; an error while neither has come.
fn mark(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_till(|byte| byte == STX || byte == ETX).parse(input)
}
