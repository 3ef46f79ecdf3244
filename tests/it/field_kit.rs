//! `till-tool dump`: one visit to a simulated KKT, over a real TCP connection and a real pty.

use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kkt_atol::sim::{Simulator, State};
use kkt_atol::v3::frame::{Deframer, encode};
use kkt_atol::{Link, SAFE};
use serde_json::Value;
use till_port::{Device, Fake, Hex, Origin, Player, Tape};

use crate::protocols;
use crate::support::{Folder, program, simulator};

const TCP: &[&str] = &["atol-v3", "--listen", "127.0.0.1:0"];
const PTY: &[&str] = &["atol-v3", "--pty"];
const V2: &[&str] = &["atol-v2", "--pty"];

pub(crate) fn dump(arguments: &[&str]) -> Output {
    program("till-tool").arg("dump").args(arguments).output().unwrap()
}

/// A dump of a KKT that is named, and nobody else's.
fn visit(address: &str, arguments: &[&str]) -> Output {
    visit_over("v3", address, arguments)
}

fn visit_over(link: &str, address: &str, arguments: &[&str]) -> Output {
    let owned = ["--driver", "atol", "--link", link, "--address", address, "--owns-device"];
    dump(&[&owned, arguments].concat())
}

/// The link that a simulator speaks: `v3`.
fn link(place: &[&str]) -> &'static str {
    if place == V2 { "v2" } else { "v3" }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Whose simulator it is: its serial number and that of its fiscal storage, as text and as bytes.
#[track_caller]
pub(crate) fn tells_nobody(shown: &str) {
    for secret in ["00106543", "106543", "00 10 65 43", "9999078900012345", "39 39 39 39 30 37"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// Looked at as if it lay among the tapes of the project.
#[track_caller]
pub(crate) fn is_tidy(tape: &str) {
    let folder = Folder::new("tidy-tape");
    let protocol = tape.parse::<Tape>().unwrap().header.protocol;
    let driver = if protocol.starts_with("sp80x") { "kkt-sp80x" } else { "kkt-atol" };
    for (ending, content) in [("tape", tape), ("expect", "")] {
        let name = format!("fixtures/{driver}/{protocol}/visit--simulator.{ending}");
        folder.file(&name, content);
    }
    let findings = xtask::tidy::check(&folder.0).unwrap();
    assert!(findings.is_empty(), "{findings:?} in {tape}");
}

/// What our client makes of a tape that our client said.
#[track_caller]
pub(crate) fn replayed(tape: &Tape) -> Vec<String> {
    let protocol = protocols::of(tape).unwrap();
    let mut player = Player::new(tape).with_chunk(3);
    let lines = (protocol.play)(tape, &mut player);
    assert_eq!(player.mismatch(), None);
    assert!(player.is_finished(), "something is left of the tape: {lines:#?}");
    lines
}

#[test]
fn as_text_every_answer_decoded_and_raw() {
    for (place, raw) in [
        (TCP, ["  > FE ", "  < FE "]),
        (PTY, ["  > FE ", "  < FE "]),
        (V2, ["  > 05\n", "  < 02 "]),
    ] {
        let (_kkt, address) = simulator(place);
        let output = visit_over(link(place), &address, &[]);
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{shown}{}", text(&output.stderr));
        for command in SAFE {
            let title = format!("\n{} ", Hex(command));
            assert!(shown.contains(&title), "{title} in {shown}");
        }
        let decoded = ["ATOL АТОЛ 25Ф (model 57)", "paper_present            yes"];
        for said in decoded.into_iter().chain(raw) {
            assert!(shown.contains(said), "{said} in {shown}");
        }
        assert!(shown.contains("scrubbed: serial number, FN number\n"), "{shown}");
        tells_nobody(&shown);
    }
}

#[test]
fn as_json_every_answer_with_its_packets() {
    for place in [PTY, V2] {
        json_of(place);
    }
}

#[track_caller]
fn json_of(place: &[&str]) {
    let (_kkt, address) = simulator(&[place, &["--state", r#"{"unsent_documents":3}"#]].concat());
    let output = visit_over(link(place), &address, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    tells_nobody(&shown);
    let document: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(document["firmware"], "3.0.7534");
    assert_eq!(document["link"], link(place));
    assert_eq!(document["bytes_of_no_packet"], 0);
    let queries = document["queries"].as_array().unwrap();
    let asked: Vec<_> = queries.iter().map(|query| query["command"].as_str().unwrap()).collect();
    let safe: Vec<_> = SAFE.iter().map(|command| Hex(command).to_string()).collect();
    assert_eq!(asked, safe, "every safe query once, and nothing else");
    for query in queries {
        assert_eq!(query["result"], "answered", "{query}");
        let packets = query["packets"].as_array().unwrap();
        assert!(packets.len() >= 4 && packets[0]["direction"] == "request", "{query}");
    }
    let of =
        |name: &str| queries.iter().find(|query| query["name"] == name).unwrap()["fields"].clone();
    assert_eq!(of("ofd-queue")["unsent_documents"], 3);
    assert_eq!(of("status")["factory_number"], "12345678");
    assert_eq!(of("fiscal-storage")["fn_number"], "1234567890123456");
}

#[test]
fn as_a_tape_that_is_tidy_and_replays() {
    for (place, line) in [(TCP, "tcp"), (PTY, "serial 115200 8N1"), (V2, "serial 115200 8N1")] {
        let folder = Folder::new("dump-tape");
        let file = folder.0.join("kkt.tape");
        let (_kkt, address) = simulator(place);
        let out = ["--format", "tape", "--out", file.to_str().unwrap()];
        let source = ["--source", "Ivanov, shop 7"];
        let output = visit_over(link(place), &address, &[&out[..], &source].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let shown = std::fs::read_to_string(&file).unwrap();
        tells_nobody(&shown);
        is_tidy(&shown);
        let tape: Tape = shown.parse().unwrap();
        let header = &tape.header;
        assert_eq!(header.device, "ATOL АТОЛ 25Ф (model 57)");
        assert_eq!(header.firmware.as_deref(), Some("3.0.7534"));
        assert_eq!((header.line.as_str(), header.protocol.as_str()), (line, place[0]));
        assert!(header.source.ends_with("; Ivanov, shop 7"), "{}", header.source);
        assert_eq!(header.scrubbed.as_deref(), Some("serial number, FN number"));
        // The program cannot know that it was a simulator: it has to be told.
        assert_eq!(header.origin, Origin::Recorded);
        let lines = replayed(&tape);
        assert_eq!(lines.len(), SAFE.len());
        assert!(lines.iter().all(|line| !line.contains("error")), "{lines:#?}");
        // A recording is never written over another one.
        assert_eq!(visit_over(link(place), &address, &out).status.code(), Some(2));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), shown);
    }
    let (_kkt, address) = simulator(TCP);
    let output = visit(&address, &["--format", "tape", "--simulator"]);
    let tape: Tape = text(&output.stdout).parse().unwrap();
    assert_eq!(tape.header.origin, Origin::Synthetic);
}

#[test]
fn scrubbing_can_be_left_out_for_own_eyes_only() {
    let (_kkt, address) = simulator(TCP);
    let output = visit(&address, &["--no-scrub"]);
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output.stdout);
    assert!(shown.contains("00106543") && shown.contains("9999078900012345"), "{shown}");
    let output = visit(&address, &["--no-scrub", "--format", "tape"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(text(&output.stderr).contains("always scrubbed"));
}

#[test]
fn a_refusal_is_an_answer() {
    for place in [TCP, V2] {
        let (_kkt, address) = simulator(&[place, &["--state", r#"{"error":"67"}"#]].concat());
        let output = visit_over(link(place), &address, &["--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        for query in document["queries"].as_array().unwrap() {
            if place == V2 && query["command"] == "45" {
                // The link v2 does not tell whether that is a state or an error.
                assert_eq!((&query["result"], &query["error"]), (&"answered".into(), &Value::Null));
                assert_eq!(query["fields"]["or_error"], "67");
                continue;
            }
            assert_eq!((&query["result"], &query["fields"]), (&"refused".into(), &Value::Null));
            assert!(query["error"].as_str().unwrap().contains("67"), "{query}");
        }
    }
}

#[test]
fn a_kkt_that_another_program_holds_is_said_to_be_so() {
    let (_kkt, address) = simulator(&[TCP, &["--state", r#"{"link":"busy"}"#]].concat());
    let output = visit(&address, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("another program probably holds it"));
    assert!(text(&output.stdout).contains("not asked"), "the others are not tried");
}

type Hears = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// A KKT that does not hear everything, or says it otherwise.
struct Odd {
    kkt: Simulator,
    hears: Hears,
    says: fn(Vec<u8>) -> Vec<u8>,
}

impl Device for Odd {
    fn connect(&mut self, now: Duration) {
        self.kkt.connect(now);
    }
    fn disconnect(&mut self) {
        self.kkt.disconnect();
    }
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        if (self.hears)(bytes) {
            self.kkt.receive(bytes, now);
        }
    }
    fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.kkt.transmit(now).map(self.says)
    }
    fn wake(&self) -> Option<Duration> {
        self.kkt.wake()
    }
    fn hangs_up(&mut self) -> bool {
        self.kkt.hangs_up()
    }
}

#[test]
fn a_query_without_an_answer_keeps_none_of_the_others() {
    // It hears neither the question for its type, nor what becomes of it.
    let mut asked = None;
    let hears = move |bytes: &[u8]| {
        let add = bytes.windows(4).find(|part| part[1..] == [0x00, 0x00, 0xA5]);
        asked = add.map(|part| part[0]).or(asked);
        let follows = |task| bytes.windows(2).any(|part| part == [0xC3, task]);
        add.is_none() && !asked.is_some_and(follows)
    };
    let kkt = Simulator::new(State::default(), Link::V3);
    let kkt = Odd { kkt, hears: Box::new(hears), says: |bytes| bytes };
    let kkt = Arc::new(Mutex::new(kkt));
    let fake = Fake::tcp("127.0.0.1:0".parse().unwrap(), kkt.clone()).unwrap();
    let output = visit(&fake.address().to_string(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("A5 device-type: "), "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    for query in document["queries"].as_array().unwrap() {
        let failed = query["command"] == "A5";
        assert_eq!(query["result"], if failed { "failed" } else { "answered" }, "{query}");
        assert_eq!(query["error"].is_string(), failed, "{query}");
    }
    // Nothing was sent that is not safe, and others' tasks were left alone.
    let odd = kkt.lock().unwrap();
    assert!(odd.kkt.requests().keys().all(|request| SAFE.contains(&request.as_slice())));
    assert!(odd.kkt.buffer_commands().keys().all(|code| [0xC1, 0xC2, 0xC3].contains(code)));
}

#[test]
fn an_answer_of_another_form_is_shown_as_it_came() {
    // Of what it is it tells no more than the model.
    let says = |bytes: Vec<u8>| {
        let mut deframer = Deframer::new();
        deframer.push(&bytes);
        let mut said = Vec::new();
        match deframer.next_frame() {
            Some(Ok(frame)) if frame.data.get(2..6) == Some(&[0x00, 0x01, 0x01, 0x39]) => {
                encode(frame.id, &frame.data[..6], &mut said).unwrap();
                said
            }
            _ => bytes,
        }
    };
    let kkt =
        Odd { kkt: Simulator::new(State::default(), Link::V3), hears: Box::new(|_| true), says };
    let fake = Fake::tcp("127.0.0.1:0".parse().unwrap(), Arc::new(Mutex::new(kkt))).unwrap();
    let output = visit(&fake.address().to_string(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "it is an answer: {}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let queries = document["queries"].as_array().unwrap();
    let odd = queries.iter().find(|query| query["command"] == "A5").unwrap();
    assert_eq!((&odd["name"], &odd["fields"]), (&"device-type".into(), &Value::Null));
    let error = odd["error"].as_str().unwrap();
    assert!(error.starts_with("answered in a form that is not known: "), "{error}");
    let packets = odd["packets"].as_array().unwrap();
    let raw = packets.iter().any(|it| it["bytes"].as_str().unwrap().contains("00 01 01 39"));
    assert!(raw, "{packets:?}");
    assert_eq!(document["device"], "ATOL, a KKT that did not tell its model");
}

#[test]
fn the_policy_of_a_configuration_holds_here_too() {
    let folder = Folder::new("dump-policy");
    let over = |link: &str, rest: &str, address: &str| {
        format!("[kkt]\ndriver = \"atol\"\nlink = \"{link}\"\naddress = \"{address}\"\n{rest}")
    };
    let kkt = |rest: &str, address: &str| over("v3", rest, address);
    const OWNED: &str = "hold = \"always\"\nowns_device = true\n";
    for place in [TCP, V2] {
        let (_kkt, address) = simulator(place);
        let config = folder.file("always", &over(link(place), OWNED, &address));
        let output = dump(&["--config", &config]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("systemctl stop till-status"));
    }

    let (port, address) = nobody();
    let owned = ["--driver", "atol", "--link", "v3", "--owns-device"];
    let named = |address: &'static str| [&owned[..], &["--address", address]].concat();
    let never = folder.file("never", &kkt("", &address));
    let unowned = folder.file("unowned", &kkt("hold = \"always\"\n", &address));
    let events = "[pos]\nsource = \"events\"\n";
    let per_poll = kkt("hold = \"per-poll\"\n", &address);
    let per_poll = folder.file("per-poll", &format!("{events}{per_poll}"));
    let pause_file = folder.file("pause", "");
    let paused = format!("[till]\npause_file = \"{pause_file}\"\n{}", kkt(OWNED, &address));
    let paused = folder.file("paused", &paused);
    let without = folder.file("without", "[till]\nname = \"a\"\n");
    let ofd = folder.file("ofd", &kkt(OWNED, "/dev/ttyACM0"));
    for (arguments, said) in [
        (vec!["--config", &never], "never opened"),
        (vec!["--config", &unowned], "owns_device"),
        (vec!["--config", &per_poll], "a dump hears no till program"),
        (vec!["--config", &paused], "till-status resume"),
        (vec!["--config", &without], "no section [kkt]"),
        (vec!["--config", &ofd], "interface number"),
        (vec!["--config", &never, "--owns-device"], "cannot be used with"),
        (vec!["--driver", "atol", "--link", "v3", "--address", &address], "--owns-device"),
        (
            vec!["--driver", "atol", "--link", "v2", "--owns-device", "--address", &address],
            "the link v3 only",
        ),
        (vec!["--driver", "atol", "--owns-device", "--address", &address], "--link"),
        (vec!["--link", "v3", "--owns-device", "--address", &address], "--driver"),
        (named("/dev/ttyACM0"), "interface number"),
        (named("serial:usb:2912:0005"), "interface number"),
        (named("tape:a.tape"), "a tape is no device"),
        (named("tcp:127.0.0.1:0"), "port"),
        (vec![], "--config"),
    ] {
        let output = dump(&arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(said), "{arguments:?}: {error}, expected {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    assert!(port.accept().is_err(), "a refusal opens nothing");
}

/// A port on which nobody may come.
pub(crate) fn nobody() -> (TcpListener, String) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    port.set_nonblocking(true).unwrap();
    let address = format!("tcp:{}", port.local_addr().unwrap());
    (port, address)
}

#[test]
fn bad_words_name_what_is_expected() {
    for (argument, said) in [
        (["--access-password", "12"], "four digits"),
        (["--format", "xml"], "tape"),
        (["--source", "a\nb"], "one line"),
    ] {
        let output = visit("tcp:127.0.0.1:9", &argument);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(said), "{argument:?}: {}", text(&output.stderr));
    }
    let help = Command::output(program("till-tool").args(["dump", "--help"])).unwrap();
    let help = text(&help.stdout);
    assert!(help.contains("Exit code 0") && help.contains("till-tool dump --config"), "{help}");
}

/// Whatever is behind the address, a visit ends soon, with little of it kept.
#[test]
fn a_peer_without_an_end_ends_the_visit() {
    let mut packet = Vec::new();
    encode(0xF0, &[0xA6, 0x01, 0x55], &mut packet).unwrap();
    for flood in [packet, vec![0xFE], vec![0x00, 0x55, 0xAA]] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("tcp:{}", listener.local_addr().unwrap());
        let flood = flood.repeat(4096);
        let peer = std::thread::spawn(move || {
            let (mut host, _) = listener.accept().unwrap();
            while std::io::Write::write_all(&mut host, &flood).is_ok() {}
        });
        let output = visit(&address, &["--format", "tape"]);
        peer.join().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("without an end"), "{}", text(&output.stderr));
        let kept = output.stdout.len();
        assert!(kept < 4 << 20, "{kept} bytes of a tape");
    }
}
