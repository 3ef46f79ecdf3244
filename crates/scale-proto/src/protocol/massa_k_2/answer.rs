//! What a scale answers to "J" and "E".

use crate::error::DecodeError;
use crate::weight::{Unit, Weight};

/// The answer to "J".
///
/// ```text
/// ss dd m0 m1 m2     s = status: bit 7 stable, bit 6 zero, bit 5 net; d = division;
/// 0  1  2  3  4      m = mass, low byte first, whose bit 23 is the sign
/// ```
///
/// Source: docs/protocols/massa-k-2.md section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// The weight in counts.
    pub counts: i32,
    /// 0: a count is 1 g; 1: 0.1 g; 4: 10 g; 5: 100 g.
    pub division_code: u8,
    /// At rest.
    pub stable: bool,
    /// At zero.
    pub zero: bool,
    /// A tare was taken off; weakly confirmed.
    pub net: bool,
}

/// The answer to "E": `lo hi`, grams, whose bit 15 is the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grams(pub i32);

impl Full {
    /// Reads five bytes.
    ///
    /// # Errors
    /// [`DecodeError`] when they cannot be an answer: the stream is out of step, or it is another
    /// protocol. A 6 as division is refused, too: only one source takes it for 100 g.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let [status, division, low, middle, high] = bytes else {
            let got = bytes.len();
            return Err(DecodeError::Size { message: "answer to J", got, expected: "5" });
        };
        let value = |field, got, expected| DecodeError::Value { field, got, expected };
        if status & 0x1F != 0 {
            return Err(value("status", *status, "bits 0 to 4 clear"));
        }
        if !matches!(division, 0 | 1 | 4 | 5) {
            return Err(value("division", *division, "00, 01, 04 or 05"));
        }
        let counts = i32::from_le_bytes([*low, *middle, high & 0x7F, 0]);
        Ok(Self {
            counts: if high & 0x80 == 0 { counts } else { -counts },
            division_code: *division,
            stable: status & 0x80 != 0,
            zero: status & 0x40 != 0,
            net: status & 0x20 != 0,
        })
    }

    /// The weight in kilograms with the decimals of the division.
    #[must_use]
    pub fn weight(&self) -> Weight {
        let decimals = match self.division_code {
            1 => 4,
            4 => 2,
            5 => 1,
            _ => 3,
        };
        Weight {
            stable: Some(self.stable),
            zero: Some(self.zero),
            net: Some(self.net),
            ..Weight::new(self.counts.into(), decimals, Unit::Kilogram)
        }
    }
}

impl Grams {
    /// Reads two bytes.
    ///
    /// # Errors
    /// [`DecodeError`] when they are not two.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let [low, high] = bytes else {
            let got = bytes.len();
            return Err(DecodeError::Size { message: "answer to E", got, expected: "2" });
        };
        let grams = i32::from(u16::from_le_bytes([*low, high & 0x7F]));
        Ok(Self(if high & 0x80 == 0 { grams } else { -grams }))
    }

    /// The weight; it is not told whether it is stable.
    #[must_use]
    pub fn weight(&self) -> Weight {
        Weight::new(self.0.into(), 3, Unit::Kilogram)
    }
}
