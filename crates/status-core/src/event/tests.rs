use super::*;

#[track_caller]
fn refused(json: &str, error: &str) {
    let got = parse_events(json.as_bytes()).map_err(|error| error.to_string());
    let got = got.expect_err(json);
    assert!(got.contains(error), "{json}: {got}");
}

#[test]
fn every_kind_is_read() {
    for name in EventKind::NAMES {
        let more = match name {
            "user-signed-in" => r#","role_id":"12","user_id":"7""#,
            "kkt-status" => r#","paper":"near-end","unsent_documents":3"#,
            "hello" => r#","receipt":"open","opened_at":"2026-11-24T01:47:39+03:00","user":null"#,
            _ => "",
        };
        let json =
            format!(r#"{{"event":"{name}","at":"2026-11-24T01:47:39+03:00","id":"x"{more}}}"#);
        let events = parse_events(json.as_bytes()).unwrap();
        assert_eq!(events.len(), 1, "{name}");
        assert_eq!(events[0].id.as_deref(), Some("x"));
        let at = "2026-11-23T22:47:39Z".parse().ok();
        assert_eq!(events[0].at, at);
    }
    assert_eq!(parse_events(b"[]").unwrap(), []);
}

#[test]
fn a_whole_number_is_one_however_it_is_written() {
    for (number, read) in [
        ("3", Some("3")),
        ("3.0", Some("3")),
        ("3e2", Some("300")),
        ("-7", Some("-7")),
        ("18446744073709551615", Some("18446744073709551615")),
        ("1e18", None),
        ("18446744073709551616", None),
        ("-9223372036854775809", None),
        ("3.5", None),
        ("1e300", None),
        ("true", None),
        ("null", None),
    ] {
        let json = format!(r#"{{"event":"user-signed-in","role_id":{number}}}"#);
        let user = |event: Event| match event.kind {
            EventKind::UserSignedIn(user) => user.role_id,
            _ => None,
        };
        let got = parse_events(json.as_bytes()).ok().and_then(|mut events| user(events.remove(0)));
        assert_eq!(got.as_deref(), read, "{number}");
    }
    let status = br#"{"event":"kkt-status","unsent_documents":3.0}"#;
    let known = KktStatus { unsent_documents: Some(3), ..KktStatus::default() };
    assert_eq!(parse_events(status).unwrap()[0].kind, EventKind::KktStatus(known));
    refused(r#"{"event":"kkt-status","unsent_documents":4294967296.0}"#, "unsent_documents");
}

#[test]
fn a_bad_batch_names_the_element_and_the_key() {
    refused("", "expected JSON");
    refused("3", "expected one event object");
    refused(r#"[{"event":"alive"},7]"#, "element 1: expected an object");
    refused(r#"{"at":"2026-11-24T01:47:39Z"}"#, "key \"event\" is missing");
    refused(r#"{"event":"receipt-opend"}"#, "receipt-opened");
    refused(r#"{"event":"alive","att":1}"#, "unknown key \"att\"");
    refused(r#"{"event":"alive","event":"alive"}"#, "comes twice");
    refused(r#"{"event":"alive","at":"2026-11-24T01:47:39"}"#, "key \"at\"");
    refused(r#"{"event":"receipt-opened","role_id":"1"}"#, "unknown key \"role_id\"");
    refused(r#"{"event":"user-signed-in"}"#, "role_id or user_id");
    refused(r#"{"event":"kkt-status"}"#, "unsent_documents");
    refused(r#"{"event":"kkt-status","paper":"gone"}"#, "key \"paper\"");
    refused(r#"{"event":"kkt-status","unsent_documents":-1}"#, "key \"unsent_documents\"");
    refused(r#"{"event":"hello"}"#, "key \"receipt\" is missing");
    refused(r#"{"event":"hello","receipt":"open","user":{"name":"x"}}"#, "user.");
    refused(&format!(r#"{{"event":"alive","id":"{}"}}"#, "x".repeat(MAX_ID + 1)), "key \"id\"");
    let many = format!("[{}]", vec![r#"{"event":"alive"}"#; MAX_EVENTS + 1].join(","));
    refused(&many, "at most 1000");
}
