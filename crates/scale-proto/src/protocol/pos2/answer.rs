//! What a POS2 scale answers.

use super::{CHANNEL, CHANNEL_PARAMETERS, DEVICE_TYPE, ErrorCode, STATE};
use crate::error::DecodeError;
use crate::weight::{Fault, FaultKind, Unit, Weight};

/// An answer: the command's code again, an error code, and what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// 3A: the state of the weighing channel.
    State(State),
    /// E8: the parameters of a channel.
    Factor(Factor),
    /// EA: the number of the present channel.
    Channel(u8),
    /// FC: what the device is.
    DeviceType(DeviceType),
    /// The error code is not 0, and nothing follows.
    Error {
        /// The command.
        command: u8,
        /// The code.
        code: ErrorCode,
    },
    /// Another command's answer, without an error.
    Other(Vec<u8>),
}

/// The state of the weighing channel.
///
/// ```text
/// 3A ee ss ss ww ww ww ww tt tt rr     e = error; s = state bits; w = weight, signed; t = tare; all
/// 0  1  2     4           8     10     low byte first; r = reserved
/// ```
///
/// Source: docs/protocols/pos2.md section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The bits; what they mean depends on the [`Variant`].
    pub bits: u16,
    /// The weight in counts.
    pub counts: i32,
    /// The tare in counts.
    pub tare: u16,
    /// 00 and 08 were seen.
    pub reserved: u8,
}

/// Whose meaning the bits of the state have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Variant {
    /// Shtrih-M's own scales.
    #[default]
    ShtrihM,
    /// MERTECH: POS2-M. Its simpler firmware tells none of the bits.
    Mertech,
}

/// The parameters of a channel (E8), of which `power` says what a count is.
///
/// Source: docs/protocols/pos2.md section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Kind of the sensor and how tare and ranges work.
    pub flags: u16,
    /// Where the decimal point stands; the vendor's document takes `power` for the truth.
    pub decimal_point: u8,
    /// A count is 10^power kg.
    pub power: i8,
    /// Max, Min and the largest tare, in counts.
    pub limits: [u16; 3],
    /// Ends of the ranges 1 to 3, in counts.
    pub ranges: [u16; 3],
    /// Discreteness of the ranges 1 to 4, in counts; 0 is unused.
    pub steps: [u8; 4],
    /// Points of its calibration.
    pub points: u8,
}

/// What the device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceType {
    /// Its kind; 1 is a scale.
    pub kind: u8,
    /// Its kind among those.
    pub subtype: u8,
    /// Version and subversion of the protocol.
    pub protocol: (u8, u8),
    /// Its model.
    pub model: u8,
    /// 0 Russian, 1 English.
    pub language: u8,
    /// Its name in CP1251, of which what is not ASCII is shown as "?".
    pub name: String,
}

impl DeviceType {
    /// A scale.
    pub const SCALE: u8 = 1;
}

impl Answer {
    /// Reads command and parameters of a sound frame.
    ///
    /// # Errors
    /// [`DecodeError`] when it is too short, or a field has a value that it cannot have. What follows
    /// the known fields is left alone.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let [command, error, fields @ ..] = body else {
            return Err(DecodeError::Size {
                message: "answer",
                got: body.len(),
                expected: "2 or more",
            });
        };
        if *error != 0 {
            return Ok(Self::Error { command: *command, code: ErrorCode(*error) });
        }
        Ok(match *command {
            STATE => Self::State(State::decode(fields)?),
            CHANNEL_PARAMETERS => Self::Factor(Factor::decode(fields)?),
            CHANNEL => match fields {
                [channel, ..] => Self::Channel(*channel),
                [] => return Err(size("present channel", fields, "3 or more")),
            },
            DEVICE_TYPE => Self::DeviceType(DeviceType::decode(fields)?),
            _ => Self::Other(body.to_vec()),
        })
    }
}

impl State {
    fn decode(fields: &[u8]) -> Result<Self, DecodeError> {
        let [s0, s1, w0, w1, w2, w3, t0, t1, reserved, ..] = fields else {
            return Err(size("state of the channel", fields, "11 or more"));
        };
        Ok(Self {
            bits: u16::from_le_bytes([*s0, *s1]),
            counts: i32::from_le_bytes([*w0, *w1, *w2, *w3]),
            tare: u16::from_le_bytes([*t0, *t1]),
            reserved: *reserved,
        })
    }

    /// Why the number is none, if it is none.
    #[must_use]
    pub fn fault(&self, variant: Variant) -> Option<Fault> {
        let bit = |number: u8| self.bits & (1 << number) != 0;
        let of = |number: u8, (kind, en, ru)| bit(number).then_some(Fault::new(kind, en, ru));
        match variant {
            Variant::ShtrihM => of(6, OVERLOAD)
                .or_else(|| of(8, UNDERLOAD))
                .or_else(|| of(9, NO_ADC))
                .or_else(|| of(7, MEASURING))
                .or_else(|| of(5, AUTO_ZERO))
                .or_else(|| (!bit(2)).then_some(CHANNEL_OFF)),
            Variant::Mertech => of(6, OVERLOAD)
                .or_else(|| of(9, CALIBRATION))
                .or_else(|| of(7, UNSTABLE_START))
                .or_else(|| of(5, AUTO_ZERO)),
        }
    }

    /// The weight of counts of 10^power kg.
    ///
    /// # Errors
    /// [`DecodeError`] when the power is none of a scale.
    pub fn weight(&self, variant: Variant, power: i8) -> Result<Weight, DecodeError> {
        let bit = |number: u8| Some(self.bits & (1 << number) != 0);
        let value = |counts: i64| match u32::try_from(power) {
            Ok(power) => counts.saturating_mul(10_i64.saturating_pow(power)),
            Err(_) => counts,
        };
        let decimals = if power > 0 { 0 } else { power.unsigned_abs() };
        check_power(power)?;
        let weight = Weight {
            tare: Some(value(self.tare.into())),
            ..Weight::new(value(self.counts.into()), decimals, Unit::Kilogram)
        };
        Ok(match variant {
            Variant::ShtrihM => Weight { stable: bit(4), net: bit(3), ..weight },
            // Firmware that tells no bit, not even the one that is always set.
            Variant::Mertech if bit(2) == Some(false) => weight,
            Variant::Mertech => {
                let stable = Some(self.bits & 0b1_0001 != 0);
                Weight { stable, zero: bit(1), net: bit(3), ..weight }
            }
        })
    }
}

impl Factor {
    fn decode(fields: &[u8]) -> Result<Self, DecodeError> {
        let words = |place: usize| {
            let bytes = fields.get(place..place + 2)?;
            <[u8; 2]>::try_from(bytes).ok().map(u16::from_le_bytes)
        };
        let byte = |place: usize| fields.get(place).copied();
        let read = || {
            Some(Self {
                flags: words(0)?,
                decimal_point: byte(2)?,
                power: i8::from_le_bytes([byte(3)?]),
                limits: [words(4)?, words(6)?, words(8)?],
                ranges: [words(10)?, words(12)?, words(14)?],
                steps: [byte(16)?, byte(17)?, byte(18)?, byte(19)?],
                points: byte(20)?,
            })
        };
        let factor = read().ok_or_else(|| size("channel parameters", fields, "24 or more"))?;
        check_power(factor.power)?;
        Ok(factor)
    }
}

impl DeviceType {
    fn decode(fields: &[u8]) -> Result<Self, DecodeError> {
        let [kind, subtype, version, subversion, model, language, name @ ..] = fields else {
            return Err(size("device type", fields, "8 or more"));
        };
        Ok(Self {
            kind: *kind,
            subtype: *subtype,
            protocol: (*version, *subversion),
            model: *model,
            language: *language,
            name: crate::protocol::text::shown(name),
        })
    }
}

/// A milligram is 10^-6 kg, and no scale counts in tonnes of tonnes.
fn check_power(power: i8) -> Result<(), DecodeError> {
    if (-6..=3).contains(&power) {
        return Ok(());
    }
    let [got] = power.to_le_bytes();
    Err(DecodeError::Value {
        field: "power of a count",
        got,
        expected: "FA to 03, 10^-6 to 10^3 kg",
    })
}

fn size(message: &'static str, fields: &[u8], expected: &'static str) -> DecodeError {
    DecodeError::Size { message, got: fields.len() + 2, expected }
}

type Meaning = (FaultKind, &'static str, &'static str);
const OVERLOAD: Meaning = (FaultKind::Overload, "overload", "перегрузка");
const UNDERLOAD: Meaning = (FaultKind::Underload, "underload", "недогрузка");
const NO_ADC: Meaning = (FaultKind::Defect, "the ADC does not answer", "АЦП не отвечает");
const MEASURING: Meaning = (FaultKind::Defect, "measuring error", "ошибка измерения");
const AUTO_ZERO: Meaning =
    (FaultKind::NotWeighing, "zero was not found at power-on", "ошибка автонуля при включении");
const CALIBRATION: Meaning = (FaultKind::Defect, "calibration needed", "требуется калибровка");
const UNSTABLE_START: Meaning =
    (FaultKind::NotWeighing, "unstable at power-on", "вес нестабилен при включении");
const CHANNEL_OFF: Fault = Fault::new(
    FaultKind::NotWeighing,
    "the weighing channel is off; or a MERTECH scale, which needs variant = \"mertech\"",
    "весовой канал выключен; либо это весы MERTECH, которым нужно variant = \"mertech\"",
);
