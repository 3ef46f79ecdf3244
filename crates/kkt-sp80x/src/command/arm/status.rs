//! 2: the status.

use super::{STATUS, command, text, unsigned};
use crate::data::{Data, Node};
use crate::error::DecodeError;

/// Asks for the status: the shift, the last fiscal document, the fiscal storage's number.
///
/// ```text
/// > 2
/// < 3   200000:7 { ShiftState:4, lastDocNumber, 1041, … }
/// ```
/// `ShiftState` 0 is closed, any other number open. There is no "receipt open" in this dialect: the
/// till program sends a receipt whole.
///
/// # Errors
/// [`DecodeError::Value`] when a number is no number.
///
/// Source: docs/protocols/sp80x.md section 6.5; two sources, the root's name one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadStatus;

/// The answer to [`ReadStatus`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// The shift.
    pub shift: Option<ShiftState>,
    /// The number of the last fiscal document (FD).
    pub last_document: Option<u32>,
    /// The number of the fiscal storage (FN).
    pub fn_number: Option<String>,
    /// Everything that came.
    pub data: Data,
}

/// Whether the shift is open: 0 is closed, any other number open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ShiftState(pub u32);

impl ShiftState {
    /// Whether it is open.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.0 != 0
    }
}

pub(super) fn shift(data: &Data) -> Result<Option<ShiftState>, DecodeError> {
    let node = data.field(&["ShiftState"])?;
    Ok(node.map(Node::unsigned).transpose()?.map(ShiftState))
}

impl ReadStatus {
    fn read(data: &Data) -> Result<Status, DecodeError> {
        Ok(Status {
            shift: shift(data)?,
            last_document: unsigned(data, &["lastDocNumber"])?,
            fn_number: text(data, &["1041"])?,
            data: data.clone(),
        })
    }
}

command!(ReadStatus, STATUS, Status);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_refused};
    use super::*;

    #[test]
    fn closed_open_and_not_told() {
        let shift = |xml: &str| answer(&ReadStatus, 3, xml).unwrap().shift;
        let root = |inner: &str| format!("<pa n=\"200000\" t=\"7\">{inner}</pa>");
        let closed = root("<pa n=\"ShiftState\" t=\"4\">0</pa>");
        assert_eq!(shift(&closed), Some(ShiftState(0)));
        assert!(!shift(&closed).unwrap().is_open());
        assert!(shift(&root("<pa n=\"ShiftState\" t=\"4\">2</pa>")).unwrap().is_open());
        assert_eq!(shift(&root("")), None);
        assert_eq!(shift(""), None);
        check_refused(&ReadStatus, 3);
    }

    #[test]
    fn a_state_that_is_no_number_is_no_state() {
        let xml = "<pa n=\"200000\" t=\"7\"><pa n=\"ShiftState\" t=\"4\"></pa></pa>";
        let error = answer(&ReadStatus, 3, xml).unwrap_err();
        assert!(error.to_string().contains("ShiftState="), "{error}");
    }

    #[test]
    fn the_other_fields() {
        let xml = "<pa n=\"200000\" t=\"7\"><pa n=\"lastDocNumber\" t=\"4\">4660</pa>\
                   <pa n=\"1041\" t=\"1\">9999078900001234</pa></pa>";
        let status = answer(&ReadStatus, 3, xml).unwrap();
        assert_eq!(status.last_document, Some(4660));
        assert_eq!(status.fn_number.as_deref(), Some("9999078900001234"));
        assert_eq!(status.data.leaves().len(), 2);
    }
}
