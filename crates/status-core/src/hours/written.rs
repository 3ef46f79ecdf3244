//! Opening hours as people write them.

use std::str::FromStr;

use jiff::civil::{Date, date};
use thiserror::Error;

use super::{ClosedDay, Opening};

const MIDNIGHT: u16 = 24 * 60;

/// Why a text is no opening, or no day.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HoursError {
    /// No times between which something is open.
    #[error(
        "got {0:?}, expected times such as \"08:00-22:00\", \"20:00-02:00\" over midnight, or \"00:00-24:00\" round the clock"
    )]
    Opening(String),
    /// No day of a year.
    #[error("got {0:?}, expected a day such as \"01-01\" of every year, or \"2027-05-03\" once")]
    ClosedDay(String),
}

/// `08:00-22:00`; over midnight `20:00-02:00`; `00:00-24:00`.
impl FromStr for Opening {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let times = text
            .split_once('-')
            .and_then(|(from, until)| Some(Self { from: minute(from)?, until: minute(until)? }));
        // Equal times may mean a day or nothing.
        let sensible = times.filter(|times| times.from < MIDNIGHT && times.from != times.until);
        sensible.ok_or_else(|| HoursError::Opening(text.to_owned()))
    }
}

/// The minute of the day, of `HH:MM`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |digits: &str, most: u16| {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|number: &u16| plain && *number <= most)
    };
    let minute = number(hour, 24)? * 60 + number(minute, 59)?;
    (minute <= MIDNIGHT).then_some(minute)
}

/// `01-01` of every year, or `2027-05-03` once.
impl FromStr for ClosedDay {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let yearly = || {
            let (month, day) = text.split_once('-')?;
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            // A leap year has every day.
            let there = Date::new(2028, month, day).is_ok();
            there.then_some(Self::Yearly { month, day })
        };
        let once = || text.parse().ok().filter(|day| *day >= date(2000, 1, 1)).map(Self::Once);
        yearly().or_else(once).ok_or_else(|| HoursError::ClosedDay(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_as_people_write_them() {
        for (text, expected) in [
            ("08:00-22:00", Some((480, 1320))),
            ("20:00 - 02:00", Some((1200, 120))),
            ("00:00-24:00", Some((0, 1440))),
            ("8-22", None),
            ("08:00-25:00", None),
            ("24:00-08:00", None),
            ("08:00-24:01", None),
            ("08:00-08:00", None),
            ("08:60-22:00", None),
            ("+8:00-22:00", None),
            ("08:00", None),
            ("", None),
        ] {
            let expected = expected.map(|(from, until)| Opening { from, until });
            let expected = expected.ok_or_else(|| HoursError::Opening(text.to_owned()));
            assert_eq!(text.parse(), expected, "{text:?}");
        }
    }

    #[test]
    fn days_as_people_write_them() {
        for (text, expected) in [
            ("01-01", Some(ClosedDay::Yearly { month: 1, day: 1 })),
            ("02-29", Some(ClosedDay::Yearly { month: 2, day: 29 })),
            ("2027-05-03", Some(ClosedDay::Once(date(2027, 5, 3)))),
            ("02-30", None),
            ("1970-01-01", None),
            ("9999-99-99", None),
            ("new year", None),
        ] {
            let expected = expected.ok_or_else(|| HoursError::ClosedDay(text.to_owned()));
            assert_eq!(text.parse(), expected, "{text:?}");
        }
    }
}
