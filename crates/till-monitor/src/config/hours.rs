//! The opening hours of a store in one line: `mon-fri 08:00-22:00, sat sun 09:00-21:00`, over midnight
//! `20:00-06:00`, or `always`.

use status_core::{Hours, HoursError, Opening};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The hours of a week, and the days on which it is closed all the same; `None` for always.
pub(super) fn hours(week: &str, closed_on: &[String]) -> Result<Option<Hours>, String> {
    let mut hours = match (week.trim(), closed_on) {
        ("" | "always", []) => return Ok(None),
        ("" | "always", _) => self::week("00:00-24:00")?,
        (week, _) => self::week(week)?,
    };
    for day in closed_on {
        hours.closed.insert(day.parse().map_err(|error: HoursError| error.to_string())?);
    }
    Ok(Some(hours))
}

fn week(text: &str) -> Result<Hours, String> {
    let mut hours = Hours::default();
    for part in text.split(',') {
        let words: Vec<_> = part.split_whitespace().collect();
        let Some((times, days)) = words.split_last() else { return Err(wrong(part)) };
        let opening: Opening = times.parse().map_err(|_| wrong(part))?;
        let days = match days {
            [] => vec![true; DAYS.len()],
            days => named(days).ok_or_else(|| wrong(part))?,
        };
        let open = hours.week.iter_mut().zip(days).filter(|(_, named)| *named);
        open.for_each(|(day, _)| day.push(opening));
    }
    Ok(hours)
}

/// Which days `mon`, `sat sun` or `fri-mon` are, Monday first.
fn named(words: &[&str]) -> Option<Vec<bool>> {
    let day = |name: &str| DAYS.iter().position(|day| *day == name);
    let mut named = vec![false; DAYS.len()];
    for word in words {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last) = (day(first)?, day(last)?);
        for (at, named) in named.iter_mut().enumerate() {
            let within = (first..=last).contains(&at);
            // From Friday to Monday goes over the end of the week.
            *named |= if first <= last { within } else { at >= first || at <= last };
        }
    }
    Some(named)
}

fn wrong(part: &str) -> String {
    format!(
        "got {part:?}, expected hours such as \"mon-fri 08:00-22:00, sat sun 09:00-21:00\" or \"always\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_as_people_write_them() {
        let day = ("08:00-22:00", 480, 1320);
        let night = ("20:00-06:00", 1200, 360);
        for (text, expected) in [
            (format!("mon-fri {}", day.0), [1, 1, 1, 1, 1, 0, 0]),
            (format!("sat sun {}", day.0), [0, 0, 0, 0, 0, 1, 1]),
            (format!("fri-mon {}", night.0), [1, 0, 0, 0, 1, 1, 1]),
            (day.0.to_owned(), [1; 7]),
            (format!("mon {}, mon tue {}", day.0, night.0), [2, 1, 0, 0, 0, 0, 0]),
        ] {
            let hours = week(&text).unwrap();
            let openings = hours.week.each_ref().map(Vec::len);
            assert_eq!(openings, expected, "{text}");
            let times = hours.week.iter().flatten().map(|opening| (opening.from, opening.until));
            assert!(
                times.into_iter().all(|time| [day, night].map(|(_, f, u)| (f, u)).contains(&time))
            );
        }
        assert_eq!(hours("always", &[]), Ok(None));
    }

    #[test]
    fn what_are_no_hours() {
        for text in ["mon", "8-22", "08:00-25:00", "noon 08:00-22:00", "mon-fri 08:00 - 22:00", ","]
        {
            assert!(week(text).is_err_and(|error| error.contains("such as")), "{text}");
        }
    }
}
