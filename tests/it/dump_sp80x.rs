//! `till-tool dump` of the Service Plus dialects: one visit to each simulated KKT, over a real TCP
//! connection and a real pty.

use std::collections::BTreeSet;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kkt_sp80x::DialectName;
use kkt_sp80x::profile::Query;
use kkt_sp80x::sim::{
    ArmSimulator, ArmState, PiritSimulator, PiritState, PoneSimulator, PoneState,
};
use serde_json::{Value, json};
use till_port::{Device, Fake, Origin, Tape};

use crate::field_kit::{dump, is_tidy, nobody, replayed, text};
use crate::safety::{is_safe, safe_list};
use crate::support::{Folder, simulator};

/// A simulated KKT, the words that name it, and its dialect.
type Kkt = (&'static [&'static str], &'static [&'static str], DialectName);

const ARM: &[&str] = &["--driver", "sp80x", "--dialect", "arm"];
const PONE: &[&str] = &["--driver", "sp80x", "--dialect", "pone"];
const PIRIT: &[&str] = &["--driver", "pirit"];

const KKTS: &[Kkt] = &[
    (&["sp80x-arm", "--listen", "127.0.0.1:0"], ARM, DialectName::Arm),
    (&["sp80x-arm", "--pty"], ARM, DialectName::Arm),
    (&["sp80x-pone", "--listen", "127.0.0.1:0"], PONE, DialectName::Pone),
    (&["sp80x-pone", "--pty"], PONE, DialectName::Pone),
    (&["pirit", "--listen", "127.0.0.1:0"], PIRIT, DialectName::Pirit),
    (&["pirit", "--pty"], PIRIT, DialectName::Pirit),
];

fn visit(kkt: &[&str], address: &str, arguments: &[&str]) -> Output {
    // A pty takes any speed, but in pone one has to be said.
    let address = match address.starts_with("serial:") {
        true => format!("{address}?baud=19200"),
        false => address.to_owned(),
    };
    dump(&[kkt, &["--address", &address, "--owns-device"], arguments].concat())
}

/// Whose simulators they are.
#[track_caller]
fn tells_nobody(shown: &str) {
    let secrets = [
        "0801001234",
        "0802001234",
        "801001234",
        "9999078900001234",
        "0001234567001234",
        "7701234567",
        "Москва",
        "0497123456789012",
        "39 39 39 39 30 37",
        "30 38 30 31 30 30 31 32",
    ];
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn as_text_every_value_where_it_stands_with_what_the_profile_reads() {
    for (kkt, words, dialect) in KKTS {
        let (_kkt, address) = simulator(kkt);
        let output = visit(words, &address, &[]);
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{shown}{}", text(&output.stderr));
        tells_nobody(&shown);
        for query in Query::all(*dialect) {
            assert!(shown.contains(&format!("\n{query} ")), "{query} in {shown}");
        }
        let said: &[&str] = match dialect {
            DialectName::Arm => &[
                "Service Plus, a KKT whose model the dialect arm does not tell\nfirmware: 1.0.0\n",
                "  200000/ShiftState        \"1\"  -> shift_open: yes (implementation)\n",
                // Nobody has named these for a profile.
                "  200000/CashSumm          \"0.00\"\n",
                "  200000/1018              \"1234567890\"\n",
                "< 3C 3F 78 6D 6C",
            ],
            DialectName::Pone => &[
                "Service Plus SP801-F\nfirmware: 3.04\n",
                "  [2]                      \"0\"  -> document_open: no (assumed)\n",
                "  [0]                      \"3.01\"\n",
                "  shift_open               yes\n",
                "  < 02 ",
            ],
            _ => &[
                "Pirit: Viki Print 80+\n",
                "  [0]                      \"0\"  -> paper_present: yes (documented), cover_open: no (documented)\n",
                "  [2]                      \"0\"  -> unsent_documents: 0 (documented)\n",
                "  refused: ",
            ],
        };
        for said in said {
            assert!(shown.contains(said), "{said} in {shown}");
        }
    }
}

#[test]
fn as_json_every_query_once_with_its_places() {
    for (kkt, words, dialect) in KKTS {
        let (_kkt, address) = simulator(kkt);
        let output = visit(words, &address, &["--format", "json"]);
        let shown = text(&output.stdout);
        tells_nobody(&shown);
        let document: Value = serde_json::from_str(&shown).unwrap();
        let driver = if *dialect == DialectName::Pirit { "pirit" } else { "sp80x" };
        assert_eq!(
            (&document["driver"], &document["dialect"]),
            (&driver.into(), &dialect.as_str().into())
        );
        assert_eq!(document["bytes_of_no_packet"], 0);
        let queries = document["queries"].as_array().unwrap();
        let asked: Vec<_> = queries.iter().map(|it| it["command"].as_str().unwrap()).collect();
        let all: Vec<_> = Query::all(*dialect).iter().map(ToString::to_string).collect();
        assert_eq!(asked, all);
        let of = |command: &str| queries.iter().find(|it| it["command"] == command).unwrap();
        match dialect {
            DialectName::Arm => {
                let place = &of("2")["places"][1];
                let means = json!([{
                    "value": "last_document", "reading": 4660, "error": null, "evidence": "implementation",
                }]);
                assert_eq!(
                    *place,
                    json!({ "path": ["200000", "lastDocNumber"], "text": "4660", "means": means })
                );
                assert_eq!(of("58")["fields"]["factory_number"], "1234567890");
            }
            DialectName::Pone => {
                assert_eq!(of("A5 [0]")["places"][0]["text"], "801");
                assert_eq!(of("A6")["fields"]["factory_number"], "1234567890");
            }
            _ => {
                assert_eq!(of("78 [7]")["places"][2]["field"], 2);
                assert_eq!(of("78 [1]")["fields"]["fn_number"], "1234567890123456");
                assert_eq!(of("05 [1]")["result"], "refused", "the simulator has no such");
            }
        }
    }
}

#[test]
fn as_a_tape_that_is_tidy_and_replays() {
    for (kkt, words, dialect) in KKTS {
        let (_kkt, address) = simulator(kkt);
        let output = visit(words, &address, &["--format", "tape", "--simulator"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let shown = text(&output.stdout);
        tells_nobody(&shown);
        is_tidy(&shown);
        let tape: Tape = shown.parse().unwrap();
        assert_eq!(tape.header.protocol, format!("sp80x-{dialect}"));
        assert_eq!(tape.header.origin, Origin::Synthetic);
        assert!(tape.header.scrubbed.as_deref().unwrap().starts_with("serial number"), "{shown}");
        assert_eq!(tape.messages(), 2 * Query::all(*dialect).len(), "a message a step");
        let lines = replayed(&tape);
        assert_eq!(lines.len(), Query::all(*dialect).len());
        assert!(!lines.iter().any(|line| line.contains("garbage") || line.contains("timeout")));
    }
}

#[test]
fn scrubbing_can_be_left_out_for_own_eyes() {
    let (_kkt, address) = simulator(KKTS[0].0);
    let shown = text(&visit(ARM, &address, &["--no-scrub"]).stdout);
    assert!(shown.contains("9999078900001234") && shown.contains("Москва"), "{shown}");
}

/// A simulator as a device of a fake.
pub(crate) struct Served<S>(pub(crate) S);

macro_rules! device {
    ($simulator:ty) => {
        impl Device for Served<$simulator> {
            fn connect(&mut self, now: Duration) {
                self.0.connect(now);
            }
            fn disconnect(&mut self) {
                self.0.disconnect();
            }
            fn receive(&mut self, bytes: &[u8], now: Duration) {
                self.0.receive(bytes, now);
            }
            fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
                self.0.transmit(now)
            }
            fn wake(&self) -> Option<Duration> {
                self.0.wake()
            }
            fn hangs_up(&mut self) -> bool {
                self.0.hangs_up()
            }
        }
    };
}

device!(ArmSimulator);
device!(PoneSimulator);
device!(PiritSimulator);
device!(kkt_atol::sim::Simulator);

/// Nothing reaches a device that is not on the list of its dialect.
#[test]
fn nothing_is_asked_that_is_not_safe() {
    let any = || "127.0.0.1:0".parse().unwrap();
    let arm = Arc::new(Mutex::new(Served(ArmSimulator::new(ArmState::default()))));
    let line = Fake::tcp(any(), arm.clone()).unwrap();
    visit(ARM, &line.address().to_string(), &[]);
    check_asked("sp80x-arm", 7, arm.lock().unwrap().0.requests().keys());
    let pone = Arc::new(Mutex::new(Served(PoneSimulator::new(PoneState::default()))));
    let line = Fake::tcp(any(), pone.clone()).unwrap();
    visit(PONE, &line.address().to_string(), &[]);
    check_asked("sp80x-pone", 7, pone.lock().unwrap().0.requests().keys());
    let pirit = Arc::new(Mutex::new(Served(PiritSimulator::new(PiritState::default()))));
    let line = Fake::tcp(any(), pirit.clone()).unwrap();
    visit(PIRIT, &line.address().to_string(), &[]);
    let all = Query::all(DialectName::Pirit).len();
    check_asked("sp80x-pirit", all, pirit.lock().unwrap().0.requests().keys());
}

#[track_caller]
fn check_asked<'a>(list: &str, count: usize, asked: impl Iterator<Item = &'a String>) {
    let safe = safe_list(list);
    let asked: BTreeSet<_> = asked.cloned().collect();
    assert_eq!(asked.len(), count, "{asked:?}");
    assert!(asked.iter().all(|request| is_safe(&safe, request)), "{asked:?}");
}

/// A KKT of another dialect than was said answers nothing, and is soon left alone.
#[test]
fn a_kkt_of_another_dialect_is_left_alone() {
    let (_kkt, address) = simulator(KKTS[2].0);
    let output = visit(PIRIT, &address, &[]);
    assert_eq!(output.status.code(), Some(0), "a refusal is an answer");
    let shown = text(&output.stdout);
    assert!(shown.contains("refused: ") && !shown.contains("unsent_documents:"), "{shown}");
    let output = visit(ARM, &address, &[]);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    assert!(shown.contains("not asked, because the device no longer answered"), "{shown}");
}

#[test]
fn the_policy_and_the_words_hold_here_too() {
    let folder = Folder::new("dump-sp80x");
    let (port, address) = nobody();
    let config = |rest: &str| {
        format!(
            "[kkt]\ndriver = \"sp80x\"\nmodel = \"SP802\"\ndialect = \"arm\"\naddress = \"{address}\"\n{rest}"
        )
    };
    let never = folder.file("never", &config(""));
    let pone = "/dev/ttyUSB0";
    for (arguments, said) in [
        (vec!["--config", &never], "never opened"),
        (vec!["--driver", "sp80x", "--owns-device", "--address", &address], "--dialect"),
        (
            vec!["--driver", "pirit", "--dialect", "arm", "--owns-device", "--address", &address],
            "only --driver sp80x",
        ),
        (
            vec![
                "--driver",
                "atol",
                "--link",
                "v3",
                "--dialect",
                "arm",
                "--owns-device",
                "--address",
                &address,
            ],
            "only --driver sp80x",
        ),
        (
            vec!["--driver", "sp80x", "--dialect", "pirit", "--owns-device", "--address", &address],
            "arm, pone",
        ),
        (
            vec!["--driver", "pirit", "--link", "v3", "--owns-device", "--address", &address],
            "only with --driver atol",
        ),
        (
            vec![
                "--driver",
                "pirit",
                "--access-password",
                "0000",
                "--owns-device",
                "--address",
                &address,
            ],
            "only with --driver atol",
        ),
        (vec!["--driver", "sp80x", "--dialect", "arm", "--address", &address], "--owns-device"),
        (
            vec!["--driver", "sp80x", "--dialect", "pone", "--owns-device", "--address", pone],
            "speed",
        ),
        (
            vec!["--driver", "pirit", "--owns-device", "--address", "/dev/ttyACM0"],
            "interface number",
        ),
    ] {
        let output = dump(&arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(said), "{arguments:?}: {error}, expected {said}");
    }
    assert!(port.accept().is_err(), "a refusal opens nothing");
}

/// The profile of a configuration asks besides, and is shown.
#[test]
fn the_users_own_profile_is_shown_with_its_evidence() {
    let folder = Folder::new("dump-profile");
    let profile = folder.file(
        "profile.toml",
        "[[value]]\nname = \"paper_present\"\ndialect = \"pone\"\ncommand = \"A1\"\nrequest = [10, 2]\n\
         field = 0\nread = { equals = \"1\" }\nevidence = \"device\"\n",
    );
    let mut state = PoneState::default();
    state.settings.insert((10, 2), "1".to_owned());
    let pone = Arc::new(Mutex::new(Served(PoneSimulator::new(state))));
    let line = Fake::tcp("127.0.0.1:0".parse().unwrap(), pone).unwrap();
    let config = folder.file(
        "till.toml",
        &format!(
            "[kkt]\ndriver = \"sp80x\"\nmodel = \"SP801\"\ndialect = \"pone\"\naddress = \"{}\"\n\
             hold = \"always\"\nowns_device = true\nprofile = \"{profile}\"\n",
            line.address()
        ),
    );
    let output = dump(&["--config", &config, "--no-scrub"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(shown.contains("\nA1 [10] [2] setting\n"), "{shown}");
    assert!(shown.contains("\"1\"  -> paper_present: yes (device)\n"), "{shown}");
}
