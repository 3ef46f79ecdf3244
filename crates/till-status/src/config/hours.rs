//! `[hours]`: when the till is meant to sell.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use status_core::{ClosedDay, Hours, Opening};
use toml::de::DeValue;

use super::reader::{Read, Reader, Root};
use super::value::list;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MIDNIGHT: u16 = 24 * 60;

/// The opening hours, by the till's own clock. A day that is not named is as `every` says.
pub(super) fn hours<'t>(root: &mut Root<'t>, reader: &mut Reader<'t>) -> Option<Hours> {
    let mut section = root.section("hours", reader)?;
    let line = section.line_of("every");
    let every = section.take("every", reader, openings);
    let mut hours = Hours::default();
    for (day, key) in hours.week.iter_mut().zip(DAYS) {
        let named = section.take(key, reader, openings);
        *day = named.or_else(|| every.clone()).unwrap_or_default();
    }
    if let Some(closed) = section.take("closed_on", reader, list(closed_day)) {
        hours.closed = BTreeSet::from_iter(closed);
    }
    section.end(reader);
    if hours.week.iter().all(Vec::is_empty) {
        let text = "[hours] is there and the till never opens; say when, such as every = \
                    \"08:00-22:00\", or leave the section out";
        reader.fault(line, text.to_owned());
    }
    Some(hours)
}

/// `"closed"`, `"08:00-22:00"`, or a list of such times.
fn openings(value: &DeValue<'_>) -> Read<Vec<Opening>> {
    if value.as_str() == Some("closed") {
        return Ok(Vec::new());
    }
    list(opening)(value).map_err(|_| {
        "\"closed\", or times such as \"08:00-22:00\", [\"08:00-13:00\", \"14:00-20:00\"], \
         \"20:00-02:00\" over midnight, \"00:00-24:00\" round the clock"
            .to_owned()
    })
}

fn opening(value: &DeValue<'_>) -> Read<Opening> {
    let (from, until) = value.as_str().and_then(|text| text.split_once('-')).ok_or("times")?;
    let (from, until) = (minute(from).ok_or("a time")?, minute(until).ok_or("a time")?);
    // Equal times may mean a day or nothing.
    let sensible = from < MIDNIGHT && from != until;
    if sensible { Ok(Opening { from, until }) } else { Err("other times".to_owned()) }
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

/// `"01-01"` of every year, or `"2027-05-03"` once.
fn closed_day(value: &DeValue<'_>) -> Read<ClosedDay> {
    let expected = "days such as [\"01-01\", \"2027-05-03\"]: the first of January of every year, and \
                    one day of 2027";
    let text = value.as_str().ok_or_else(|| expected.to_owned())?;
    let yearly = || {
        let (month, day) = text.split_once('-')?;
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        // A leap year has every day.
        let there = Date::new(2028, month, day).is_ok();
        there.then_some(ClosedDay::Yearly { month, day })
    };
    let once = || text.parse().ok().filter(|day| *day >= date(2000, 1, 1)).map(ClosedDay::Once);
    yearly().or_else(once).ok_or_else(|| expected.to_owned())
}

#[cfg(test)]
mod tests;
