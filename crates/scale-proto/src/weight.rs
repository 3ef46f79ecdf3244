//! A weight as the scale said it, and what a scale says instead of a weight.
//!
//! Nothing here is a floating-point number: a weight is an integer with its decimals, and every
//! conversion is exact.

use std::fmt;

/// What a scale answered to "how much?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Reading {
    /// A weight.
    Weight(Weight),
    /// No weight, and why.
    Fault(Fault),
}

/// A weight as the scale shows it: the net weight when it is tared.
///
/// What a protocol cannot say is `None`: unknown, not "no".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Weight {
    /// The number without its decimal point, in `unit`.
    pub value: i64,
    /// Decimals of `value`: 1234 with 3 decimals is 1.234. At most [`Unit::most_decimals`].
    pub decimals: u8,
    /// What the scale counts in.
    pub unit: Unit,
    /// The pan is at rest.
    pub stable: Option<bool>,
    /// The scale is at its zero. Usually that means: within a quarter of a division.
    pub zero: Option<bool>,
    /// The weight is net: a tare was taken off.
    pub net: Option<bool>,
    /// The tare, with the decimals of `value`.
    pub tare: Option<i64>,
}

/// What a scale counts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Unit {
    /// Kilograms.
    #[default]
    Kilogram,
    /// Grams.
    Gram,
    /// Tonnes.
    Tonne,
    /// Pounds of 0.45359237 kg.
    Pound,
}

impl Unit {
    /// The unit of a text, in any case and with blanks around it: `kg`, `g`, `t`, `lb`.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        let text = text.trim_matches(' ');
        let all = [Self::Kilogram, Self::Gram, Self::Tonne, Self::Pound];
        all.into_iter().find(|unit| unit.name().eq_ignore_ascii_case(text))
    }

    /// Its sign: `kg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kilogram => "kg",
            Self::Gram => "g",
            Self::Tonne => "t",
            Self::Pound => "lb",
        }
    }

    /// So many decimals a weight may have: a milligram, and of pounds a hundredth of a grain.
    #[must_use]
    pub fn most_decimals(self) -> u8 {
        match self {
            Self::Gram => 3,
            Self::Kilogram | Self::Pound => 6,
            Self::Tonne => 9,
        }
    }
}

impl Weight {
    /// A weight of which only the number is known.
    #[must_use]
    pub fn new(value: i64, decimals: u8, unit: Unit) -> Self {
        Self { value, decimals, unit, stable: None, zero: None, net: None, tare: None }
    }

    /// The weight in milligrams: exactly, but of pounds to the nearest milligram.
    #[must_use]
    pub fn milligrams(&self) -> i64 {
        self.in_milligrams(self.value)
    }

    /// The tare in milligrams, as [`milligrams`](Self::milligrams).
    #[must_use]
    pub fn tare_milligrams(&self) -> Option<i64> {
        self.tare.map(|tare| self.in_milligrams(tare))
    }

    /// Weight and tare together, where both are known.
    #[must_use]
    pub fn gross_milligrams(&self) -> Option<i64> {
        self.tare.map(|tare| self.in_milligrams(self.value.saturating_add(tare)))
    }

    /// Decimals of a kilogram that the scale shows: of pounds so many that none of them is lost.
    #[must_use]
    pub fn kilogram_decimals(&self) -> u8 {
        match self.unit {
            Unit::Kilogram => self.decimals,
            Unit::Gram => self.decimals.saturating_add(3),
            Unit::Tonne => self.decimals.saturating_sub(3),
            Unit::Pound => self.decimals.saturating_add(1).clamp(3, 6),
        }
    }

    /// The tare in kilograms, exactly, as text.
    #[must_use]
    pub fn tare_kilograms(&self) -> Option<String> {
        self.tare.map(|tare| self.in_kilograms(tare))
    }

    fn in_milligrams(&self, value: i64) -> i64 {
        let (value, decimals) = self.unit.kilograms(value, self.decimals);
        let milligrams = match decimals {
            0..=6 => value.saturating_mul(power(6 - decimals)),
            _ => {
                let divisor = power(decimals - 6);
                let half = if value < 0 { -divisor / 2 } else { divisor / 2 };
                (value + half) / divisor
            }
        };
        let most = if milligrams < 0 { i64::MIN } else { i64::MAX };
        i64::try_from(milligrams).unwrap_or(most)
    }

    fn in_kilograms(&self, value: i64) -> String {
        let (value, decimals) = self.unit.kilograms(value, self.decimals);
        point(value, decimals)
    }
}

impl Unit {
    /// A number of this unit in kilograms, with its decimals.
    fn kilograms(self, value: i64, decimals: u8) -> (i128, u8) {
        let value = i128::from(value);
        match self {
            Self::Kilogram => (value, decimals),
            Self::Gram => (value, decimals + 3),
            Self::Tonne if decimals >= 3 => (value, decimals - 3),
            Self::Tonne => (value * power(3 - decimals), 0),
            Self::Pound => (value * 45_359_237, decimals + 8),
        }
    }
}

impl fmt::Display for Weight {
    /// In kilograms, exactly, with the scale's decimals: `-0.020`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_kilograms(self.value))
    }
}

fn power(exponent: u8) -> i128 {
    10_i128.saturating_pow(exponent.into())
}

/// `value` with a decimal point before its last `decimals` digits.
fn point(value: i128, decimals: u8) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let decimals = usize::from(decimals);
    let digits = format!("{:0width$}", value.unsigned_abs(), width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// What a scale says when it has no weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Fault {
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// The protocol's own code, where it has one.
    pub code: Option<u8>,
    /// The documented meaning, in English.
    pub name_en: &'static str,
    /// The documented meaning, in Russian.
    pub name_ru: &'static str,
}

impl Fault {
    /// A fault that the protocol has no code for.
    pub(crate) const fn new(kind: FaultKind, name_en: &'static str, name_ru: &'static str) -> Self {
        Self { kind, code: None, name_en, name_ru }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "error {code:02X} ({})", self.name_en),
            None => f.write_str(self.name_en),
        }
    }
}

/// Kinds of faults, the same for all protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum FaultKind {
    /// The load is above the scale's limit.
    Overload,
    /// The load is below the scale's limit.
    Underload,
    /// The load is outside of the scale's limits; it does not say on which side.
    OutOfRange,
    /// The scale has no weight just now, such as while the pan moves; the next answer may.
    NotReady,
    /// The scale works, but does not weigh now.
    NotWeighing,
    /// The scale or its weighing module is broken.
    Defect,
    /// The scale understood and refused.
    Refused,
    /// The password is wrong. Scales count the attempts: do not ask again with the same one.
    WrongPassword,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(value: i64, decimals: u8, unit: Unit) -> Weight {
        Weight { tare: Some(5), ..Weight::new(value, decimals, unit) }
    }

    #[test]
    fn a_weight_prints_the_decimals_of_its_scale() {
        use Unit::{Gram, Kilogram, Pound, Tonne};
        for (value, decimals, unit, text, milligrams, shown) in [
            (1234, 3, Kilogram, "1.234", 1_234_000, 3),
            (-20, 3, Kilogram, "-0.020", -20_000, 3),
            (0, 3, Kilogram, "0.000", 0, 3),
            (419, 2, Kilogram, "4.19", 4_190_000, 2),
            (1, 4, Kilogram, "0.0001", 100, 4),
            (-7, 0, Kilogram, "-7", -7_000_000, 0),
            (i64::MIN, 3, Kilogram, "-9223372036854775.808", i64::MIN, 3),
            (10_000, 2, Gram, "0.10000", 100_000, 5),
            (1, 3, Gram, "0.000001", 1, 6),
            (12_345, 4, Tonne, "1234.5", 1_234_500_000, 1),
            (12, 1, Tonne, "1200", 1_200_000_000, 0),
            // 0.45359237 kg a pound; half a milligram and more counts as one.
            (100, 2, Pound, "0.4535923700", 453_592, 3),
            (500, 2, Pound, "2.2679618500", 2_267_962, 3),
            (-500, 2, Pound, "-2.2679618500", -2_267_962, 3),
            (1, 3, Pound, "0.00045359237", 454, 4),
        ] {
            let weight = weight(value, decimals, unit);
            assert_eq!(weight.to_string(), text);
            assert_eq!(weight.milligrams(), milligrams, "{text}");
            assert_eq!(weight.kilogram_decimals(), shown, "{text}");
        }
    }

    #[test]
    fn tare_and_gross_have_the_decimals_of_the_weight() {
        let weight = weight(419, 2, Unit::Kilogram);
        assert_eq!(weight.tare_milligrams(), Some(50_000));
        assert_eq!(weight.tare_kilograms().as_deref(), Some("0.05"));
        assert_eq!(weight.gross_milligrams(), Some(4_240_000));
    }

    #[test]
    fn units_are_read_in_any_case() {
        for (text, unit) in [
            ("kg", Some(Unit::Kilogram)),
            ("Kg", Some(Unit::Kilogram)),
            (" g", Some(Unit::Gram)),
            (" t", Some(Unit::Tonne)),
            ("LB", Some(Unit::Pound)),
            ("ct", None),
            ("", None),
        ] {
            assert_eq!(Unit::of_text(text), unit, "{text:?}");
        }
    }
}
