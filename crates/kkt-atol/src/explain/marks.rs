//! What a reader must know about a field: that one source tells it, or that the sources disagree.

use super::{Field, Message};

/// The fields of a message that rest on one source only.
///
/// Source: docs/protocols/atol.md section 20.
pub(super) fn single_source(message: &Message) -> Vec<&'static str> {
    let told = |name: &str| message.fields.iter().find(|(known, _)| *known == name);
    let value = |name: &str| told(name).map(|(_, value)| value);
    let marked = |field: &&'static str| match *field {
        // Two sources know the model 76.
        "model" => {
            value("model_id") != Some(&Field::Number(76)) && value("model") != Some(&Field::None)
        }
        // The number 0 is "no submode", which is no submode's name. The names of modes are well known,
        // those of submodes are not.
        "submode" => value("submode") != Some(&Field::Number(0)),
        "mode_name" | "mode_name_ru" => {
            message.name == "receipt-register" || value("submode") != Some(&Field::Number(0))
        }
        // Of the states of a receipt two.
        "receipt_state" if message.name == "status" => {
            [Some(&Field::Number(8)), Some(&Field::Number(10))].contains(&value("receipt_state"))
        }
        "error_name" => rare(value("error"), value("error_extended")),
        _ => true,
    };
    fields(SINGLE_SOURCE, message).filter(|field| told(field).is_some()).filter(marked).collect()
}

/// The fields of a message about whose reading the sources disagree; they are read as most do.
///
/// Source: docs/protocols/atol.md section 7, "Disputed".
pub(super) fn disputed(message: &Message) -> Vec<&'static str> {
    let told = |name: &&str| message.fields.iter().any(|(known, _)| known == name);
    fields(DISPUTED, message).filter(told).collect()
}

fn fields(table: Table, message: &Message) -> impl Iterator<Item = &'static str> {
    let of_message = table.iter().filter(|(name, _)| *name == message.name || *name == ANY);
    of_message.flat_map(|(_, fields)| fields.iter().copied())
}

/// The errors 9D, A0 and CF, and the extended codes of F6.
fn rare(error: Option<&Field>, extended: Option<&Field>) -> bool {
    let is = |field: Option<&Field>, codes: &[&str]| matches!(field, Some(Field::Text(text)) if codes.contains(&text.as_str()));
    is(error, &["9D", "A0", "CF"]) || is(error, &["F6"]) && is(extended, &["01", "03", "04"])
}

/// Fields by the name of their message.
type Table = &'static [(&'static str, &'static [&'static str])];

/// Every message.
const ANY: &str = "*";

const SINGLE_SOURCE: Table = &[
    (ANY, &["error_name"]),
    (
        "status",
        &[
            "model",
            "submode",
            "mode_name",
            "mode_name_ru",
            "receipt_number",
            "shift_number",
            "receipt_state",
        ],
    ),
    (
        "state-code",
        &["submode", "mode_name", "mode_name_ru", "paper_jam", "presenter_error", "paper_near_end"],
    ),
    ("device-type", &["protocol_version", "model", "mode_bytes"]),
    (
        "fiscal-storage",
        &[
            "warnings",
            "replace_now",
            "resource_ends",
            "memory_full",
            "ofd_overdue",
            "critical_error",
        ],
    ),
    ("unacknowledged", &["unacknowledged_documents"]),
    ("document-begin", &["document", "lead"]),
    ("document-part", &["tag", "value", "unix_time"]),
    (
        "receipt-register",
        &[
            "mode",
            "submode",
            "mode_name",
            "mode_name_ru",
            "receipt_state",
            "receipt_number",
            "document_number",
        ],
    ),
];

const DISPUTED: Table =
    &[("status", &["factory_number", "receipt_number", "shift_number", "receipt_sum"])];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{Direction, Explainer};
    use crate::v3::frame;
    use crate::v3::frame::tests::{example, unhex};

    fn packet(id: u8, data: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        frame::encode(id, &unhex(data), &mut bytes).unwrap();
        bytes
    }

    /// The message of an answer, data of an F0 packet of task 2, to a command.
    fn answer(command: &str, data: &str) -> Message {
        let mut explainer = Explainer::new(crate::link::Link::V3);
        let add = format!("C1 01 02 00 00 {command}");
        explainer.explain(Direction::Request, &packet(0x01, &add));
        let said = explainer.explain(Direction::Answer, &packet(0xF0, data));
        said.into_iter().next().unwrap().unwrap()
    }

    #[test]
    fn the_state_has_single_source_and_disputed_fields() {
        let mut explainer = Explainer::new(crate::link::Link::V3);
        explainer.explain(Direction::Request, &example("F-v3-8"));
        let said = explainer.explain(Direction::Answer, &example("F-v3-9"));
        let message = said[0].as_ref().unwrap();
        assert_eq!(message.single_source(), ["model", "receipt_number", "shift_number"]);
        let disputed = ["factory_number", "receipt_number", "shift_number", "receipt_sum"];
        assert_eq!(message.disputed(), disputed);
    }

    /// Mode byte and receipt state in an answer to 3Fh, and what of it rests on one source.
    #[test]
    fn the_state_is_marked_by_its_values() {
        const STATUS: &str = "44 30 01 26 11 24 01 56 07 4B 00 10 65 43 39 33 30 MODE 00 42 00 17 \
                              STATE 00 00 01 23 45 02 06";
        let always = ["model", "receipt_number", "shift_number"];
        for (mode, state, more) in [
            ("01", "01", &[][..]),
            ("01", "07", &[]),
            ("01", "08", &["receipt_state"]),
            ("01", "09", &[]),
            ("01", "0A", &["receipt_state"]),
            ("07", "00", &[]),
            ("17", "00", &["submode", "mode_name", "mode_name_ru"]),
        ] {
            let data = STATUS.replace("MODE", mode).replace("STATE", state);
            let marks = answer("3F", &format!("A6 02 {data}")).single_source();
            let told: Vec<_> = marks.into_iter().filter(|mark| !always.contains(mark)).collect();
            assert_eq!(told, more, "mode {mode}, receipt state {state}");
        }
    }

    #[test]
    fn a_request_has_none() {
        let mut explainer = Explainer::new(crate::link::Link::V3);
        let said = explainer.explain(Direction::Request, &example("F-v3-8"));
        let message = said[0].as_ref().unwrap();
        assert_eq!(message.name, "status");
        assert!(message.single_source().is_empty() && message.disputed().is_empty());
    }

    #[test]
    fn a_mark_may_depend_on_the_value() {
        let marks = |command, data| answer(command, data).single_source();
        let bits = ["paper_jam", "presenter_error", "paper_near_end"];
        assert_eq!(marks("45", "A6 02 55 01 00"), bits);
        let names = ["submode", "mode_name", "mode_name_ru"];
        assert_eq!(marks("45", "A6 02 55 41 00"), [&names[..], &bits].concat());
        assert_eq!(marks("3F", "A7 02 55 67 00"), [""; 0]);
        assert_eq!(marks("3F", "A7 02 55 9D 00"), ["error_name"]);
        assert_eq!(marks("3F", "A7 02 55 F6 00"), [""; 0]);
        assert_eq!(marks("3F", "A7 02 55 F6 03"), ["error_name"]);
        assert_eq!(marks("A4 42", "A6 02 55 00 01 00"), ["unacknowledged_documents"]);
        assert_eq!(marks("A4 20", &format!("A6 02 55{}", " 00".repeat(14))), [""; 0]);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn json_has_the_marks_behind_the_fields() {
        let message = answer("A4 42", "A6 02 55 00 01 00");
        let json = serde_json::to_string(&message).unwrap();
        let end = r#""unacknowledged_documents":1,"single_source":["unacknowledged_documents"]}"#;
        assert!(json.ends_with(end), "{json}");
    }
}
