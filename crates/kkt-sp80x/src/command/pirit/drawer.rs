//! 81: the cash drawer.

use super::{DRAWER, Fields, command};
use crate::Pirit;
use crate::error::DecodeError;
use crate::frame::Answer;

/// Asks whether the cash drawer is open. (80 opens it, and does not exist here.)
///
/// ```text
/// > 81
/// < 81 [0 closed, 1 open]
/// ```
/// Viki Print 57 and 57+ always say 0.
///
/// # Errors
/// [`DecodeError::Value`] when it is neither.
///
/// Source: docs/protocols/sp80x.md section 4, "Overview".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadDrawer;

impl ReadDrawer {
    pub(super) fn fields(self) -> [u32; 0] {
        []
    }

    fn read(self, answer: &Answer<'_>) -> Result<bool, DecodeError> {
        match Fields::of(answer, &[])?.integer("drawer")? {
            0 => Ok(false),
            1 => Ok(true),
            got => Err(DecodeError::Value {
                field: "drawer",
                got: got.to_string(),
                expected: "0 or 1",
            }),
        }
    }
}

command!(Pirit, ReadDrawer, DRAWER, bool);

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn open_closed_and_neither() {
        assert_eq!(answer(&ReadDrawer, "81", "1|"), Ok(true));
        assert_eq!(answer(&ReadDrawer, "81", "0|"), Ok(false));
        assert!(answer(&ReadDrawer, "81", "2|").is_err());
    }
}
