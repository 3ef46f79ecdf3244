//! What a scale answers.

use crate::error::DecodeError;
use crate::weight::{Fault, FaultKind, Unit, Weight};

/// An answer of the scale.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// 24 ACK_MASSA, or 10 of the terminals of series "R": a weight.
    Massa(Massa),
    /// 28 CMD_ERROR: an error; F0 where the scale tells no code.
    Error(ErrorCode),
    /// F0 NACK: unknown command.
    Nack,
    /// 21 ACK_NAME: number and name of the scale.
    Name {
        /// The scale's number.
        id: i32,
        /// Its name, of which what is not ASCII is shown as "?".
        name: String,
    },
    /// 76 ACK_SCALE_PAR: the limits of the scale.
    Parameters(Parameters),
    /// Another command, with its body.
    Other(Vec<u8>),
}

/// A weight in counts of the scale's division.
///
/// ```text
/// 24 ww ww ww ww dd ss nn zz [tt tt tt tt]
/// 0  1           5  6  7  8  9
/// 10 ww ww ww ww dd ss                         series "R"
/// ```
/// `w` = weight, net, signed, low byte first; `d` = division code; `s` = stable, `n` = net, `z` =
/// zero, each 0 or 1; `t` = tare, in the same counts, where the body has 13 bytes.
///
/// Source: docs/protocols/massa-k-100.md sections 5 and 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Massa {
    /// The weight, net, in counts.
    pub counts: i32,
    /// 0 to 4: a count is 100 mg, 1 g, 10 g, 100 g, 1 kg. For series "R" this table is assumed, and
    /// a 0 there is doubtful: the programs that read it take grams.
    pub division_code: u8,
    /// At rest.
    pub stable: bool,
    /// A tare was taken off. Series "R" does not say.
    pub net: Option<bool>,
    /// At zero. Series "R" does not say.
    pub zero: Option<bool>,
    /// The tare in counts, where the scale tells it.
    pub tare: Option<i32>,
}

/// Limits of the scale, as the texts that it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters(pub Vec<String>);

/// The error code of CMD_ERROR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub u8);

impl Answer {
    /// Reads the body of a sound frame.
    ///
    /// # Errors
    /// [`DecodeError`] when a field has a value that it cannot have.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        Ok(match body {
            [0x24, fields @ ..] => Self::Massa(Massa::decode(fields)?),
            [0x10, fields @ ..] => Self::Massa(Massa::decode_series_r(fields)?),
            [0x28] => Self::Error(ErrorCode::UNKNOWN),
            [0x28, code] => Self::Error(ErrorCode(*code)),
            [0x28, ..] => return Err(size("CMD_ERROR", body, "1 or 2")),
            [0xF0] => Self::Nack,
            [0x21, a, b, c, d, name @ ..] => {
                let name = lines(name).into_iter().next().unwrap_or_default();
                Self::Name { id: i32::from_le_bytes([*a, *b, *c, *d]), name }
            }
            [0x76, texts @ ..] => Self::Parameters(Parameters(lines(texts))),
            other => Self::Other(other.to_vec()),
        })
    }
}

impl Massa {
    fn decode(fields: &[u8]) -> Result<Self, DecodeError> {
        let (front, tare) = match fields {
            [front @ .., a, b, c, d] if fields.len() == 12 => {
                (front, Some(i32::from_le_bytes([*a, *b, *c, *d])))
            }
            front => (front, None),
        };
        let [a, b, c, d, division, stable, net, zero] = front else {
            return Err(DecodeError::Size {
                message: "ACK_MASSA",
                got: fields.len() + 1,
                expected: "9 or 13",
            });
        };
        Ok(Self {
            counts: i32::from_le_bytes([*a, *b, *c, *d]),
            division_code: division_code(*division)?,
            stable: flag("stable", *stable)?,
            net: Some(flag("net", *net)?),
            zero: Some(flag("zero", *zero)?),
            tare,
        })
    }

    fn decode_series_r(fields: &[u8]) -> Result<Self, DecodeError> {
        let [a, b, c, d, division, stable] = fields else {
            let got = fields.len() + 1;
            return Err(DecodeError::Size { message: "weight of series R", got, expected: "7" });
        };
        Ok(Self {
            counts: i32::from_le_bytes([*a, *b, *c, *d]),
            division_code: division_code(*division)?,
            stable: flag("stable", *stable)?,
            net: None,
            zero: None,
            tare: None,
        })
    }

    /// Why this is not to be taken for a weight.
    ///
    /// In an answer of series "R" the table of divisions is assumed only, and the programs that read
    /// it take grams: with any code but 01, where both agree, the weight would be wrong by a factor
    /// of 10 or more if the assumption is.
    #[must_use]
    pub fn doubt(&self) -> Option<DecodeError> {
        let series_r = self.net.is_none();
        (series_r && self.division_code != 1).then_some(DecodeError::Value {
            field: "division code of series R",
            got: self.division_code,
            expected: "01, the only one whose count is certain",
        })
    }

    /// The weight in kilograms with the decimals of the division.
    #[must_use]
    pub fn weight(&self) -> Weight {
        Weight {
            value: i64::from(self.counts),
            decimals: 4_u8.saturating_sub(self.division_code),
            unit: Unit::Kilogram,
            stable: Some(self.stable),
            zero: self.zero,
            net: self.net,
            tare: self.tare.map(i64::from),
        }
    }
}

impl ErrorCode {
    /// The command is not supported.
    pub const UNSUPPORTED: Self = Self(0x07);
    /// The load is above Max.
    pub const OVERLOAD: Self = Self(0x08);
    /// No link to the weighing module.
    pub const NO_MODULE: Self = Self(0x17);
    /// An error without a known meaning, also taken where the scale tells no code.
    pub const UNKNOWN: Self = Self(0xF0);

    /// The documented meaning in English; `None` for an unknown code.
    #[must_use]
    pub fn name_en(self) -> Option<&'static str> {
        self.meaning().map(|(_, en, _)| en)
    }

    /// The documented meaning in Russian; `None` for an unknown code.
    #[must_use]
    pub fn name_ru(self) -> Option<&'static str> {
        self.meaning().map(|(_, _, ru)| ru)
    }

    /// The error as a fault of any scale.
    #[must_use]
    pub fn fault(self) -> Fault {
        let unknown = (FaultKind::Refused, "an error that is not documented", "неизвестная ошибка");
        let (kind, name_en, name_ru) = self.meaning().unwrap_or(unknown);
        Fault { kind, code: Some(self.0), name_en, name_ru }
    }

    fn meaning(self) -> Option<(FaultKind, &'static str, &'static str)> {
        use FaultKind::{Defect, NotWeighing, Overload, Refused};
        Some(match self.0 {
            0x07 => (Refused, "command not supported", "команда не поддерживается"),
            0x08 => (Overload, "load above Max", "нагрузка больше наибольшей"),
            0x09 => (NotWeighing, "scale not in weighing mode", "весы не в режиме взвешивания"),
            0x0A => (Refused, "error in the input data", "ошибка входных данных"),
            0x0B => (Refused, "error while saving", "ошибка сохранения"),
            0x10 => (Refused, "Wi-Fi not supported", "Wi-Fi не поддерживается"),
            0x11 => (Refused, "Ethernet not supported", "Ethernet не поддерживается"),
            0x15 => (Refused, "zero cannot be set", "установка нуля невозможна"),
            0x17 => (Defect, "no link to the weighing module", "нет связи с модулем взвешивания"),
            0x18 => {
                (NotWeighing, "load on the platform at power-on", "нагрузка при включении весов")
            }
            0x19 => (Defect, "scale faulty", "весы неисправны"),
            0xF0 => (Refused, "unknown error", "неизвестная ошибка"),
            _ => return None,
        })
    }
}

fn division_code(code: u8) -> Result<u8, DecodeError> {
    if code <= 4 {
        Ok(code)
    } else {
        Err(DecodeError::Value { field: "division code", got: code, expected: "00 to 04" })
    }
}

fn flag(field: &'static str, byte: u8) -> Result<bool, DecodeError> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        got => Err(DecodeError::Value { field, got, expected: "00 or 01" }),
    }
}

fn size(message: &'static str, body: &[u8], expected: &'static str) -> DecodeError {
    DecodeError::Size { message, got: body.len(), expected }
}

/// Texts that are each closed by CR LF. Single-byte text of an unknown page: what is not ASCII is
/// shown as "?".
fn lines(bytes: &[u8]) -> Vec<String> {
    let text: String =
        bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect();
    text.split_terminator("\r\n").map(str::to_owned).collect()
}
