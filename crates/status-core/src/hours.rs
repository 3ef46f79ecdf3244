//! When a till is meant to sell: the opening hours of its shop.

use std::collections::BTreeSet;

use jiff::{
    ToSpan,
    civil::{Date, DateTime, Time, Weekday},
};

/// So many days back an opening can have begun: a shop that never closes has been open for a week.
const DAYS_BACK: i32 = 7;

/// The opening hours of a week, and the days on which it is closed all the same.
///
/// The default is closed on every day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    /// The openings that begin on each day, Monday first.
    pub week: [Vec<Opening>; 7],
    /// The days on which nothing begins.
    pub closed: BTreeSet<ClosedDay>,
}

/// From when until when it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The minute of the day at which it opens, below 1440.
    pub from: u16,
    /// The minute at which it closes, at most 1440; not later than `from`, it is that of the next day.
    pub until: u16,
}

/// A day on which it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClosedDay {
    /// Every year.
    Yearly {
        /// The month, from 1.
        month: i8,
        /// The day of the month, from 1.
        day: i8,
    },
    /// Once.
    Once(Date),
}

impl Hours {
    /// Since when it has been open at `now`, by the clock on the wall of the shop; `None` when it is
    /// closed. Openings that follow one another without a gap are one.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use status_core::{Hours, Opening};
    ///
    /// let mut hours = Hours::default();
    /// let night = Opening { from: 22 * 60, until: 6 * 60 };
    /// hours.week = std::array::from_fn(|_| vec![night]);
    /// let begun = date(2026, 11, 24).at(22, 0, 0, 0);
    /// assert_eq!(hours.open_since(date(2026, 11, 25).at(5, 59, 59, 0)), Some(begun));
    /// assert_eq!(hours.open_since(date(2026, 11, 25).at(6, 0, 0, 0)), None);
    /// ```
    pub fn open_since(&self, now: DateTime) -> Option<DateTime> {
        let openings = || (0..=DAYS_BACK).flat_map(|days| self.begun_on(now.date(), days));
        let open = openings().filter(|(from, until)| *from <= now && now < *until);
        let mut since = open.map(|(from, _)| from).min()?;
        loop {
            let before = openings().filter(|(from, until)| *from < since && since <= *until);
            match before.map(|(from, _)| from).min() {
                Some(earlier) => since = earlier,
                None => return Some(since),
            }
        }
    }

    /// The openings that began so many days before `today`.
    fn begun_on(&self, today: Date, days: i32) -> impl Iterator<Item = (DateTime, DateTime)> {
        let date = today.checked_sub(days.days()).ok().filter(|date| !self.closed_on(*date));
        let openings = date.and_then(|date| self.week.get(index(date.weekday())));
        let midnight = date.unwrap_or(today).to_datetime(Time::midnight());
        openings.into_iter().flatten().filter_map(move |opening| opening.on(midnight))
    }

    fn closed_on(&self, date: Date) -> bool {
        let yearly = ClosedDay::Yearly { month: date.month(), day: date.day() };
        self.closed.contains(&yearly) || self.closed.contains(&ClosedDay::Once(date))
    }
}

impl Opening {
    /// Begin and end, on the day that begins at `midnight`.
    fn on(self, midnight: DateTime) -> Option<(DateTime, DateTime)> {
        let at = |minute: u16| midnight.checked_add(i64::from(minute).minutes()).ok();
        let next_day = if self.until <= self.from { 24 * 60 } else { 0 };
        Some((at(self.from)?, at(self.until.saturating_add(next_day))?))
    }
}

fn index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A moment of the week that begins on Monday, 23 November 2026.
    fn at(day: i8, hour: i8, minute: i8) -> DateTime {
        jiff::civil::date(2026, 11, 23 + day).at(hour, minute, 0, 0)
    }

    fn opening(from: u16, until: u16) -> Vec<Opening> {
        vec![Opening { from: from * 60, until: until * 60 }]
    }

    #[test]
    fn a_week_with_a_night_and_a_day_off() {
        let mut hours = Hours::default();
        hours.week[0] = opening(8, 22);
        hours.week[1] = [opening(8, 12), opening(13, 18)].concat();
        hours.week[4] = opening(20, 2);
        hours.week[5] = opening(2, 6);
        for (now, since) in [
            (at(0, 7, 59), None),
            (at(0, 8, 0), Some(at(0, 8, 0))),
            (at(0, 21, 59), Some(at(0, 8, 0))),
            (at(0, 22, 0), None),
            (at(1, 11, 0), Some(at(1, 8, 0))),
            (at(1, 12, 0), None),
            (at(1, 17, 0), Some(at(1, 13, 0))),
            (at(2, 12, 0), None),
            (at(4, 23, 0), Some(at(4, 20, 0))),
            (at(5, 1, 59), Some(at(4, 20, 0))),
            (at(5, 5, 0), Some(at(4, 20, 0))),
            (at(5, 6, 0), None),
        ] {
            assert_eq!(hours.open_since(now), since, "{now}");
        }
    }

    #[test]
    fn a_shop_that_never_closes_but_on_holidays() {
        let mut hours = Hours { week: std::array::from_fn(|_| opening(0, 24)), ..Hours::default() };
        assert_eq!(hours.open_since(at(1, 3, 0)), Some(at(-6, 0, 0)));
        hours.closed.insert(ClosedDay::Yearly { month: 11, day: 23 });
        assert_eq!(hours.open_since(at(0, 12, 0)), None);
        assert_eq!(hours.open_since(at(1, 12, 0)), Some(at(1, 0, 0)));
        hours.closed = [ClosedDay::Once(at(1, 0, 0).date())].into();
        assert_eq!(hours.open_since(at(1, 12, 0)), None);
        let next_year = at(1, 12, 0).checked_add(1.year()).unwrap();
        assert!(hours.open_since(next_year).is_some());
    }

    #[test]
    fn nothing_is_open_by_default_nor_at_the_ends_of_time() {
        assert_eq!(Hours::default().open_since(at(0, 12, 0)), None);
        let hours = Hours { week: std::array::from_fn(|_| opening(0, 24)), ..Hours::default() };
        for now in [DateTime::MIN, DateTime::MAX] {
            assert!(hours.open_since(now).is_none_or(|since| since <= now));
        }
    }
}
