//! Reading a value where an entry says that it stands.

use std::fmt;

use super::{Entry, Reply};
use crate::data::Node;
use crate::error::DecodeError;
use crate::value::CivilDateTime;

/// Where in an answer a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The STX dialects: the index of the field, from 0.
    Field(usize),
    /// `arm`: the names from the root; `*` for a name that is not known.
    Path(Vec<String>),
}

/// How a value is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Read {
    /// A number in decimal digits.
    Integer,
    /// One bit of a number, from 0.
    Bit(u8),
    /// One bit of a number, unless another is set: unknown then.
    BitUnless {
        /// The bit.
        bit: u8,
        /// The other one.
        unless: u8,
    },
    /// A flag: the number is zero, in decimal or hex.
    Zero,
    /// A flag: the text is this one, and any other but an empty one is its opposite.
    Equals(String),
    /// A flag: one text is yes, another no; a third one is unknown.
    Either {
        /// Yes.
        yes: String,
        /// No.
        no: String,
    },
    /// `YYYY-MM-DD HH:MM:SS` in `arm`; DDMMYY and, in the next field, HHMMSS in `pirit`.
    DateTime,
    /// The text as it is.
    Text,
}

/// What kind of value something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Yes or no.
    Flag,
    /// A number.
    Integer,
    /// A date and time.
    DateTime,
    /// A text.
    Text,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "a flag (bit, zero, equals or either)",
            Self::Integer => "an integer",
            Self::DateTime => "a date_time",
            Self::Text => "a text",
        })
    }
}

impl Read {
    /// What kind of value is read so.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self {
            Self::Integer => Shape::Integer,
            Self::Bit(_)
            | Self::BitUnless { .. }
            | Self::Zero
            | Self::Equals(_)
            | Self::Either { .. } => Shape::Flag,
            Self::DateTime => Shape::DateTime,
            Self::Text => Shape::Text,
        }
    }
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Reading {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Integer(u32),
    /// A date and time.
    DateTime(CivilDateTime),
    /// A text.
    Text(String),
}

/// What an answer says; `None`: the field is not there.
pub(super) fn read(entry: &Entry, reply: &Reply) -> Result<Option<Reading>, DecodeError> {
    let text = match (&entry.place, reply) {
        (Place::Field(index), Reply::Fields(fields)) => fields.get(*index).map(String::as_str),
        (Place::Path(path), Reply::Data(data)) => data.at(path)?.map(text_of).transpose()?,
        _ => None,
    };
    let Some(text) = text.map(str::trim) else { return Ok(None) };
    let wrong = |expected| {
        let field = entry.value.name();
        Err(DecodeError::Value { field, got: text.chars().take(60).collect(), expected })
    };
    let flag = |flag: bool| Ok(Some(Reading::Flag(flag != entry.inverted)));
    match &entry.read {
        Read::Integer => match number(text) {
            Some(number) => Ok(Some(Reading::Integer(number))),
            None => wrong("decimal digits"),
        },
        Read::Bit(at) => match number(text) {
            Some(number) => flag(bit(number, *at)),
            None => wrong("decimal digits"),
        },
        Read::BitUnless { bit: at, unless } => match number(text) {
            Some(number) if !bit(number, *unless) => flag(bit(number, *at)),
            Some(_) => wrong("a number without the bit that makes the others mean nothing"),
            None => wrong("decimal digits"),
        },
        Read::Zero if !text.is_empty() && text.bytes().all(|it| it.is_ascii_hexdigit()) => {
            flag(text.bytes().all(|byte| byte == b'0'))
        }
        Read::Zero => wrong("a number"),
        Read::Equals(_) if text.is_empty() => wrong("a text"),
        Read::Equals(wanted) => flag(text == wanted),
        Read::Either { yes, .. } if text == yes => flag(true),
        Read::Either { no, .. } if text == no => flag(false),
        Read::Either { .. } => wrong("one of the two texts of the profile"),
        Read::DateTime => {
            let time = match (&entry.place, reply) {
                (Place::Field(index), Reply::Fields(fields)) => match fields.get(index + 1) {
                    Some(time) => CivilDateTime::from_stx(text, time),
                    None => return Ok(None),
                },
                _ => CivilDateTime::from_arm(text),
            };
            match time {
                Some(time) => Ok(Some(Reading::DateTime(time))),
                None => wrong("YYYY-MM-DD HH:MM:SS, or DDMMYY and HHMMSS"),
            }
        }
        Read::Text => Ok(Some(Reading::Text(text.to_owned()))),
    }
}

fn bit(number: u32, at: u8) -> bool {
    1_u32.checked_shl(at.into()).is_some_and(|mask| number & mask != 0)
}

/// An empty text is no number here: a mapping is not certain enough to say 0 without a digit.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn text_of(node: &Node) -> Result<&str, DecodeError> {
    if node.children.is_empty() {
        return Ok(&node.text);
    }
    let got = node.name.clone();
    Err(DecodeError::Value { field: "value of an element", got, expected: "one without elements" })
}
