//! Times and weights as the document writes them.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A time in RFC 3339 to the second, with the till's own offset: `2026-11-24T01:47:39+03:00`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Stamp(String);

impl Stamp {
    /// A time as it is shown in `zone`.
    pub fn new(at: Timestamp, zone: &TimeZone) -> Self {
        let second = Timestamp::from_second(at.as_second()).unwrap_or(at);
        Self(second.display_with_offset(zone.to_offset(at)).to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The point in time, to the second.
    pub fn instant(&self) -> Option<Timestamp> {
        self.0.parse().ok()
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse::<Timestamp>() {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(D::Error::custom(format!("got {text:?}, expected an RFC 3339 time"))),
        }
    }
}

/// Grams, kept as milligrams: a whole number in the document unless the scale is finer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grams {
    /// The milligrams.
    pub milligrams: i64,
}

impl Serialize for Grams {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.milligrams % 1000 == 0 {
            return serializer.serialize_i64(self.milligrams / 1000);
        }
        // Only here, where JSON has no other number: its shortest form is the decimal one again.
        serializer.serialize_f64(self.milligrams as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Grams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let grams = f64::deserialize(deserializer)?;
        let milligrams = (grams * 1000.0).round();
        if milligrams.abs() > 1e15 {
            return Err(D::Error::custom(format!("got {grams} g, expected a weight")));
        }
        #[allow(clippy::cast_possible_truncation)]
        Ok(Self { milligrams: milligrams as i64 })
    }
}
