//! The three forms of a dump.

use std::fmt::Write;

use kkt_atol::explain::Direction;
use serde_json::json;
use till_port::{Header, Hex, Origin};

use super::found::{Found, Query, Result};

/// Where the bytes come from, as far as the device does not tell.
#[derive(Debug)]
pub(super) struct Provenance {
    pub(super) line: String,
    pub(super) simulator: bool,
    pub(super) source: String,
}

/// Fields of the link, which say nothing about the KKT.
const LINK: &[&str] = &["packet_id", "status", "tid", "command", "flags", "access_password"];

/// For people.
pub(super) fn text(found: &Found) -> String {
    let mut text = format!("{}\n", device(found));
    if let Some(scrubbed) = &found.scrubbed {
        let _ = writeln!(text, "scrubbed: {scrubbed}");
    }
    for query in &found.queries {
        let _ = writeln!(text, "\n{}", query.title());
        if query.result != Result::Answered {
            let _ = writeln!(text, "  {}", query.trouble());
        } else if let Some(said) = &query.said {
            for (name, value) in said.fields.iter().filter(|(name, _)| !LINK.contains(name)) {
                let _ = writeln!(text, "  {name:<24} {value}");
            }
        }
        for (direction, bytes) in &query.packets {
            let _ = writeln!(text, "  {} {}", mark(*direction), Hex(bytes));
        }
    }
    text
}

/// One document.
pub(super) fn json(found: &Found) -> serde_json::Result<String> {
    let packet = |(direction, bytes): &(Direction, Vec<u8>)| json!({ "direction": name(*direction), "bytes": Hex(bytes).to_string() });
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
            "command": Hex(query.command).to_string(),
            "name": query.name,
            "result": result,
            "error": error,
            "fields": answered,
            "packets": query.packets.iter().map(packet).collect::<Vec<_>>(),
        })
    };
    let document = json!({
        "tool": TOOL,
        "recorded_at": jiff::Timestamp::now().to_string(),
        "driver": "atol",
        "link": found.link.to_string(),
        "device": device(found),
        "firmware": found.device.as_ref().and_then(|device| device.firmware)
            .map(|firmware| firmware.to_string()),
        "scrubbed": found.scrubbed,
        "bytes_of_no_packet": found.unsound,
        "queries": found.queries.iter().map(query).collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
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
        device: device(found),
        firmware: found
            .device
            .as_ref()
            .and_then(|device| device.firmware)
            .map(|firmware| firmware.to_string()),
        line: provenance.line.clone(),
        protocol: format!("atol-{}", found.link),
        host: Some("kkt-atol".to_owned()),
        origin: if provenance.simulator { Origin::Synthetic } else { Origin::Recorded },
        source: format!("{TOOL}; {}", provenance.source),
        date: today(),
        scrubbed: found.scrubbed.clone(),
        notes,
    };
    found.recording.clone().with_header(header).to_string()
}

/// The maker and the model, as the device says it.
fn device(found: &Found) -> String {
    let Some(device) = &found.device else {
        return "ATOL, a KKT that did not tell its model".to_owned();
    };
    let told: String = device.name.chars().filter(|char| !char.is_control()).take(40).collect();
    let (told, id) = (told.trim(), device.model.0);
    match device.model.name() {
        Some(name) if name != told => format!("ATOL {name} (model {id}), says it is {told}"),
        Some(name) => format!("ATOL {name} (model {id})"),
        None => format!("ATOL model {id}, says it is {told}"),
    }
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
