//! The table of docs/kkt.md is what the profiles and the adapters say.

use kkt_sp80x::profile::{Entry, Evidence, Value};
use kkt_sp80x::{DialectName, Fault, PoneFault, Profile};
use status_core::adapter::sp80x::{Values, place};
use status_core::adapter::{atol, sp80x};
use status_core::{Endpoint, KktReading};

use crate::support::root;

/// The drivers of the table's columns.
#[derive(Clone, Copy)]
enum Driver {
    Atol,
    Sp80x(DialectName),
}

const DRIVERS: [(&str, Driver); 3] = [
    ("ATOL", Driver::Atol),
    ("SP801 (`pone`)", Driver::Sp80x(DialectName::Pone)),
    ("SP802 (`arm`)", Driver::Sp80x(DialectName::Arm)),
];

#[test]
fn the_table_of_the_answers_is_what_the_profiles_say() {
    let page = std::fs::read_to_string(root().join("docs/kkt.md")).unwrap();
    let written = page.split("<!-- answers:begin -->\n").nth(1).unwrap();
    let written = written.split("<!-- answers:end -->").next().unwrap();
    let wanted = table();
    assert_eq!(written, wanted, "docs/kkt.md should hold:\n{wanted}");
}

fn table() -> String {
    let mut head = "| answer |".to_owned();
    for (name, _) in DRIVERS {
        head += &format!(" {name} alone | {name} with a feed |");
    }
    let mut lines = vec![head, format!("|---|{}", "---|".repeat(2 * DRIVERS.len()))];
    for endpoint in Endpoint::ALL {
        let cells = DRIVERS.map(|(_, driver)| {
            format!(" {} | {} |", alone(endpoint, driver), with_feed(endpoint, driver))
        });
        lines.push(format!("| `{}` |{}", endpoint.name(), cells.concat()));
    }
    lines.join("\n") + "\n"
}

fn alone(endpoint: Endpoint, driver: Driver) -> String {
    match endpoint {
        Endpoint::LastReceiptTime | Endpoint::Downtime => receipt(driver),
        Endpoint::UserRoleId => match driver {
            Driver::Atol => format!("only by `[kkt.operators]`: 3Fh ({})", atol_evidence()),
            Driver::Sp80x(_) => "501".to_owned(),
        },
        Endpoint::Ofd => match driver {
            Driver::Atol => format!("A4h 20h ({})", atol_evidence()),
            Driver::Sp80x(dialect) => told(dialect, Value::UnsentDocuments),
        },
        Endpoint::Paper => match driver {
            Driver::Atol => format!("3Fh ({})", atol_evidence()),
            Driver::Sp80x(dialect) => match out(dialect) {
                Some(evidence) => {
                    let else_ = told(dialect, Value::PaperPresent);
                    format!("204 by error 08 ({evidence}), else {else_}")
                }
                None => told(dialect, Value::PaperPresent),
            },
        },
        Endpoint::Vision => "no KKT is asked".to_owned(),
        Endpoint::Weight => match receipt(driver).starts_with("501") {
            true => "only with `without_receipt_state = \"read\"`".to_owned(),
            false if receipt(driver).contains("assumed") => {
                "the scale, while the KKT tells the receipt (assumed: 501, unless \
                 `accept_assumed` names it)"
                    .to_owned()
            }
            false => "the scale, while the KKT tells the receipt".to_owned(),
        },
    }
}

fn with_feed(endpoint: Endpoint, driver: Driver) -> String {
    let events = format!("events ({})", status_core::Evidence::Documented.name());
    match endpoint {
        Endpoint::LastReceiptTime | Endpoint::Downtime | Endpoint::UserRoleId => events,
        Endpoint::Ofd | Endpoint::Paper => {
            let status = events.replace("events", "`kkt-status`");
            match alone(endpoint, driver) {
                alone if alone.starts_with("501") => format!("{status}, or a profile"),
                alone => format!("{alone}; {status}"),
            }
        }
        Endpoint::Vision => alone(endpoint, driver),
        Endpoint::Weight => "the scale".to_owned(),
    }
}

fn receipt(driver: Driver) -> String {
    match driver {
        Driver::Atol => format!("only with `line-by-line`: 3Fh ({})", atol_evidence()),
        // A receipt comes whole.
        Driver::Sp80x(DialectName::Arm) => "501: a receipt comes whole".to_owned(),
        Driver::Sp80x(dialect) => {
            format!("only with `line-by-line`: {}", told(dialect, Value::DocumentOpen))
        }
    }
}

/// Where the profile of a dialect finds a value.
fn told(dialect: DialectName, value: Value) -> String {
    let profile = Profile::builtin(dialect);
    let entries: Vec<_> = profile.entries(value).collect();
    let Some(evidence) = entries.iter().map(|entry| entry.evidence).min() else {
        return "501, unless a profile names it".to_owned();
    };
    assert!(entries.iter().all(|entry| entry.evidence == evidence), "one evidence a cell");
    let places: Vec<_> = entries.iter().map(|entry: &&Entry| place(entry)).collect();
    let places = places.join(", ");
    match evidence {
        Evidence::Assumed => {
            format!("{places} ({evidence}: 501, unless `accept_assumed` or a profile names it)")
        }
        _ => format!("{places} ({evidence})"),
    }
}

/// On what evidence error 08 proves that the paper is out.
fn out(dialect: DialectName) -> Option<&'static str> {
    let fault = Fault::Pone(PoneFault::PAPER_END);
    let told = Values::new(dialect, Profile::builtin(dialect)).refused(&fault);
    let told = told.filter(|_| dialect == DialectName::Pone);
    told.filter(|it| it.paper_present == Some(false)).map(|it| it.evidence.name())
}

/// Every ATOL answer has one.
fn atol_evidence() -> &'static str {
    let reading: KktReading = atol::refused(kkt_atol::Fault::SHIFT_EXPIRED).unwrap();
    reading.evidence.name()
}

#[test]
fn the_profile_of_the_page_can_be_read() {
    let page = std::fs::read_to_string(root().join("docs/kkt.md")).unwrap();
    let profile = page.split("```toml\n[[value]]").nth(1).unwrap();
    let profile = format!("[[value]]{}", profile.split("```").next().unwrap());
    let folder = crate::support::Folder::new("page");
    let path = folder.file("profile.toml", &profile);
    let config = till_status::Config::parse(&format!(
        "[kkt]\ndriver = \"sp80x\"\nmodel = \"SP802\"\ndialect = \"arm\"\n\
         address = \"tcp:192.168.250.2:6667\"\nprofile = \"{path}\"\n"
    ));
    let kkt = config.unwrap().kkt.unwrap().sp80x.unwrap();
    assert_eq!(kkt.profile.entries(Value::PaperPresent).count(), 1);
    assert_eq!(sp80x::evidence(kkt.profile.all()[0].evidence), status_core::Evidence::Device);
}
