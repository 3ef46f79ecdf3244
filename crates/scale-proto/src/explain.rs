//! Bytes of a dialogue as words, for people, logs and expectations of tapes.

use std::fmt;

use thiserror::Error;

use crate::error::{DecodeError, FrameError};
use crate::protocol::massa_k_100::{Answer, Check, Deframer, Frame, Massa};
use crate::weight::kilograms;

/// Who sent bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the host to the scale.
    Request,
    /// From the scale to the host.
    Answer,
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Field {
    /// A number.
    Number(i64),
    /// A text; codes and bytes in hexadecimal.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    Texts(Vec<String>),
    /// Not told.
    None,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Flag(true) => f.write_str("yes"),
            Self::Flag(false) => f.write_str("no"),
            Self::Texts(texts) => write!(f, "{texts:?}"),
            Self::None => f.write_str("none"),
        }
    }
}

/// One frame in words: `massa command="24" weight=419 division_code=2 ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is.
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

/// Bytes that are no frame, or a frame that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The bytes are no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The frame is sound, but what it says is not.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Explains a dialogue in Protocol 100, step by step. Each frame says what it is, so no request
/// needs to be remembered.
#[derive(Debug, Default)]
pub struct Explainer {
    check: Check,
}

impl Explainer {
    /// An explainer that takes only the protocol's checksum.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An explainer that checks checksums in that way.
    #[must_use]
    pub fn with_check(check: Check) -> Self {
        Self { check }
    }

    /// Explains the bytes of one step: one frame, usually. Dropped bytes and an unfinished rest
    /// give an error each.
    pub fn explain(
        &mut self,
        direction: Direction,
        bytes: &[u8],
    ) -> Vec<Result<Message, ExplainError>> {
        let mut deframer = Deframer::new(self.check);
        let mut messages = Vec::new();
        // In pieces, so that nothing of a long step is dropped.
        for piece in bytes.chunks(4096) {
            deframer.push(piece);
            while let Some(result) = deframer.next_frame() {
                messages.push(match result {
                    Ok(frame) => explained(direction, &frame).map_err(ExplainError::from),
                    Err(error) => Err(error.into()),
                });
            }
        }
        messages.extend(deframer.finish().map(|error| Err(error.into())));
        messages
    }
}

fn explained(direction: Direction, frame: &Frame) -> Result<Message, DecodeError> {
    let command = frame.body.first().copied().unwrap_or_default();
    let mut fields = vec![("command", Field::Text(format!("{command:02X}")))];
    let name = match direction {
        Direction::Request => request(&frame.body, &mut fields),
        Direction::Answer => answer(&frame.body, &mut fields)?,
    };
    if frame.lenient {
        fields.push(("checksum", Field::Text("aug-ccitt".to_owned())));
    }
    Ok(Message { name, fields })
}

type Fields = Vec<(&'static str, Field)>;

/// Requests of other programs are named too; this crate sends none that changes the scale.
fn request(body: &[u8], fields: &mut Fields) -> &'static str {
    match body {
        [0x20] => "get-name",
        [0x23] => "get-massa",
        [0x72] => "set-zero",
        [0x75] => "get-scale-par",
        [0xA0] => "get-weight",
        [0xA3, a, b, c, d] => {
            let tare = i32::from_le_bytes([*a, *b, *c, *d]);
            fields.push(("tare", Field::Number(tare.into())));
            "set-tare"
        }
        [_, rest @ ..] => {
            fields.extend((!rest.is_empty()).then(|| ("data", Field::Text(hex(rest)))));
            "unknown-request"
        }
        [] => "unknown-request",
    }
}

fn answer(body: &[u8], fields: &mut Fields) -> Result<&'static str, DecodeError> {
    Ok(match Answer::decode(body)? {
        Answer::Massa(massa) => {
            weight(&massa, fields);
            if body.first() == Some(&0x10) { "weight" } else { "ack-massa" }
        }
        Answer::Error(code) => {
            fields.push(("error_code", Field::Text(format!("{:02X}", code.0))));
            let name = code.name_en().map_or(Field::None, |name| Field::Text(name.to_owned()));
            fields.push(("error", name));
            "cmd-error"
        }
        Answer::Nack => "nack",
        Answer::Name { id, name } => {
            fields.push(("scale_id", Field::Number(id.into())));
            fields.push(("name", Field::Text(name)));
            "ack-name"
        }
        Answer::Parameters(parameters) => {
            fields.push(("parameters", Field::Texts(parameters.0)));
            "ack-scale-par"
        }
        Answer::Other(body) => match body.as_slice() {
            [0x27] => "ack-set",
            [0x12] => "ack-set-tare",
            [0x15] => "tare-refused",
            [_, rest @ ..] => {
                fields.extend((!rest.is_empty()).then(|| ("data", Field::Text(hex(rest)))));
                "unknown-answer"
            }
            [] => "unknown-answer",
        },
    })
}

fn weight(massa: &Massa, fields: &mut Fields) {
    let weight = massa.weight();
    let flag = |flag: Option<bool>| flag.map_or(Field::None, Field::Flag);
    fields.push(("weight", Field::Number(massa.counts.into())));
    fields.push(("division_code", Field::Number(massa.division_code.into())));
    fields.push(("stable", Field::Flag(massa.stable)));
    fields.push(("net", flag(massa.net)));
    fields.push(("zero", flag(massa.zero)));
    fields.push(("tare", massa.tare.map_or(Field::None, |tare| Field::Number(tare.into()))));
    fields.push(("weight_kg", Field::Text(weight.to_string())));
    let tare = weight.tare.map(|tare| Field::Text(kilograms(tare, weight.decimals)));
    fields.push(("tare_kg", tare.unwrap_or(Field::None)));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}
