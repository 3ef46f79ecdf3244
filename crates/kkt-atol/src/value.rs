//! Numbers, dates and money as ATOL writes them.

use std::fmt;

/// A date and time of the device: civil time without a zone, as its clock shows it.
///
/// Shown as ISO 8601, `2026-11-24T01:56:07`; with the feature `serde` it is serialised as that text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDateTime {
    /// Year, 2000 to 2099 (the device sends two digits).
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59; 0 where the device sends none.
    pub second: u8,
}

impl CivilDateTime {
    /// The date and time, if there is such a one in the years 2000 to 2099.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Self> {
        CivilDate::new(year, month, day)?;
        let exists = hour < 24 && minute < 60 && second < 60;
        exists.then_some(Self { year, month, day, hour, minute, second })
    }

    /// From six numbers YY MM DD HH MM SS; `None` if there is no such time.
    pub(crate) fn from_numbers(numbers: [u8; 6]) -> Option<Self> {
        let [year, month, day, hour, minute, second] = numbers;
        Self::new(2000 + u16::from(year), month, day, hour, minute, second)
    }

    /// The time so many whole seconds later.
    #[cfg(feature = "sim")]
    pub(crate) fn plus_seconds(self, seconds: u64) -> Self {
        let of_day =
            u64::from(self.hour) * 3600 + u64::from(self.minute) * 60 + u64::from(self.second);
        let total = of_day.saturating_add(seconds);
        let (mut days, rest) = (total / 86_400, total % 86_400);
        let small = |number: u64| u8::try_from(number).unwrap_or(0);
        let mut date = CivilDate { year: self.year, month: self.month, day: self.day };
        while days > 0 && date.year < 2100 {
            date = date.next();
            days -= 1;
        }
        Self {
            year: date.year,
            month: date.month,
            day: date.day,
            hour: small(rest / 3600),
            minute: small(rest / 60 % 60),
            second: small(rest % 60),
        }
    }
}

impl fmt::Display for CivilDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
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
    /// Year, 2000 to 2099 (the device sends two digits).
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

impl CivilDate {
    /// The date, if there is such a one in the years 2000 to 2099.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let exists = (2000..2100).contains(&year) && (1..=days_of(year, month)).contains(&day);
        exists.then_some(Self { year, month, day })
    }

    #[cfg(feature = "sim")]
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

/// The factory (serial) number of a KKT: eight digits, leading zeros included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactoryNumber(pub u32);

impl fmt::Display for FactoryNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FactoryNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads BCD, most significant byte first; `None` when a nibble is above 9, so no BCD at all.
pub(crate) fn bcd(bytes: &[u8]) -> Option<u64> {
    bytes.iter().try_fold(0_u64, |number, byte| {
        let (high, low) = (byte >> 4, byte & 0x0F);
        let digits = (high < 10 && low < 10).then(|| u64::from(high * 10 + low))?;
        number.checked_mul(100)?.checked_add(digits)
    })
}

/// Reads one byte of BCD.
pub(crate) fn bcd_byte(byte: u8) -> Option<u8> {
    bcd(&[byte]).and_then(|number| u8::try_from(number).ok())
}

/// Writes the last `N * 2` digits of a number as BCD, most significant byte first.
#[cfg(feature = "sim")]
pub(crate) fn to_bcd<const N: usize>(mut number: u64) -> [u8; N] {
    let mut bytes = [0; N];
    for byte in bytes.iter_mut().rev() {
        let digits = u8::try_from(number % 100).unwrap_or(0);
        *byte = ((digits / 10) << 4) | (digits % 10);
        number /= 100;
    }
    bytes
}

/// Bytes as people write them: `A4 20`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        let gap = if text.is_empty() { "" } else { " " };
        text.push_str(&format!("{gap}{byte:02X}"));
    }
    text
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

    #[test]
    fn bcd_is_read_high_first() {
        assert_eq!(bcd(&[0x00, 0x01, 0x23, 0x45]), Some(12_345));
        assert_eq!(bcd(&[0x99, 0x99, 0x99, 0x99]), Some(99_999_999));
        assert_eq!(bcd(&[]), Some(0));
    }

    #[test]
    fn a_nibble_above_nine_is_no_bcd() {
        assert_eq!(bcd(&[0x12, 0x3A]), None);
        assert_eq!(bcd(&[0xA1]), None);
        assert_eq!(bcd(&[0xFF; 20]), None);
        assert_eq!(bcd(&[0x99; 20]), None, "too many digits for a number");
    }

    #[test]
    fn a_date_that_does_not_exist_is_none() {
        assert_eq!(CivilDateTime::from_numbers([26, 2, 29, 0, 0, 0]), None);
        assert!(CivilDateTime::from_numbers([28, 2, 29, 23, 59, 59]).is_some());
        assert_eq!(CivilDateTime::from_numbers([26, 0, 1, 0, 0, 0]), None);
        assert_eq!(CivilDateTime::from_numbers([26, 13, 1, 0, 0, 0]), None);
        assert_eq!(CivilDateTime::from_numbers([26, 1, 1, 24, 0, 0]), None);
        assert_eq!(CivilDate::new(2026, 1, 0), None);
    }

    #[test]
    fn times_are_shown_as_iso() {
        let time = CivilDateTime::new(2026, 11, 24, 1, 56, 7).unwrap();
        assert_eq!(time.to_string(), "2026-11-24T01:56:07");
        assert_eq!(CivilDate::new(2026, 1, 2).unwrap().to_string(), "2026-01-02");
        assert_eq!(FactoryNumber(106_543).to_string(), "00106543");
    }

    #[cfg(feature = "sim")]
    #[test]
    fn a_clock_runs_over_midnight_and_leap_days() {
        let time = CivilDateTime::new(2028, 2, 28, 23, 59, 58).unwrap();
        assert_eq!(time.plus_seconds(2).to_string(), "2028-02-29T00:00:00");
        assert_eq!(time.plus_seconds(2 + 86_400).to_string(), "2028-03-01T00:00:00");
        let eve = CivilDateTime::new(2026, 12, 31, 23, 0, 0).unwrap();
        assert_eq!(eve.plus_seconds(3661).to_string(), "2027-01-01T00:01:01");
    }

    #[cfg(feature = "sim")]
    #[test]
    fn bcd_there_and_back() {
        assert_eq!(to_bcd::<4>(106_543), [0x00, 0x10, 0x65, 0x43]);
        assert_eq!(to_bcd::<1>(130), [0x30], "the last digits");
        assert_eq!(bcd(&to_bcd::<5>(12_345)), Some(12_345));
    }
}
