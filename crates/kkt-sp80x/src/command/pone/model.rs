//! A5 [0]: the model.

use super::{INFORMATION, command, number};
use crate::Pone;
use crate::error::DecodeError;
use crate::frame::Answer;
use crate::model::Model;

/// Asks which model the device is; the number is also that of its firmware.
///
/// ```text
/// > A5 [0]
/// < A5 [id]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when the id is no number.
///
/// Source: docs/protocols/sp80x.md section 5.1; one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadModel;

impl ReadModel {
    pub(super) fn fields(self) -> [u32; 1] {
        [0]
    }

    fn read(self, answer: &Answer<'_>) -> Result<Model, DecodeError> {
        number(answer, "model id").map(Model)
    }
}

command!(Pone, ReadModel, INFORMATION, Model);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_errors};
    use super::*;

    #[test]
    fn an_id_may_be_unknown() {
        assert_eq!(answer(&ReadModel, "A5", "801|"), Ok(Model(801)));
        assert_eq!(answer(&ReadModel, "A5", "802|"), Ok(Model(802)));
        check_errors(&ReadModel, "A5", "model id");
    }
}
