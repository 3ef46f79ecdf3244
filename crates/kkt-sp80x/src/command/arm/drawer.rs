//! 52: the cash drawer.

use super::{DRAWER, command};
use crate::data::Data;
use crate::error::DecodeError;

/// Asks for the state of the cash drawer. (36 opens it, and does not exist here.)
///
/// ```text
/// > 52
/// < 53   layout not known
/// ```
/// So the answer is its data, for a person to look at.
///
/// # Errors
/// [`DecodeError::Refused`] when the device has an error.
///
/// Source: docs/protocols/sp80x.md section 6.4; one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadDrawer;

/// The answer to [`ReadDrawer`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Drawer {
    /// Everything that came.
    pub data: Data,
}

impl ReadDrawer {
    fn read(data: &Data) -> Result<Drawer, DecodeError> {
        Ok(Drawer { data: data.clone() })
    }
}

command!(ReadDrawer, DRAWER, Drawer);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_refused};
    use super::*;

    #[test]
    fn whatever_comes_is_kept() {
        let drawer = answer(&ReadDrawer, 53, "<pa n=\"x\" t=\"4\">1</pa>").unwrap();
        assert_eq!(drawer.data.leaves().len(), 1);
        check_refused(&ReadDrawer, 53);
    }
}
