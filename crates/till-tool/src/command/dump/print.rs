//! The three forms of a dump.

use std::fmt::{self, Display, Formatter, Write};

use serde_json::{Map, Value, json};
use till_port::{Header, Hex, Origin};

use super::found::{At, Direction, Found, Meaning, Place, Query, Result};

/// Where the bytes come from, as far as the device does not tell.
#[derive(Debug)]
pub(super) struct Provenance {
    pub(super) line: String,
    pub(super) simulator: bool,
    pub(super) source: String,
}

/// Fields of the link, which say nothing about the KKT.
const LINK: &[&str] = &[
    "packet_id",
    "status",
    "tid",
    "command",
    "flags",
    "access_password",
    "fields",
    "version",
    "request_id",
];

/// For people.
pub(super) fn text(found: &Found) -> String {
    let mut text = format!("{}\n", found.device);
    if let Some(firmware) = &found.firmware {
        let _ = writeln!(text, "firmware: {firmware}");
    }
    if let Some(scrubbed) = &found.scrubbed {
        let _ = writeln!(text, "scrubbed: {scrubbed}");
    }
    for query in &found.queries {
        let _ = writeln!(text, "\n{}", query.title());
        if query.result == Result::Answered {
            for Place { at, text: value, means } in &query.places {
                let _ = write!(text, "  {:<24} {value:?}", at.to_string());
                let means: Vec<_> = means.iter().map(ToString::to_string).collect();
                let arrow = if means.is_empty() { "" } else { "  -> " };
                let _ = writeln!(text, "{arrow}{}", means.join(", "));
            }
            for (name, value) in query.named() {
                let _ = writeln!(text, "  {name:<24} {value}");
            }
        } else {
            let _ = writeln!(text, "  {}", query.trouble());
        }
        for (direction, bytes) in &query.messages {
            let _ = writeln!(text, "  {} {}", mark(*direction), Hex(bytes));
        }
    }
    text
}

/// One document.
pub(super) fn json(found: &Found) -> Value {
    let message = |(direction, bytes): &(Direction, Vec<u8>)| json!({ "direction": name(*direction), "bytes": Hex(bytes).to_string() });
    let query = |query: &Query| {
        let (result, error) = match &query.result {
            Result::Answered => ("answered", None),
            Result::Unreadable(_) => ("answered", Some(query.trouble())),
            Result::Refused(_) => ("refused", Some(query.trouble())),
            Result::Failed(_) => ("failed", Some(query.trouble())),
            Result::NotAsked => ("not-asked", Some(query.trouble())),
        };
        let answered = query.said.as_ref().filter(|_| result == "answered");
        json!({
            "command": query.command,
            "name": query.name,
            "result": result,
            "error": error,
            "fields": answered.map(|said| &said.json),
            "places": query.places.iter().map(Place::json).collect::<Vec<_>>(),
            "packets": query.messages.iter().map(message).collect::<Vec<_>>(),
        })
    };
    let (how, name) = &found.spoken;
    json!({
        "tool": TOOL,
        "recorded_at": jiff::Timestamp::now().to_string(),
        "driver": found.driver,
        *how: name,
        "device": found.device,
        "firmware": found.firmware,
        "scrubbed": found.scrubbed,
        "bytes_of_no_packet": found.unsound,
        "queries": found.queries.iter().map(query).collect::<Vec<_>>(),
    })
}

/// A tape, of what was scrubbed.
pub(super) fn tape(found: &Found, provenance: &Provenance) -> String {
    let unanswered = found.queries.iter().filter(|query| !query.is_answered()).count();
    let mut notes = Vec::new();
    if unanswered > 0 {
        notes.push(format!("{unanswered} of {} queries had no answer", found.queries.len()));
    }
    if found.unsound > 0 {
        notes.push(format!("{} bytes belong to no sound packet: look at them", found.unsound));
    }
    let header = Header {
        device: found.device.clone(),
        firmware: found.firmware.clone(),
        line: provenance.line.clone(),
        protocol: found.protocol.clone(),
        host: Some(found.host.to_owned()),
        origin: if provenance.simulator { Origin::Synthetic } else { Origin::Recorded },
        source: format!("{TOOL}; {}", provenance.source),
        date: today(),
        scrubbed: found.scrubbed.clone(),
        notes,
    };
    found.recording.clone().with_header(header).to_string()
}

impl Query {
    /// The fields with a name of their own: neither the link's nor places.
    fn named(&self) -> impl Iterator<Item = &(String, String)> {
        let places: Vec<_> = self.places.iter().map(|place| place.at.to_string()).collect();
        let fields = self.said.iter().flat_map(|said| &said.fields);
        fields.filter(move |(name, _)| !LINK.contains(&name.as_str()) && !places.contains(name))
    }
}

impl Place {
    fn json(&self) -> Value {
        let (key, at) = match &self.at {
            At::Field(index) => ("field", json!(index)),
            At::Path(path) => ("path", json!(path)),
        };
        let mut place = Map::new();
        place.insert(key.to_owned(), at);
        place.insert("text".to_owned(), self.text.as_str().into());
        place.insert("means".to_owned(), self.means.iter().map(Meaning::json).collect());
        place.into()
    }
}

impl Meaning {
    fn json(&self) -> Value {
        let (reading, error) = match &self.reading {
            Ok(reading) => (reading.clone(), None),
            Err(error) => (Value::Null, Some(error)),
        };
        json!({ "value": self.value, "reading": reading, "error": error, "evidence": self.evidence })
    }
}

/// `[2]`, `200000/ShiftState`
impl Display for At {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(index) => write!(out, "[{index}]"),
            Self::Path(path) => out.write_str(&path.join("/")),
        }
    }
}

/// `paper_present: no (device)`
impl Display for Meaning {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { value, reading, evidence } = self;
        match reading {
            Ok(reading) => write!(out, "{value}: {} ({evidence})", plain(reading)),
            Err(error) => write!(out, "{value}: unknown, {error} ({evidence})"),
        }
    }
}

/// A value as people read it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => "none".to_owned(),
        value => value.to_string(),
    }
}

/// Whether a field of that name says something about the KKT.
pub(super) fn tells(name: &str) -> bool {
    !LINK.contains(&name)
}

const fn mark(direction: Direction) -> char {
    match direction {
        Direction::Request => '>',
        Direction::Answer => '<',
    }
}

const fn name(direction: Direction) -> &'static str {
    match direction {
        Direction::Request => "request",
        Direction::Answer => "answer",
    }
}

const TOOL: &str = concat!("till-tool dump ", env!("CARGO_PKG_VERSION"));

/// `2026-11-24`
fn today() -> String {
    let now = jiff::tz::TimeZone::system().to_datetime(jiff::Timestamp::now());
    now.date().to_string()
}
