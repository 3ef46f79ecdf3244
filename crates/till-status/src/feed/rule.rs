//! Rules of the configuration: which line of a log is which event.

use jiff::Timestamp;
use regex::{Regex, RegexBuilder};
use status_core::{Event, EventKind, MAX_ID, User};

use super::time::{Clock, WrittenTime};

/// So large may a compiled pattern be; it bounds the time that a line can take, too.
const SIZE: usize = 1 << 20;

/// A line that this matches is this event.
#[derive(Clone, Debug)]
pub struct Rule {
    event: LogEvent,
    pattern: Regex,
}

/// The events that a line can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LogEvent {
    ReceiptOpened,
    ItemAdded,
    ReceiptClosed,
    ReceiptCancelled,
    UserSignedIn,
    UserSignedOut,
    Alive,
}

/// All rules, the first that matches counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// In the order of the configuration.
    pub rules: Vec<Rule>,
    /// The forms of `(?<time>…)`, the first that fits counts.
    pub times: Vec<WrittenTime>,
}

/// What a line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The rule that matches, from 0.
    pub rule: usize,
    /// What it is.
    pub what: What,
}

/// What a line that matches is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An event.
    Event(Event),
    /// An event whose time has none of the known forms: this is what stands there.
    EventWithoutTime(Event, String),
    /// Not an event, for this reason.
    Nothing(&'static str),
}

impl LogEvent {
    /// By their names in the configuration.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("receipt-opened", Self::ReceiptOpened),
        ("item-added", Self::ItemAdded),
        ("receipt-closed", Self::ReceiptClosed),
        ("receipt-cancelled", Self::ReceiptCancelled),
        ("user-signed-in", Self::UserSignedIn),
        ("user-signed-out", Self::UserSignedOut),
        ("alive", Self::Alive),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, event)| *event == self).map_or("", |(name, _)| name)
    }
}

impl Rule {
    /// A rule of an event and a regular expression.
    ///
    /// # Errors
    /// What was expected of the pattern: its syntax, its size, its groups.
    pub fn new(event: LogEvent, pattern: &str) -> Result<Self, String> {
        let builder = &mut RegexBuilder::new(pattern);
        let compiled = builder.size_limit(SIZE).dfa_size_limit(SIZE).nest_limit(64).build();
        let pattern = compiled.map_err(|error| {
            let error = error.to_string();
            let last = error.lines().last().unwrap_or_default();
            format!("a regular expression ({})", last.trim_start_matches("error: "))
        })?;
        let mut groups = pattern.capture_names().flatten();
        if let Some(other) = groups.find(|name| !["time", "role_id", "user_id"].contains(name)) {
            return Err(format!(
                "no other named groups than time, role_id and user_id, and not {other}"
            ));
        }
        let has = |name: &str| pattern.capture_names().flatten().any(|it| it == name);
        let user = has("role_id") || has("user_id");
        match event {
            LogEvent::UserSignedIn if !user => {
                Err("a group (?<role_id>…) or (?<user_id>…), which says who signed in".to_owned())
            }
            LogEvent::UserSignedIn => Ok(Self { event, pattern }),
            _ if user => Err("groups role_id and user_id only for user-signed-in".to_owned()),
            _ => Ok(Self { event, pattern }),
        }
    }

    /// The event that it tells.
    #[must_use]
    pub fn event(&self) -> LogEvent {
        self.event
    }

    fn has_time(&self) -> bool {
        self.pattern.capture_names().flatten().any(|name| name == "time")
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        (self.event, self.pattern.as_str()) == (other.event, other.pattern.as_str())
    }
}

impl Eq for Rule {}

impl Rules {
    /// Can the day of every time be told?
    #[must_use]
    pub fn are_dated(&self) -> bool {
        let times = !self.rules.iter().any(Rule::has_time);
        times || self.times.iter().all(WrittenTime::is_dated)
    }

    /// What a line tells; `None` when no rule matches.
    #[must_use]
    pub fn read(&self, line: &str, clock: Clock<'_>) -> Option<Found> {
        let mut matching = self.rules.iter().enumerate();
        let (index, rule, groups) =
            matching.find_map(|(index, rule)| Some((index, rule, rule.pattern.captures(line)?)))?;
        let group = |name| groups.name(name).map(|group| group.as_str().trim());
        let kind = match rule.event {
            LogEvent::ReceiptOpened => EventKind::ReceiptOpened,
            LogEvent::ItemAdded => EventKind::ItemAdded,
            LogEvent::ReceiptClosed => EventKind::ReceiptClosed,
            LogEvent::ReceiptCancelled => EventKind::ReceiptCancelled,
            LogEvent::UserSignedOut => EventKind::UserSignedOut,
            LogEvent::Alive => EventKind::Alive,
            LogEvent::UserSignedIn => {
                let id = |name| group(name).filter(|id| is_id(id)).map(str::to_owned);
                let user = User { role_id: id("role_id"), user_id: id("user_id") };
                if user == User::default() {
                    let what = What::Nothing("it does not say who signed in");
                    return Some(Found { rule: index, what });
                }
                EventKind::UserSignedIn(user)
            }
        };
        let written = group("time");
        let at = written.and_then(|text| self.time(text, clock));
        let event = Event { kind, at, id: None };
        let what = match written.filter(|_| at.is_none()) {
            None => What::Event(event),
            Some(text) => What::EventWithoutTime(event, text.to_owned()),
        };
        Some(Found { rule: index, what })
    }

    fn time(&self, text: &str, clock: Clock<'_>) -> Option<Timestamp> {
        self.times.iter().find_map(|form| form.read(text, clock))
    }
}

impl What {
    /// The event, if it is one.
    #[must_use]
    pub fn event(self) -> Option<Event> {
        match self {
            Self::Event(event) | Self::EventWithoutTime(event, _) => Some(event),
            Self::Nothing(_) => None,
        }
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ID && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn the_first_rule_that_matches_counts() {
        let rule = |event, pattern| Rule::new(event, pattern).unwrap();
        let rules = Rules {
            rules: vec![
                rule(LogEvent::ReceiptClosed, r"^(?<time>\S+) receipt \d+ closed"),
                rule(LogEvent::ReceiptOpened, r"^(?<time>\S+) receipt"),
                rule(
                    LogEvent::UserSignedIn,
                    r"(?i)ВХОД роль=(?<role_id>\d*) кассир=(?<user_id>\S*)",
                ),
            ],
            times: vec![WrittenTime::Rfc3339],
        };
        let now: Timestamp = "2026-11-24T02:00:00Z".parse().unwrap();
        let clock = Clock { now, zone: &TimeZone::UTC };
        let read = |line| rules.read(line, clock).map(|found| (found.rule, found.what));
        let event = |kind| Event { kind, at: None, id: None };
        let timed =
            |kind| Event { at: Some("2026-11-24T01:00:00Z".parse().unwrap()), ..event(kind) };
        let closed = What::Event(timed(EventKind::ReceiptClosed));
        assert_eq!(read("2026-11-24T01:00:00Z receipt 7 closed"), Some((0, closed)));
        let opened = What::EventWithoutTime(event(EventKind::ReceiptOpened), "soon".to_owned());
        assert_eq!(read("soon receipt 8"), Some((1, opened)));
        let user = User { role_id: Some("12".to_owned()), user_id: None };
        let user = What::Event(event(EventKind::UserSignedIn(user)));
        assert_eq!(read("x вход роль=12 кассир= y"), Some((2, user)));
        assert!(matches!(read("вход роль= кассир="), Some((2, What::Nothing(_)))));
        assert_eq!(read("nothing of interest"), None);
    }

    #[test]
    fn a_pattern_that_cannot_be_used_says_why() {
        for (event, pattern, why) in [
            (LogEvent::Alive, "(", "unclosed group"),
            (LogEvent::Alive, r"(a)\1", "backreferences are not supported"),
            (LogEvent::Alive, r"\w{1000}", "size limit"),
            (LogEvent::Alive, "(?<when>x)", "and not when"),
            (LogEvent::Alive, "(?<role_id>x)", "only for user-signed-in"),
            (LogEvent::UserSignedIn, "x", "who signed in"),
        ] {
            let got = Rule::new(event, pattern).unwrap_err();
            assert!(got.contains(why), "{pattern}: {got}");
        }
    }
}
