//! The schemas of what the till program tells.

use serde_json::{Map, Value, json};
use status_core::{EventKind, MAX_EVENTS, MAX_ID, Paper};

use super::schema::{or_null, time, with, words};

/// One event, by its kind. A key that the kind does not have is refused.
pub(super) fn event() -> Value {
    let kinds: Vec<_> = EventKind::NAMES.iter().map(|name| kind(name)).collect();
    json!({ "oneOf": kinds })
}

/// A batch.
pub(super) fn events() -> Value {
    let event = json!({ "$ref": "#/components/schemas/Event" });
    json!({ "anyOf": [event, { "type": "array", "maxItems": MAX_EVENTS, "items": event }] })
}

fn kind(name: &str) -> Value {
    let (own, required, any_of) = match name {
        "user-signed-in" => (user(), &["event"][..], &["role_id", "user_id"][..]),
        "kkt-status" => {
            let count = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
            let keys = json!({
                "paper": words(Paper::ALL),
                "unsent_documents": count,
                "first_unsent_at": or_null(moment()),
            });
            // A time alone must not be null: then nothing is told.
            (keys, &["event"][..], &["paper", "unsent_documents"][..])
        }
        "hello" => {
            let either = json!([{ "required": ["role_id"] }, { "required": ["user_id"] }]);
            let user = with(object(user(), &[]), "anyOf", either);
            let keys = json!({
                "receipt": words(["open", "closed"]),
                "opened_at": or_null(moment()),
                "last_activity_at": or_null(moment()),
                "last_closed_at": or_null(moment()),
                "user": or_null(user),
            });
            (keys, &["event", "receipt"][..], &[][..])
        }
        _ => (json!({}), &["event"][..], &[][..]),
    };
    let mut keys = json!({ "event": { "const": name }, "at": or_null(moment()), "id": id() });
    if let (Some(keys), Value::Object(own)) = (keys.as_object_mut(), own) {
        keys.extend(own);
    }
    let schema = object(keys, required);
    let mut one: Vec<_> = any_of.iter().map(|key| json!({ "required": [key] })).collect();
    if name == "kkt-status" {
        let told = json!({ "first_unsent_at": { "type": "string" } });
        one.push(json!({ "required": ["first_unsent_at"], "properties": told }));
    }
    if one.is_empty() { schema } else { with(schema, "anyOf", json!(one)) }
}

fn object(properties: Value, required: &[&str]) -> Value {
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema.insert("properties".into(), properties);
    schema.insert("additionalProperties".into(), json!(false));
    Value::Object(schema)
}

fn user() -> Value {
    let id =
        json!({ "anyOf": [id(), { "type": "integer", "minimum": i64::MIN, "maximum": u64::MAX }] });
    json!({ "role_id": id, "user_id": id })
}

/// At most so many bytes, so fewer letters where they are not ASCII.
fn id() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": MAX_ID, "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]+$" })
}

/// A clock that was never set is refused.
fn moment() -> Value {
    with(time(), "pattern", json!("^[2-9][0-9]{3}-"))
}
