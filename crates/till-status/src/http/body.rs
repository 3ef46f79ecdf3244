//! The forms of a body: plain text or a JSON scalar, and how times and weights are written.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use status_core::Value;
use warp::http::{HeaderMap, header};

use crate::config::{Api, BodyForm, TimeForm, WeightUnit};

/// How this till writes its values.
#[derive(Debug)]
pub(crate) struct Forms<'a> {
    pub(crate) api: &'a Api,
    pub(crate) zone: &'a TimeZone,
}

impl Forms<'_> {
    /// The bare value, without a line end.
    pub(crate) fn text(&self, value: &Value) -> String {
        match value {
            Value::Time(at) => self.time(*at),
            Value::Id(id) => id.clone(),
            Value::Count(count) => count.to_string(),
            Value::Flag => self.api.flag.clone(),
            Value::Weight { milligrams, decimals } => self.weight(*milligrams, *decimals),
        }
    }

    /// The value as a JSON scalar.
    pub(crate) fn json(&self, value: &Value) -> String {
        match value {
            Value::Time(at) => quoted(&self.time(*at)),
            Value::Id(id) if is_canonical_integer(id) => id.clone(),
            Value::Id(id) => quoted(id),
            Value::Flag => "true".to_owned(),
            other => self.text(other),
        }
    }

    fn time(&self, at: Timestamp) -> String {
        let local = |pattern: &str| {
            let local = at.to_zoned_datetime(self.zone.clone());
            // A pattern was tried when the configuration was read.
            strtime::format(pattern, &local).unwrap_or_else(|_| rfc3339(at, self.zone))
        };
        match &self.api.time {
            TimeForm::Rfc3339 => rfc3339(at, self.zone),
            TimeForm::Local => local("%Y-%m-%dT%H:%M:%S"),
            TimeForm::Epoch => at.as_second().to_string(),
            TimeForm::Pattern(pattern) => local(pattern),
        }
    }

    /// In kilograms as many decimals as the scale has, at least 3; in grams three fewer.
    fn weight(&self, milligrams: i64, decimals: u8) -> String {
        let (unit, least) = match self.api.weight {
            WeightUnit::Kilograms => (6, 3),
            WeightUnit::Grams => (3, 0),
        };
        let shown = decimals.clamp(3, 6) - 3 + least;
        decimal(milligrams, unit, shown)
    }
}

/// The form that the client asked for with `Accept`; `default` when it has no preference.
pub(crate) fn form(headers: &HeaderMap, default: BodyForm) -> BodyForm {
    let mut best = (Preference::default(), Preference::default());
    for value in headers.get_all(header::ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let (name, quality) = quality(range);
            match name.as_str() {
                "application/json" => best.1.offer(2, quality),
                "text/plain" => best.0.offer(2, quality),
                "application/*" => best.1.offer(1, quality),
                "text/*" => best.0.offer(1, quality),
                "*/*" => {
                    best.0.offer(0, quality);
                    best.1.offer(0, quality);
                }
                _ => {}
            }
        }
    }
    match best.0.quality.cmp(&best.1.quality) {
        std::cmp::Ordering::Greater => BodyForm::Text,
        std::cmp::Ordering::Less => BodyForm::Json,
        std::cmp::Ordering::Equal => default,
    }
}

/// A name with its `q` in thousandths, as `Accept` and `Accept-Language` have it.
pub(crate) fn quality(range: &str) -> (String, u16) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (name, q.map_or(1000, thousandths))
}

/// `2026-11-24T01:47:39+03:00`
pub(crate) fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// `Mon, 23 Nov 2026 22:47:39 GMT`
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// What the most exact range that fits says: a more exact one overrules a wider one.
#[derive(Default)]
struct Preference {
    exactness: Option<u8>,
    quality: u16,
}

impl Preference {
    fn offer(&mut self, exactness: u8, quality: u16) {
        if self.exactness.is_none_or(|known| exactness >= known) {
            *self = Self { exactness: Some(exactness), quality };
        }
    }
}

fn thousandths(q: &str) -> u16 {
    let (whole, fraction) = q.split_once('.').unwrap_or((q, ""));
    let digits = fraction.bytes().chain([b'0'; 3]).take(3);
    let fraction = digits.fold(0, |sum, digit| sum * 10 + u16::from(digit.wrapping_sub(b'0') % 10));
    if whole == "1" { 1000 } else { fraction }
}

/// `value` with its point `places` digits from the right, `shown` of them; more if they are not 0.
fn decimal(value: i64, places: usize, shown: u8) -> String {
    let digits = format!("{:0>1$}", value.unsigned_abs(), places + 1);
    let (whole, fraction) = digits.split_at_checked(digits.len() - places).unwrap_or(("0", ""));
    let mut fraction = fraction;
    while fraction.len() > usize::from(shown) {
        match fraction.strip_suffix('0') {
            Some(shorter) => fraction = shorter,
            None => break,
        }
    }
    let sign = if value < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// No sign of plus, no leading zero, within the range that every JSON reader keeps.
fn is_canonical_integer(id: &str) -> bool {
    let number: Option<i64> = id.parse().ok();
    number.is_some_and(|number| number.unsigned_abs() <= 1 << 53 && number.to_string() == id)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
