//! What a driver of a scale can tell.

use crate::evidence::Evidence;

/// One answer of a scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleReading {
    /// How well its meaning is known.
    pub evidence: Evidence,
    /// A weight, or a fault in place of one.
    pub outcome: ScaleOutcome,
}

/// A weight, or a fault in place of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScaleOutcome {
    /// The scale shows a weight.
    Weight(ScaleWeight),
    /// The scale shows no weight. This supersedes an older weight at once.
    Fault(ScaleFault),
}

/// A weight as the scale shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScaleWeight {
    /// What the scale shows (net when tared), in milligrams.
    pub milligrams: i64,
    /// How many decimals of a kilogram the scale has.
    pub decimals: u8,
    /// The tare, in milligrams.
    pub tare_milligrams: Option<i64>,
    /// The weight is not in motion.
    pub stable: Option<bool>,
    /// The scale shows its zero mark.
    pub zero: Option<bool>,
    /// The scale shows its net mark.
    pub net: Option<bool>,
}

/// Why a scale shows no weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScaleFault {
    /// Too much lies on it.
    Overload,
    /// It is below its zero, as without its platter.
    Underload,
    /// Anything else; an English sentence.
    Other(String),
}

impl ScaleFault {
    /// In English.
    pub fn text_en(&self) -> String {
        match self {
            Self::Overload => "the scale is overloaded".to_owned(),
            Self::Underload => "the scale is below zero: is its platter in place?".to_owned(),
            Self::Other(text) => text.clone(),
        }
    }

    /// In Russian; a fault of the third kind keeps its English words.
    pub fn text_ru(&self) -> String {
        match self {
            Self::Overload => "весы перегружены".to_owned(),
            Self::Underload => "весы ниже нуля: на месте ли платформа?".to_owned(),
            Self::Other(text) => format!("ошибка весов: {text}"),
        }
    }
}
