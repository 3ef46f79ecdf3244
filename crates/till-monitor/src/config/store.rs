//! `[store.NAME]`: where tills stand, and when they have to answer.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, de::Error as _};
use status_core::Hours;

use super::hours;

/// A store.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Store {
    /// For people. Default: its name in the file.
    pub title: String,
    /// Its time zone, such as `Europe/Samara`. Default: that of the monitor.
    pub zone: Zone,
    /// When it is open. Default: always.
    pub hours: Option<Hours>,
}

/// The keys of a store.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    title: String,
    zone: Zone,
    /// `mon-fri 08:00-22:00, sat sun 09:00-21:00` or `always`.
    hours: String,
    /// Days on which it is closed all the same: `01-01`, `2027-05-03`.
    closed_on: Vec<String>,
}

impl TryFrom<Written> for Store {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { title, zone, hours, closed_on } = written;
        let hours = hours::hours(&hours, &closed_on)?;
        Ok(Self { title, zone, hours })
    }
}

/// What is always open has been open for a week.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Store {
    /// Since when it is open, about a week ago at the earliest; `None` while it is closed.
    pub fn open_since(&self, now: Timestamp) -> Option<Timestamp> {
        let Some(hours) = &self.hours else {
            return Some(now.checked_sub(WEEK).unwrap_or(now));
        };
        let since = hours.open_since(now.to_zoned_datetime(self.zone.0.clone()).datetime())?;
        // In the hour that the end of summer time repeats, an opening can seem to come after now.
        let since = since.to_zoned_datetime(self.zone.0.clone()).ok()?.timestamp();
        Some(since.min(now))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn store(hours: &str, closed_on: &str) -> Store {
        let text = format!("zone = \"Europe/Moscow\"\nhours = {hours:?}\nclosed_on = {closed_on}");
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn open_since_when_by_the_clock_of_the_store() {
        let shop = "mon-fri 08:00-22:00, sat sun 09:00-21:00";
        for (hours, closed_on, now, since) in [
            (shop, "[]", "2026-11-24T07:59:59+03:00", None),
            (shop, "[]", "2026-11-24T08:00:00+03:00", Some("2026-11-24T08:00:00+03:00")),
            (shop, "[]", "2026-11-24T18:59:59Z", Some("2026-11-24T08:00:00+03:00")),
            (shop, "[]", "2026-11-24T19:00:00Z", None),
            (shop, "[]", "2026-11-28T08:30:00+03:00", None),
            (shop, r#"["11-24"]"#, "2026-11-24T12:00:00+03:00", None),
            ("20:00-06:00", "[]", "2026-11-24T03:00:00+03:00", Some("2026-11-23T20:00:00+03:00")),
            ("always", "[]", "2026-11-24T09:00:00Z", Some("2026-11-17T09:00:00Z")),
            ("always", r#"["2026-11-24"]"#, "2026-11-24T09:00:00Z", None),
            (
                "always",
                r#"["2026-11-23"]"#,
                "2026-11-24T09:00:00Z",
                Some("2026-11-24T00:00:00+03:00"),
            ),
        ] {
            let open = store(hours, closed_on).open_since(now.parse().unwrap());
            let since: Option<Timestamp> = since.map(|since| since.parse().unwrap());
            assert_eq!(open, since, "{hours} {closed_on} at {now}");
        }
    }

    #[test]
    fn what_is_no_store_says_what_is_one() {
        for (text, wanted) in [
            ("hours = \"8-22\"", "mon-fri 08:00-22:00"),
            ("closed_on = [\"02-30\"]", "2027-05-03"),
            ("zone = \"Mars/Olympus\"", "Europe/Samara"),
            ("open = true", "unknown field"),
        ] {
            let error = toml::from_str::<Store>(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
