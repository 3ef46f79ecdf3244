use jiff::tz::TimeZone;
use status_core::{Endpoint, Severity, Value};

use super::*;

fn at(text: &str) -> Said {
    Said::Value(Value::Time(text.parse().unwrap()))
}

fn grams(grams: i64) -> Said {
    Said::Value(Value::Weight { milligrams: grams * 1000, decimals: 3 })
}

#[test]
fn the_seven_in_every_form_that_a_till_may_choose() {
    use Endpoint::{Downtime, LastReceiptTime, Ofd, Paper, UserRoleId, Vision, Weight};
    let zone = TimeZone::fixed(jiff::tz::offset(3));
    let moscow = "2026-11-24T01:47:39+03:00";
    let nonsense = || Said::Nonsense(String::new());
    let rows: Vec<(Endpoint, u16, &str, Said)> = vec![
        (LastReceiptTime, 200, "2026-11-24T01:47:39+03:00", at(moscow)),
        (LastReceiptTime, 200, "\"2026-11-24T01:47:39+03:00\"", at(moscow)),
        (LastReceiptTime, 200, "2026-11-24T01:47:39+0300", at(moscow)),
        (LastReceiptTime, 200, "2026-11-23T22:47:39Z", at(moscow)),
        (LastReceiptTime, 200, "2026-11-24T01:47:39", at(moscow)),
        (LastReceiptTime, 200, "2026-11-24 01:47:39\r\n", at(moscow)),
        (Downtime, 200, "24.11.2026 01:47:39", at(moscow)),
        (Downtime, 200, "1795474059", at(moscow)),
        (Downtime, 200, "1795474059000", at(moscow)),
        (Downtime, 200, "{\"value\":\"2026-11-24T01:47:39\"}", at(moscow)),
        (Downtime, 200, "2026-11-24", nonsense()),
        (Downtime, 200, "yesterday", nonsense()),
        (Downtime, 200, "0001-01-01T00:00:00Z", nonsense()),
        (Downtime, 200, "9999-12-31T23:59:59Z", nonsense()),
        (Downtime, 200, "0", nonsense()),
        (Downtime, 200, "-9223372036854775808", nonsense()),
        (Downtime, 200, "", nonsense()),
        (Downtime, 204, "", Said::None),
        (UserRoleId, 200, "12", Said::Value(Value::Id("12".to_owned()))),
        (UserRoleId, 200, "\"admin\"", Said::Value(Value::Id("admin".to_owned()))),
        (UserRoleId, 200, "", nonsense()),
        (UserRoleId, 204, "", Said::None),
        (Ofd, 200, "3", Said::Value(Value::Count(3))),
        (Ofd, 200, "\"0\"", Said::Value(Value::Count(0))),
        (Ofd, 200, "\u{feff}7\n", Said::Value(Value::Count(7))),
        (Ofd, 200, "-1", nonsense()),
        (Ofd, 200, "3.5", nonsense()),
        (Ofd, 200, "99999999999", nonsense()),
        (Ofd, 204, "", nonsense()),
        (Paper, 200, "1", Said::Value(Value::Flag)),
        (Paper, 200, "", Said::Value(Value::Flag)),
        (Paper, 200, "true", Said::Value(Value::Flag)),
        (Paper, 200, "false", nonsense()),
        (Paper, 200, "<!doctype html><p>Sign in", nonsense()),
        (UserRoleId, 200, "\u{feff} <html>", nonsense()),
        (Paper, 204, "", Said::None),
        (Vision, 200, "да", Said::Value(Value::Flag)),
        (Weight, 200, "1.234", grams(1234)),
        (Weight, 200, "-0,020", grams(-20)),
        (Weight, 200, "1234 g", grams(1234)),
        (Weight, 200, "0.5 кг", grams(500)),
        (Weight, 200, "0", grams(0)),
        (Weight, 200, "1234", nonsense()),
        (Weight, 200, "--1.5", nonsense()),
        (Weight, 200, "9223372036854775807.0", nonsense()),
        (Weight, 200, "a lot", nonsense()),
        (Weight, 204, "", Said::None),
        (Paper, 500, "<html>", nonsense()),
        (Paper, 302, "", nonsense()),
        (Paper, 401, "", nonsense()),
    ];
    for (endpoint, status, body, expected) in rows {
        let reply = Reply { status, content_type: "", body: body.as_bytes() };
        let said = seven(endpoint, reply, &zone);
        match expected {
            Said::Nonsense(_) => {
                assert!(
                    matches!(said, Said::Nonsense(_)),
                    "{endpoint:?} {status} {body:?}: {said:?}"
                );
            }
            expected => assert_eq!(said, expected, "{endpoint:?} {status} {body:?}"),
        }
    }
}

#[test]
fn an_unknown_value_keeps_its_reason_and_is_no_no() {
    let body = br#"{"type":"urn:till-status:problem:stale","detail":"no answer","status":503}"#;
    let reply = Reply { status: 503, content_type: "application/problem+json", body };
    let Said::Unknown(why) = seven(Endpoint::Paper, reply, &TimeZone::UTC) else { panic!() };
    assert_eq!((why.reason.as_str(), why.detail.as_str()), ("stale", "HTTP 503: no answer"));
    for status in [404, 501] {
        let reply = Reply { status, content_type: "", body: b"" };
        let said = seven(Endpoint::Paper, reply, &TimeZone::UTC);
        assert!(matches!(said, Said::Lacking(_)), "{status}: {said:?}");
    }
}

/// The document of a till whose KKT is silent, as api.md shows it.
fn document() -> serde_json::Value {
    serde_json::json!({
        "schema": 1, "overall": "warning",
        "till": { "name": "Store 12 / till 3", "type": "", "time": "2026-11-24T01:47:39+03:00",
                  "version": "0.1.0", "config": "sha256:00", "started_at": "2026-11-24T00:00:00+03:00" },
        "receipt": { "state": "open", "source": "events", "opened_at": "2026-11-24T01:47:00+03:00",
                     "last_activity_at": "2026-11-24T01:47:39+03:00", "last_closed_at": null },
        "user": { "role_id": null, "source": "events" },
        "kkt": {
            "state": "stale", "reason": "no answer", "driver": "atol", "model": "<b>25F</b>",
            "serial_number": null, "firmware": null, "observed_at": null, "age_seconds": null,
            "paper": null, "cover": null, "drawer": null, "printer_faults": null,
            "ofd": { "unsent_documents": 3, "first_unsent_number": null,
                     "first_unsent_at": "2026-11-23T21:15:00+03:00", "evidence": "implementation" },
            "shift": { "state": "open", "number": 18, "opened_at": null },
            "fiscal_storage": { "number": null, "valid_until": null, "flags": null },
            "marking": { "unsent_notifications": null },
            "device_time": null, "clock_skew_seconds": null,
            "unknown": { "paper": { "type": "stale", "detail": "waited 3 s" } } },
        "scale": { "state": "not-configured", "reason": null, "protocol": null, "observed_at": null,
                   "age_seconds": null, "weight_grams": null, "tare_grams": null, "stable": null,
                   "zero": null, "net": null, "unknown": {} },
        "vision": { "state": "down", "reason": "refused", "observed_at": null, "age_seconds": null,
                    "evidence": null },
        "problems": [ { "code": "vision-down", "severity": "warning", "source": "vision",
                        "since": "2026-11-24T01:40:00+03:00", "text": "Нет связи" } ]
    })
}

#[test]
fn the_combined_document_gives_the_same_seven() {
    let seen = combined(document().to_string().as_bytes()).unwrap();
    assert_eq!(seen.value(Endpoint::LastReceiptTime), Some(&at("2026-11-24T01:47:39+03:00")));
    assert_eq!(seen.value(Endpoint::Downtime), Some(&Said::None));
    assert_eq!(seen.value(Endpoint::UserRoleId), Some(&Said::None));
    assert_eq!(seen.value(Endpoint::Ofd), Some(&Said::Value(Value::Count(3))));
    let stale = Why { reason: "stale".to_owned(), detail: "waited 3 s".to_owned() };
    assert_eq!(seen.value(Endpoint::Paper), Some(&Said::Unknown(stale)));
    assert_eq!(seen.value(Endpoint::Vision), Some(&Said::None));
    assert!(matches!(seen.value(Endpoint::Weight), Some(Said::Lacking(_))));
    let [problem] = &seen.problems[..] else { panic!("{:?}", seen.problems) };
    assert_eq!((problem.code.as_str(), problem.severity), ("vision-down", Severity::Warning));
    assert_eq!(problem.since, Some("2026-11-23T22:40:00Z".parse().unwrap()));
}

#[test]
fn a_newer_document_is_read_as_far_as_it_can_be() {
    let mut newer = document();
    newer["kkt"]["paper"] = "perforated".into();
    newer["problems"][0]["code"] = "paper-perforated".into();
    let seen = combined(newer.to_string().as_bytes()).unwrap();
    assert!(matches!(seen.value(Endpoint::Paper), Some(Said::Nonsense(_))));
    assert_eq!(seen.problems[0].code, "paper-perforated");
}

#[test]
fn what_is_no_document_is_no_observation() {
    for body in
        ["", "{}", "[]", "null", "<html></html>", "{\"schema\":1}", "\u{0}", "{\"problems\":[]}"]
    {
        assert!(combined(body.as_bytes()).is_err(), "{body:?}");
    }
}
