//! `[store.NAME]`: where tills stand, and when they have to answer.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde::{Deserialize, Deserializer, de::Error};

use super::hours::Hours;

/// A store.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// For people. Default: its name in the file.
    pub title: String,
    /// Its time zone, such as `Europe/Samara`. Default: that of the monitor.
    pub zone: Zone,
    /// When it is open, such as `mon-fri 08:00-22:00, sat sun 09:00-21:00`. Default: always.
    pub hours: Hours,
}

impl Store {
    /// Since when it is open; `None` while it is closed.
    pub fn open_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.hours.open_since(&self.local(now)).map(|since| since.timestamp())
    }

    fn local(&self, now: Timestamp) -> ZonedDateTime {
        now.to_zoned_datetime(self.zone.0.clone())
    }
}

/// A time zone by its IANA name.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(pub TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::system())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        TimeZone::get(&name).map(Self).map_err(|error| {
            D::Error::custom(format!(
                "got {name:?}, expected a time zone such as \"Europe/Samara\" ({error})"
            ))
        })
    }
}
