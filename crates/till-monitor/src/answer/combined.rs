//! The combined document, `GET /till/v1/status`.

use serde_json::Value as Json;
use status_core::document::{self, Document, ReceiptState, Unknowns, VisionState};
use status_core::{DeviceState, Endpoint, Paper, Severity, Value};

use super::{Details, Named, Observation, Said, Why, short};

/// At most so many problems of a till are kept.
const MOST: usize = 50;

/// Reads a document of schema 1.
///
/// A document with words that this version does not know is read as far as it can be: its problems and
/// `overall` count, and the values are [`Said::Nonsense`].
///
/// # Errors
/// Says what was got when it is no document of a till.
pub fn combined(body: &[u8]) -> Result<Observation, String> {
    match serde_json::from_slice::<Document>(body) {
        Ok(document) => Ok(read(document)),
        Err(error) => newer(body, &short(&error.to_string())),
    }
}

fn read(document: Document) -> Observation {
    let mut seen = Observation::default();
    for endpoint in Endpoint::ALL {
        seen.tell(endpoint, said(endpoint, &document));
    }
    seen.problems = document.problems.iter().take(MOST).map(named).collect();
    seen.details = Some(Box::new(details(document)));
    seen
}

fn said(endpoint: Endpoint, document: &Document) -> Said {
    let Document { receipt, user, kkt, scale, vision, .. } = document;
    let open = receipt.state == ReceiptState::Open;
    match (endpoint, receipt.state) {
        (Endpoint::LastReceiptTime | Endpoint::Downtime, ReceiptState::Unknown) => {
            unknown(&receipt.unknown, "state", "the till has not seen it yet")
        }
        (Endpoint::LastReceiptTime, ReceiptState::Open) => match &receipt.last_activity_at {
            Some(at) => time(at),
            None => unknown(&receipt.unknown, "last_activity_at", "no activity was seen yet"),
        },
        (Endpoint::LastReceiptTime, ReceiptState::Closed) => Said::None,
        (Endpoint::Downtime, ReceiptState::Open) => Said::None,
        (Endpoint::Downtime, ReceiptState::Closed) => match &receipt.last_closed_at {
            Some(at) => time(at),
            None => unknown(&receipt.unknown, "last_closed_at", "no receipt was seen to close yet"),
        },
        (Endpoint::UserRoleId, _) => match (&user.role_id, user.unknown.is_empty()) {
            (Some(id), _) => Said::Value(Value::Id(short(id))),
            (None, true) => Said::None,
            (None, false) => unknown(&user.unknown, "role_id", ""),
        },
        (Endpoint::Ofd, _) => match kkt.ofd.unsent_documents {
            Some(count) => Said::Value(Value::Count(count)),
            None => {
                of_device(kkt.state, &kkt.unknown, "ofd.unsent_documents", kkt.reason.as_deref())
            }
        },
        (Endpoint::Paper, _) => match kkt.paper {
            Some(Paper::Out) => Said::None,
            Some(_) => Said::Value(Value::Flag),
            None => of_device(kkt.state, &kkt.unknown, "paper", kkt.reason.as_deref()),
        },
        (Endpoint::Weight, _) => match scale.weight_grams {
            _ if open && scale.state != DeviceState::NotConfigured => Said::None,
            Some(grams) => Said::Value(Value::Weight { milligrams: grams.milligrams, decimals: 3 }),
            None => of_device(scale.state, &scale.unknown, "weight_grams", scale.reason.as_deref()),
        },
        (Endpoint::Vision, _) => link(vision),
    }
}

fn link(vision: &document::Vision) -> Said {
    let detail = vision.reason.as_deref().unwrap_or_default();
    match vision.state {
        VisionState::Up => Said::Value(Value::Flag),
        VisionState::Down => Said::None,
        VisionState::NotConfigured => Said::Lacking(Why::new("not-configured", detail)),
        other => Said::Unknown(Why::new(word(&other), detail)),
    }
}

fn time(at: &document::Stamp) -> Said {
    match at.instant() {
        Some(at) => Said::Value(Value::Time(at)),
        None => Said::Nonsense(short(at.as_str())),
    }
}

/// A value that is null: the section says why, or it has not happened yet.
fn unknown(unknown: &Unknowns, key: &str, otherwise: &str) -> Said {
    let Some(why) = unknown.get(key).or_else(|| unknown.values().next()) else {
        return Said::Unknown(Why::new("never-seen", otherwise));
    };
    let told = Why::new(why.reason.name(), &why.detail);
    if why.reason.http_status() == 501 { Said::Lacking(told) } else { Said::Unknown(told) }
}

fn of_device(state: DeviceState, unknowns: &Unknowns, key: &str, reason: Option<&str>) -> Said {
    if state == DeviceState::NotConfigured {
        return Said::Lacking(Why::new("not-configured", reason.unwrap_or_default()));
    }
    if !unknowns.contains_key(key) {
        return Said::Unknown(Why::new(word(&state), reason.unwrap_or_default()));
    }
    unknown(unknowns, key, "")
}

fn named(problem: &document::Problem) -> Named {
    Named {
        code: short(&problem.code),
        severity: problem.severity,
        source: short(&problem.source),
        since: problem.since.as_ref().and_then(document::Stamp::instant),
        text: short(&problem.text),
    }
}

fn details(document: Document) -> Details {
    let Document { till, receipt, kkt, scale, vision, .. } = document;
    let device = |name: &str, state: String| (name.to_owned(), state);
    let model = [kkt.model, kkt.serial_number, kkt.firmware];
    Details {
        time: till.time.instant(),
        version: short(&till.version),
        config: short(&till.config),
        devices: vec![
            device("kkt", word(&kkt.state)),
            device("scale", word(&scale.state)),
            device("vision", word(&vision.state)),
        ],
        kkt: short(&model.into_iter().flatten().collect::<Vec<_>>().join(" · ")),
        first_unsent: kkt.ofd.first_unsent_at.as_ref().and_then(document::Stamp::instant),
        receipt: match receipt.state {
            ReceiptState::Open => Some(true),
            ReceiptState::Closed => Some(false),
            ReceiptState::Unknown => None,
        },
    }
}

/// The name of a state, as the document has it.
fn word(state: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(state).ok();
    json.and_then(|json| json.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A document of a till that is newer than this monitor.
fn newer(body: &[u8], error: &str) -> Result<Observation, String> {
    let json: Json = serde_json::from_slice(body).map_err(|_| {
        format!("no status document: {} ({error})", short(&String::from_utf8_lossy(body)))
    })?;
    let problems = json.get("problems").and_then(Json::as_array);
    let (Some(_), Some(problems)) = (json.get("schema").and_then(Json::as_u64), problems) else {
        return Err(format!("no status document: {error}"));
    };
    let text = |problem: &Json, key: &str| {
        short(problem.get(key).and_then(Json::as_str).unwrap_or_default())
    };
    let mut seen = Observation::default();
    for endpoint in Endpoint::ALL {
        seen.tell(endpoint, Said::Nonsense(format!("a newer form of the document: {error}")));
    }
    seen.problems = problems
        .iter()
        .take(MOST)
        .map(|problem| Named {
            code: text(problem, "code"),
            severity: match text(problem, "severity").as_str() {
                "critical" => Severity::Critical,
                _ => Severity::Warning,
            },
            source: text(problem, "source"),
            since: text(problem, "since").parse().ok(),
            text: text(problem, "text"),
        })
        .filter(|problem| !problem.code.is_empty())
        .collect();
    Ok(seen)
}
