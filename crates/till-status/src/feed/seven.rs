//! What a till program's own seven endpoints answer, in whatever form it writes.

use jiff::tz::TimeZone;
use serde_json::Value as Json;
use status_core::{Endpoint, MAX_ID, Said, Trouble, Value};

use super::client::{Reply, shown};
use super::{Clock, WrittenTime};
use crate::config::WeightUnit;

/// How a till program writes its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The forms of its times, the first that fits counts.
    pub times: Vec<WrittenTime>,
    /// The zone of times that name none. Default: that of the till.
    pub zone: Option<TimeZone>,
    /// The unit of its weight.
    pub weight: WeightUnit,
}

/// The order of the questions: those about the receipt come often.
pub(crate) const TURNS: [Endpoint; 15] = {
    use Endpoint::{Downtime, LastReceiptTime, Ofd, Paper, UserRoleId, Vision, Weight};
    [
        LastReceiptTime,
        Downtime,
        UserRoleId,
        LastReceiptTime,
        Downtime,
        Ofd,
        LastReceiptTime,
        Downtime,
        Paper,
        LastReceiptTime,
        Downtime,
        Vision,
        LastReceiptTime,
        Downtime,
        Weight,
    ]
};

impl Written {
    /// What an answer says.
    pub(crate) fn said(
        &self,
        endpoint: Endpoint,
        reply: &Reply,
        clock: Clock<'_>,
    ) -> Result<Said, Trouble> {
        let name = endpoint.name();
        match reply.status {
            200 => {
                let value = text(&reply.body).and_then(|text| self.value(endpoint, &text, clock));
                value.map(Said::Value).ok_or_else(|| {
                    let (got, expected) = (shown(&reply.body), expected(endpoint));
                    Trouble::Garbage(format!("{name}: got {got}, expected {expected}"))
                })
            }
            204 if endpoint == Endpoint::Ofd => {
                let text =
                    "ofd: got 204, expected a number, which is 0 when there is nothing to send";
                Err(Trouble::Garbage(text.to_owned()))
            }
            204 => Ok(Said::Empty),
            404 | 405 | 501 => Ok(Said::Lacks),
            status => {
                let body = shown(&reply.body);
                Err(Trouble::Failed(format!("{name}: the till program answers {status} {body}")))
            }
        }
    }

    fn value(&self, endpoint: Endpoint, text: &str, clock: Clock<'_>) -> Option<Value> {
        match endpoint {
            Endpoint::LastReceiptTime | Endpoint::Downtime => {
                let at = self.times.iter().find_map(|form| form.read(text, clock));
                at.map(Value::Time)
            }
            Endpoint::UserRoleId => {
                let good = !text.is_empty() && text.len() <= MAX_ID;
                let good = good && !text.chars().any(char::is_control);
                good.then(|| Value::Id(text.to_owned()))
            }
            Endpoint::Ofd => text.parse().ok().map(Value::Count),
            // 200 says it; a text that says the contrary is no answer.
            Endpoint::Paper | Endpoint::Vision => {
                let no = ["0", "false", "no", "null", "нет"];
                (!no.contains(&text.to_lowercase().as_str())).then_some(Value::Flag)
            }
            Endpoint::Weight => weight(text, self.weight),
        }
    }
}

/// The value in a body: bare, or as JSON; also an object with a single key.
fn text(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let text = text.trim_start_matches('\u{FEFF}').trim();
    let json = match serde_json::from_str(text) {
        Ok(Json::Object(keys)) if keys.len() == 1 => {
            keys.into_iter().next().map(|(_, value)| value)
        }
        Ok(Json::Object(_) | Json::Array(_)) => return None,
        // A bare number keeps its digits.
        Ok(Json::String(text)) => return Some(text.trim().to_owned()),
        Ok(_) | Err(_) => return Some(text.to_owned()),
    };
    match json? {
        Json::String(text) => Some(text.trim().to_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// A decimal number, exact to the milligram.
fn weight(text: &str, unit: WeightUnit) -> Option<Value> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    let (places, more) = match unit {
        WeightUnit::Kilograms => (6, 0),
        WeightUnit::Grams => (3, 3),
    };
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(fraction) || fraction.len() > places {
        return None;
    }
    let all = format!("{whole}{fraction:0<places$}");
    let milligrams: i64 = all.parse().ok()?;
    let decimals = u8::try_from(fraction.len() + more).ok()?.max(3);
    // No scale of a till carries a ton.
    let milligrams = if negative { -milligrams } else { milligrams };
    (milligrams.abs() <= 1_000_000_000).then_some(Value::Weight { milligrams, decimals })
}

fn expected(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::LastReceiptTime | Endpoint::Downtime => "a time in a form of [pos.seven] time",
        Endpoint::UserRoleId => "an id",
        Endpoint::Ofd => "a number of documents",
        Endpoint::Paper | Endpoint::Vision => "anything that does not say no: that is 204",
        Endpoint::Weight => "a weight",
    }
}

#[cfg(test)]
mod tests;
