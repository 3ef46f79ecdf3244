//! What an error is about, and who can help.

use std::fmt;

/// What an error of the device is about.
///
/// The groups are ours: no source prints any. They say whom to call, not how bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum FaultGroup {
    /// There is no paper.
    Paper,
    /// The printer: link, mechanics, print head, control tape.
    Printer,
    /// The fiscal storage itself.
    FiscalStorage,
    /// Documents that do not reach the OFD.
    Ofd,
    /// The shift and its reports.
    Shift,
    /// What is, or is not, in the receipt.
    Receipt,
    /// Money, prices, discounts and taxes.
    Sums,
    /// A password or a protection code.
    Password,
    /// The command is not for the present mode or state.
    Mode,
    /// Date and time.
    Clock,
    /// The program sent something wrong.
    Parameters,
    /// Settings, registration and numbers of the KKT.
    Settings,
    /// Goods, journals and pictures that the KKT keeps.
    Stored,
    /// This model does not know the command.
    Unsupported,
    /// Power, modules, devices behind the KKT.
    Hardware,
    /// It may be about anything: the code itself stands in register 37h.
    SeeRegister,
}

impl FaultGroup {
    /// The group of a documented error; `None` for "no error" and for unknown codes.
    #[must_use]
    pub(super) fn of(code: u8) -> Option<Self> {
        Some(match code {
            0x67 => Self::Paper,
            0x68 | 0x69 | 0x84 | 0x8D | 0x8E | 0xD1 => Self::Printer,
            0x8A | 0xA0 | 0xBA | 0xCF | 0xD0 | 0xD2..=0xD8 | 0xDA | 0xDB | 0xE1 | 0xEA => {
                Self::FiscalStorage
            }
            0xE9 | 0xEB..=0xED | 0xEF => Self::Ofd,
            0x1A | 0x88 | 0x8F | 0x9C | 0xA2 | 0xAA | 0xB0 | 0xBF | 0xF0 => Self::Shift,
            0x0C..=0x0E
            | 0x19
            | 0x3F
            | 0x42
            | 0x43
            | 0x6A
            | 0x76
            | 0x82
            | 0x87
            | 0x89
            | 0x9A
            | 0x9B
            | 0xB3
            | 0xCB
            | 0xDD
            | 0xF3
            | 0xF5
            | 0xF6 => Self::Receipt,
            0x08
            | 0x0B
            | 0x0F
            | 0x10
            | 0x1B
            | 0x41
            | 0x70..=0x73
            | 0x75
            | 0x7B
            | 0x7C
            | 0x7F
            | 0x81
            | 0x86
            | 0x96..=0x98
            | 0xB2
            | 0xDF
            | 0xE0
            | 0xE4 => Self::Sums,
            0x8C | 0x9D | 0xA4 | 0xAE | 0xB1 => Self::Password,
            0x1E | 0x21 | 0x66 | 0x80 | 0xAB => Self::Mode,
            0x15 | 0x16 | 0x1F | 0x20 | 0x94 | 0x95 | 0xD9 | 0xF1 => Self::Clock,
            0x0A
            | 0x11..=0x14
            | 0x46
            | 0x6C
            | 0x6D
            | 0x7D
            | 0x7E
            | 0x91..=0x93
            | 0xA3
            | 0xB4..=0xB8
            | 0xCD
            | 0xDC
            | 0xE7
            | 0xE8
            | 0xF4 => Self::Parameters,
            0x9E | 0x9F | 0xA5..=0xA9 => Self::Settings,
            0x18 | 0x3D | 0x3E | 0x40 | 0x6B | 0x6E | 0x6F | 0xAC | 0xAD | 0xAF => Self::Stored,
            0x7A | 0xF2 => Self::Unsupported,
            0x77 | 0xBE | 0xC8..=0xCA | 0xCC | 0xE6 => Self::Hardware,
            0xEE => Self::SeeRegister,
            _ => return None,
        })
    }

    /// The name, as in docs/protocols/atol.md.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Printer => "printer",
            Self::FiscalStorage => "fiscal-storage",
            Self::Ofd => "ofd",
            Self::Shift => "shift",
            Self::Receipt => "receipt",
            Self::Sums => "sums",
            Self::Password => "password",
            Self::Mode => "mode",
            Self::Clock => "clock",
            Self::Parameters => "parameters",
            Self::Settings => "settings",
            Self::Stored => "stored",
            Self::Unsupported => "unsupported",
            Self::Hardware => "hardware",
            Self::SeeRegister => "see-register",
        }
    }
}

impl fmt::Display for FaultGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use crate::fault::{FAULTS, Fault, FaultGroup};

    #[test]
    fn every_documented_error_has_a_group_and_no_other_code_has() {
        for code in 0..=0xFF {
            let documented = code != 0 && FAULTS.iter().any(|row| row.0 == code);
            assert_eq!(Fault::new(code).group().is_some(), documented, "{code:02X}");
        }
    }

    #[test]
    fn a_group_is_about_what_a_shop_would_say() {
        #[track_caller]
        fn check(code: u8, group: FaultGroup, name: &str) {
            assert_eq!(Fault::new(code).group(), Some(group), "{code:02X}");
            assert_eq!(group.to_string(), name);
        }
        check(0x67, FaultGroup::Paper, "paper");
        check(0xD1, FaultGroup::Printer, "printer");
        check(0xD2, FaultGroup::FiscalStorage, "fiscal-storage");
        check(0xEF, FaultGroup::Ofd, "ofd");
        check(0xF0, FaultGroup::Shift, "shift");
        check(0x20, FaultGroup::Clock, "clock");
        check(0x8C, FaultGroup::Password, "password");
        check(0xF2, FaultGroup::Unsupported, "unsupported");
        check(0xEE, FaultGroup::SeeRegister, "see-register");
    }
}
