//! Bytes of a dialogue as words, for people, logs and expectations of tapes.
//!
//! An answer of `pone` does not say which question it answers, so an [`Explainer`] remembers the
//! requests by their packet ids.

mod arm;
#[cfg(feature = "pirit")]
mod pirit;
mod pone;
mod stx;

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use crate::dialect::DialectName;
use crate::document::DocumentError;
use crate::error::DecodeError;
use crate::frame::FrameError;

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
    /// A text; dates as ISO 8601, sums as they came.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// Yes or no.
    Flag(bool),
    /// Not told, or no such value.
    None,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Texts(texts) => write!(f, "{texts:?}"),
            Self::Flag(true) => f.write_str("yes"),
            Self::Flag(false) => f.write_str("no"),
            Self::None => f.write_str("none"),
        }
    }
}

/// One message in words: `status packet_id=35 command="A0" error_code=0 fatal_flags=0 ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is about.
    pub name: &'static str,
    /// Its fields, in the order of the bytes.
    pub fields: Vec<(Cow<'static, str>, Field)>,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.fields.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// The fields as a map in their order.
#[cfg(feature = "serde")]
impl serde::Serialize for Message {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields.iter().map(|(name, value)| (name, value)))
    }
}

/// Bytes that are no message, or a message that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The bytes are no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The bytes are no document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The frame or document is found, but what it says makes no sense.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A request of another dialect.
    #[error("got the password {got:?}, expected {expected:?} in the dialect {dialect}")]
    Password {
        /// What the request carries.
        got: String,
        /// What it should carry.
        expected: &'static str,
        /// The dialect that is explained.
        dialect: DialectName,
    },
}

/// Explains a dialogue in one dialect, step by step.
#[derive(Debug)]
pub struct Explainer(Inner);

#[derive(Debug)]
enum Inner {
    Stx(stx::Stx),
    Arm,
}

type Fields = Vec<(Cow<'static, str>, Field)>;
type Explained = Vec<Result<Message, ExplainError>>;

impl Explainer {
    /// An explainer that knows no request yet.
    #[must_use]
    pub fn new(dialect: DialectName) -> Self {
        Self(match dialect {
            DialectName::Pone => Inner::Stx(stx::Stx::new(&pone::WORDS)),
            #[cfg(feature = "pirit")]
            DialectName::Pirit => Inner::Stx(stx::Stx::new(&pirit::WORDS)),
            DialectName::Arm => Inner::Arm,
        })
    }

    /// Explains the bytes of one step: one message, usually. Dropped bytes and an unfinished rest
    /// give an error each.
    pub fn explain(&mut self, direction: Direction, bytes: &[u8]) -> Explained {
        match &mut self.0 {
            Inner::Stx(stx) => stx.explain(direction, bytes),
            Inner::Arm => arm::explain(direction, bytes),
        }
    }
}

fn number(value: impl Into<i64>) -> Field {
    Field::Number(value.into())
}

fn text(value: impl Into<String>) -> Field {
    Field::Text(value.into())
}

fn optional<T>(value: Option<T>, field: impl FnOnce(T) -> Field) -> Field {
    value.map_or(Field::None, field)
}

#[cfg(test)]
mod tests;
