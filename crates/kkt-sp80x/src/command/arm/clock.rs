//! 22: the clock.

use super::{CLOCK, command};
use crate::data::{Data, Node};
use crate::error::DecodeError;
use crate::value::CivilDateTime;

/// Asks what the device's clock shows. (24 sets it, and does not exist here.)
///
/// ```text
/// > 22
/// < 23   200001:7 { DateTime:5 }
/// ```
/// Civil time without a zone, which may be wrong.
///
/// # Errors
/// [`DecodeError::Missing`] when the answer holds no time.
///
/// Source: docs/protocols/sp80x.md section 6.5; two sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadClock;

/// The answer to [`ReadClock`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Clock {
    /// What the clock shows.
    pub date_time: CivilDateTime,
    /// Everything that came.
    pub data: Data,
}

impl ReadClock {
    fn read(data: &Data) -> Result<Clock, DecodeError> {
        let time = data.field(&["DateTime"])?.map(Node::date_time).transpose()?;
        let date_time = time.ok_or(DecodeError::Missing("DateTime"))?;
        Ok(Clock { date_time, data: data.clone() })
    }
}

command!(ReadClock, CLOCK, Clock);

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check_refused};
    use super::*;

    #[test]
    fn a_time_and_none() {
        let xml =
            "<pa n=\"200001\" t=\"7\"><pa n=\"DateTime\" t=\"5\">2026-09-15 19:30:03</pa></pa>";
        let clock = answer(&ReadClock, 23, xml).unwrap();
        assert_eq!(clock.date_time.to_string(), "2026-09-15T19:30:03");
        let error = answer(&ReadClock, 23, "").unwrap_err();
        assert_eq!(error, DecodeError::Missing("DateTime"));
        check_refused(&ReadClock, 23);
    }
}
