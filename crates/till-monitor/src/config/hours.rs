//! Opening hours: `mon-fri 08:00-22:00, sat sun 09:00-21:00`, also over midnight: `mon-sun 20:00-06:00`.

use jiff::civil::{Time, Weekday};
use jiff::{ToSpan, ZonedDateTime};
use serde::Deserialize;

/// When a store is open. The default is always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Hours {
    /// Day, opening and closing; a closing that is not later is on the next day. Empty: always.
    spans: Vec<(Weekday, Time, Time)>,
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Hours {
    /// Since when it is open at `now`, a week ago at the earliest; `None` while it is closed.
    pub fn open_since(&self, now: &ZonedDateTime) -> Option<ZonedDateTime> {
        let week_ago = now.checked_sub(7.days()).unwrap_or_else(|_| now.clone());
        if self.spans.is_empty() {
            return Some(week_ago);
        }
        let mut since = self.begin(now)?;
        // Spans that touch are one: open from midnight to midnight every day is always open.
        for _ in 0..=self.spans.len() {
            let before = since.checked_sub(1.second()).ok()?;
            match self.begin(&before) {
                Some(earlier) if earlier < since => since = earlier,
                _ => return Some(since),
            }
        }
        Some(week_ago)
    }

    /// When the span that covers `now` began.
    fn begin(&self, now: &ZonedDateTime) -> Option<ZonedDateTime> {
        let (today, zone) = (now.date(), now.time_zone());
        let days = [today.yesterday().ok()?, today];
        let spans =
            days.into_iter().flat_map(|date| self.spans.iter().map(move |span| (date, span)));
        spans
            .filter(|(date, (day, _, _))| date.weekday() == *day)
            .filter_map(|(date, (_, opens, closes))| {
                let last = if closes <= opens { date.tomorrow().ok()? } else { date };
                let opens = date.to_datetime(*opens).to_zoned_datetime(zone.clone()).ok()?;
                let closes = last.to_datetime(*closes).to_zoned_datetime(zone.clone()).ok()?;
                (opens <= *now && *now < closes).then_some(opens)
            })
            .min()
    }
}

impl TryFrom<String> for Hours {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if matches!(text.trim(), "" | "always") {
            return Ok(Self::default());
        }
        let mut spans = Vec::new();
        for part in text.split(',') {
            part_of(part, &mut spans).ok_or_else(|| {
                format!("got {part:?}, expected hours such as \"mon-fri 08:00-22:00, sat sun 09:00-21:00\" or \"always\"")
            })?;
        }
        Ok(Self { spans })
    }
}

fn part_of(part: &str, spans: &mut Vec<(Weekday, Time, Time)>) -> Option<()> {
    let words: Vec<_> = part.split_whitespace().collect();
    let (hours, days) = words.split_last()?;
    let (opens, closes) = hours.split_once('-')?;
    let (opens, closes) = (time(opens)?, time(closes)?);
    if days.is_empty() {
        spans.extend(DAYS.map(|(_, day)| (day, opens, closes)));
    }
    for word in days {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last) = (day(first)?, day(last)?);
        let mut at = first;
        loop {
            spans.push((at, opens, closes));
            if at == last {
                break;
            }
            at = at.next();
        }
    }
    Some(())
}

fn time(text: &str) -> Option<Time> {
    if text == "24:00" {
        return Some(Time::midnight());
    }
    Time::strptime("%H:%M", text).ok()
}

fn day(text: &str) -> Option<Weekday> {
    DAYS.iter().find(|(name, _)| *name == text).map(|(_, day)| *day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_since_when() {
        let shop = "mon-fri 08:00-22:00, sat sun 09:00-21:00";
        for (hours, now, since) in [
            (shop, "2026-11-24T07:59:59+03:00[Europe/Moscow]", None),
            (shop, "2026-11-24T08:00:00+03:00[Europe/Moscow]", Some("2026-11-24T08:00:00")),
            (shop, "2026-11-24T21:59:59+03:00[Europe/Moscow]", Some("2026-11-24T08:00:00")),
            (shop, "2026-11-24T22:00:00+03:00[Europe/Moscow]", None),
            (shop, "2026-11-28T08:30:00+03:00[Europe/Moscow]", None),
            (shop, "2026-11-28T09:30:00+03:00[Europe/Moscow]", Some("2026-11-28T09:00:00")),
            (
                "20:00-06:00",
                "2026-11-24T03:00:00+03:00[Europe/Moscow]",
                Some("2026-11-23T20:00:00"),
            ),
            ("20:00-06:00", "2026-11-24T06:00:00+03:00[Europe/Moscow]", None),
            (
                "fri-mon 10:00-12:00",
                "2026-11-22T11:00:00+03:00[Europe/Moscow]",
                Some("2026-11-22T10:00:00"),
            ),
            ("fri-mon 10:00-12:00", "2026-11-24T11:00:00+03:00[Europe/Moscow]", None),
            (
                "mon 08:00-24:00, tue 00:00-10:00",
                "2026-11-24T09:00:00+03:00[Europe/Moscow]",
                Some("2026-11-23T08:00:00"),
            ),
            (
                "00:00-24:00",
                "2026-11-24T09:00:00+03:00[Europe/Moscow]",
                Some("2026-11-17T09:00:00"),
            ),
            ("always", "2026-11-24T09:00:00+03:00[Europe/Moscow]", Some("2026-11-17T09:00:00")),
        ] {
            let hours: Hours = hours.to_owned().try_into().unwrap();
            let open = hours.open_since(&now.parse().unwrap());
            let open = open.map(|open| open.datetime().to_string());
            assert_eq!(open.as_deref(), since, "{hours:?} at {now}");
        }
    }

    #[test]
    fn what_are_no_hours() {
        for text in ["mon", "8-22", "08:00-25:00", "noon 08:00-22:00", "mon-fri 08:00 - 22:00", ","]
        {
            assert!(Hours::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
