//! What a line of a scale says.

use crate::error::DecodeError;
use crate::protocol::Said;
use crate::protocol::text::{number, shown, unit};
use crate::weight::{Fault, FaultKind, Weight};

/// A line.
///
/// ```text
/// S S     100.00 g     stable          S I    not now         ES    syntax error
/// S D    0.360 Kg      in motion       S +    overload        ET    transmission error
/// SI ?    2.500 kg     in motion       S -    underload       EL    logical error
///                      (Radwag)        S A    acknowledged (Radwag)
/// ```
///
/// Source: docs/protocols/mt-sics.md.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A weight; nothing is told about zero, net and tare.
    Weight(Weight),
    /// Not now.
    NotNow,
    /// Overload.
    Overload,
    /// Underload.
    Underload,
    /// The command is taken; the weight follows.
    Acknowledged,
    /// The command is not known.
    Syntax,
    /// The command did not arrive whole.
    Transmission,
    /// The command cannot be carried out.
    Logical,
    /// An answer to another command.
    Other(String),
}

impl Answer {
    /// Reads a line without its end.
    ///
    /// # Errors
    /// [`DecodeError`] when it begins like a weight, but is none.
    pub fn decode(line: &[u8]) -> Result<Self, DecodeError> {
        let words: Vec<&[u8]> =
            line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
        Ok(match words.as_slice() {
            [b"ES"] => Self::Syntax,
            [b"ET"] => Self::Transmission,
            [b"EL"] => Self::Logical,
            [b"S" | b"SI", b"I"] => Self::NotNow,
            [b"S" | b"SI", b"+"] => Self::Overload,
            [b"S" | b"SI", b"-"] => Self::Underload,
            [b"S" | b"SI", b"A"] => Self::Acknowledged,
            [b"S" | b"SI", b"S", rest @ ..] => Self::weight(true, rest, line)?,
            [b"S" | b"SI", b"D" | b"?", rest @ ..] => Self::weight(false, rest, line)?,
            [b"S" | b"SI", ..] => return Err(wrong(line)),
            _ => Self::Other(shown(line)),
        })
    }

    fn weight(stable: bool, words: &[&[u8]], line: &[u8]) -> Result<Self, DecodeError> {
        let [digits, name] = words else { return Err(wrong(line)) };
        let (value, decimals) = number("weight", digits)?;
        let unit = unit(name, decimals)?;
        Ok(Self::Weight(Weight { stable: Some(stable), ..Weight::new(value, decimals, unit) }))
    }

    /// The same as any scale says it.
    #[must_use]
    pub fn said(self) -> Said {
        use FaultKind::{NotReady, Overload, Refused, Underload};
        let fault = |kind, en, ru| Said::Fault(Fault::new(kind, en, ru));
        match self {
            Self::Weight(weight) => Said::Weight(weight),
            Self::NotNow => fault(NotReady, "not ready: no weight now", "весы не готовы"),
            Self::Overload => fault(Overload, "overload", "перегрузка"),
            Self::Underload => fault(Underload, "underload", "недогрузка"),
            Self::Syntax => Said::Unsupported,
            Self::Transmission => fault(Refused, "transmission error", "ошибка передачи"),
            Self::Logical => fault(Refused, "logical error", "логическая ошибка"),
            Self::Acknowledged | Self::Other(_) => Said::Other,
        }
    }
}

fn wrong(line: &[u8]) -> DecodeError {
    let expected = "S or SI; S, D, ?, I, +, - or A; with S, D or ? a number and a unit";
    DecodeError::Text { field: "answer", got: shown(line), expected }
}
