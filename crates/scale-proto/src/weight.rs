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
    /// The number without its decimal point, in kilograms.
    pub value: i64,
    /// Decimals of `value`: 1234 with 3 decimals is 1.234 kg. At most 6.
    pub decimals: u8,
    /// The pan is at rest.
    pub stable: Option<bool>,
    /// The scale is at its zero. Usually that means: within a quarter of a division.
    pub zero: Option<bool>,
    /// The weight is net: a tare was taken off.
    pub net: Option<bool>,
    /// The tare, with the decimals of `value`.
    pub tare: Option<i64>,
}

impl Weight {
    /// The weight in milligrams, exactly.
    #[must_use]
    pub fn milligrams(&self) -> i64 {
        self.value.saturating_mul(self.milligrams_a_count())
    }

    /// The tare in milligrams, exactly.
    #[must_use]
    pub fn tare_milligrams(&self) -> Option<i64> {
        self.tare.map(|tare| tare.saturating_mul(self.milligrams_a_count()))
    }

    /// Weight and tare together, where both are known.
    #[must_use]
    pub fn gross_milligrams(&self) -> Option<i64> {
        self.tare_milligrams().map(|tare| self.milligrams().saturating_add(tare))
    }

    fn milligrams_a_count(&self) -> i64 {
        10_i64.pow(u32::from(6_u8.saturating_sub(self.decimals)))
    }
}

impl fmt::Display for Weight {
    /// In kilograms with the scale's decimals: `-0.020`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&kilograms(self.value, self.decimals))
    }
}

/// `value` with a decimal point before its last `decimals` digits.
pub(crate) fn kilograms(value: i64, decimals: u8) -> String {
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
    /// The protocol's own code.
    pub code: u8,
    /// The documented meaning, in English.
    pub name_en: &'static str,
    /// The documented meaning, in Russian.
    pub name_ru: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {:02X} ({})", self.code, self.name_en)
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
    /// The scale works, but does not weigh now.
    NotWeighing,
    /// The scale or its weighing module is broken.
    Defect,
    /// The scale understood and refused.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(value: i64, decimals: u8) -> Weight {
        let (stable, zero, net) = (None, None, None);
        Weight { value, decimals, stable, zero, net, tare: Some(5) }
    }

    #[test]
    fn a_weight_prints_the_decimals_of_its_scale() {
        for (value, decimals, text) in [
            (1234, 3, "1.234"),
            (-20, 3, "-0.020"),
            (0, 3, "0.000"),
            (419, 2, "4.19"),
            (5, 4, "0.0005"),
            (-7, 0, "-7"),
            (i64::MIN, 3, "-9223372036854775.808"),
        ] {
            assert_eq!(weight(value, decimals).to_string(), text);
        }
    }

    #[test]
    fn milligrams_are_exact() {
        assert_eq!(weight(1, 4).milligrams(), 100);
        assert_eq!(weight(-20, 3).milligrams(), -20_000);
        assert_eq!(weight(3, 0).milligrams(), 3_000_000);
        assert_eq!(weight(419, 2).tare_milligrams(), Some(50_000));
        assert_eq!(weight(419, 2).gross_milligrams(), Some(4_240_000));
    }
}
