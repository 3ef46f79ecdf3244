//! `till-tool dump --twice` and `--compare`: what changed when one thing was changed at a simulated
//! KKT, over a real TCP connection and a real pty; the person at the terminal is another pty.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kkt_sp80x::command::pirit::PrinterFlags;
use kkt_sp80x::data::Kind;
use kkt_sp80x::sim::{
    ArmSimulator, ArmState, ExtraField, PiritSimulator, PiritState, PoneSimulator, PoneState,
};
use kkt_sp80x::{Arm, ArmSettings, CivilDateTime, Client};
use serde_json::{Value, json};
use till_port::{Device, Fake};
use till_status::Config;

use crate::dump_sp80x::Served;
use crate::field_kit::{dump, text};
use crate::support::{Folder, program, simulator};

const OWNED: &str = "--owns-device";

fn served<D: Device + 'static>(device: D, pty: Option<PathBuf>) -> (Arc<Mutex<D>>, Fake) {
    let device = Arc::new(Mutex::new(device));
    let line = match pty {
        Some(link) => Fake::pty(Some(link), Arc::clone(&device)),
        None => Fake::tcp("127.0.0.1:0".parse().unwrap(), Arc::clone(&device)),
    };
    (device, line.unwrap())
}

/// A person at a terminal, who presses Enter when told to.
struct Person {
    enter: bool,
}

impl Device for Person {
    fn connect(&mut self, _: Duration) {}
    fn disconnect(&mut self) {}
    fn receive(&mut self, _: &[u8], _: Duration) {}
    fn transmit(&mut self, _: Duration) -> Option<Vec<u8>> {
        std::mem::take(&mut self.enter).then(|| b"\n".to_vec())
    }
    fn wake(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
    fn hangs_up(&mut self) -> bool {
        false
    }
}

/// Dumps twice, and lets a person change something in between. What is shown, and the exit code.
#[track_caller]
fn twice(arguments: &[&str], change: impl FnOnce()) -> (String, Option<i32>) {
    let folder = Folder::new("person");
    let (person, terminal) = served(Person { enter: false }, Some(folder.0.join("terminal")));
    let stdin = File::open(folder.0.join("terminal")).unwrap();
    let mut command = program("till-tool");
    command.arg("dump").args(arguments).arg("--twice").stdin(stdin);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let asked = lines.any(|line| line.unwrap().contains("press Enter"));
    assert!(asked, "nobody was asked to change anything: {:?}", child.wait());
    change();
    person.lock().unwrap().enter = true;
    let mut shown = String::new();
    child.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    let rest: Vec<_> = lines.map_while(Result::ok).collect();
    let code = child.wait().unwrap().code();
    assert!(code.is_some(), "{rest:?}");
    drop(terminal);
    (shown, code)
}

fn paper(text: &str) -> Vec<ExtraField> {
    let path = ["200000", "Paper"].map(str::to_owned).to_vec();
    vec![ExtraField { command: 44, path, kind: Kind::TEXT, text: text.to_owned() }]
}

/// An entry as it was printed makes a configuration whose profile reads the value so.
#[track_caller]
fn check_profile(folder: &Folder, shown: &str, kkt: &str, expected: &str) {
    let begin = shown.find("[[value]]").unwrap_or_else(|| panic!("no entry in {shown}"));
    let profile = folder.file("profile.toml", &shown[begin..]);
    let text = format!("[kkt]\n{kkt}\naddress = \"tcp:127.0.0.1:9\"\nprofile = \"{profile}\"\n");
    let config = Config::parse(&text).unwrap_or_else(|error| panic!("{error}: {shown}"));
    let profile = config.kkt.unwrap().sp80x.unwrap().profile;
    let entry = &profile.all()[0];
    let said = format!("{} {} {:?} {}", entry.value, entry.query, entry.read, entry.evidence);
    assert_eq!(said, expected, "{shown}");
}

#[test]
fn the_paper_out_between_two_dumps_of_arm_is_an_entry_of_a_profile() {
    let folder = Folder::new("twice-arm");
    let state = ArmState { extra: paper("есть"), ..ArmState::default() };
    let (kkt, line) = served(Served(ArmSimulator::new(state)), None);
    let address = line.address().to_string();
    let owned = ["--driver", "sp80x", "--dialect", "arm", OWNED, "--address", &address];
    let (shown, code) = twice(&[&owned[..], &["--change", "paper-out"]].concat(), || {
        // The till program could work with it now: nobody holds its port.
        let settings = ArmSettings::new(|| CivilDateTime::from_unix(0));
        let port = TcpStream::connect(address.trim_start_matches("tcp:")).unwrap();
        port.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        assert!(Client::<_, Arm>::new(port, settings).status().is_ok());
        let mut kkt = kkt.lock().unwrap();
        kkt.0.state_mut().extra = paper("нет");
        // Time goes on meanwhile.
        kkt.0.state_mut().clock = CivilDateTime::new(2026, 11, 24, 9, 30, 15).unwrap();
    });
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("\n44 short-status\n  200000/Paper             \"есть\" -> \"нет\"\n"),
        "{shown}"
    );
    assert!(shown.contains("\n22 clock\n* 200001/DateTime "), "{shown}");
    assert_eq!(shown.matches(" -> ").count(), 3, "the head, the clock, the paper: {shown}");
    let kkt = "driver = \"sp80x\"\nmodel = \"SP802\"\ndialect = \"arm\"";
    let expected = "paper_present 44 Either { yes: \"есть\", no: \"нет\" } device";
    check_profile(&folder, &shown, kkt, expected);
}

#[test]
fn the_paper_out_between_two_dumps_of_a_pirit_over_a_pty() {
    let folder = Folder::new("twice-pirit");
    let pirit = PiritSimulator::new(PiritState::default());
    let (kkt, _line) = served(Served(pirit), Some(folder.0.join("kkt")));
    let address = format!("serial:{}", folder.0.join("kkt").display());
    let owned = ["--driver", "pirit", OWNED, "--address", &address];
    let (shown, code) = twice(&[&owned[..], &["--change", "paper-out"]].concat(), || {
        kkt.lock().unwrap().0.state_mut().printer = PrinterFlags::NO_PAPER;
    });
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("  [0]                      \"0\" -> \"2\"\n"), "{shown}");
    assert!(shown.contains("  paper_present            yes -> no\n"), "{shown}");
    assert_eq!(shown.matches("[[value]]").count(), 1, "the clock is no candidate: {shown}");
    check_profile(&folder, &shown, "driver = \"pirit\"", "paper_present 04 Bit(1) device");
}

/// In pone an error proves that the paper is out: that is a difference, and no entry.
#[test]
fn the_paper_out_between_two_dumps_of_pone_over_a_pty() {
    let folder = Folder::new("twice-pone");
    let pone = PoneSimulator::new(PoneState::default());
    let (kkt, _line) = served(Served(pone), Some(folder.0.join("kkt")));
    let address = format!("serial:{}?baud=19200", folder.0.join("kkt").display());
    let owned = ["--driver", "sp80x", "--dialect", "pone", OWNED, "--address", &address];
    let (shown, code) = twice(&[&owned[..], &["--change", "paper-out"]].concat(), || {
        kkt.lock().unwrap().0.state_mut().error = Some(kkt_sp80x::PoneFault::PAPER_END);
    });
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("A0 status\n  result                   \"answered\" -> \"refused: "),
        "{shown}"
    );
    assert!(!shown.contains("[[value]]") && shown.contains("no value can be it"), "{shown}");
}

#[test]
fn the_paper_out_between_two_dumps_of_an_atol_over_both_lines() {
    for (link, pty) in [("v3", false), ("v2", true)] {
        let folder = Folder::new("twice-atol");
        let spoken = if pty { kkt_atol::Link::V2 } else { kkt_atol::Link::V3 };
        let kkt = Served(kkt_atol::sim::Simulator::new(Default::default(), spoken));
        let (kkt, line) = served(kkt, pty.then(|| folder.0.join("kkt")));
        let address = line.address().to_string();
        let owned = ["--driver", "atol", "--link", link, OWNED, "--address", &address];
        let (shown, code) = twice(&owned, || {
            kkt.lock().unwrap().0.state_mut().paper = false;
        });
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.contains("paper_present            yes -> no\n"), "{shown}");
        assert!(!shown.contains("factory_number") && !shown.contains("profile"), "{shown}");
    }
}

#[test]
fn an_earlier_dump_is_compared_without_a_terminal() {
    let folder = Folder::new("compare");
    let before = folder.0.join("before.json");
    let before = before.to_str().unwrap();
    let state = ArmState { extra: paper("1"), ..ArmState::default() };
    let (kkt, line) = served(Served(ArmSimulator::new(state)), None);
    let address = line.address().to_string();
    let owned = ["--driver", "sp80x", "--dialect", "arm", OWNED, "--address", &address];
    let with = |more: &[&str]| dump(&[&owned[..], more].concat());
    assert_eq!(with(&["--format", "json", "--out", before]).status.code(), Some(0));
    {
        let mut kkt = kkt.lock().unwrap();
        kkt.0.state_mut().extra = paper("0");
        // It was another KKT: what identifies is told to have changed, but not what it is.
        kkt.0.state_mut().factory_number = Some("0802777777".to_owned());
    }
    let compare = ["--compare", before, "--change", "paper-out", "--format", "json"];
    let output = with(&compare);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!shown.contains("0802777777"), "{shown}");
    let found: Value = serde_json::from_str(&shown).unwrap();
    let differences = found["differences"].as_array().unwrap();
    let lasting: Vec<_> = differences.iter().filter(|it| it["by_itself"] == false).collect();
    let expected = json!({
        "query": "44 short-status", "path": ["200000", "Paper"], "old": "1", "new": "0",
        "anonymous": false, "by_itself": false,
    });
    assert_eq!(lasting, [&expected], "the numbers have the same stand-in");
    let entries = found["profile_entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    assert!(entries[0].as_str().unwrap().contains("yes = \"1\", no = \"0\""), "{entries:?}");
    // Nothing at all, then, but the clock.
    let output = with(&["--format", "json", "--no-scrub"]);
    let after = folder.file("after.json", &text(&output.stdout));
    let shown = text(&with(&["--compare", &after, "--no-scrub"]).stdout);
    assert!(
        shown.lines().skip(2).all(|line| !line.contains(" -> ") || line.starts_with('*')),
        "{shown}"
    );
}

#[test]
fn words_that_do_not_go_together_open_nothing() {
    let folder = Folder::new("twice-words");
    let (port, address) = crate::field_kit::nobody();
    let arm = ["--driver", "sp80x", "--dialect", "arm", OWNED, "--address", &address];
    let atol = ["--driver", "atol", "--link", "v3", OWNED, "--address", &address];
    let other = folder.file("other.json", "{\"a\":1}");
    for (kkt, more, said) in [
        (&arm[..], &["--twice"][..], "--compare before.json"),
        (&arm, &["--twice", "--compare", &other], "cannot be used with"),
        (&arm, &["--compare", &other], "--format json"),
        (&arm, &["--compare", "/nowhere.json"], "/nowhere.json"),
        (&arm, &["--compare", &other, "--format", "tape"], "what changed is no tape"),
        (&arm, &["--change", "paper-out"], "with --twice or with --compare"),
        (&atol, &["--compare", &other, "--change", "paper-out"], "needs no profile"),
        (&arm, &["--compare", &other, "--change", "paper"], "paper-out"),
    ] {
        let output = dump(&[kkt, more].concat());
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{more:?}: {error}");
        assert!(error.contains(said), "{more:?}: {error}");
    }
    assert!(port.accept().is_err(), "a refusal opens nothing");
}

/// Nobody is sent to change anything at a KKT that says nothing.
#[test]
fn a_kkt_that_answers_nothing_is_not_compared() {
    let folder = Folder::new("compare-nothing");
    let before = folder.0.join("before.json");
    let before = before.to_str().unwrap();
    let visit = |state: &str, more: &[&str]| {
        let (_kkt, address) = simulator(&["atol-v3", "--listen", "127.0.0.1:0", "--state", state]);
        let owned = ["--driver", "atol", "--link", "v3", OWNED, "--address", &address];
        dump(&[&owned[..], more].concat())
    };
    assert!(visit("{}", &["--format", "json", "--out", before]).status.success());
    let output = visit(r#"{"link":"busy"}"#, &["--compare", before]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(text(&output.stderr).contains("answered nothing"), "{}", text(&output.stderr));
}
