//! What changed between two dumps of the same KKT, field by field.

mod dump;

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::ensure;
use jiff::civil::DateTime;
use kkt_sp80x::DialectName;
use kkt_sp80x::profile::{self, Change, Query, suggest};
use serde_json::{Value, json};

use super::print::plain;
use dump::{Key, at, query, recorded, values};

pub(super) use dump::Dump;

/// What changed.
#[derive(Debug)]
pub(super) struct Comparison {
    device: String,
    differences: Vec<Difference>,
    change: Option<Change>,
    /// The dialect of a KKT that has profiles.
    dialect: Option<DialectName>,
    /// Something that may be an entry was made anonymous.
    hidden: bool,
    suggestions: Vec<String>,
}

/// One value that is another now.
#[derive(Debug, PartialEq)]
struct Difference {
    /// `44 short-status`
    query: String,
    key: Key,
    /// As it is shown.
    old: Option<Value>,
    new: Option<Value>,
    anonymous: bool,
    by_itself: bool,
}

/// How far two clocks may be apart and still show the same time.
const CLOCK_SLACK: i64 = 5;

/// Answers that are never twice the same: the clock; voltage and temperature of a Pirit.
///
/// Source: docs/protocols/sp80x.md sections 4.6, 4.9 and 6.5.
const RESTLESS: &[(&str, &str)] = &[
    ("pirit", "13"),
    ("pirit", "05 [1]"),
    ("pirit", "05 [2]"),
    ("pirit", "05 [7]"),
    ("arm", "22"),
];

impl Comparison {
    /// What the second of two dumps says otherwise; if one thing was changed on purpose, where it may
    /// be told.
    pub(super) fn new(old: &Dump, new: &Dump, change: Option<Change>) -> anyhow::Result<Self> {
        ensure!(
            old.kind() == new.kind(),
            "the earlier dump is of another KKT: got {}, expected {}",
            old.kind(),
            new.kind()
        );
        let dialect = new.dialect();
        let elapsed = recorded(&new.raw) - recorded(&old.raw);
        let mut differences = Vec::new();
        let (mut hidden, mut suggestions) = (false, Vec::new());
        for raw in at(&new.raw, "queries").as_array().into_iter().flatten() {
            let command = at(raw, "command").as_str().unwrap_or_default();
            let of = |document: &Value| values(query(document, command));
            let (before, now) = (of(&old.raw), values(Some(raw)));
            let (before_shown, now_shown) = (of(&old.shown), of(&new.shown));
            let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
            for key in keys {
                let (old, new) = (before.get(key), now.get(key));
                // What had no answer, or had another kind of one, has no values to compare.
                let silent = before.is_empty() || now.is_empty();
                let other = before.get(&Key::Result) != now.get(&Key::Result);
                if old == new || silent || other && *key != Key::Result {
                    continue;
                }
                let shown = (before_shown.get(key), now_shown.get(key));
                let anonymous = (old, new) != shown;
                let known = RESTLESS.iter().any(|(name, asked)| {
                    dialect.is_some_and(|it| it.as_str() == *name) && *asked == command
                });
                let by_itself =
                    known || old.zip(new).is_some_and(|(old, new)| clock(old, new, elapsed));
                if let (Some(change), Some(dialect), false) = (change, dialect, by_itself)
                    && let Some(entry) = entry(change, dialect, command, key, old, new)
                {
                    hidden |= anonymous;
                    suggestions.extend((!anonymous).then(|| entry.to_toml()));
                }
                let name = at(raw, "name").as_str().unwrap_or_default();
                differences.push(Difference {
                    query: format!("{command} {name}").trim_end().to_owned(),
                    key: key.clone(),
                    old: shown.0.cloned(),
                    new: shown.1.cloned(),
                    anonymous,
                    by_itself,
                });
            }
        }
        let device = at(&new.shown, "device").as_str().unwrap_or_default().to_owned();
        Ok(Self { device, differences, change, dialect, hidden, suggestions })
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", self.device);
        let _ = match self.differences.is_empty() {
            true => writeln!(text, "\nNothing changed."),
            false => writeln!(text, "What changed, old -> new; * changes by itself."),
        };
        let mut query = "";
        for it in &self.differences {
            if it.query != query {
                query = &it.query;
                let _ = writeln!(text, "\n{query}");
            }
            let mark = if it.by_itself { '*' } else { ' ' };
            let value = |value: &Option<Value>| value.as_ref().map_or("absent".to_owned(), plain);
            let note = if it.anonymous { "  (made anonymous)" } else { "" };
            let (old, new) = (value(&it.old), value(&it.new));
            let _ = writeln!(text, "{mark} {:<24} {old} -> {new}{note}", it.key.to_string());
        }
        let Some(advice) = self.advice() else { return text };
        let _ = writeln!(text, "\n{advice}");
        for suggestion in &self.suggestions {
            let _ = write!(text, "\n{suggestion}");
        }
        text
    }

    /// One document.
    pub(super) fn json(&self) -> Value {
        let difference = |it: &Difference| {
            let (key, at) = match &it.key {
                Key::Result => ("result", Value::Bool(true)),
                Key::Field(index) => ("field", json!(index)),
                Key::Path(path) => ("path", json!(path)),
                Key::Named(name) => ("name", json!(name)),
            };
            json!({
                "query": it.query, key: at, "old": it.old, "new": it.new,
                "anonymous": it.anonymous, "by_itself": it.by_itself,
            })
        };
        json!({
            "device": self.device,
            "differences": self.differences.iter().map(difference).collect::<Vec<_>>(),
            "advice": self.advice(),
            "profile_entries": self.suggestions,
        })
    }

    /// What to make of it.
    fn advice(&self) -> Option<String> {
        self.dialect?;
        let Some(change) = self.change else {
            let told = self.differences.iter().any(|it| !it.by_itself);
            return told.then(|| SAY_WHAT.to_owned());
        };
        let change = change.name();
        Some(match (self.suggestions.is_empty(), self.hidden) {
            (_, true) => format!("{change}: {HIDDEN}"),
            (true, false) => format!("{change}: {NOWHERE}"),
            (false, false) => format!("{change}: {CANDIDATES}"),
        })
    }
}

const SAY_WHAT: &str = "If you say what you changed, such as --change paper-out, you get entries of a \
    profile for it.";

const HIDDEN: &str = "something that may tell it was made anonymous. Compare two dumps with --no-scrub \
    to get its entry of a profile.";

const NOWHERE: &str = "no value can be it. Was it the only change, and long enough ago for the KKT to \
    notice? What an answer does not hold this dialect does not tell.";

const CANDIDATES: &str = "each of these may be it. Undo the change and compare again: what does not \
    change back is something else. Put the right one into the file that [kkt] profile names, and add \
    the model and the firmware to its note.";

/// Whether two values are the times of a clock that went on.
fn clock(old: &Value, new: &Value, elapsed: i64) -> bool {
    let time =
        |value: &Value| value.as_str()?.trim().replacen(' ', "T", 1).parse::<DateTime>().ok();
    let Some((old, new)) = time(old).zip(time(new)) else { return false };
    let went = new.duration_since(old).as_secs();
    went > 0 && (went - elapsed).abs() <= CLOCK_SLACK
}

/// The entry of a profile that a difference would be.
fn entry(
    change: Change,
    dialect: DialectName,
    command: &str,
    key: &Key,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Option<profile::Entry> {
    let place = match key {
        Key::Field(index) => profile::Place::Field(*index),
        // What stands more than once is found by no path.
        Key::Path(path) if !path.iter().any(|name| name.ends_with(']')) => {
            profile::Place::Path(path.clone())
        }
        _ => return None,
    };
    let mut words = command.split([' ', '[', ']']).filter(|word| !word.is_empty());
    let (command, fields): (_, Vec<_>) = (words.next()?, words.map(str::to_owned).collect());
    let query = Query::new(dialect, command, &fields).ok()?;
    let text = |value: Option<&Value>| Some(value?.as_str()?.to_owned());
    suggest(change, query, &place, &text(old).unwrap_or_default(), &text(new)?)
}

#[cfg(test)]
mod tests;
