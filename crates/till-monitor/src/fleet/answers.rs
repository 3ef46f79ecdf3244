//! What a simulated till answers: the combined document and the seven.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::Till;
use super::life::Life;

/// A code and a body.
pub(super) type Answer = (u16, &'static str, String);

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

pub(super) fn answer(till: &Till, path: &str) -> Answer {
    let life = till.life().clone();
    if path == "/till/v1/status" && !till.seven {
        return (200, JSON, document(till, &life).to_string());
    }
    match path.strip_prefix("/api/v1/status/") {
        Some(name) => one_of_seven(name, &life),
        None => (404, TEXT, "Not found".to_owned()),
    }
}

fn one_of_seven(name: &str, life: &Life) -> Answer {
    let time =
        |at: Option<Timestamp>| at.map_or((204, "", String::new()), |at| (200, TEXT, stamp(at)));
    let flag = |yes: bool| if yes { (200, TEXT, "1".to_owned()) } else { (204, "", String::new()) };
    let stale = || {
        let why = json!({ "type": "urn:till-status:problem:stale", "status": 503,
                          "detail": "no answer from the device" });
        (503, "application/problem+json", why.to_string())
    };
    match name {
        "last_receipt_time" => time(life.activity),
        "downtime" if life.opened.is_some() => time(None),
        "downtime" => time(life.closed),
        "user_role_id" => life.role.clone().map_or((204, "", String::new()), |id| (200, TEXT, id)),
        "ofd" | "paper" if life.kkt_silent => stale(),
        "ofd" => (200, TEXT, life.unsent.to_string()),
        "paper" => flag(life.paper > 0),
        "vision" => flag(life.vision),
        "weight" if life.opened.is_some() => (204, "", String::new()),
        "weight" => (200, TEXT, format!("{}.{:03}", life.grams / 1000, life.grams % 1000)),
        _ => (404, TEXT, "Not found".to_owned()),
    }
}

/// In the form of docs/api.md. A test reads it with the types of status-core.
fn document(till: &Till, life: &Life) -> Json {
    let now = Timestamp::now();
    let problems = problems(life);
    let worst = problems.iter().any(|one| one["severity"] == "critical");
    let overall = if worst {
        "critical"
    } else if problems.is_empty() {
        "ok"
    } else {
        "warning"
    };
    let at = |at: Option<Timestamp>| at.map(stamp);
    let paper = match life.paper {
        0 => "out",
        1 => "near-end",
        _ => "present",
    };
    let silent = life.kkt_silent;
    let or_null = |value: Json| if silent { Json::Null } else { value };
    let stale = json!({ "type": "stale", "detail": "no answer from the device" });
    let unknown = |keys: &[&str]| {
        let keys = keys.iter().filter(|_| silent);
        Json::Object(keys.map(|key| ((*key).to_owned(), stale.clone())).collect())
    };
    let open = life.opened.is_some();
    json!({
        "schema": 1, "overall": overall,
        "till": { "name": till.name, "type": till.kind, "time": stamp(now), "version": "0.1.0",
                  "config": "sha256:simulated", "started_at": stamp(life.started) },
        "receipt": { "state": if open { "open" } else { "closed" }, "source": "events",
                     "opened_at": at(life.opened), "last_activity_at": at(life.activity),
                     "last_closed_at": at(life.closed) },
        "user": { "role_id": life.role, "source": "events" },
        "kkt": {
            "state": if silent { "stale" } else { "online" },
            "reason": if silent { Some("no answer from the device") } else { None },
            "driver": "atol", "model": "АТОЛ 25Ф", "serial_number": "00000000", "firmware": "5.8.11",
            "observed_at": stamp(now), "age_seconds": 1,
            "paper": or_null(paper.into()),
            "cover": or_null(if life.cover_open { "open" } else { "closed" }.into()),
            "drawer": or_null("closed".into()), "printer_faults": or_null(json!([])),
            "ofd": { "unsent_documents": or_null(life.unsent.into()), "first_unsent_number": null,
                     "first_unsent_at": at(life.first_unsent), "evidence": "implementation" },
            "shift": { "state": "open", "number": 18, "opened_at": null },
            "fiscal_storage": { "number": null, "valid_until": null, "flags": null },
            "marking": { "unsent_notifications": null },
            "device_time": null, "clock_skew_seconds": null,
            "unknown": unknown(&["paper", "ofd.unsent_documents"])
        },
        "scale": { "state": "online", "reason": null, "protocol": "massa-k-100",
                   "observed_at": stamp(now), "age_seconds": 1,
                   "weight_grams": if open { None } else { Some(life.grams) },
                   "tare_grams": 0, "stable": true, "zero": life.grams == 0, "net": false, "unknown": {} },
        "vision": { "state": if life.vision { "up" } else { "down" }, "reason": null,
                    "observed_at": stamp(now), "age_seconds": 2, "evidence": "http 200 in 4 ms" },
        "problems": problems
    })
}

fn problems(life: &Life) -> Vec<Json> {
    let since = stamp(life.since);
    let problem = |code: &str, severity: &str, source: &str, text: &str| json!({ "code": code, "severity": severity, "source": source, "since": since, "text": text });
    let mut all = Vec::new();
    if life.kkt_silent {
        all.push(problem("kkt-silent", "critical", "kkt", "ККТ перестала отвечать."));
    } else {
        match life.paper {
            0 => all.push(problem("paper-out", "critical", "kkt", "В ККТ нет бумаги.")),
            1 => {
                all.push(problem("paper-near-end", "warning", "kkt", "В ККТ заканчивается бумага."))
            }
            _ => {}
        }
        if life.cover_open {
            all.push(problem("cover-open", "critical", "kkt", "Открыта крышка ККТ."));
        }
    }
    if !life.vision {
        all.push(problem("vision-down", "warning", "vision", "Нет связи с SuperMag Vision."));
    }
    all
}

fn stamp(at: Timestamp) -> String {
    let zone = TimeZone::system();
    let second = Timestamp::from_second(at.as_second()).unwrap_or(at);
    second.display_with_offset(zone.to_offset(at)).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::{Behaviour, Random};
    use super::*;

    #[test]
    fn the_document_is_one_of_status_core_whatever_happens() {
        let mut random = Random::new(1);
        let till = Till {
            name: "1/1".to_owned(),
            store: "1".to_owned(),
            kind: "kiosk",
            seven: false,
            address: ([127, 0, 0, 1], 1).into(),
            behaviour: Behaviour::Well.into(),
            life: Life::new(&mut random, true).into(),
            asked: std::sync::Mutex::default(),
        };
        let mut codes = std::collections::BTreeSet::new();
        for _ in 0..20_000 {
            till.life().pass(&mut random);
            let (status, _, body) = answer(&till, "/till/v1/status");
            assert_eq!(status, 200);
            let document: status_core::Document = serde_json::from_str(&body).unwrap();
            codes.extend(document.problems.into_iter().map(|problem| problem.code));
        }
        let known: Vec<_> = status_core::problem_codes().collect();
        assert!(codes.iter().all(|code| known.contains(&code.as_str())), "{codes:?}");
        assert!(codes.len() >= 5, "{codes:?}");
    }
}
