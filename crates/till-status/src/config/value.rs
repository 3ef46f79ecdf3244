//! Readers of single values. Each error says what was expected.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::{fmt::temporal::DateTimeParser, tz::TimeZone};
use toml::de::DeValue;

use super::reader::Read;

/// Any text.
pub(super) fn text(value: &DeValue<'_>) -> Read<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| "a text in quotes".to_owned())
}

/// A text that has at least one character.
pub(super) fn some_text(value: &DeValue<'_>) -> Read<String> {
    text(value).ok().filter(|text| !text.is_empty()).ok_or_else(|| "a text in quotes".to_owned())
}

/// The path of a file, from the root.
pub(super) fn absolute_path(value: &DeValue<'_>) -> Read<PathBuf> {
    let path = text(value).ok().map(PathBuf::from).filter(|path| path.is_absolute());
    path.ok_or_else(|| {
        "an absolute path in quotes, such as \"/var/lib/till-status/state\"".to_owned()
    })
}

/// An identifier: a text, or an integer that is taken as its digits.
pub(super) fn id(value: &DeValue<'_>) -> Read<String> {
    match value {
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        other => some_text(other),
    }
}

/// `true` or `false`.
pub(super) fn flag(value: &DeValue<'_>) -> Read<bool> {
    value.as_bool().ok_or_else(|| "true or false".to_owned())
}

/// An integer within `range`.
pub(super) fn integer<T>(range: RangeInclusive<T>) -> impl Fn(&DeValue<'_>) -> Read<T>
where
    T: TryFrom<i64> + PartialOrd + Display,
{
    move |value| {
        let number = value.as_integer();
        let number = number.and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        let number = number.and_then(|n| T::try_from(n).ok()).filter(|n| range.contains(n));
        number.ok_or_else(|| format!("a number from {} to {}", range.start(), range.end()))
    }
}

/// A time zone by its name or offset; `None` for `till`: that of this till.
pub(super) fn zone(value: &DeValue<'_>) -> Read<Option<TimeZone>> {
    let expected = "\"till\", an offset such as \"+03:00\", or the name of a zone that this till \
                    knows, such as \"Europe/Moscow\"";
    match value.as_str() {
        Some("till") => Ok(None),
        Some(text) if text.starts_with(['+', '-']) || text.contains('/') || text == "UTC" => {
            let zone = DateTimeParser::new().parse_time_zone(text);
            zone.map(Some).map_err(|_| expected.to_owned())
        }
        _ => Err(expected.to_owned()),
    }
}

/// One of the named values.
pub(super) fn one_of<T: Clone>(choices: &[(&str, T)]) -> impl Fn(&DeValue<'_>) -> Read<T> {
    move |value| {
        let got = value.as_str();
        let found = choices.iter().find(|(name, _)| Some(*name) == got);
        found.map(|(_, choice)| choice.clone()).ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
            or_list(&names)
        })
    }
}

/// A text that reads as a `T`; the error of reading stands behind what was expected.
pub(super) fn parsed<T>(expected: &'static str) -> impl Fn(&DeValue<'_>) -> Read<T>
where
    T: FromStr,
    T::Err: Display,
{
    move |value| {
        let text = value.as_str().ok_or_else(|| expected.to_owned())?;
        text.parse().map_err(|error| format!("{expected} ({error})"))
    }
}

/// A list of texts, each read as a `T`. A single text counts as a list of one.
pub(super) fn list<T>(
    read: impl Fn(&DeValue<'_>) -> Read<T>,
) -> impl Fn(&DeValue<'_>) -> Read<Vec<T>> {
    move |value| match value {
        DeValue::Array(parts) => parts.iter().map(|part| read(part.get_ref())).collect(),
        single @ DeValue::String(_) => Ok(vec![read(single)?]),
        _ => Err("a list of texts".to_owned()),
    }
}

/// A time span within `range`: a number of seconds, or a text with a unit such as `"15min"`.
pub(super) fn span(range: RangeInclusive<Duration>) -> impl Fn(&DeValue<'_>) -> Read<Duration> {
    move |value| {
        let span = match value {
            DeValue::Integer(number) if number.radix() == 10 => seconds(number.as_str(), 1000),
            DeValue::Float(number) => seconds(number.as_str(), 1000),
            DeValue::String(text) => with_unit(text),
            _ => None,
        };
        span.filter(|span| range.contains(span)).ok_or_else(|| {
            let (least, most) = (shown(*range.start()), shown(*range.end()));
            format!(
                "a time from {least} to {most}: seconds as a number, or a text such as \"500ms\", \
                 \"5s\", \"15min\", \"24h\""
            )
        })
    }
}

/// A time span with the largest unit that fits: `15min`, `1500ms`.
pub(crate) fn shown(span: Duration) -> String {
    let milliseconds = span.as_millis();
    for (unit, size) in [("h", 3_600_000), ("min", 60_000), ("s", 1000)] {
        if milliseconds >= size && milliseconds.is_multiple_of(size) {
            return format!("{}{unit}", milliseconds / size);
        }
    }
    if milliseconds == 0 { "0s".to_owned() } else { format!("{milliseconds}ms") }
}

fn with_unit(text: &str) -> Option<Duration> {
    let end = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at_checked(end)?;
    let unit = match unit {
        "ms" => 1,
        "s" => 1000,
        "min" | "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    seconds(number.trim_end(), unit)
}

/// A decimal number times `unit` milliseconds, exact to the millisecond.
fn seconds(number: &str, unit: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 6 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? * unit / scale };
    Some(Duration::from_millis(whole.checked_add(part)?))
}

fn or_list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_every_unit() {
        for (text, milliseconds) in [
            ("500ms", Some(500)),
            ("1s", Some(1000)),
            ("0.25s", Some(250)),
            ("15 min", Some(900_000)),
            ("2m", Some(120_000)),
            ("24h", Some(86_400_000)),
            ("1d", Some(86_400_000)),
            ("5", None),
            ("s", None),
            ("-1s", None),
            ("1 fortnight", None),
            ("99999999999999999999h", None),
        ] {
            assert_eq!(with_unit(text), milliseconds.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn spans_are_shown_in_the_largest_unit() {
        for (milliseconds, text) in [
            (0, "0s"),
            (1, "1ms"),
            (1500, "1500ms"),
            (60_000, "1min"),
            (90_000, "90s"),
            (86_400_000, "24h"),
        ] {
            assert_eq!(shown(Duration::from_millis(milliseconds)), text);
        }
    }
}
