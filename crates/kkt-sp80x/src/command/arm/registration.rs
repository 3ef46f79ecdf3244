//! 50: the registration.

use super::{REGISTRATION, command, text};
use crate::data::Data;
use crate::error::DecodeError;

/// Asks for the parameters of the registration.
///
/// ```text
/// > 50
/// < 51   … { 1018, 1012, 1009:1, … }
/// ```
/// 1018 INN, 1012 date of the (re-)registration, 1009 address. How the date is written is not known,
/// so it stays a text.
///
/// # Errors
/// [`DecodeError::Ambiguous`] when one of them stands twice.
///
/// Source: docs/protocols/sp80x.md section 6.5; one source each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadRegistration;

/// The answer to [`ReadRegistration`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Registration {
    /// The user's INN.
    pub inn: Option<String>,
    /// The date of the (re-)registration, as it came.
    pub registered_at: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// Everything that came.
    pub data: Data,
}

impl ReadRegistration {
    fn read(data: &Data) -> Result<Registration, DecodeError> {
        Ok(Registration {
            inn: text(data, &["1018"])?,
            registered_at: text(data, &["1012"])?,
            address: text(data, &["1009"])?,
            data: data.clone(),
        })
    }
}

command!(ReadRegistration, REGISTRATION, Registration);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_refused};
    use super::*;

    #[test]
    fn texts_are_utf_8() {
        let xml = "<pa n=\"r\" t=\"7\"><pa n=\"1018\" t=\"1\">7701234567 </pa>\
                   <pa n=\"1009\" t=\"1\">Москва</pa></pa>";
        let registration = answer(&ReadRegistration, 51, xml).unwrap();
        assert_eq!(registration.inn.as_deref(), Some("7701234567"));
        assert_eq!(registration.address.as_deref(), Some("Москва"));
        assert_eq!(registration.registered_at, None);
        check_refused(&ReadRegistration, 51);
    }
}
