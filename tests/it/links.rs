//! The links v2 and v3 of ATOL through the real programs: for the same state of the KKT both tell
//! the same.

use std::process::Stdio;
use std::time::{Duration, Instant};

use kkt_atol::{Client, Link, Settings, StateFlags};
use serde_json::{Value, json};
use till_port::{Address, OpenOptions};

use crate::support::{Demo, Running, first_line, program};

/// What is set, and what the document must show before two documents are compared.
const STATES: &[(&str, &str, &str)] = &[
    ("{}", "/kkt/paper", r#""present""#),
    (r#"{"paper":"near-end","cover":"open"}"#, "/kkt/paper", r#""near-end""#),
    (r#"{"paper":"out","drawer":"open"}"#, "/kkt/paper", r#""out""#),
    (
        r#"{"paper":"present","cover":"closed","printer_faults":["cutter-error"]}"#,
        "/kkt/printer_faults",
        r#"["cutter-error"]"#,
    ),
    (
        r#"{"unsent_documents":3,"first_unsent_at":"2026-11-23T21:15:00+03:00"}"#,
        "/kkt/ofd/unsent_documents",
        "3",
    ),
    (
        r#"{"shift":"closed","receipt":"open","receipt_sum":12345,"operator":5}"#,
        "/kkt/shift/state",
        r#""closed""#,
    ),
    (
        r#"{"shift":"open","receipt":"closed","fiscal_storage_flags":["resource-exhausted"]}"#,
        "/kkt/fiscal_storage/flags",
        r#"["resource-exhausted"]"#,
    ),
    (r#"{"error":"8C"}"#, "/kkt/state", r#""refused""#),
    (r#"{"error":null,"unsent_documents":0}"#, "/kkt/ofd/unsent_documents", "0"),
];

/// How the line falls away. Whose words say why differs by the line.
const LINES: &[(&str, &str, &str)] = &[
    (r#"{"link":"silent"}"#, "/kkt/state", r#""stale""#),
    (r#"{"link":"unplugged"}"#, "/kkt/state", r#""not-connected""#),
    (r#"{"link":"ok"}"#, "/kkt/state", r#""online""#),
];

/// A device that fell away and came back is tried again with a back-off.
const LIMIT: Duration = Duration::from_secs(40);

#[test]
fn both_links_tell_the_same() {
    let v2 = Demo::start_with(&["--kkt", "atol-v2"]);
    let v3 = Demo::start_with(&["--kkt", "atol-v3"]);
    for (states, told_why) in [(STATES, true), (LINES, false)] {
        for (patch, pointer, shown) in states {
            let shown: Value = serde_json::from_str(shown).unwrap();
            for demo in [&v2, &v3] {
                demo.patch("kkt", patch);
            }
            let end = Instant::now() + LIMIT;
            loop {
                let documents = [&v2, &v3].map(Demo::document);
                let all = documents.iter().all(|it| it.pointer(pointer) == Some(&shown));
                let [v2, v3] = documents.map(|document| comparable(document, told_why));
                if all && v2 == v3 {
                    break;
                }
                assert!(Instant::now() < end, "{patch}\nv2: {v2}\nv3: {v3}");
                std::thread::park_timeout(Duration::from_millis(100));
            }
        }
    }
    let asked = |demo: &Demo| demo.seen()["kkt"]["requests"].clone();
    assert_eq!(asked(&v2), asked(&v3));
    assert_eq!(v2.seen()["kkt"]["buffer_commands"], json!([]), "the link v2 has no task buffer");
    assert_ne!(v3.seen()["kkt"]["buffer_commands"], json!([]));
}

/// A document without times and the marks of one run; without `told_why` also without the words
/// that say why a device has no answer.
fn comparable(mut document: Value, told_why: bool) -> Value {
    const OF_THE_RUN: [&str; 8] = [
        "time",
        "started_at",
        "config",
        "observed_at",
        "age_seconds",
        "device_time",
        "clock_skew_seconds",
        "since",
    ];
    document["vision"]["evidence"].take();
    strip(&mut document, &|key| {
        OF_THE_RUN.contains(&key)
            || !told_why && ["reason", "detail", "text", "last_known"].contains(&key)
    });
    document
}

fn strip(value: &mut Value, drop: &impl Fn(&str) -> bool) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !drop(key));
            map.values_mut().for_each(|value| strip(value, drop));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| strip(value, drop)),
        _ => {}
    }
}

/// A simulator alone, asked by the driver: any link on any line.
#[test]
fn a_simulated_kkt_alone() {
    for (kind, link) in [("atol-v2", Link::V2), ("atol-v3", Link::V3)] {
        for place in [&["--pty"][..], &["--listen", "127.0.0.1:0"]] {
            let mut command = program("till-tool");
            command.args(["sim", kind, "--state", r#"{"paper":"out","unsent_documents":16}"#]);
            let mut child = command.args(place).stdout(Stdio::piped()).spawn().unwrap();
            let ready = first_line(&mut child);
            let _running = Running(child);
            let address: Address = ready.strip_prefix("ready ").unwrap().parse().unwrap();
            let port = address.open(&OpenOptions::default()).unwrap();
            let mut client = Client::new(port, Settings::of(link));
            assert!(!client.status().unwrap().paper_present(), "{kind} {place:?}");
            assert!(client.state_code().unwrap().flags.contains(StateFlags::NO_PAPER));
            assert_eq!(client.ofd_queue().unwrap().unsent_documents, 16, "{kind} {place:?}");
        }
    }
}
