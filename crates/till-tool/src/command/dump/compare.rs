//! What changed between two dumps of the same KKT, field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::{Context, ensure};
use jiff::Timestamp;
use jiff::civil::DateTime;
use kkt_sp80x::DialectName;
use kkt_sp80x::profile::{self, Change, Query, suggest};
use serde_json::{Value, json};

use super::print::{plain, tells};

/// A dump: as the device said it, and as it is shown.
#[derive(Clone, Debug)]
pub(super) struct Dump {
    raw: Value,
    shown: Value,
}

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

/// Where a value stands in a dump.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// What became of the query.
    Result,
    /// The index of a field.
    Field(usize),
    /// The names from the root.
    Path(Vec<String>),
    /// A field by its name.
    Named(String),
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

impl Dump {
    /// Two forms of one dump; the same twice, when nothing is made anonymous.
    pub(super) fn new(raw: Value, shown: Value) -> Self {
        Self { raw, shown }
    }

    /// An earlier dump.
    pub(super) fn read(text: &str) -> anyhow::Result<Self> {
        let json: Value = serde_json::from_str(text)
            .context("it is no dump: expected what till-tool dump --format json wrote")?;
        ensure!(
            json["queries"].is_array() && json["driver"].is_string(),
            "it is no dump: expected what till-tool dump --format json wrote"
        );
        Ok(Self { raw: json.clone(), shown: json })
    }

    /// Whether what tells whose till it is was replaced, so that nothing else is known of it.
    pub(super) fn is_anonymous(&self) -> bool {
        !self.raw["scrubbed"].is_null()
    }

    /// The same as if only that had been known which is shown.
    pub(super) fn as_shown(self) -> Self {
        Self { raw: self.shown.clone(), shown: self.shown }
    }

    /// `atol over the link v3`
    fn kind(&self) -> String {
        let text = |key: &str| self.raw[key].as_str().unwrap_or_default();
        format!("{} {}{}", text("driver"), text("link"), text("dialect"))
    }

    fn dialect(&self) -> Option<DialectName> {
        self.raw["dialect"].as_str()?.parse().ok()
    }
}

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
        for raw in new.raw["queries"].as_array().into_iter().flatten() {
            let command = raw["command"].as_str().unwrap_or_default();
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
                let name = raw["name"].as_str().unwrap_or_default();
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
        let device = new.shown["device"].as_str().unwrap_or_default().to_owned();
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
            let mut document = json!({
                "query": it.query, "old": it.old, "new": it.new,
                "anonymous": it.anonymous, "by_itself": it.by_itself,
            });
            let (key, at) = match &it.key {
                Key::Result => ("result", Value::Bool(true)),
                Key::Field(index) => ("field", json!(index)),
                Key::Path(path) => ("path", json!(path)),
                Key::Named(name) => ("name", json!(name)),
            };
            document[key] = at;
            document
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

/// `[2]`, `200000/ShiftState`, `shift_open`
impl std::fmt::Display for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Result => out.write_str("result"),
            Self::Field(index) => write!(out, "[{index}]"),
            Self::Path(path) => out.write_str(&path.join("/")),
            Self::Named(name) => out.write_str(name),
        }
    }
}

/// When a dump was made, in seconds.
fn recorded(document: &Value) -> i64 {
    let at = document["recorded_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    at.map_or(0, Timestamp::as_second)
}

fn query<'a>(document: &'a Value, command: &str) -> Option<&'a Value> {
    let mut queries = document["queries"].as_array()?.iter();
    queries.find(|query| query["command"].as_str() == Some(command))
}

/// Every value of a query; nothing, when it had no answer.
fn values(query: Option<&Value>) -> BTreeMap<Key, Value> {
    let mut values = BTreeMap::new();
    let Some(query) = query else { return values };
    if !matches!(query["result"].as_str(), Some("answered" | "refused")) {
        return values;
    }
    let result = query["error"].as_str().or(query["result"].as_str());
    values.insert(Key::Result, result.into());
    let mut paths = Vec::new();
    for place in query["places"].as_array().into_iter().flatten() {
        let index = place["field"].as_u64().and_then(|index| usize::try_from(index).ok());
        let path = serde_json::from_value(place["path"].clone()).ok();
        let key = index.map(Key::Field).or_else(|| path.map(Key::Path));
        if let Some(key) = key {
            paths.push(key.to_string());
            values.insert(key, place["text"].clone());
        }
    }
    for (name, value) in query["fields"].as_object().into_iter().flatten() {
        let marks = matches!(name.as_str(), "single_source" | "disputed");
        if tells(name) && !marks && !paths.contains(name) {
            values.insert(Key::Named(name.clone()), value.clone());
        }
    }
    values
}

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
mod tests {
    use super::*;

    fn dump(recorded_at: &str, fields: Value, places: Value) -> Dump {
        let query = json!({
            "command": "44", "name": "short-status", "result": "answered", "error": null,
            "fields": fields, "places": places,
        });
        let raw = json!({
            "driver": "sp80x", "dialect": "arm", "device": "Service Plus", "scrubbed": null,
            "recorded_at": recorded_at, "queries": [query],
        });
        Dump::new(raw.clone(), raw)
    }

    fn place(name: &str, text: &str) -> Value {
        json!({ "path": ["200000", name], "text": text, "means": [] })
    }

    #[test]
    fn a_clock_goes_on_and_a_time_that_jumps_does_not() {
        let at = |text: &str| Value::from(text);
        let was = at("2026-09-15 19:30:00");
        assert!(clock(&was, &at("2026-09-15 19:30:21"), 20));
        assert!(clock(&at("2026-09-15T19:30:00"), &at("2026-09-15T19:30:21"), 20));
        for (new, elapsed) in [("2026-09-15 19:30:21", 90), ("2026-09-15 19:29:59", 1), ("нет", 1)]
        {
            assert!(!clock(&was, &at(new), elapsed), "{new}");
        }
    }

    #[test]
    fn what_appears_is_a_difference_and_a_silent_query_is_none() {
        let old =
            dump("2026-11-24T12:00:00Z", json!({ "shift_open": true }), json!([place("A", "1")]));
        let new = dump(
            "2026-11-24T12:00:20Z",
            json!({ "shift_open": true, "packet_id": 7 }),
            json!([place("A", "1"), place("B", "x")]),
        );
        let found = Comparison::new(&old, &new, None).unwrap();
        assert_eq!(found.differences.len(), 1, "{found:?}");
        assert!(
            found.text().contains("  200000/B                 absent -> \"x\""),
            "{}",
            found.text()
        );
        assert!(found.text().contains("--change"), "{}", found.text());
        let mut silent = new.clone();
        silent.raw["queries"][0]["result"] = "failed".into();
        assert!(Comparison::new(&old, &silent, None).unwrap().differences.is_empty());
    }

    #[test]
    fn what_was_made_anonymous_becomes_no_entry() {
        let (was, is) = (json!([place("Paper", "полная")]), json!([place("Paper", "пусто")]));
        let old = dump("2026-11-24T12:00:00Z", json!({}), was);
        let mut new = dump("2026-11-24T12:00:20Z", json!({}), is);
        let found = Comparison::new(&old, &new, Some(Change::PaperOut)).unwrap();
        assert!(found.suggestions[0].contains("yes = \"полная\", no = \"пусто\""), "{found:?}");
        new.shown["queries"][0]["places"] = json!([place("Paper", "ХХХХХ")]);
        let found = Comparison::new(&old, &new, Some(Change::PaperOut)).unwrap();
        assert!(found.suggestions.is_empty() && found.text().contains("--no-scrub"), "{found:?}");
        assert!(found.text().contains("(made anonymous)") && !found.text().contains("пусто"));
    }

    #[test]
    fn a_file_that_is_no_dump_is_said_to_be_none() {
        for text in ["", "{}", "[]", "{\"driver\":\"atol\"}"] {
            let error = Dump::read(text).unwrap_err().to_string();
            assert!(error.contains("--format json"), "{error}");
        }
        let old = dump("2026-11-24T12:00:00Z", json!({}), json!([]));
        let mut new = old.clone();
        new.raw["dialect"] = "pone".into();
        let error = Comparison::new(&old, &new, None).unwrap_err().to_string();
        assert!(error.contains("got sp80x arm, expected sp80x pone"), "{error}");
    }
}
