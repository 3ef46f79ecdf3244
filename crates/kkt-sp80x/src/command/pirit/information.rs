//! 02: information about the KKT.

use std::fmt;

use super::{Fields, INFORMATION, command};
use crate::Pirit;
use crate::error::DecodeError;
use crate::frame::Answer;
use crate::value::{CivilDate, CivilDateTime};

/// Asks for the factory (serial) number.
///
/// ```text
/// > 02 [1]
/// < 02 [1] [number]
/// ```
///
/// # Errors
/// [`DecodeError::Missing`] when the answer is too short.
///
/// Source: docs/protocols/sp80x.md section 4.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFactoryNumber;

/// Asks for date and time of the last fiscal operation; opening and closing a shift count.
///
/// ```text
/// > 02 [5]
/// < 02 [5] [DDMMYY] [HHMMSS]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when it is no date or time.
///
/// Source: docs/protocols/sp80x.md section 4.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadLastFiscal;

/// Asks until when the fiscal storage may be used.
///
/// ```text
/// > 02 [14]
/// < 02 [14] [DDMMYY] [days]      days: FFD 1.2 only
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when it is no date.
///
/// Source: docs/protocols/sp80x.md section 4.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFnTerm;

/// Asks when the shift was opened.
///
/// ```text
/// > 02 [17]
/// < 02 [17] [DDMMYY] [HHMMSS]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when it is no date or time.
///
/// Source: docs/protocols/sp80x.md section 4.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadShiftOpened;

/// Asks which model the device is.
///
/// ```text
/// > 02 [21]
/// < 02 [21] [id]
/// ```
///
/// # Errors
/// [`DecodeError::Value`] when the id is no number.
///
/// Source: docs/protocols/sp80x.md section 4.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadModel;

/// How long the fiscal storage may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FnTerm {
    /// The last day.
    pub valid_until: CivilDate,
    /// The days that are left, if the device tells them.
    pub days_left: Option<u32>,
}

/// The model of a device of this family. An id that we have no name for is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PiritModel(pub u32);

impl PiritModel {
    /// The name, if the id is a known one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "Viki Mini",
            2 => "Viki Tower",
            3 => "Viki Print 57",
            4 => "Viki Print 57+",
            5 => "Viki Print 80+",
            8 => "Pirit 2F",
            9 => "Pirit 2SF",
            _ => return None,
        })
    }
}

impl fmt::Display for PiritModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "model {}", self.0),
        }
    }
}

/// A question of 02 with a number, and how its answer is read.
macro_rules! question {
    ($command:ty, $number:literal, $answer:ty, $read:expr) => {
        impl $command {
            pub(super) fn fields(self) -> [u32; 1] {
                [$number]
            }

            fn read(self, answer: &Answer<'_>) -> Result<$answer, DecodeError> {
                let read: fn(&mut Fields<'_>) -> Result<$answer, DecodeError> = $read;
                read(&mut Fields::of(answer, &self.fields())?)
            }
        }

        command!(Pirit, $command, INFORMATION, $answer);
    };
}

question!(ReadFactoryNumber, 1, String, |fields| fields.text("factory number"));
question!(ReadLastFiscal, 5, CivilDateTime, |fields| fields.date_time("last fiscal operation"));
question!(ReadFnTerm, 14, FnTerm, |fields| {
    let valid_until = fields.date("end of the fiscal storage's term")?;
    let days_left = match fields.0 {
        [] => None,
        _ => Some(fields.integer("days left")?),
    };
    Ok(FnTerm { valid_until, days_left })
});
question!(ReadShiftOpened, 17, CivilDateTime, |fields| fields.date_time("opening of the shift"));
question!(ReadModel, 21, PiritModel, |fields| fields.integer("model id").map(PiritModel));

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn dates_and_times() {
        let last = answer(&ReadLastFiscal, "02", "5|241126|092959|").unwrap();
        assert_eq!(last.to_string(), "2026-11-24T09:29:59");
        let opened = answer(&ReadShiftOpened, "02", "17|241126|080000|").unwrap();
        assert_eq!(opened.to_string(), "2026-11-24T08:00:00");
        for broken in ["5|311126|092959|", "5|24112|092959|", "5||092959|", "5|241126|240000|"] {
            assert!(answer(&ReadLastFiscal, "02", broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_term_with_and_without_days() {
        let term = answer(&ReadFnTerm, "02", "14|010128|").unwrap();
        assert_eq!((term.valid_until.to_string().as_str(), term.days_left), ("2028-01-01", None));
        let term = answer(&ReadFnTerm, "02", "14|010128|403|").unwrap();
        assert_eq!(term.days_left, Some(403));
    }

    #[test]
    fn number_and_model() {
        let number = answer(&ReadFactoryNumber, "02", "1|0497123456789012|");
        assert_eq!(number.as_deref(), Ok("0497123456789012"));
        let model = answer(&ReadModel, "02", "21|5|").unwrap();
        assert_eq!(model.to_string(), "Viki Print 80+");
        assert_eq!(answer(&ReadModel, "02", "21|77|").unwrap().to_string(), "model 77");
    }
}
