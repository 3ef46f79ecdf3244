//! `[pos.log]`: the log of the till program, and which of its lines are which events.

use std::time::Duration;

use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::reader::{Read, Reader, Section};
use super::value::{list, one_of, some_text, span, zone};
use crate::feed::{Encoding, LogEvent, LogPath, Rule, Rules, WrittenTime};

/// The most rules of a log.
const MOST: usize = 64;

/// A log that is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosLog {
    /// Where it is.
    pub path: LogPath,
    /// How its text is written. Default `utf-8`.
    pub encoding: Encoding,
    /// The zone of its times. Default: that of the till.
    pub zone: Option<TimeZone>,
    /// How often it is looked at. Default 300 ms.
    pub every: Duration,
    /// Which line is which event.
    pub rules: Rules,
}

/// `[pos.log]`; `None` when something in it has to be mended first.
pub(super) fn log<'t>(mut section: Section<'t>, reader: &mut Reader<'t>) -> Option<PosLog> {
    let path = section.require("path", "name the log of the till program", reader, log_path);
    let encoding = section.take("encoding", reader, one_of(&Encoding::NAMES));
    let times = section.take("time", reader, list(form));
    let zone = section.take("zone", reader, zone).flatten();
    let range = Duration::from_millis(100)..=Duration::from_secs(10);
    let every = section.take("every", reader, span(range));
    let line = section.line_of("rule");
    let rules = section.tables("rule", reader);
    if rules.is_empty() || rules.len() > MOST {
        let got = rules.len();
        let text = format!(
            "[pos.log] rule: got {got} of them, expected 1 to {MOST} sections [[pos.log.rule]] with event \
             and pattern: they say which line is which event"
        );
        reader.fault(line, text);
    }
    let rules = rules.into_iter().filter_map(|section| rule(section, reader)).collect();
    section.end(reader);
    let times = times.unwrap_or_else(|| vec![WrittenTime::Rfc3339]);
    Some(PosLog {
        path: path?,
        encoding: encoding.unwrap_or_default(),
        zone,
        every: every.unwrap_or(Duration::from_millis(300)),
        rules: Rules { rules, times },
    })
}

fn rule<'t>(mut section: Section<'t>, reader: &mut Reader<'t>) -> Option<Rule> {
    let event = section.require("event", "say which event it is", reader, one_of(&LogEvent::NAMES));
    let why = "say by a regular expression which lines it is for";
    let read = |value: &DeValue<'t>| {
        let pattern = some_text(value)?;
        Rule::new(event.unwrap_or(LogEvent::Alive), &pattern)
    };
    let pattern = match event {
        Some(_) => section.require("pattern", why, reader, read),
        // Which groups it may have is not known.
        None => section.require("pattern", why, reader, some_text).and(None),
    };
    section.end(reader);
    pattern
}

fn log_path(value: &DeValue<'_>) -> Read<LogPath> {
    LogPath::new(&some_text(value)?)
}

fn form(value: &DeValue<'_>) -> Read<WrittenTime> {
    WrittenTime::named(&some_text(value)?)
}

#[cfg(test)]
mod tests;
