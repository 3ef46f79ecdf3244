//! Documents of `arm` in words.

use super::{Direction, ExplainError, Explained, Field, Fields, Message, number, optional, text};
use crate::data::{Data, Node, Value};
use crate::document::Deframer;
use crate::envelope::{Number, Request, Response};
use crate::error::DecodeError;

pub(super) fn explain(direction: Direction, bytes: &[u8]) -> Explained {
    let mut deframer = match direction {
        Direction::Request => Deframer::requests(),
        Direction::Answer => Deframer::answers(),
    };
    let mut messages = Vec::new();
    // In pieces, so that a long step is no overflow.
    for piece in bytes.chunks(4096) {
        deframer.push(piece);
        while let Some(result) = deframer.next_document() {
            messages.push(match result {
                Ok(document) => message(direction, document).map_err(ExplainError::from),
                Err(error) => Err(error.into()),
            });
        }
    }
    messages.extend(deframer.finish().map(|error| Err(error.into())));
    messages
}

fn message(direction: Direction, document: &[u8]) -> Result<Message, DecodeError> {
    match direction {
        Direction::Request => Ok(request(&Request::parse(document)?)),
        Direction::Answer => Ok(answer(&Response::parse(document)?)),
    }
}

fn request(request: &Request) -> Message {
    let mut fields: Fields = vec![
        ("version".into(), optional(request.version.clone(), text)),
        ("request_id".into(), optional(request.request_id.clone(), text)),
        ("date_time".into(), optional(request.date_time.as_deref(), iso)),
        ("command".into(), number(request.command.0)),
        ("ffd_version".into(), optional(request.ffd_version, number)),
        ("container_version".into(), optional(request.container_version, number)),
    ];
    values(&request.data, &mut fields);
    Message { name: name(request.command), fields }
}

fn answer(answer: &Response) -> Message {
    let mut fields: Fields = Vec::new();
    for (name, value) in [("version", &answer.version), ("request_id", &answer.request_id)] {
        if let Some(value) = value {
            fields.push((name.into(), text(value.clone())));
        }
    }
    fields.push(("command".into(), number(answer.command.0)));
    let outcome = &answer.outcome;
    for (name, value) in [
        ("result", Some(outcome.result)),
        ("error_category", outcome.category),
        ("error_source", outcome.source),
        ("error_code", outcome.code),
    ] {
        if let Some(value) = value {
            fields.push((name.into(), number(value)));
        }
    }
    if let Some(description) = &outcome.description {
        fields.push(("error_description".into(), text(description.clone())));
    }
    // The envelope's number is the request's and one more.
    let asked = Number(answer.command.0.saturating_sub(1));
    values(&answer.data, &mut fields);
    named(&answer.data, &mut fields);
    Message { name: name(asked), fields }
}

/// Every value by its path; one that is none of its type stays the text it is.
fn values(data: &Data, fields: &mut Fields) {
    for (path, node) in data.leaves() {
        fields.push((path.into(), value(node)));
    }
}

fn value(node: &Node) -> Field {
    match node.value() {
        Ok(Value::Unsigned(found)) => number(found),
        Ok(Value::DateTime(time)) => text(time.to_string()),
        Ok(Value::Nodes(_)) => Field::None,
        Ok(Value::Text(_) | Value::Money(_) | Value::Quantity(_)) | Err(_) => {
            text(node.text.as_str())
        }
    }
}

/// The values whose meaning is known, by their own names.
fn named(data: &Data, fields: &mut Fields) {
    if let Ok(Some(shift)) = data.field(&["ShiftState"]) {
        let open = shift.unsigned().ok().map(|state| state != 0);
        fields.push(("shift_open".into(), optional(open, Field::Flag)));
    }
    for (path, name) in NAMED {
        if let Ok(Some(node)) = data.field(&[path]) {
            fields.push(((*name).into(), value(node)));
        }
    }
}

const NAMED: &[(&str, &str)] = &[
    ("1041", "fn_number"),
    ("1038", "shift_number"),
    ("1013", "factory_number"),
    ("1037", "registration_number"),
    ("1018", "inn"),
];

/// A time as ISO 8601; another text as it is.
fn iso(time: &str) -> Field {
    let read = crate::value::CivilDateTime::from_arm(time);
    text(read.map_or_else(|| time.to_owned(), |time| time.to_string()))
}

/// What a command is called; the changing ones are only ever read.
///
/// Source: docs/protocols/sp80x.md section 6.4.
fn name(command: Number) -> &'static str {
    NAMES.iter().find(|(known, _)| *known == command.0).map_or("unknown", |(_, name)| *name)
}

const NAMES: &[(u32, &str)] = &[
    (2, "status"),
    (4, "open-shift"),
    (6, "z-report"),
    (8, "receipt"),
    (10, "correction"),
    (12, "fiscal-storage-report"),
    (22, "clock"),
    (24, "set-clock"),
    (30, "non-fiscal-print"),
    (36, "open-drawer"),
    (38, "cash-in-out"),
    (40, "counters"),
    (44, "short-status"),
    (46, "x-report"),
    (50, "registration"),
    (52, "drawer"),
    (54, "settings"),
    (56, "write-settings"),
    (58, "information"),
];
