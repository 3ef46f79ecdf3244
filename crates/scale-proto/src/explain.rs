//! Bytes of a dialogue as words, for people, logs and expectations of tapes.

use std::fmt;

use thiserror::Error;

use crate::deframer::{Deframer, Format};
use crate::error::{DecodeError, FrameError};
use crate::protocol;
use crate::weight::{Fault, Weight};

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
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The bytes are no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The frame is sound, but what it says is not.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Explains a dialogue, step by step.
#[derive(Debug)]
pub struct Explainer(Box<dyn Explains>);

impl Explainer {
    /// An explainer of the protocol of that name. Of `massa-k-100` it takes only the protocol's own
    /// checksum.
    #[must_use]
    pub fn of(protocol: &str) -> Option<Self> {
        use protocol::toledo_8217::Dialect;
        use protocol::{
            cas_22, cas_ecr, massa_k_2, massa_k_100, mt_sics, pos2, toledo_8217, toledo_continuous,
        };
        Some(Self(match protocol {
            massa_k_100::NAME => Box::new(Frames(massa_k_100::explain)),
            massa_k_2::NAME => Box::new(massa_k_2::Explains::default()),
            pos2::NAME => Box::new(Frames(pos2::explain)),
            cas_ecr::NAME => Box::new(Frames(cas_ecr::explain)),
            cas_22::NAME => Box::new(Frames(cas_22::explain)),
            toledo_8217::NAME => Box::new(toledo_8217::Explains(Dialect::Bits)),
            toledo_8217::SASI_NAME => Box::new(toledo_8217::Explains(Dialect::Sasi)),
            mt_sics::NAME => Box::new(Frames(mt_sics::explain)),
            toledo_continuous::NAME => Box::new(Frames(toledo_continuous::explain)),
            _ => return None,
        }))
    }

    /// Explains the bytes of one step: one frame, usually. Dropped bytes and an unfinished rest
    /// give an error each.
    pub fn explain(&mut self, direction: Direction, bytes: &[u8]) -> Vec<Explained> {
        self.0.explain(direction, bytes)
    }
}

/// One frame in words, or why it is none.
pub type Explained = Result<Message, ExplainError>;

/// The fields of a message.
pub(crate) type Fields = Vec<(&'static str, Field)>;

/// What a protocol's module has to say about bytes.
pub(crate) trait Explains: fmt::Debug {
    /// Explains the bytes of one step.
    fn explain(&mut self, direction: Direction, bytes: &[u8]) -> Vec<Explained>;
}

/// A protocol whose frames say what they are, so that no request needs to be remembered.
struct Frames(fn(Direction, &[u8]) -> Vec<Explained>);

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Frames")
    }
}

impl Explains for Frames {
    fn explain(&mut self, direction: Direction, bytes: &[u8]) -> Vec<Explained> {
        (self.0)(direction, bytes)
    }
}

/// Explains every frame of a step, after which the line is quiet.
pub(crate) fn frames<F: Format>(
    format: F,
    bytes: &[u8],
    explain: impl Fn(F::Frame) -> Result<Message, DecodeError>,
) -> Vec<Explained> {
    let mut deframer = Deframer::of(format);
    let mut messages = Vec::new();
    let mut explained = |found: Result<F::Frame, FrameError>| {
        messages.push(match found {
            Ok(frame) => explain(frame).map_err(ExplainError::from),
            Err(error) => Err(error.into()),
        });
    };
    // In pieces, so that nothing of a long step is dropped.
    for piece in bytes.chunks(4096) {
        deframer.push(piece);
        while let Some(found) = deframer.next_frame() {
            explained(found);
        }
    }
    while let Some(found) = deframer.next_at_end() {
        explained(found);
    }
    messages.extend(deframer.finish().map(|error| Err(error.into())));
    messages
}

impl Message {
    /// A message without fields.
    pub(crate) fn named(name: &'static str) -> Self {
        Self { name, fields: Fields::new() }
    }

    /// With one more field.
    pub(crate) fn with(mut self, name: &'static str, field: impl Into<Field>) -> Self {
        self.fields.push((name, field.into()));
        self
    }

    /// With what is known of a weight, and its number in kilograms.
    pub(crate) fn with_weight(self, weight: &Weight) -> Self {
        self.with("weight", weight.value)
            .with("decimals", i64::from(weight.decimals))
            .with("unit", weight.unit.name())
            .with("stable", weight.stable)
            .with("zero", weight.zero)
            .with("net", weight.net)
            .with("tare", weight.tare)
            .with("weight_kg", weight.to_string())
            .with("tare_kg", weight.tare_kilograms())
    }

    /// With a fault in place of a weight.
    pub(crate) fn with_fault(self, fault: &Fault) -> Self {
        self.with("kind", format!("{:?}", fault.kind)).with("fault", fault.name_en)
    }
}

impl From<i64> for Field {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Field {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Field {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Field {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}
