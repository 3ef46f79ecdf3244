//! The device's errors, by dialect.

#[cfg(feature = "pirit")]
mod pirit;
mod pone;

use std::fmt;

#[cfg(feature = "pirit")]
pub use pirit::FAULTS as PIRIT_FAULTS;
pub use pone::FAULTS as PONE_FAULTS;

/// The device understood a command and refused it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Fault {
    /// An error code of `pone`.
    Pone(PoneFault),
    /// An error code of `pirit`.
    #[cfg(feature = "pirit")]
    Pirit(PiritFault),
    /// An error of `arm`.
    Arm(ArmFault),
}

impl Fault {
    /// It proves that the paper is out: error 08. Another error, or none, says nothing of paper.
    #[must_use]
    pub fn is_paper(&self) -> bool {
        match self {
            Self::Pone(fault) => *fault == PoneFault::PAPER_END,
            #[cfg(feature = "pirit")]
            Self::Pirit(fault) => *fault == PiritFault::PAPER_END,
            Self::Arm(_) => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pone(fault) => fault.fmt(f),
            #[cfg(feature = "pirit")]
            Self::Pirit(fault) => fault.fmt(f),
            Self::Arm(fault) => fault.fmt(f),
        }
    }
}

/// An error code of `pone`. An unknown one is a value.
///
/// Source: docs/protocols/sp80x.md section 7; one source: a tester's program and the driver header
/// beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PoneFault(pub u8);

/// An error code of `pirit`. An unknown one is a value.
///
/// Source: docs/protocols/sp80x.md section 7; the vendor's document and up to three programs.
#[cfg(feature = "pirit")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PiritFault(pub u8);

/// What both STX dialects have: the numbers were one list once.
macro_rules! code {
    ($fault:ident, $table:expr) => {
        impl $fault {
            /// Wrong function number.
            pub const WRONG_FUNCTION: Self = Self(0x02);
            /// Wrong parameter.
            pub const WRONG_PARAMETER: Self = Self(0x03);
            /// Wrong password: another dialect is spoken, perhaps.
            pub const WRONG_PASSWORD: Self = Self(0x06);
            /// Wrong checksum.
            pub const CHECKSUM: Self = Self(0x07);
            /// The paper is out.
            pub const PAPER_END: Self = Self(0x08);

            /// The documented meaning in English; `None` for an unknown code.
            #[must_use]
            pub fn name_en(self) -> Option<&'static str> {
                self.row().map(|(_, en, _)| *en)
            }

            /// The documented meaning in Russian, in our words; `None` for an unknown code.
            #[must_use]
            pub fn name_ru(self) -> Option<&'static str> {
                self.row().map(|(_, _, ru)| *ru)
            }

            fn row(self) -> Option<&'static (u8, &'static str, &'static str)> {
                $table.iter().find(|row| row.0 == self.0)
            }
        }

        impl fmt::Display for $fault {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name_en() {
                    Some(name) => write!(f, "{name} ({:02X})", self.0),
                    None => write!(f, "error {:02X}", self.0),
                }
            }
        }
    };
}

code!(PoneFault, PONE_FAULTS);
#[cfg(feature = "pirit")]
code!(PiritFault, PIRIT_FAULTS);

/// An error of `arm`, or that there is none: numbers whose list nobody has published, and the device's own text.
///
/// Source: docs/protocols/sp80x.md section 6.2; result, code and text three sources, the rest one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ArmFault {
    /// The result: 0 is success, anything else an error.
    pub result: i64,
    /// The category, if it is told.
    pub category: Option<i64>,
    /// The source, if it is told.
    pub source: Option<i64>,
    /// The code, if it is told; 0 has been seen with an error.
    pub code: Option<i64>,
    /// What the device says to people, in Russian.
    pub description: Option<String>,
}

impl ArmFault {
    /// An error with a result, a code and a text.
    #[must_use]
    pub fn new(result: i64, code: i64, description: &str) -> Self {
        let description = Some(description.to_owned()).filter(|text| !text.is_empty());
        Self { result, code: Some(code), description, ..Self::default() }
    }
}

impl fmt::Display for ArmFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.description {
            Some(text) => write!(f, "{text} (result {}", self.result)?,
            None => write!(f, "error (result {}", self.result)?,
        }
        for (name, number) in
            [("category", self.category), ("source", self.source), ("code", self.code)]
        {
            if let Some(number) = number {
                write!(f, ", {name} {number}")?;
            }
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_codes() {
        assert_eq!(PoneFault(0x0A).to_string(), "shift longer than 24 h (0A)");
        assert_eq!(PoneFault::PAPER_END.name_ru(), Some("закончилась бумага"));
        assert_eq!(PoneFault(0x5A).to_string(), "error 5A");
        assert_eq!(PoneFault(0x12).name_en(), None, "an error of the PC library, not the device");
        assert!(Fault::Pone(PoneFault::PAPER_END).is_paper());
        assert!(!Fault::Pone(PoneFault(0x09)).is_paper(), "not ready says nothing of paper");
    }

    #[test]
    fn every_code_stands_once_in_order() {
        assert!(PONE_FAULTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(PONE_FAULTS.iter().all(|(_, _, ru)| !ru.is_ascii()));
    }

    #[cfg(feature = "pirit")]
    #[test]
    fn the_numbers_part_from_0c_on() {
        let names = |code| (PoneFault(code).name_en(), PiritFault(code).name_en());
        assert_eq!(names(0x08), (Some("paper end"), Some("paper end")));
        assert_eq!(names(0x12), (None, Some("error sending data to the OFD")));
        assert_eq!(names(0x40), (Some("device busy"), Some("wrong command parameter")));
        assert!(Fault::Pirit(PiritFault::PAPER_END).is_paper());
        assert!(PIRIT_FAULTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(PIRIT_FAULTS.iter().all(|(_, _, ru)| !ru.is_ascii()));
    }

    #[test]
    fn errors_of_arm_show_number_and_text() {
        let fault = ArmFault::new(1, 0, "Смена закрыта");
        assert_eq!(fault.to_string(), "Смена закрыта (result 1, code 0)");
        assert_eq!(ArmFault { result: 7, ..ArmFault::default() }.to_string(), "error (result 7)");
    }
}
