//! Packets of the link v3: finding them in what arrives, and writing them.
//!
//! ```text
//! FE ll hh ii dd .. cc     FE = start; ll, hh = length of the data, 7 bits each, low part first;
//! 0  1  2  3  4            ii = packet id; dd = data, stuffed; cc = crc, stuffed
//! ```
//! The length counts unstuffed data bytes, without id and crc. In data and crc FE is sent as FD EE
//! and FD as FD ED. The crc covers the id and the unstuffed data.
//!
//! So an FE inside a packet always begins a new packet (inferred: the length limit here keeps FE
//! out of the header). Whatever is dropped before an FE is proven to hold no packet, and each byte
//! is looked at once.
//!
//! Source: docs/protocols/atol.md section 4; three independent sources.

use crc::{CRC_8_NRSC_5, Crc, Table};
use thiserror::Error;

use crate::waiting::{MAX_WAITING, Waiting};

/// The byte that begins a packet.
pub const START: u8 = 0xFE;
/// The byte that introduces a stuffed byte.
pub const ESCAPE: u8 = 0xFD;
/// The packet id of what the device sends by itself: the result of a task.
pub const ASYNC_ID: u8 = 0xF0;
/// The largest packet id and the largest task id that a host uses; counting goes on with 00.
pub const LAST_ID: u8 = 0xDF;
/// The longest data of a packet that is read or written here.
///
/// Our own limit: no source tells the longest packet of a device.
pub const MAX_DATA: usize = 4096;

const ESCAPED_START: u8 = 0xEE;
const ESCAPED_ESCAPE: u8 = 0xED;
const CRC: Crc<u8, Table<1>> = Crc::<u8, Table<1>>::new(&CRC_8_NRSC_5);

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Frame<'a> {
    /// The packet id: an answer carries that of its request; [`ASYNC_ID`] for a task's result.
    pub id: u8,
    /// The data: a buffer command or a status. Empty: "send that packet again".
    pub data: &'a [u8],
}

/// Why bytes are no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Bytes that do not belong to a packet.
    #[error("got {dropped} bytes outside of a packet, expected FE")]
    Noise {
        /// How many bytes were dropped.
        dropped: usize,
    },
    /// The packet is whole, but its check byte is wrong.
    #[error("wrong check byte of packet {id:02X}: got {got:02X}, expected {expected:02X}")]
    Checksum {
        /// The packet id, if it is not what was damaged.
        id: u8,
        /// The check byte of the packet.
        got: u8,
        /// The check byte that its bytes give.
        expected: u8,
    },
    /// A new packet began inside a packet.
    #[error("packet cut short: got {got} of {expected} bytes before the next FE")]
    Cut {
        /// Bytes of the packet that came, unstuffed.
        got: usize,
        /// Bytes that a packet of its length has, unstuffed; 5 if its length did not come.
        expected: usize,
    },
    /// The bytes end inside a packet (told by [`Deframer::finish`] only).
    #[error("incomplete packet: got {got} bytes, expected {expected}")]
    Incomplete {
        /// Bytes of the packet that came, unstuffed.
        got: usize,
        /// Bytes that a packet of its length has, unstuffed; 5 if its length did not come.
        expected: usize,
    },
    /// FD is followed by a byte that it cannot be followed by.
    #[error("broken packet: got {got:02X} after FD, expected EE or ED")]
    Escape {
        /// The byte after FD.
        got: u8,
    },
    /// The first length byte has its high bit set, which a length cannot have.
    #[error("broken packet: got length byte {got:02X}, expected at most 7F")]
    LengthByte {
        /// The byte.
        got: u8,
    },
    /// The data is longer than [`MAX_DATA`].
    #[error("packet too long: got {got} bytes of data, expected at most {most}")]
    TooLong {
        /// Length of the data.
        got: usize,
        /// The limit.
        most: usize,
    },
    /// No packet has such an id.
    #[error("broken packet: got id {got:02X}, expected 00 to DF or F0")]
    Id {
        /// The id.
        got: u8,
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

/// Writes a packet to the end of `out`.
///
/// # Errors
/// [`FrameError::TooLong`] and [`FrameError::Id`]; nothing is written then.
pub fn encode(id: u8, data: &[u8], out: &mut Vec<u8>) -> Result<(), FrameError> {
    write(id, data, crc(id, data), out)
}

/// Writes a packet with any check byte.
pub(crate) fn write(id: u8, data: &[u8], crc: u8, out: &mut Vec<u8>) -> Result<(), FrameError> {
    check_id(id)?;
    let too_long = FrameError::TooLong { got: data.len(), most: MAX_DATA };
    let length = u16::try_from(data.len()).map_err(|_| too_long)?;
    let [low, high] = [length & 0x7F, length >> 7].map(|part| u8::try_from(part).unwrap_or(0xFF));
    if data.len() > MAX_DATA {
        return Err(too_long);
    }
    out.extend([START, low, high, id]);
    for &byte in data.iter().chain([&crc]) {
        match byte {
            START => out.extend([ESCAPE, ESCAPED_START]),
            ESCAPE => out.extend([ESCAPE, ESCAPED_ESCAPE]),
            byte => out.push(byte),
        }
    }
    Ok(())
}

/// The check byte over the id and the unstuffed data.
#[must_use]
pub fn crc(id: u8, data: &[u8]) -> u8 {
    let mut digest = CRC.digest();
    digest.update(&[id]);
    digest.update(data);
    digest.finalize()
}

/// Finds packets in bytes that arrive in pieces of any size, with noise between them.
///
/// It keeps 64 KiB of bytes that wait for [`next_frame`](Self::next_frame) at most and one packet,
/// which it lends out.
#[derive(Debug, Default)]
pub struct Deframer {
    waiting: Waiting,
    state: State,
    /// Data of the packet that is being read, unstuffed.
    data: Vec<u8>,
    /// Bytes outside of a packet since the last result.
    noise: usize,
    dropped: u64,
}

impl Deframer {
    /// An empty deframer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes as they arrived, in pieces of any size.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.push(bytes);
    }

    /// The next packet; `None`: more bytes are needed; `Err`: bytes were dropped, call again.
    ///
    /// The results do not depend on the pieces in which the bytes came, unless they overflow.
    pub fn next_frame(&mut self) -> Option<Result<Frame<'_>, FrameError>> {
        let found = self.run()?;
        Some(found.map(|id| Frame { id, data: &self.data }))
    }

    /// Reads as far as the end of a packet, whose id it gives.
    fn run(&mut self) -> Option<Result<u8, FrameError>> {
        while let Some(&byte) = self.waiting.bytes().first() {
            // The FE that ends noise or cuts a packet stays, so that it begins the next packet.
            if byte == START {
                if let Some(error) = self.give_up() {
                    return Some(Err(error));
                }
            }
            self.waiting.take(1);
            if let Some(result) = self.take(byte) {
                return Some(result);
            }
            self.take_plain_data();
        }
        let overflow = self.waiting.take_overflow();
        if overflow == 0 {
            return None;
        }
        // What followed is lost, so an unfinished packet can only be finished with wrong bytes.
        self.state = State::Outside;
        self.noise = 0;
        self.dropped += u64::try_from(overflow).unwrap_or(u64::MAX);
        Some(Err(FrameError::Overflow { dropped: overflow, most: MAX_WAITING }))
    }

    /// What is left when no more bytes will come: noise or an unfinished packet, which are dropped.
    ///
    /// To be called when [`next_frame`](Self::next_frame) said `None`.
    pub fn finish(&mut self) -> Option<FrameError> {
        match self.give_up() {
            Some(FrameError::Cut { got, expected }) => {
                Some(FrameError::Incomplete { got, expected })
            }
            other => other,
        }
    }

    /// How many bytes were dropped so far: noise, and packets that were broken or cut short.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Ends the noise or the packet that has not ended by itself.
    fn give_up(&mut self) -> Option<FrameError> {
        let noise = std::mem::take(&mut self.noise);
        let error = match std::mem::take(&mut self.state) {
            State::Outside if noise == 0 => return None,
            State::Outside => return Some(FrameError::Noise { dropped: noise }),
            State::Length => FrameError::Cut { got: 1, expected: 5 },
            State::High { .. } => FrameError::Cut { got: 2, expected: 5 },
            State::Id { length } => FrameError::Cut { got: 3, expected: 5 + length },
            State::Data { length, .. } => {
                FrameError::Cut { got: 4 + self.data.len(), expected: 5 + length }
            }
        };
        if let FrameError::Cut { got, .. } = error {
            self.dropped += u64::try_from(got).unwrap_or(u64::MAX);
        }
        Some(error)
    }

    /// Takes the data that needs no second look in one go.
    fn take_plain_data(&mut self) {
        let State::Data { length, escape: false, .. } = self.state else { return };
        let missing = length.saturating_sub(self.data.len());
        let waiting = self.waiting.bytes();
        let plain =
            waiting.iter().take(missing).take_while(|&&byte| byte != START && byte != ESCAPE);
        let plain = plain.count();
        self.data.extend_from_slice(self.waiting.take(plain));
    }

    fn take(&mut self, byte: u8) -> Option<Result<u8, FrameError>> {
        let (state, error) = match std::mem::take(&mut self.state) {
            State::Outside if byte == START => (State::Length, None),
            State::Outside => {
                self.noise += 1;
                self.dropped += 1;
                return None;
            }
            State::Length if byte > 0x7F => {
                self.dropped += 2;
                (State::Outside, Some(FrameError::LengthByte { got: byte }))
            }
            State::Length => (State::High { low: byte }, None),
            State::High { low } => {
                let length = usize::from(low) | usize::from(byte) << 7;
                if length > MAX_DATA {
                    self.dropped += 3;
                    (State::Outside, Some(FrameError::TooLong { got: length, most: MAX_DATA }))
                } else {
                    (State::Id { length }, None)
                }
            }
            State::Id { length } => match check_id(byte) {
                Ok(()) => {
                    self.data.clear();
                    (State::Data { length, id: byte, escape: false }, None)
                }
                Err(error) => {
                    self.dropped += 4;
                    (State::Outside, Some(error))
                }
            },
            State::Data { length, id, escape: false } if byte == ESCAPE => {
                (State::Data { length, id, escape: true }, None)
            }
            State::Data { length, id, escape } => {
                let byte = match (escape, byte) {
                    (false, byte) => byte,
                    (true, ESCAPED_START) => START,
                    (true, ESCAPED_ESCAPE) => ESCAPE,
                    (true, got) => {
                        self.dropped += 6 + u64::try_from(self.data.len()).unwrap_or(u64::MAX);
                        return Some(Err(FrameError::Escape { got }));
                    }
                };
                if self.data.len() == length {
                    return Some(self.check(id, byte));
                }
                self.data.push(byte);
                (State::Data { length, id, escape: false }, None)
            }
        };
        self.state = state;
        error.map(Err)
    }

    fn check(&mut self, id: u8, got: u8) -> Result<u8, FrameError> {
        let expected = crc(id, &self.data);
        if got == expected {
            return Ok(id);
        }
        self.dropped += 5 + u64::try_from(self.data.len()).unwrap_or(u64::MAX);
        Err(FrameError::Checksum { id, got, expected })
    }
}

/// Where in a packet the next byte stands.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Outside,
    Length,
    High {
        low: u8,
    },
    Id {
        length: usize,
    },
    Data {
        length: usize,
        id: u8,
        escape: bool,
    },
}

fn check_id(id: u8) -> Result<(), FrameError> {
    if id <= ASYNC_ID { Ok(()) } else { Err(FrameError::Id { got: id }) }
}

#[cfg(test)]
pub(crate) mod tests;
