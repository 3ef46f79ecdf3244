//! Dates, sums and bytes as these devices write them.

use std::fmt;

/// A date and time of the device: civil time without a zone, as its clock shows it.
///
/// Shown as ISO 8601, `2026-11-24T09:29:59`; with the feature `serde` it is serialised as that text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDateTime {
    /// The date.
    pub date: CivilDate,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59.
    pub second: u8,
}

impl CivilDateTime {
    /// The date and time, if there is such a one in the years 1900 to 2199.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Self> {
        let date = CivilDate::new(year, month, day)?;
        let exists = hour < 24 && minute < 60 && second < 60;
        exists.then_some(Self { date, hour, minute, second })
    }

    /// The time in UTC so many seconds after the beginning of 1970, for want of a zone.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Self {
        let date = CivilDate { year: 1970, month: 1, day: 1 };
        Self { date, hour: 0, minute: 0, second: 0 }.plus_seconds(seconds)
    }

    /// From `YYYY-MM-DD HH:MM:SS`, as `arm` writes it.
    pub(crate) fn from_arm(text: &str) -> Option<Self> {
        let (date, time) = text.split_once(' ')?;
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(time, ':')?;
        let small = |number: u16| u8::try_from(number).ok();
        Self::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?)
    }

    /// From DDMMYY and HHMMSS, in the years from 2000.
    pub(crate) fn from_stx(date: &str, time: &str) -> Option<Self> {
        let CivilDate { year, month, day } = CivilDate::from_stx(date)?;
        let [hour, minute, second] = pairs(time)?;
        Self::new(year, month, day, hour, minute, second)
    }

    /// As `arm` writes it.
    pub(crate) fn to_arm(self) -> String {
        self.to_string().replace('T', " ")
    }

    /// The time so many whole seconds later.
    pub(crate) fn plus_seconds(self, seconds: u64) -> Self {
        let of_day =
            u64::from(self.hour) * 3600 + u64::from(self.minute) * 60 + u64::from(self.second);
        let total = of_day.saturating_add(seconds);
        let (mut days, rest) = (total / 86_400, total % 86_400);
        let small = |number: u64| u8::try_from(number).unwrap_or(0);
        let mut date = self.date;
        while days > 0 && date.year < 2200 {
            date = date.next();
            days -= 1;
        }
        Self {
            date,
            hour: small(rest / 3600),
            minute: small(rest / 60 % 60),
            second: small(rest % 60),
        }
    }
}

impl fmt::Display for CivilDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, hour, minute, second } = self;
        write!(f, "{date}T{hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for CivilDateTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A date without a time. Shown as ISO 8601, `2026-11-24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate {
    /// Year, 1900 to 2199.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

impl CivilDate {
    /// The date, if there is such a one in the years 1900 to 2199.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let exists = (1900..2200).contains(&year) && (1..=days_of(year, month)).contains(&day);
        exists.then_some(Self { year, month, day })
    }

    /// From DDMMYY, in the years from 2000.
    pub(crate) fn from_stx(text: &str) -> Option<Self> {
        let [day, month, year] = pairs(text)?;
        Self::new(2000 + u16::from(year), month, day)
    }

    fn next(self) -> Self {
        let Self { year, month, day } = self;
        if day < days_of(year, month) {
            Self { year, month, day: day + 1 }
        } else if month < 12 {
            Self { year, month: month + 1, day: 1 }
        } else {
            Self { year: year + 1, month: 1, day: 1 }
        }
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for CivilDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A sum in kopecks. Shown in roubles with two places, `123.45`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Kopecks(pub i64);

impl Kopecks {
    /// From roubles with at most two places; `None` for anything else, an empty text too.
    pub(crate) fn from_roubles(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
        let digit = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digit(whole) || !digit(places) || places.len() > 2 {
            return None;
        }
        let part: i64 = places.parse().ok()?;
        let part = if places.len() == 1 { part * 10 } else { part };
        let whole: i64 = whole.parse().ok()?;
        Some(Self(sign * whole.checked_mul(100)?.checked_add(part)?))
    }
}

impl fmt::Display for Kopecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let kopecks = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", kopecks / 100, kopecks % 100)
    }
}

/// Three numbers of two digits.
fn pairs(text: &str) -> Option<[u8; 3]> {
    let digits: [u8; 6] = text.as_bytes().try_into().ok()?;
    let numbers = digits.map(|digit| digit.wrapping_sub(b'0'));
    let [a, b, c, d, e, f] = numbers;
    let plain = numbers.iter().all(|digit| *digit < 10);
    plain.then(|| [a * 10 + b, c * 10 + d, e * 10 + f])
}

/// Three numbers between separators; only digits, so no sign and no blank.
fn numbers(text: &str, separator: char) -> Option<[u16; 3]> {
    let mut parts = text.split(separator).map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    });
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

fn days_of(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_arm(text: &str, expected: Option<&str>) {
        let time = CivilDateTime::from_arm(text);
        assert_eq!(time.map(|time| time.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn times_of_arm() {
        check_arm("2026-09-15 19:30:03", Some("2026-09-15T19:30:03"));
        check_arm("2028-02-29 00:00:00", Some("2028-02-29T00:00:00"));
        for text in [
            "",
            "2026-09-15",
            "2026-09-15T19:30:03",
            "2026-09-15 24:00:00",
            "2026-02-29 01:00:00",
            "2026-09-15 19:30:03:01",
            "+026-09-15 19:30:03",
        ] {
            check_arm(text, None);
        }
        let time = CivilDateTime::new(2026, 1, 2, 3, 4, 5).unwrap();
        assert_eq!(time.to_arm(), "2026-01-02 03:04:05");
    }

    #[test]
    fn times_of_the_stx_dialects() {
        let time = CivilDateTime::from_stx("241126", "092959").unwrap();
        assert_eq!(time.to_string(), "2026-11-24T09:29:59");
        for text in ["24112", "2411260", "24112x", "24 126", "-41126", "２４", "311126"] {
            assert_eq!(CivilDateTime::from_stx(text, "092959"), None, "{text}");
        }
        assert_eq!(CivilDateTime::from_stx("241126", "240000"), None);
    }

    #[test]
    fn sums() {
        for (text, kopecks) in [
            ("123.45", Some(12_345)),
            ("0.00", Some(0)),
            ("-1.5", Some(-150)),
            ("7", Some(700)),
            ("", None),
            ("1.234", None),
            ("1,50", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Kopecks::from_roubles(text), kopecks.map(Kopecks), "{text}");
        }
        assert_eq!(Kopecks(-5).to_string(), "-0.05");
    }

    #[test]
    fn a_clock_runs_over_midnight_and_leap_days() {
        let time = CivilDateTime::new(2028, 2, 28, 23, 59, 58).unwrap();
        assert_eq!(time.plus_seconds(2).to_string(), "2028-02-29T00:00:00");
        let eve = CivilDateTime::new(2026, 12, 31, 23, 0, 0).unwrap();
        assert_eq!(eve.plus_seconds(3661).to_string(), "2027-01-01T00:01:01");
        let now = CivilDateTime::from_unix(1_795_512_615);
        assert_eq!(now.to_string(), "2026-11-24T09:30:15");
        assert_eq!(CivilDateTime::from_unix(u64::MAX).date.year, 2200);
    }
}
