//! The times that a till program writes, in the forms that the configuration names.

use std::time::Duration;

use jiff::civil::{DateTime, Time};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A form of a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WrittenTime {
    /// `rfc3339`: `2026-11-24T01:47:39+03:00`; without an offset it is a time of the zone.
    Rfc3339,
    /// `epoch`: seconds since 1970, with or without a fraction.
    Epoch,
    /// `epoch-ms`: milliseconds since 1970.
    EpochMs,
    /// A pattern as of strftime, such as `%d.%m.%Y %H:%M:%S%.f`; without a date it is a time of the day.
    Pattern(String),
}

/// A clock and a zone, for times that do not say everything.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    /// No time was written after this.
    pub now: Timestamp,
    /// The zone of times that name none.
    pub zone: &'a TimeZone,
}

/// A time of the day may be ahead of us by so much; more, and it is of the day before.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// A time of the day says of what day it is only within this.
pub(super) const DAY: Duration = Duration::from_secs(23 * 3600);

impl WrittenTime {
    /// The form of that name, or that pattern.
    ///
    /// # Errors
    /// What was expected, when a pattern does not tell a time of the day.
    pub fn named(name: &str) -> Result<Self, String> {
        let form = match name {
            "rfc3339" => Self::Rfc3339,
            "epoch" => Self::Epoch,
            "epoch-ms" => Self::EpochMs,
            pattern => Self::Pattern(pattern.to_owned()),
        };
        if let Self::Pattern(pattern) = &form {
            let sample = DateTime::constant(2026, 11, 24, 13, 47, 39, 0);
            let moment = TimeZone::UTC.to_timestamp(sample).unwrap_or_default();
            let text = strtime::format(pattern, moment).ok();
            let read = text.and_then(|text| {
                let broken = strtime::parse(pattern, &text).ok()?;
                let time = || Some(sample.date().to_datetime(broken.to_time().ok()?));
                let moment = || Some(TimeZone::UTC.to_datetime(broken.to_timestamp().ok()?));
                let dated = || moment().or_else(|| broken.to_datetime().ok());
                if form.is_dated() { dated() } else { time() }
            });
            if read != Some(sample) {
                let expected = "\"rfc3339\", \"epoch\", \"epoch-ms\", or a pattern with a time of the \
                                day, such as \"%d.%m.%Y %H:%M:%S%.f\"";
                return Err(expected.to_owned());
            }
        }
        Ok(form)
    }

    /// Does it say the day?
    #[must_use]
    pub fn is_dated(&self) -> bool {
        let Self::Pattern(pattern) = self else { return true };
        let day = ["%d", "%e", "%j", "%D", "%F", "%m", "%b", "%B", "%y", "%Y", "%s"];
        day.iter().any(|part| pattern.contains(part))
    }

    /// Reads a time of this form; `None` when it is none, or lies before the year 2000.
    #[must_use]
    pub fn read(&self, text: &str, clock: Clock<'_>) -> Option<Timestamp> {
        let at = match self {
            Self::Rfc3339 => {
                let moment = text.parse::<Timestamp>().ok();
                moment.or_else(|| in_zone(text.parse().ok()?, clock.zone))
            }
            Self::Epoch => {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| Timestamp::from_second(whole.parse().ok()?).ok())?
            }
            Self::EpochMs => Timestamp::from_millisecond(text.parse().ok()?).ok(),
            Self::Pattern(pattern) => {
                let broken = strtime::parse(pattern, text).ok()?;
                match (broken.to_timestamp(), broken.to_datetime()) {
                    (Ok(at), _) => Some(at),
                    (Err(_), Ok(civil)) => in_zone(civil, clock.zone),
                    (Err(_), Err(_)) => of_the_day(broken.to_time().ok()?, clock),
                }
            }
        };
        at.filter(|at| at.as_second() >= YEAR_2000)
    }
}

/// No till was sold before.
const YEAR_2000: i64 = 946_684_800;

fn in_zone(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(civil).ok()
}

/// The last moment at which clocks showed this.
fn of_the_day(time: Time, clock: Clock<'_>) -> Option<Timestamp> {
    let latest = clock.now.checked_add(AHEAD).ok()?;
    let today = clock.zone.to_datetime(latest).date();
    let days = [Some(today), today.yesterday().ok()];
    let mut moments =
        days.into_iter().flatten().filter_map(|day| in_zone(day.to_datetime(time), clock.zone));
    moments.find(|at| *at <= latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        let zone = TimeZone::fixed(jiff::tz::offset(3));
        let now: Timestamp = "2026-11-24T00:00:05+03:00".parse().unwrap();
        let clock = Clock { now, zone: &zone };
        for (form, text, expected) in [
            ("rfc3339", "2026-11-24T01:47:39+05:00", "2026-11-23T20:47:39Z"),
            ("rfc3339", "2026-11-24T01:47:39Z", "2026-11-24T01:47:39Z"),
            ("rfc3339", "2026-11-23 23:47:39.5", "2026-11-23T20:47:39.5Z"),
            ("epoch", "1795466859", "2026-11-23T20:47:39Z"),
            ("epoch", "1795466859.25", "2026-11-23T20:47:39Z"),
            ("epoch-ms", "1795466859250", "2026-11-23T20:47:39.25Z"),
            ("%d.%m.%Y %H:%M:%S%.f", "23.11.2026 23:47:39", "2026-11-23T20:47:39Z"),
            ("%d.%m.%Y %H:%M:%S%.f", "23.11.2026 23:47:39.125", "2026-11-23T20:47:39.125Z"),
            ("%Y-%m-%d %H:%M:%S,%f", "2026-11-23 23:47:39,125", "2026-11-23T20:47:39.125Z"),
            ("%Y-%m-%dT%H:%M:%S%z", "2026-11-23T23:47:39+0000", "2026-11-23T23:47:39Z"),
            // A time of the day is of the last day that it can be of.
            ("%H:%M:%S%.f", "23:59:59.500", "2026-11-23T20:59:59.5Z"),
            ("%H:%M:%S%.f", "00:00:05", "2026-11-23T21:00:05Z"),
            ("%H:%M:%S%.f", "00:09:00", "2026-11-23T21:09:00Z"),
            ("%H:%M:%S%.f", "00:11:00", "2026-11-22T21:11:00Z"),
            ("rfc3339", "yesterday", "-"),
            ("rfc3339", "1999-11-24T01:47:39Z", "-"),
            ("epoch", "0", "-"),
            ("epoch", "1795466859.x", "-"),
            ("epoch-ms", "1795466859", "-"),
            ("%d.%m.%Y %H:%M:%S", "24.11.2026", "-"),
            ("%d.%m.%Y %H:%M:%S", "32.11.2026 01:02:03", "-"),
        ] {
            let form = WrittenTime::named(form).unwrap();
            let got = form.read(text, clock).map_or("-".to_owned(), |at| at.to_string());
            assert_eq!(got, expected, "{form:?} {text}");
        }
    }

    #[test]
    fn a_pattern_has_to_tell_the_time() {
        for pattern in ["", "noon", "%d.%m.%Y", "%Q", "%d.%m %H:%M:%S", "%I:%M:%S"] {
            assert!(WrittenTime::named(pattern).is_err(), "{pattern}");
        }
        for (pattern, dated) in
            [("%H:%M:%S%.f", false), ("%F %T", true), ("%d.%m.%Y %H:%M:%S", true), ("epoch", true)]
        {
            assert_eq!(WrittenTime::named(pattern).unwrap().is_dated(), dated, "{pattern}");
        }
    }
}
