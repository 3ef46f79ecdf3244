//! What is known of each dialect. Of single models nothing more is known.

use super::{ArmQuery, Entry, Evidence, Place, PoneQuery, Query, Read, Value};
use crate::dialect::DialectName;

/// The entries of a dialect.
///
/// Source: docs/protocols/sp80x.md sections 5.1, 5.2, 6.5, 8 and 9.
pub(super) fn entries(dialect: DialectName) -> Vec<Entry> {
    let entries = match dialect {
        DialectName::Pone => pone(),
        DialectName::Arm => arm(),
        #[cfg(feature = "pirit")]
        DialectName::Pirit => super::pirit::entries(),
    };
    // All parts are our own and fit; the test counts them.
    entries.into_iter().flatten().collect()
}

type Built = Option<Entry>;

fn pone() -> Vec<Built> {
    use Evidence::{Assumed, Implementation};
    let order = "that the fields of A0 stand in this order is inferred";
    let at = |value, query, field, read, evidence| {
        Entry::new(value, Query::Pone(query), Place::Field(field), read, evidence).ok()
    };
    let status = |value, field, read| {
        at(value, PoneQuery::Status, field, read, Assumed).map(|entry| entry.with_note(order))
    };
    vec![
        status(Value::DocumentOpen, 2, Read::Zero).map(Entry::inverted),
        status(Value::ShiftOpen, 1, Read::Bit(2)),
        status(Value::ShiftExpired, 1, Read::Bit(3)),
        at(Value::ShiftNumber, PoneQuery::ShiftNumber, 0, Read::Integer, Implementation),
        at(Value::Model, PoneQuery::Model, 0, Read::Integer, Implementation),
        at(Value::FactoryNumber, PoneQuery::FactoryNumber, 0, Read::Text, Implementation),
        at(Value::Firmware, PoneQuery::FlashVersion, 0, Read::Text, Implementation),
    ]
}

fn arm() -> Vec<Built> {
    use ArmQuery::{Clock, Counters, Information, ShortStatus, Status};
    let at = |value, query, path: &[&str], read, evidence| {
        let path = path.iter().map(ToString::to_string).collect();
        Entry::new(value, Query::Arm(query), Place::Path(path), read, evidence).ok()
    };
    let seen =
        |value, query, path: &[&str], read| at(value, query, path, read, Evidence::Implementation);
    let mut entries = vec![
        seen(Value::ShiftOpen, Status, &["*", "ShiftState"], Read::Zero).map(Entry::inverted),
        seen(Value::ShiftOpen, ShortStatus, &["*", "ShiftState"], Read::Zero).map(Entry::inverted),
        seen(
            Value::ShiftExpired,
            ShortStatus,
            &["*", "ShiftOvertime"],
            Read::Either { yes: "1".into(), no: "0".into() },
        ),
        seen(Value::ShiftNumber, ShortStatus, &["*", "1038"], Read::Integer)
            .map(|entry| entry.with_note("the number of the last shift while the shift is closed")),
        seen(Value::LastDocument, Status, &["*", "lastDocNumber"], Read::Integer),
        seen(Value::FnNumber, Status, &["*", "1041"], Read::Text),
        seen(Value::Clock, Clock, &["200001", "DateTime"], Read::DateTime),
        seen(Value::FactoryNumber, Information, &["*", "1013"], Read::Text),
        seen(Value::RegistrationNumber, Information, &["*", "1037"], Read::Text),
        seen(Value::Firmware, Information, &["*", "KKTFWVersion"], Read::Text),
    ];
    // One of these answers most likely carries the exchange with the OFD; under which names, nobody
    // says. The meaning of a tag is official, that it stands here is not.
    let tag = "a tag of the FFD; that any answer carries it is shown nowhere";
    for query in [ShortStatus, Status, Counters] {
        for (value, name, read) in [
            (Value::UnsentDocuments, "1097", Read::Integer),
            (Value::FirstUnsentAt, "1098", Read::DateTime),
            (Value::FirstUnsentNumber, "1116", Read::Integer),
        ] {
            let entry = at(value, query, &["*", name], read, Evidence::Assumed);
            entries.push(entry.map(|entry| entry.with_note(tag)));
        }
    }
    entries
}
