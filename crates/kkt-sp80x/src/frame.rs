//! STX frames, common to `pone` and `pirit`: finding them in what arrives, and reading them.
//!
//! ```text
//! request  02 pp pp pp pp id cc cc dd .. 03 xx xx     pp = password, id = packet id, cc = command
//!          0  1           5  6     8                  (two hex digits), ee = error (two hex digits),
//! answer   02 id cc cc ee ee dd .. 03 xx xx           dd = data, xx = checksum (two hex digits)
//!          0  1  2     4     6
//! ```
//! The checksum is the XOR of everything after STX up to and including ETX. Its two characters are
//! text of either letter case, and may spell the value of a control byte.
//!
//! STX and ETX never stand inside a field, so a new STX before ETX begins the frame anew, and
//! whatever is dropped before an STX is proven to hold no frame: each byte is looked at once.
//!
//! Source: docs/protocols/sp80x.md section 2; five to six independent sources.

mod deframer;
mod parse;

use std::fmt;

use thiserror::Error;

use crate::error::DecodeError;

pub use deframer::{Deframer, Piece};
pub(crate) use parse::{field, hex_byte};

/// The byte that begins a frame.
pub const STX: u8 = 0x02;
/// The byte that ends the fields of a frame; the checksum follows.
pub const ETX: u8 = 0x03;
/// A host's "are you there": a single byte without a frame.
pub const ENQ: u8 = 0x05;
/// A device's "I am here": a single byte without a frame.
pub const ACK: u8 = 0x06;
/// Feeds the paper by a line; never sent.
pub const LF: u8 = 0x0A;
/// "Interrupt the report", one source only; never sent.
pub const CAN: u8 = 0x18;
/// The byte behind each field.
pub const FS: u8 = 0x1C;
/// The longest frame that is read, STX and checksum included.
///
/// Our own limit: the vendor's library reads at most so many bytes, a status answer has less than
/// half of them.
pub const MAX_FRAME: usize = 2048;

/// The id of a packet, 20 to F0; the answer repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketId(u8);

impl PacketId {
    /// The first id.
    pub const FIRST: Self = Self(0x20);
    /// The last id; counting goes on with the first.
    pub const LAST: Self = Self(0xF0);

    /// The id, if a request may carry it.
    #[must_use]
    pub fn new(id: u8) -> Option<Self> {
        (Self::FIRST.0..=Self::LAST.0).contains(&id).then_some(Self(id))
    }

    /// The byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        self.0
    }

    /// The id of the next request.
    #[must_use]
    pub fn next(self) -> Self {
        if self == Self::LAST { Self::FIRST } else { Self(self.0 + 1) }
    }
}

/// What a request says beside its command and fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The id of the packet, which the answer repeats.
    pub packet_id: PacketId,
    /// How it is written that there are no fields.
    pub no_data: NoData,
}

/// How a request without fields is written. Devices take both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoData {
    /// No data at all, as the vendor's library does in `pirit`.
    Nothing,
    /// One lone FS, as is tried in the field with `pone`.
    LoneFs,
}

/// The code of a command, for showing what was read. No function takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub(crate) u8);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

/// A frame whose checksum is right: what stands between STX and ETX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads it as a request, of any dialect and any command.
    ///
    /// # Errors
    /// [`DecodeError`] when it is too short or its command is not two hex digits.
    pub fn request(&self) -> Result<Request<'a>, DecodeError> {
        parse::request(self.body)
    }

    /// Reads it as an answer.
    ///
    /// # Errors
    /// [`DecodeError`] when it is too short, or command or error are not two hex digits.
    pub fn answer(&self) -> Result<Answer<'a>, DecodeError> {
        parse::answer(self.body)
    }
}

/// A request, as a decoder or a simulated device reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The password, which tells the dialect.
    pub password: [u8; 4],
    /// The packet id, as it came.
    pub packet_id: u8,
    /// The command.
    pub code: Code,
    /// The fields.
    pub data: &'a [u8],
}

impl<'a> Request<'a> {
    /// The fields; a lone FS is no field, as no data at all is none.
    pub fn fields(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        fields(if self.data == [FS] { &[] } else { self.data })
    }
}

/// The notation of the lists of safe commands: `A5 [0]`.
impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        self.fields().try_for_each(|field| write!(f, " [{}]", crate::text::decode(field)))
    }
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer<'a> {
    /// The packet id of the request.
    pub packet_id: u8,
    /// The command of the request.
    pub code: Code,
    /// The error code; 0 is success.
    pub error: u8,
    /// The fields.
    pub data: &'a [u8],
}

impl<'a> Answer<'a> {
    /// The fields, surplus ones included; the last one may lack its FS.
    pub fn fields(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        fields(self.data)
    }
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Bytes that belong to no frame.
    #[error("got {dropped} bytes outside of a frame, expected 02")]
    Noise {
        /// How many bytes were dropped.
        dropped: usize,
    },
    /// The frame is whole, but its checksum is wrong.
    #[error("wrong checksum: got {got:02X}, expected {expected:02X}")]
    Checksum {
        /// What the frame says.
        got: u8,
        /// What its bytes give.
        expected: u8,
    },
    /// The two characters behind ETX are no checksum.
    #[error("no checksum: got {:02X} {:02X}, expected two hex digits", got[0], got[1])]
    NoChecksum {
        /// The two bytes.
        got: [u8; 2],
    },
    /// A new frame began inside a frame.
    #[error("frame cut short: got {got} bytes before the next 02, expected 03 and a checksum")]
    Cut {
        /// Bytes of the frame that came.
        got: usize,
    },
    /// The bytes end inside a frame (told by [`Deframer::finish`] only).
    #[error("incomplete frame: got {got} bytes, expected 03 and a checksum")]
    Incomplete {
        /// Bytes of the frame that came.
        got: usize,
    },
    /// The frame is longer than [`MAX_FRAME`].
    #[error("frame too long: got {got} bytes without its end, expected at most {most}")]
    TooLong {
        /// Bytes that came, all dropped.
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

/// In which letters the check characters are written. Both are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// What is tried in the field with `pone`.
    Lower,
    /// What the vendor's code sends in `pirit`.
    Upper,
}

/// The XOR of everything behind STX, ETX included.
pub(crate) fn checksum(body: &[u8]) -> u8 {
    body.iter().fold(ETX, |sum, byte| sum ^ byte)
}

/// Writes a frame with any check byte to the end of `out`.
pub(crate) fn write(body: &[u8], checksum: u8, case: Case, out: &mut Vec<u8>) {
    out.push(STX);
    out.extend_from_slice(body);
    out.push(ETX);
    let text = match case {
        Case::Lower => format!("{checksum:02x}"),
        Case::Upper => format!("{checksum:02X}"),
    };
    out.extend_from_slice(text.as_bytes());
}

/// The fields of some data: each is followed by FS, but for the last one, which may lack it.
fn fields(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    std::iter::from_fn(move || field(&mut rest))
}

#[cfg(test)]
pub(crate) mod tests;
