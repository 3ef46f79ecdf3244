//! A dump as a document, and the values in it.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use anyhow::{Context, ensure};
use jiff::Timestamp;
use kkt_sp80x::DialectName;
use serde_json::Value;

use crate::command::dump::print::tells;

/// A dump: as the device said it, and as it is shown.
#[derive(Clone, Debug)]
pub(in crate::command::dump) struct Dump {
    pub(super) raw: Value,
    pub(super) shown: Value,
}

/// Where a value stands in a dump.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// What became of the query.
    Result,
    /// The index of a field.
    Field(usize),
    /// The names from the root.
    Path(Vec<String>),
    /// A field by its name.
    Named(String),
}

impl Dump {
    /// Two forms of one dump; the same twice, when nothing is made anonymous.
    pub(in crate::command::dump) fn new(raw: Value, shown: Value) -> Self {
        Self { raw, shown }
    }

    /// An earlier dump.
    pub(in crate::command::dump) fn read(text: &str) -> anyhow::Result<Self> {
        let json: Value = serde_json::from_str(text)
            .context("it is no dump: expected what till-tool dump --format json wrote")?;
        ensure!(
            at(&json, "queries").is_array() && at(&json, "driver").is_string(),
            "it is no dump: expected what till-tool dump --format json wrote"
        );
        Ok(Self { raw: json.clone(), shown: json })
    }

    /// Whether what tells whose till it is was replaced, so that nothing else is known of it.
    pub(in crate::command::dump) fn is_anonymous(&self) -> bool {
        !at(&self.raw, "scrubbed").is_null()
    }

    /// The same as if only that had been known which is shown.
    pub(in crate::command::dump) fn into_shown(self) -> Self {
        Self { raw: self.shown.clone(), shown: self.shown }
    }

    /// `atol over the link v3`
    pub(super) fn kind(&self) -> String {
        let text = |key: &str| at(&self.raw, key).as_str().unwrap_or_default();
        format!("{} {}{}", text("driver"), text("link"), text("dialect"))
    }

    pub(super) fn dialect(&self) -> Option<DialectName> {
        at(&self.raw, "dialect").as_str()?.parse().ok()
    }
}

/// `[2]`, `200000/ShiftState`, `shift_open`
impl Display for Key {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result => out.write_str("result"),
            Self::Field(index) => write!(out, "[{index}]"),
            Self::Path(path) => out.write_str(&path.join("/")),
            Self::Named(name) => out.write_str(name),
        }
    }
}

/// The value of a key; null, where there is none.
pub(super) fn at<'a>(document: &'a Value, key: &str) -> &'a Value {
    document.get(key).unwrap_or(&Value::Null)
}

/// When a dump was made, in seconds.
pub(super) fn recorded(document: &Value) -> i64 {
    let at = at(document, "recorded_at").as_str().and_then(|at| at.parse::<Timestamp>().ok());
    at.map_or(0, Timestamp::as_second)
}

pub(super) fn query<'a>(document: &'a Value, command: &str) -> Option<&'a Value> {
    let mut queries = at(document, "queries").as_array()?.iter();
    queries.find(|query| at(query, "command").as_str() == Some(command))
}

/// Every value of a query; nothing, when it had no answer.
pub(super) fn values(query: Option<&Value>) -> BTreeMap<Key, Value> {
    let mut values = BTreeMap::new();
    let Some(query) = query else { return values };
    if !matches!(at(query, "result").as_str(), Some("answered" | "refused")) {
        return values;
    }
    let result = at(query, "error").as_str().or(at(query, "result").as_str());
    values.insert(Key::Result, result.into());
    let mut paths = Vec::new();
    for place in at(query, "places").as_array().into_iter().flatten() {
        let index = at(place, "field").as_u64().and_then(|index| usize::try_from(index).ok());
        let path = serde_json::from_value(at(place, "path").clone()).ok();
        let key = index.map(Key::Field).or_else(|| path.map(Key::Path));
        if let Some(key) = key {
            paths.push(key.to_string());
            values.insert(key, at(place, "text").clone());
        }
    }
    for (name, value) in at(query, "fields").as_object().into_iter().flatten() {
        let marks = matches!(name.as_str(), "single_source" | "disputed");
        if tells(name) && !marks && !paths.contains(name) {
            values.insert(Key::Named(name.clone()), value.clone());
        }
    }
    values
}
