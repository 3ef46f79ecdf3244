//! 11: a setting.

use super::{Fields, SETTING, command};
use crate::Pirit;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks for one setting. (12 writes it, and does not exist here.)
///
/// ```text
/// > 11 [number] [index]
/// < 11 [value]
/// ```
/// 10 is the till's number in the shop, 71 and 81 are INN and name of the OFD, 77 and 78 its address
/// and port.
///
/// # Errors
/// [`DecodeError::Refused`] when there is no such setting.
///
/// Source: docs/protocols/sp80x.md section 4.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadSetting {
    number: u32,
    index: u32,
}

/// The setting that holds the password of the link.
const PASSWORD: u32 = 20;

impl ReadSetting {
    /// The setting of that number and index; `None` for 20, which is the password of the link.
    #[must_use]
    pub fn new(number: u32, index: u32) -> Option<Self> {
        (number != PASSWORD).then_some(Self { number, index })
    }

    pub(super) fn fields(self) -> [u32; 2] {
        [self.number, self.index]
    }

    fn read(self, answer: &Answer<'_>) -> Result<String, DecodeError> {
        Fields::of(answer, &[])?.text("value of the setting")
    }
}

command!(Pirit, ReadSetting, SETTING, String);

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn the_password_is_never_asked_for() {
        assert_eq!(ReadSetting::new(20, 0), None);
        assert_eq!(ReadSetting::new(20, 7), None);
        let till = ReadSetting::new(10, 0).unwrap();
        assert_eq!(answer(&till, "11", "7|").as_deref(), Ok("7"));
    }
}
