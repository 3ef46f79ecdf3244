//! Bytes of a dialogue as words, for people, logs and expectations of tapes.
//!
//! An answer does not say which command it answers, so an [`Explainer`] remembers the requests. On the
//! link v3 a packet F0 is read in the light of the Add with its task id, an answer packet in the
//! light of the request with its packet id; on the link v2 the order tells.

mod answer;
mod marks;
mod v2;
mod v3;

use std::fmt;

use thiserror::Error;

use crate::error::DecodeError;
use crate::link::{FrameError, Link};
use crate::value::hex;

/// Who sent bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the host to the device.
    Request,
    /// From the device to the host.
    Answer,
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Field {
    /// A number.
    Number(i64),
    /// A text; dates as ISO 8601, codes and bytes in hexadecimal ("A4 20").
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Not set, or bytes that are no such value.
    None,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Flag(true) => f.write_str("yes"),
            Self::Flag(false) => f.write_str("no"),
            Self::None => f.write_str("none"),
        }
    }
}

/// One packet, frame or control byte in words:
/// `status packet_id=240 status="async-result" tid=2 operator=30 ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is about: the KKT command, if one is carried, else the buffer command, the state or
    /// the control byte.
    pub name: &'static str,
    /// Its fields, in the order of the bytes.
    pub fields: Vec<(&'static str, Field)>,
}

impl Message {
    /// The fields, in the order of the bytes.
    #[must_use]
    pub fn fields(&self) -> &[(&'static str, Field)] {
        &self.fields
    }

    /// The fields that only one source tells: docs/protocols/atol.md section 20.
    #[must_use]
    pub fn single_source(&self) -> Vec<&'static str> {
        marks::single_source(self)
    }

    /// The fields about whose reading the sources disagree, read here as most of them do.
    #[must_use]
    pub fn disputed(&self) -> Vec<&'static str> {
        marks::disputed(self)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.fields.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// The fields as a map in their order; behind them, where there are any, the names of the fields in
/// `single_source` and `disputed`.
#[cfg(feature = "serde")]
impl serde::Serialize for Message {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        for (mark, names) in
            [("single_source", self.single_source()), ("disputed", self.disputed())]
        {
            if !names.is_empty() {
                map.serialize_entry(mark, &names)?;
            }
        }
        map.end()
    }
}

/// Bytes that are no packet or frame, or one that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The bytes are no packet or frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Bytes outside of frames that mean nothing on the link v2.
    #[error("got {bytes} bytes outside of a frame, expected 02, 04, 05, 06 or 15")]
    Noise {
        /// How many.
        bytes: usize,
    },
    /// The packet or frame is sound, but what it says is not.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Explains a dialogue, step by step.
#[derive(Debug)]
pub struct Explainer(Dialogue);

#[derive(Debug)]
enum Dialogue {
    V2(v2::Dialogue),
    V3(v3::Dialogue),
}

impl Explainer {
    /// An explainer of a link that knows no request yet.
    #[must_use]
    pub fn new(link: Link) -> Self {
        Self(match link {
            Link::V2 => Dialogue::V2(v2::Dialogue::default()),
            Link::V3 => Dialogue::V3(v3::Dialogue::default()),
        })
    }

    /// Explains the bytes of one step: one packet, frame or control byte, usually. Dropped bytes and
    /// an unfinished rest give an error each.
    pub fn explain(
        &mut self,
        direction: Direction,
        bytes: &[u8],
    ) -> Vec<Result<Message, ExplainError>> {
        match &mut self.0 {
            Dialogue::V2(dialogue) => dialogue.explain(direction, bytes),
            Dialogue::V3(dialogue) => dialogue.explain(direction, bytes),
        }
    }
}

type Fields = Vec<(&'static str, Field)>;

fn password([high, low]: [u8; 2]) -> Field {
    Field::Text(format!("{high:02X}{low:02X}"))
}

fn number(value: impl Into<i64>) -> Field {
    Field::Number(value.into())
}

fn text(value: &str) -> Field {
    Field::Text(value.to_owned())
}

fn bytes(value: &[u8]) -> Field {
    Field::Text(hex(value))
}

fn optional<T>(value: Option<T>, field: impl FnOnce(T) -> Field) -> Field {
    value.map_or(Field::None, field)
}

#[cfg(all(test, feature = "serde"))]
mod tests;
