use super::*;

fn dump(recorded_at: &str, fields: Value, places: Value) -> Dump {
    let query = json!({
        "command": "44", "name": "short-status", "result": "answered", "error": null,
        "fields": fields, "places": places,
    });
    let raw = json!({
        "driver": "sp80x", "dialect": "arm", "device": "Service Plus", "scrubbed": null,
        "recorded_at": recorded_at, "queries": [query],
    });
    Dump::new(raw.clone(), raw)
}

fn place(name: &str, text: &str) -> Value {
    json!({ "path": ["200000", name], "text": text, "means": [] })
}

#[test]
fn a_clock_goes_on_and_a_time_that_jumps_does_not() {
    let at = |text: &str| Value::from(text);
    let was = at("2026-09-15 19:30:00");
    assert!(clock(&was, &at("2026-09-15 19:30:21"), 20));
    assert!(clock(&at("2026-09-15T19:30:00"), &at("2026-09-15T19:30:21"), 20));
    for (new, elapsed) in [("2026-09-15 19:30:21", 90), ("2026-09-15 19:29:59", 1), ("нет", 1)] {
        assert!(!clock(&was, &at(new), elapsed), "{new}");
    }
}

#[test]
fn what_appears_is_a_difference_and_a_silent_query_is_none() {
    let old = dump("2026-11-24T12:00:00Z", json!({ "shift_open": true }), json!([place("A", "1")]));
    let new = dump(
        "2026-11-24T12:00:20Z",
        json!({ "shift_open": true, "packet_id": 7 }),
        json!([place("A", "1"), place("B", "x")]),
    );
    let found = Comparison::new(&old, &new, None).unwrap();
    assert_eq!(found.differences.len(), 1, "{found:?}");
    assert!(
        found.text().contains("  200000/B                 absent -> \"x\""),
        "{}",
        found.text()
    );
    assert!(found.text().contains("--change"), "{}", found.text());
    let mut silent = new.clone();
    silent.raw["queries"][0]["result"] = "failed".into();
    assert!(Comparison::new(&old, &silent, None).unwrap().differences.is_empty());
}

#[test]
fn what_was_made_anonymous_becomes_no_entry() {
    let (was, is) = (json!([place("Paper", "полная")]), json!([place("Paper", "пусто")]));
    let old = dump("2026-11-24T12:00:00Z", json!({}), was);
    let mut new = dump("2026-11-24T12:00:20Z", json!({}), is);
    let found = Comparison::new(&old, &new, Some(Change::PaperOut)).unwrap();
    assert!(found.suggestions[0].contains("yes = \"полная\", no = \"пусто\""), "{found:?}");
    new.shown["queries"][0]["places"] = json!([place("Paper", "ХХХХХ")]);
    let found = Comparison::new(&old, &new, Some(Change::PaperOut)).unwrap();
    assert!(found.suggestions.is_empty() && found.text().contains("--no-scrub"), "{found:?}");
    assert!(found.text().contains("(made anonymous)") && !found.text().contains("пусто"));
}

#[test]
fn a_file_that_is_no_dump_is_said_to_be_none() {
    for text in ["", "{}", "[]", "{\"driver\":\"atol\"}"] {
        let error = Dump::read(text).unwrap_err().to_string();
        assert!(error.contains("--format json"), "{error}");
    }
    let old = dump("2026-11-24T12:00:00Z", json!({}), json!([]));
    let mut new = old.clone();
    new.raw["dialect"] = "pone".into();
    let error = Comparison::new(&old, &new, None).unwrap_err().to_string();
    assert!(error.contains("got sp80x arm, expected sp80x pone"), "{error}");
}
