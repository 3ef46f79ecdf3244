//! What an answer of 8217 says.

use super::{NAME, SASI_NAME};
use crate::error::DecodeError;
use crate::protocol::Said;
use crate::protocol::text::{number, shown};
use crate::weight::{Fault, FaultKind, Unit, Weight};

/// What the byte of state means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Each bit has its own meaning: 8217.
    #[default]
    Bits,
    /// The letters enumerate: SASI.
    Sasi,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A weight: stable, within the limits and not negative, for else no number is sent.
    Weight(Weight),
    /// No number, and the byte of state.
    Status(u8, Fault),
}

impl Dialect {
    /// The name of the protocol.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bits => NAME,
            Self::Sasi => SASI_NAME,
        }
    }

    /// What a byte of state says in place of a weight.
    ///
    /// # Errors
    /// [`DecodeError`] for a byte that is none of the dialect.
    pub fn fault(self, status: u8) -> Result<Fault, DecodeError> {
        let bit = |number: u8| status & (1 << number) != 0;
        let wrong = |expected| DecodeError::Value { field: "status", got: status, expected };
        Ok(match self {
            Self::Bits if !bit(6) => return Err(wrong("bit 6 set")),
            Self::Bits if bit(1) => OVERLOAD,
            Self::Bits if bit(2) => UNDERLOAD,
            Self::Bits if bit(0) => IN_MOTION,
            Self::Bits if bit(3) => OUTSIDE_ZERO,
            Self::Bits if bit(4) => CENTRE_OF_ZERO,
            Self::Bits => NO_NUMBER,
            Self::Sasi => match status {
                b'A' => IN_MOTION,
                b'B' => OUT_OF_RANGE,
                b'C' => UNDERLOAD,
                b'D' => OUTSIDE_ZERO,
                _ => return Err(wrong("41 to 44 (A to D)")),
            },
        })
    }
}

impl Answer {
    /// Reads the text between STX and CR, of a scale that shows that unit.
    ///
    /// The number of decimals (3 of kilograms, 2 of pounds) is the only check of the unit.
    ///
    /// # Errors
    /// [`DecodeError`] when the text is neither a weight nor a state, or its decimals are not those
    /// of the unit.
    pub fn decode(text: &[u8], dialect: Dialect, unit: Unit) -> Result<Self, DecodeError> {
        if let [b'?', status] = text.trim_ascii_start() {
            return Ok(Self::Status(*status, dialect.fault(*status)?));
        }
        let wrong = |expected| DecodeError::Text { field: "weight", got: shown(text), expected };
        let (digits, net) = match text {
            [digits @ .., b'N'] => (digits, true),
            digits => (digits, false),
        };
        if digits.iter().any(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b' ')) {
            return Err(wrong("digits and one point, with N behind them when net"));
        }
        let (value, decimals) = number("weight", digits)?;
        match (unit, decimals) {
            (Unit::Kilogram, 3) | (Unit::Pound, 2) => {}
            (Unit::Pound, _) => return Err(wrong("2 decimals, as the unit is lb")),
            _ => return Err(wrong("3 decimals, as the unit is kg")),
        }
        let weight = Weight::new(value, decimals, unit);
        Ok(Self::Weight(Weight { stable: Some(true), net: Some(net), ..weight }))
    }

    /// The same as any scale says it.
    #[must_use]
    pub fn said(self) -> Said {
        match self {
            Self::Weight(weight) => Said::Weight(weight),
            Self::Status(status, fault) => Said::Fault(Fault { code: Some(status), ..fault }),
        }
    }
}

const OVERLOAD: Fault = Fault::new(FaultKind::Overload, "over capacity", "перегрузка");
const UNDERLOAD: Fault = Fault::new(FaultKind::Underload, "under zero", "вес ниже нуля");
const IN_MOTION: Fault =
    Fault::new(FaultKind::NotReady, "in motion: no weight yet", "вес не установился");
const OUT_OF_RANGE: Fault = Fault::new(FaultKind::OutOfRange, "out of range", "вне диапазона");
const OUTSIDE_ZERO: Fault = Fault::new(
    FaultKind::NotWeighing,
    "outside of the range in which zero is found",
    "вне диапазона установки нуля",
);
// A quarter of a division around zero: near it, but not said to be 0.
const CENTRE_OF_ZERO: Fault =
    Fault::new(FaultKind::NotReady, "at centre of zero: no number", "около нуля: вес не передан");
const NO_NUMBER: Fault = Fault::new(FaultKind::NotReady, "no number", "вес не передан");
