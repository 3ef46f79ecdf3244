//! 58: what the KKT is.

use super::{INFORMATION, command, text};
use crate::data::Data;
use crate::error::DecodeError;

/// Asks what the KKT is: its numbers and its firmware.
///
/// ```text
/// > 58
/// < 59   … { 1037, 1013, KKTFWVersion, … }
/// ```
/// 1037 registration number, 1013 factory number.
///
/// # Errors
/// [`DecodeError::Ambiguous`] when one of them stands twice.
///
/// Source: docs/protocols/sp80x.md section 6.5; one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadInformation;

/// The answer to [`ReadInformation`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Information {
    /// The registration number.
    pub registration_number: Option<String>,
    /// The factory (serial) number.
    pub factory_number: Option<String>,
    /// The version of the firmware.
    pub firmware: Option<String>,
    /// Everything that came.
    pub data: Data,
}

impl ReadInformation {
    fn read(data: &Data) -> Result<Information, DecodeError> {
        Ok(Information {
            registration_number: text(data, &["1037"])?,
            factory_number: text(data, &["1013"])?,
            firmware: text(data, &["KKTFWVersion"])?,
            data: data.clone(),
        })
    }
}

command!(ReadInformation, INFORMATION, Information);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_refused};
    use super::*;

    #[test]
    fn numbers_are_texts() {
        let xml = "<pa n=\"r\" t=\"7\"><pa n=\"1037\" t=\"1\">0001234567001234</pa>\
                   <pa n=\"1013\" t=\"1\">0802001234</pa></pa>";
        let information = answer(&ReadInformation, 59, xml).unwrap();
        assert_eq!(information.registration_number.as_deref(), Some("0001234567001234"));
        assert_eq!(information.factory_number.as_deref(), Some("0802001234"));
        assert_eq!(information.firmware, None);
        check_refused(&ReadInformation, 59);
    }
}
