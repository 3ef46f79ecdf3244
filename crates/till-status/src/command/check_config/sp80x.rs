//! What a Service Plus KKT can tell: each value with where it stands and on what evidence.

use std::collections::BTreeSet;

use kkt_sp80x::profile::{Entry, Evidence, Value};
use status_core::adapter::sp80x::{Values, place};
use till_status::config::Sp80x;

/// Driver, model and dialect in words.
pub(super) fn kind(kkt: &Sp80x) -> String {
    let profile = match &kkt.profile_file {
        Some(file) => format!(" with {}", file.display()),
        None => String::new(),
    };
    match kkt.model {
        Some(model) => format!("{} ({}, dialect {}){profile}", kkt.driver(), model, kkt.dialect),
        None => format!("{}{profile}", kkt.driver()),
    }
}

/// A line for each value that the answers may rest on.
pub(super) fn told(kkt: &Sp80x) -> Vec<String> {
    let questions = Values::new(kkt.dialect, kkt.profile.clone()).questions();
    let asked: BTreeSet<_> = questions.into_iter().map(|(query, _)| query).collect();
    let values = Value::ALL.iter().filter(|value| !UNUSED.contains(value));
    let line = |value: &Value| {
        let entries = kkt.profile.entries(*value).filter(|entry| asked.contains(&entry.query));
        let places: Vec<_> = entries.map(found).collect();
        let places = match places.is_empty() {
            true => "not known in this dialect: 501, unless a profile or the till program tells it"
                .to_owned(),
            false => places.join(", or else "),
        };
        format!("{:<20} {places}", value.name())
    };
    values.map(line).collect()
}

/// Values that a profile may name and no answer needs.
const UNUSED: &[Value] = &[Value::LastDocument, Value::RegistrationNumber];

/// `44 */1097 (assumed: 501 unless accept_assumed names it)`.
fn found(entry: &Entry) -> String {
    let (place, evidence) = (place(entry), entry.evidence);
    match evidence {
        Evidence::Assumed => format!("{place} ({evidence}: 501 unless accept_assumed names it)"),
        _ => format!("{place} ({evidence})"),
    }
}
