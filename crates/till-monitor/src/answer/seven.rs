//! One of the seven, of a till of any make.
//!
//! The manual fixes path, 200 and 204, and leaves the body open; so text and JSON, bare and quoted values
//! and several forms of a time are read. What cannot be read is [`Said::Nonsense`], never a value.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde_json::Value as Json;
use status_core::{Endpoint, Value};

use super::{Said, Why, short};

/// An answer over HTTP.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'b> {
    /// The code.
    pub status: u16,
    /// `Content-Type`, as it is; empty when there is none.
    pub content_type: &'b str,
    /// The body.
    pub body: &'b [u8],
}

/// What a till says about one of the seven. `zone` is that of times without one.
pub fn seven(endpoint: Endpoint, reply: Reply<'_>, zone: &TimeZone) -> Said {
    match reply.status {
        200 if page(reply) => Said::Nonsense(format!("200 with a page: {}", text(reply.body))),
        200 => value(endpoint, reply.body, zone),
        204 if endpoint == Endpoint::Ofd => Said::Nonsense("204, which says no number".to_owned()),
        204 => Said::None,
        404 | 501 => Said::Lacking(why(reply)),
        429 => Said::Unknown(Why::new("rate-limited", "the till was asked too often")),
        503 => Said::Unknown(why(reply)),
        other => Said::Nonsense(format!("HTTP {other}: {}", text(reply.body))),
    }
}

/// A router or a portal in between answers everything with 200 and a page.
fn page(reply: Reply<'_>) -> bool {
    let html = reply.content_type.trim_start().to_ascii_lowercase().starts_with("text/html");
    let text = reply.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(reply.body);
    html && !text.is_empty() || text.trim_ascii_start().starts_with(b"<")
}

fn value(endpoint: Endpoint, body: &[u8], zone: &TimeZone) -> Said {
    let bare = bare(body);
    let read = match endpoint {
        Endpoint::LastReceiptTime | Endpoint::Downtime => time(&bare, zone).map(Value::Time),
        Endpoint::UserRoleId => (!bare.is_empty()).then(|| Value::Id(short(&bare))),
        Endpoint::Ofd => bare.parse().ok().map(Value::Count),
        // The code says it all; only a body that says the contrary is no answer.
        Endpoint::Paper | Endpoint::Vision => {
            let no = ["0", "false", "no", "нет", "null"];
            (!no.contains(&bare.to_lowercase().as_str())).then_some(Value::Flag)
        }
        Endpoint::Weight => weight(&bare),
    };
    read.map_or_else(|| Said::Nonsense(format!("200: {}", text(body))), Said::Value)
}

/// A body without quotes, white space or the byte order mark; of `{"value": …}` the only member.
fn bare(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    match serde_json::from_str::<Json>(text) {
        Ok(Json::String(text)) => text.trim().to_owned(),
        Ok(Json::Object(members)) if members.len() == 1 => match members.values().next() {
            Some(Json::String(text)) => text.trim().to_owned(),
            Some(Json::Number(number)) => number.to_string(),
            Some(Json::Bool(flag)) => flag.to_string(),
            _ => text.to_owned(),
        },
        _ => text.trim_matches('\'').to_owned(),
    }
}

/// A time of this century: a clock that was never set, and the least or the greatest time of some
/// language, are none.
fn time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let at = instant(text, zone)?;
    let year = at.to_zoned_datetime(TimeZone::UTC).year();
    (2000..2100).contains(&year).then_some(at)
}

/// RFC 3339, the same with a blank or without a zone, Russian `24.11.2026 01:47:39`, and seconds or
/// milliseconds since 1970.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<i64>() {
        // Milliseconds from 2001 on are larger than seconds until the year 5138.
        let seconds = number.unsigned_abs() < 100_000_000_000;
        let read = if seconds { Timestamp::from_second } else { Timestamp::from_millisecond };
        return read(number).ok();
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    if let Ok(zoned) = ZonedDateTime::strptime("%Y-%m-%dT%H:%M:%S%z", text) {
        return Some(zoned.timestamp());
    }
    let forms = ["%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%y %H:%M:%S", "%Y-%m-%d %H:%M"];
    let civil = text.parse::<DateTime>().ok().filter(|_| text.contains(':'));
    let civil = civil.or_else(|| forms.iter().find_map(|form| DateTime::strptime(form, text).ok()));
    Some(civil?.to_zoned_datetime(zone.clone()).ok()?.timestamp())
}

/// Kilograms with a point or a comma; with or without a unit. A bare whole number is no weight that
/// could be told from grams, but zero is zero.
fn weight(text: &str) -> Option<Value> {
    let text = text.replace(',', ".");
    let (number, unit) = match text.find(|c: char| c.is_alphabetic()) {
        Some(at) => text.split_at_checked(at)?,
        None => (text.as_str(), ""),
    };
    let number = number.trim();
    let grams = matches!(unit.trim(), "g" | "г" | "гр");
    if !grams && !matches!(unit.trim(), "" | "kg" | "кг") {
        return None;
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let negative = whole.starts_with('-');
    let whole = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if fraction.len() > 6 || !digits(fraction) || !digits(whole) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    if unit.is_empty() && fraction.is_empty() && whole != 0 {
        return None;
    }
    let millionths = format!("{fraction:0<6}").parse::<i64>().ok()?;
    let micro = whole.checked_mul(1_000_000)?.checked_add(millionths)?;
    // Millionths of a kilogram are milligrams; of a gram they are a thousandth of that.
    let milligrams = if grams { micro / 1000 } else { micro };
    let decimals = u8::try_from(fraction.len()).ok()?.max(3);
    Some(Value::Weight { milligrams: if negative { -milligrams } else { milligrams }, decimals })
}

/// Why it is unknown: the problem document of our tills, or whatever another sends.
fn why(reply: Reply<'_>) -> Why {
    let json: Option<Json> = serde_json::from_slice(reply.body).ok();
    let member = |name: &str| {
        let value = json.as_ref().and_then(|json| json.get(name)).and_then(Json::as_str);
        value.map(str::to_owned)
    };
    let reason = member("type").unwrap_or_default();
    let reason = reason.strip_prefix("urn:till-status:problem:").unwrap_or_default();
    let detail = member("detail").unwrap_or_else(|| text(reply.body));
    Why::new(reason, &format!("HTTP {}: {detail}", reply.status))
}

fn text(body: &[u8]) -> String {
    short(String::from_utf8_lossy(body).trim())
}
