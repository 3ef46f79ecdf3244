//! A span of time in the configuration: `"15min"`, or a number of seconds.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

/// A span of time: `"500ms"`, `"15min"`, `"2h 30min"`, or a number of seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl Span {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a time such as \"15min\", or a number of seconds")]
        enum Written {
            Seconds(u64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Seconds(seconds) if seconds <= LONGEST => Ok(Self::seconds(seconds)),
            Written::Seconds(seconds) => Err(D::Error::custom(wrong(&seconds.to_string()))),
            Written::Text(text) => read(&text).ok_or_else(|| D::Error::custom(wrong(&text))),
        }
    }
}

/// A year.
const LONGEST: u64 = 366 * 86_400;

fn read(text: &str) -> Option<Span> {
    let span: jiff::SignedDuration = text.parse().ok()?;
    let span = Duration::try_from(span).ok()?;
    (span.as_secs() <= LONGEST).then_some(Span(span))
}

fn wrong(got: &str) -> String {
    format!("got {got:?}, expected a time of at most a year such as \"30s\", \"15min\" or \"2h\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_as_people_write_them() {
        for (written, expected) in [
            ("5", Some(Duration::from_secs(5))),
            ("\"500ms\"", Some(Duration::from_millis(500))),
            ("\"15min\"", Some(Duration::from_secs(900))),
            ("\"2h 30min\"", Some(Duration::from_secs(9000))),
            ("\"-1s\"", None),
            ("-1", None),
            ("\"soon\"", None),
            ("99999999999", None),
            ("\"9999999h\"", None),
        ] {
            let read: Result<Span, _> = serde_json::from_str(written);
            assert_eq!(read.ok().map(|span| span.0), expected, "{written}");
        }
    }
}
