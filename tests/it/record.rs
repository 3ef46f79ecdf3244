//! `cargo xtask record`: a program and a device, and the proxy between them.

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use kkt_atol::SAFE;
use till_port::{Origin, Tape};

use crate::field_kit::{is_tidy, replayed, tells_nobody};
use crate::support::{Folder, Running, first_line, program, simulator, until};

/// Our client through the proxy, to a simulator, and what was recorded of it.
#[track_caller]
fn record(name: &str, device: &[&str], listen: &[&str], visits: usize, more: &[&str]) -> String {
    record_over("v3", name, device, listen, visits, more)
}

#[track_caller]
fn record_over(
    link: &str,
    name: &str,
    device: &[&str],
    listen: &[&str],
    visits: usize,
    more: &[&str],
) -> String {
    let words = ["--driver", "atol", "--link", link];
    recorded(&format!("atol-{link}"), &words, name, device, listen, visits, more)
}

/// The words are those that name the KKT to a dump.
#[track_caller]
fn recorded(
    protocol: &str,
    words: &[&str],
    name: &str,
    device: &[&str],
    listen: &[&str],
    visits: usize,
    more: &[&str],
) -> String {
    let folder = Folder::new(&format!("record-{name}"));
    let out = folder.0.join("dialogue.tape");
    let (_kkt, address) = simulator(&[&[protocol], device].concat());
    let mut command = program("xtask");
    command.args(["record", &address, "--protocol", protocol, "--out", out.to_str().unwrap()]);
    let host = if protocol.starts_with("atol") { "kkt-atol" } else { "kkt-sp80x" };
    command.args(["--device", "a simulator", "--host", host, "--simulator"]);
    // This machine may run a service for another test.
    command.arg("--root").arg(&folder.0).args(listen).args(more);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let ready = first_line(&mut child);
    let mut proxy = Running(child);
    let place = ready.strip_prefix("ready ").unwrap_or_else(|| panic!("not ready: {ready:?}"));
    for _ in 0..visits {
        let owned = ["--owns-device", "--address", place];
        let visit = program("till-tool").arg("dump").args(words).args(owned).output().unwrap();
        assert!(visit.status.success(), "{}", String::from_utf8_lossy(&visit.stderr));
    }
    assert_eq!(proxy.terminate().0, Some(0), "{name}");
    std::fs::read_to_string(&out).unwrap()
}

#[test]
fn a_dialogue_passes_and_is_written_down() {
    let tcp: &[&str] = &["--listen", "127.0.0.1:0"];
    let pty: &[&str] = &["--pty"];
    for (name, link, device, listen, line) in [
        ("tcp-to-tcp", "v3", tcp, &["--tcp", "127.0.0.1:0"][..], "tcp"),
        ("tcp-to-pty", "v3", pty, &["--tcp", "127.0.0.1:0"][..], "serial 115200 8N1"),
        ("pty-to-tcp", "v3", tcp, &["--pty"][..], "tcp"),
        ("pty-to-pty", "v2", pty, &["--pty"][..], "serial 115200 8N1"),
    ] {
        let text = record_over(link, name, device, listen, 1, &[]);
        tells_nobody(&text);
        is_tidy(&text);
        let tape: Tape = text.parse().unwrap();
        assert_eq!((tape.header.line.as_str(), tape.header.origin), (line, Origin::Synthetic));
        assert_eq!(tape.header.protocol, format!("atol-{link}"));
        assert_eq!(tape.header.scrubbed.as_deref(), Some("serial number, FN number"));
        // Both directions are there, a packet a step: our client says it again and is answered.
        let lines = replayed(&tape);
        assert_eq!(lines.len(), SAFE.len(), "{name}");
        assert!(lines.iter().all(|line| !line.contains("error")), "{name}: {lines:#?}");
    }
}

#[test]
fn a_dialogue_in_a_dialect_is_made_anonymous_too() {
    for (protocol, words, queries) in [
        ("sp80x-arm", &["--driver", "sp80x", "--dialect", "arm"][..], 7),
        ("sp80x-pone", &["--driver", "sp80x", "--dialect", "pone"], 7),
    ] {
        let listen = ["--tcp", "127.0.0.1:0"];
        let text = recorded(protocol, words, protocol, &["--pty"], &listen, 1, &[]);
        for secret in ["0801001234", "0802001234", "9999078900001234", "30 38 30 31 30 30 31 32"] {
            assert!(!text.contains(secret), "{text}");
        }
        is_tidy(&text);
        let tape: Tape = text.parse().unwrap();
        assert_eq!((tape.header.protocol.as_str(), tape.messages()), (protocol, 2 * queries));
        assert!(tape.header.scrubbed.as_deref().unwrap().starts_with("serial number"));
        assert_eq!(replayed(&tape).len(), queries);
    }
}

#[test]
fn a_program_may_come_again() {
    let text = record("again", &["--pty"], &["--tcp", "127.0.0.1:0"], 2, &[]);
    let tape: Tape = text.parse().unwrap();
    let once = SAFE.len() * 5;
    assert_eq!(tape.messages(), 2 * once, "Add, pending, result, Ack, freed; twice");
}

#[test]
fn what_is_beyond_the_limit_passes_and_is_not_kept() {
    let limit = ["--limit", "1000"];
    let tape: Tape = record("limit", &["--pty"], &["--pty"], 1, &limit).parse().unwrap();
    assert!(tape.messages() > 2 && tape.messages() < SAFE.len() * 5, "{}", tape.messages());
    assert_eq!(tape.header.notes, ["the recording ends at its limit of 1000 bytes"]);
}

#[test]
fn it_refuses_on_a_till() {
    let folder = Folder::new("record-refuses");
    folder.file("etc/systemd/system/till-status.service", "[Unit]\n");
    let out = folder.0.join("dialogue.tape");
    let refused = |address: &str, root: &std::path::Path, more: &[&str]| {
        let mut command = program("xtask");
        command.args(["record", address, "--protocol", "atol-v3", "--tcp", "127.0.0.1:0", "--out"]);
        command.arg(&out).args(["--device", "a", "--host", "b", "--root"]).arg(root).args(more);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut refuses = Running(child);
        // One that does not refuse would record for ever.
        let status = until(Duration::from_secs(20), || refuses.0.try_wait().unwrap());
        assert!(!status.success() && !out.exists(), "nothing is left behind");
        let mut error = String::new();
        refuses.0.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        error
    };
    let error = refused("tcp:127.0.0.1:9", &folder.0, &[]);
    assert!(error.contains("till-status.service") && error.contains("till-tool dump"), "{error}");
    let lab = Folder::new("record-lab");
    let error = refused("/dev/ttyACM0", &lab.0, &[]);
    assert!(error.contains("interface number"), "{error}");
    assert!(refused("tape:a.tape", &lab.0, &[]).contains("no device"));
    let error = refused("tcp:127.0.0.1:9", &lab.0, &["--firmware", "a\nb"]);
    assert!(error.contains("--firmware"), "{error}");
}
