//! `till-tool decode` for people: every frame of the protocol pages, with its stated values.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{program, root};

struct Row {
    id: String,
    frame: String,
}

/// The rows of the frame tables of a protocol page whose id starts with one of `prefixes`: the frame
/// is the first code span of the row.
fn rows(page: &str, prefixes: &[&str]) -> Vec<Row> {
    let text = std::fs::read_to_string(root().join("docs/protocols").join(page)).unwrap();
    let rows = text.lines().filter_map(|line| {
        let id = line.strip_prefix("| ")?.split(' ').next()?;
        let frame = line.split('`').nth(1)?;
        prefixes
            .iter()
            .any(|prefix| id.starts_with(prefix))
            .then(|| Row { id: id.to_owned(), frame: frame.to_owned() })
    });
    rows.collect()
}

fn expected(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("fixtures").join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn decode(arguments: &[&str]) -> (bool, Vec<Value>) {
    let output = program("till-tool").arg("decode").args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (
        output.status.success(),
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
    )
}

#[track_caller]
fn check_page(protocol: &str, page: &str, prefixes: &[&str], stated: &str, count: usize) {
    let (rows, stated) = (rows(page, prefixes), expected(stated));
    assert_eq!(rows.len(), count, "rows of {page}");
    let frame = |id: &str| {
        let row = rows.iter().find(|row| row.id == id);
        row.unwrap_or_else(|| panic!("{page} has no row {id}")).frame.clone()
    };
    let mut seen = std::collections::BTreeSet::new();
    for wanted in &stated {
        let id = wanted["id"].as_str().unwrap();
        // A row that holds an exchange has its frames in one line here: the fixture names them.
        let bytes = wanted["frame"].as_str().map_or_else(|| frame(id), str::to_owned);
        assert!(frame_line_holds(page, id, &bytes), "{id}: {bytes} is not in its row");
        seen.insert(id.to_owned());
        let direction = format!("--{}", wanted["direction"].as_str().unwrap());
        let mut arguments = vec![protocol, &direction];
        let to = wanted["to"].as_str().map(&frame);
        if let Some(to) = &to {
            arguments.extend(["--to", to]);
        }
        arguments.push(&bytes);
        let ok = wanted["ok"].as_bool().unwrap_or(true);
        let (success, objects) = decode(&arguments);
        assert_eq!(success, ok, "{id}: {objects:?}");
        // The fields stated are those of the last of several messages in one step.
        let messages = wanted["messages"].as_array().map_or(1, Vec::len);
        assert_eq!(objects.len(), messages, "{id}: {objects:?}");
        let object = &objects[messages - 1];
        assert_eq!(object["protocol"], protocol);
        assert_eq!(object["direction"], wanted["direction"]);
        assert_eq!(object["ok"], ok, "{id}");
        if ok {
            assert_eq!(object["message"], wanted["message"], "{id}: {object}");
            for (name, value) in wanted["fields"].as_object().unwrap() {
                assert_eq!(&object["fields"][name], value, "{id}: {name} in {object}");
            }
        } else {
            assert!(object["error"].as_str().unwrap().contains("expected"), "{id}: {object}");
        }
    }
    for row in &rows {
        assert!(seen.contains(&row.id), "{} has no stated decode", row.id);
    }
}

fn frame_line_holds(page: &str, id: &str, frame: &str) -> bool {
    let text = std::fs::read_to_string(root().join("docs/protocols").join(page)).unwrap();
    let mut lines = text.lines().filter(|line| line.starts_with(&format!("| {id} ")));
    lines.any(|line| line.contains(frame))
}

#[test]
fn every_v3_frame_of_the_atol_page() {
    check_page("atol-v3", "atol.md", &["F-v3-"], "kkt-atol/atol-v3/decode.jsonl", 39);
}

#[test]
fn every_v2_frame_of_the_atol_page() {
    check_page("atol-v2", "atol.md", &["F-v2-"], "kkt-atol/atol-v2/decode.jsonl", 16);
}

#[test]
fn every_frame_of_the_scales_pages() {
    for (protocol, prefix, count) in [
        ("massa-k-100", "M100-", 10),
        ("massa-k-2", "M2-", 4),
        ("pos2", "P2-", 9),
        ("cas-ecr", "CAS-", 1),
        ("cas-22", "C22-", 1),
        ("toledo-8217", "T-", 6),
        ("mt-sics", "SICS-", 4),
        ("toledo-continuous", "TC-", 2),
    ] {
        let stated = format!("scale-proto/{protocol}/decode.jsonl");
        check_page(protocol, &format!("{protocol}.md"), &[prefix], &stated, count);
    }
}

#[test]
fn every_pone_frame_of_the_sp80x_page() {
    let ids = ["SQ-", "ST-", "SA-"];
    let stated = "kkt-sp80x/sp80x-pone/decode.jsonl";
    check_page("sp80x-pone", "sp80x.md", &ids, stated, 20);
}

#[test]
fn every_pirit_frame_of_the_sp80x_page() {
    let ids = ["PQ-", "PT-", "PA-"];
    let stated = "kkt-sp80x/sp80x-pirit/decode.jsonl";
    check_page("sp80x-pirit", "sp80x.md", &ids, stated, 35);
}

/// The documents as XML on standard input, and in hex.
#[test]
fn every_arm_document_of_the_sp80x_page() {
    let mut count = 0;
    for wanted in expected("kkt-sp80x/sp80x-arm/decode.jsonl") {
        let id = wanted["id"].as_str().unwrap();
        let document = crate::sp80x_docs::document(id);
        let hex: String = document.bytes().map(|byte| format!("{byte:02X}")).collect();
        let (piped, outcome) = (decode_piped("sp80x-arm", &document), decode(&["sp80x-arm", &hex]));
        assert_eq!(piped, outcome, "{id}");
        let (success, objects) = piped;
        assert!(success && objects.len() == 1, "{id}: {objects:?}");
        assert_eq!(objects[0]["direction"], wanted["direction"], "{id}");
        assert_eq!(objects[0]["message"], wanted["message"], "{id}");
        for (name, value) in wanted["fields"].as_object().unwrap() {
            assert_eq!(&objects[0]["fields"][name], value, "{id}: {name} in {}", objects[0]);
        }
        count += 1;
    }
    assert_eq!(count, 6);
}

fn decode_piped(protocol: &str, text: &str) -> (bool, Vec<Value>) {
    let mut child = program("till-tool")
        .args(["decode", protocol, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let objects = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.success(), objects)
}

#[test]
fn a_dialect_refuses_what_the_other_says() {
    let (ok, objects) = decode(&["sp80x-pone", "02 50 49 52 49 20 30 30 03 32 31"]);
    let error = objects[0]["error"].as_str().unwrap();
    assert!(!ok && error.contains("PIRI") && error.contains("PONE"), "{error}");
    assert_eq!(objects[0]["direction"], "request");
}

#[test]
fn a_wrong_checksum_says_got_and_expected() {
    let (ok, objects) = decode(&["atol-v3", "--answer", "FE 01 00 01 A3 DB"]);
    assert!(!ok);
    let error = objects[0]["error"].as_str().unwrap();
    assert!(error.contains("DB") && error.contains("DA"), "{error}");
    assert_eq!(objects[0]["ok"], false);
    let (ok, objects) = decode(&["massa-k-100", "F8 55 CE 01 00 23 24 00"]);
    let error = objects[0]["error"].as_str().unwrap();
    assert!(!ok && error.contains("0024") && error.contains("0023"), "{error}");
}

#[test]
fn what_one_source_tells_or_several_dispute_is_marked() {
    let (_, objects) = decode(&[
        "atol-v3",
        "--to",
        "FE 06 00 03 C1 01 02 00 00 3F 98",
        "FE 20 00 F0 A6 02 44 30 01 26 11 24 01 56 07 4B 00 10 65 43 39 33 30 01 00 42 00 17 01 \
         00 00 01 23 45 02 06 1C",
    ]);
    let fields = &objects[0]["fields"];
    let one = serde_json::json!(["model", "receipt_number", "shift_number"]);
    assert_eq!(fields["single_source"], one, "{fields}");
    let disputed =
        serde_json::json!(["factory_number", "receipt_number", "shift_number", "receipt_sum"]);
    assert_eq!(fields["disputed"], disputed, "{fields}");
}

#[test]
fn a_refusal_in_a_sound_frame_is_ok() {
    let (ok, objects) = decode(&["massa-k-100", "--answer", "F8 55 CE 02 00 28 08 08 28"]);
    assert!(ok && objects[0]["ok"] == true, "{objects:?}");
}

#[test]
fn tape_steps_from_standard_input_are_read_in_their_light() {
    let steps = "> +0ms FE 06 00 03 C1 01 02 00 00 3F 98  # add\n\
                 < +5ms FE 01 00 03 A1 61\n\
                 < +9ms FE 20 00 F0 A6 02 44 30 01 26 11 24 01 56 07 4B 00 10 65 43 39 33 30\n\
                 \x20       01 00 42 00 17 01 00 00 01 23 45 02 06 1C\n";
    let mut child = program("till-tool")
        .args(["decode", "atol-v3", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(steps.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let objects: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 3, "{text}");
    assert_eq!(objects[0]["direction"], "request");
    assert_eq!(objects[2]["fields"]["receipt_sum"], 12345, "{}", objects[2]);
}

#[test]
fn the_examples_of_the_help_are_sound() {
    let help = program("till-tool").args(["decode", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let examples = help.lines().filter_map(|line| line.trim().strip_prefix("till-tool decode "));
    let mut counted = 0;
    for example in examples {
        let (words, tape) =
            example.split_once(" < ").map_or((example, None), |(w, t)| (w, Some(t)));
        let mut command = program("till-tool");
        command.arg("decode").args(words.split(' '));
        if let Some(tape) = tape {
            command.stdin(std::fs::File::open(root().join(tape)).unwrap());
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stdout));
        counted += 1;
    }
    assert_eq!(counted, 7);
}

#[test]
fn bad_words_are_a_clear_error() {
    for (arguments, named) in [
        (&["atol-v9", "00"][..], "atol-v3"),
        (&["atol-v3", "FE 0"][..], "hex"),
        (&["atol-v3", "zz"][..], "zz"),
        (&["atol-v3"][..], "bytes"),
    ] {
        let output = program("till-tool").arg("decode").args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(named), "{arguments:?}: {text}");
    }
}
