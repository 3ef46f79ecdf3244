//! Why a value is not told, and what to do about it.

use kkt_sp80x::DialectName;
use kkt_sp80x::profile::{Entry, Place};

use crate::kkt::KktValue;

/// Where an entry looks: `44 */1097`, `A0 field 2`.
#[must_use]
pub fn place(entry: &Entry) -> String {
    match &entry.place {
        Place::Field(index) => format!("{} field {index}", entry.query),
        Place::Path(names) => format!("{} {}", entry.query, names.join("/")),
        _ => entry.query.to_string(),
    }
}

/// No entry of the profile tells a value.
pub(super) fn no_entry(dialect: DialectName, value: KktValue) -> String {
    let whole = dialect == DialectName::Arm;
    match value {
        KktValue::Receipt | KktValue::DocumentOpen if whole => {
            "the dialect arm knows no open receipt, because the till program sends a receipt whole: \
             let the till program tell it by its events"
                .to_owned()
        }
        _ => format!("the dialect {dialect} is not known to tell {}", what_to_do(value)),
    }
}

/// Entries tell a value, and their fields are in no answer.
pub(super) fn nowhere(dialect: DialectName, value: KktValue, entries: &[&Entry]) -> String {
    let places: Vec<_> = entries.iter().map(|entry| place(entry)).collect();
    format!(
        "no answer of this KKT in the dialect {dialect} has a field where the profile looks for it \
         ({}), so it does not tell {}",
        places.join(", "),
        what_to_do(value)
    )
}

fn what_to_do(value: KktValue) -> String {
    let by_profile = "find its field with two dumps and name it in a profile ([kkt] profile)";
    let (what, feed) = match value {
        KktValue::Ofd => ("how many documents wait for the OFD", true),
        KktValue::Paper => ("whether there is paper", true),
        KktValue::PaperNearEnd => ("whether the paper is near its end", true),
        KktValue::Cover => ("whether the cover is open", false),
        KktValue::Drawer => ("whether the drawer is open", false),
        KktValue::Receipt | KktValue::DocumentOpen => ("whether a document is open", false),
        KktValue::Shift => ("the shift", false),
        KktValue::ShiftExpired => ("whether the shift is over 24 hours", false),
        KktValue::DeviceTime => ("its clock", false),
        KktValue::SerialNumber => ("its factory number", false),
        KktValue::Model => ("its model", false),
        KktValue::Firmware => ("its firmware", false),
        KktValue::FiscalStorageNumber => ("the number of its fiscal storage", false),
        // A profile has no such value.
        KktValue::Operator => {
            return "the operator: let the till program tell it by its events".into();
        }
        _ => return "this".into(),
    };
    let or_feed = if feed { ", or let the till program tell it (kkt-status)" } else { "" };
    format!("{what}: {by_profile}{or_feed}")
}
