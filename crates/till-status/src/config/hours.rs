//! `[hours]`: when the till is meant to sell.

use std::collections::BTreeSet;

use status_core::{ClosedDay, Hours, Opening};
use toml::de::DeValue;

use super::reader::{Read, Reader, Root};
use super::value::list;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

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
    let text = value.as_str().ok_or("times")?;
    text.parse().map_err(|_| "times".to_owned())
}

/// `"01-01"` of every year, or `"2027-05-03"` once.
fn closed_day(value: &DeValue<'_>) -> Read<ClosedDay> {
    let day = value.as_str().and_then(|text| text.parse().ok());
    day.ok_or_else(|| {
        "days such as [\"01-01\", \"2027-05-03\"]: the first of January of every year, and one day \
         of 2027"
            .to_owned()
    })
}

#[cfg(test)]
mod tests;
