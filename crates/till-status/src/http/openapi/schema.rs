//! The schemas of what is answered.

use serde::Serialize;
use serde_json::{Map, Value, json};
use status_core::document::{Door, ReceiptState, ShiftState, VisionState};
use status_core::{
    DeviceState, Evidence, FiscalStorageFlag, Overall, Paper, PrinterFault, Reason, Severity,
    problem_codes,
};

use super::super::problem::{URN, kind};
use super::event;

pub(super) fn schemas() -> Value {
    json!({
        "Problem": problem(),
        "Document": document(),
        "Unknown": {
            "description": "Why values of the section are unknown, by their path in it",
            "type": "object",
            "additionalProperties": object(&[], json!({
                "type": words(Reason::ALL),
                "detail": text(),
            })),
        },
        "Event": event::event(),
        "Events": event::events(),
    })
}

/// RFC 9457.
fn problem() -> Value {
    let kinds = Reason::ALL.iter().map(|reason| reason.name()).chain(kind::ALL);
    let kinds: Vec<_> = kinds.map(|kind| format!("{URN}{kind}")).collect();
    let last_known = json!({ "value": {}, "time": time() });
    object(
        &["device", "since", "last_known"],
        json!({
            "type": words(kinds),
            "title": text(),
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": text(),
            "device": text(),
            "since": time(),
            "last_known": object(&[], last_known),
        }),
    )
}

fn document() -> Value {
    object(
        &[],
        json!({
            "schema": { "const": 1 },
            "overall": words(Overall::ALL),
            "till": object(&[], json!({
                "name": text(),
                "type": text(),
                "time": time(),
                "version": text(),
                "config": text(),
                "started_at": time(),
            })),
            "receipt": object(&["restored", "unknown"], json!({
                "state": words(ReceiptState::ALL),
                "source": text(),
                "restored": { "const": true },
                "opened_at": or_null(time()),
                "last_activity_at": or_null(time()),
                "last_closed_at": or_null(time()),
                "unknown": unknown(),
            })),
            "user": object(&["user_id", "unknown"], json!({
                "role_id": or_null(text()),
                "user_id": text(),
                "source": text(),
                "unknown": unknown(),
            })),
            "kkt": kkt(),
            "scale": object(&[], json!({
                "state": words(DeviceState::ALL),
                "reason": or_null(text()),
                "protocol": or_null(text()),
                "observed_at": or_null(time()),
                "age_seconds": or_null(count()),
                "weight_grams": or_null(json!({ "type": "number" })),
                "tare_grams": or_null(json!({ "type": "number" })),
                "stable": or_null(flag()),
                "zero": or_null(flag()),
                "net": or_null(flag()),
                "unknown": unknown(),
            })),
            "vision": object(&[], json!({
                "state": words(VisionState::ALL),
                "reason": or_null(text()),
                "observed_at": or_null(time()),
                "age_seconds": or_null(count()),
                "evidence": or_null(text()),
            })),
            "problems": list(object(&[], json!({
                "code": words(problem_codes().collect::<Vec<_>>()),
                "severity": words(Severity::ALL),
                "source": text(),
                "since": or_null(time()),
                "text": text(),
            }))),
        }),
    )
}

fn kkt() -> Value {
    object(
        &[],
        json!({
            "state": words(DeviceState::ALL),
            "reason": or_null(text()),
            "driver": or_null(text()),
            "model": or_null(text()),
            "serial_number": or_null(text()),
            "firmware": or_null(text()),
            "observed_at": or_null(time()),
            "age_seconds": or_null(count()),
            "paper": or_null(words(Paper::ALL)),
            "cover": or_null(words(Door::ALL)),
            "drawer": or_null(words(Door::ALL)),
            "printer_faults": or_null(list(words(PrinterFault::ALL))),
            "ofd": object(&[], json!({
                "unsent_documents": or_null(count()),
                "first_unsent_number": or_null(count()),
                "first_unsent_at": or_null(time()),
                "evidence": or_null(words(Evidence::ALL)),
            })),
            "shift": object(&[], json!({
                "state": or_null(words(ShiftState::ALL)),
                "number": or_null(count()),
                "opened_at": or_null(time()),
            })),
            "fiscal_storage": object(&[], json!({
                "number": or_null(text()),
                "valid_until": or_null(json!({ "type": "string", "format": "date" })),
                "flags": or_null(list(words(FiscalStorageFlag::ALL))),
            })),
            "marking": object(&[], json!({ "unsent_notifications": or_null(count()) })),
            "device_time": or_null(time()),
            "clock_skew_seconds": or_null(json!({ "type": "integer" })),
            "unknown": unknown(),
        }),
    )
}

/// An object that has all these properties but those that are optional.
pub(super) fn object(optional: &[&str], properties: Value) -> Value {
    let names = properties.as_object().into_iter().flat_map(Map::keys);
    let required: Vec<_> = names.filter(|name| !optional.contains(&name.as_str())).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

/// The same with another key.
pub(super) fn with(mut schema: Value, key: &str, value: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(key.to_owned(), value);
    }
    schema
}

pub(super) fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// One of these words.
pub(super) fn words(all: impl Serialize) -> Value {
    json!({ "type": "string", "enum": all })
}

pub(super) fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

pub(super) fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}

fn unknown() -> Value {
    json!({ "$ref": "#/components/schemas/Unknown" })
}
