//! What answers at an address need not be a till.

#![allow(clippy::unwrap_used)]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use status_core::{Endpoint, Moment, Value};
use till_monitor::answer::{Said, Why};
use till_monitor::board::{Board, Heard, State};
use till_monitor::config::Config;

/// Any web server answers each of the seven with 404.
#[test]
fn who_lacks_every_value_is_not_known_to_be_well() {
    let config = Config::parse("[[till]]\nname = \"1\"\naddress = \"127.0.0.1\"\n").unwrap();
    let at = |second: u64| Moment {
        mono: Duration::from_secs(second),
        wall: "2026-11-24T12:00:00Z".parse().unwrap(),
    };
    let board = Board::new(Arc::new(config), at(0));
    let state = |now| board.rows(0, now).first().map(|row| row.state);
    let hear = |endpoint, said, now| {
        board.hear("1", Heard::One(endpoint, said), Duration::from_millis(2), now);
        board.judge(now);
    };
    assert_eq!(state(at(0)), Some(State::Unknown), "nobody has asked it");
    let lacks = || Said::Lacking(Why { reason: String::new(), detail: "HTTP 404".to_owned() });
    for (second, endpoint) in (1..).zip(Endpoint::ALL) {
        hear(endpoint, lacks(), at(second));
        assert_eq!(state(at(second)), Some(State::Unknown), "{endpoint:?}");
    }
    hear(Endpoint::Ofd, Said::Value(Value::Count(0)), at(8));
    assert_eq!(state(at(8)), Some(State::Ok), "one value is enough to be a till");
}

/// Neither a list without tills nor a till that nobody reached is "no problems".
#[test]
fn the_list_of_problems_says_what_it_does_not_know() {
    let folder = std::env::temp_dir().join(format!("till-monitor-no-till-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (file, list) = (folder.join("monitor.toml"), folder.join("tills.csv"));
    let problems = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_till-monitor"));
        program.args(["problems", "--seconds", "3", "--config"]).arg(&file).output().unwrap()
    };
    let none = problems("");
    let dead = {
        // A port that was free a moment ago: nobody listens there.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        std::fs::write(&list, format!("name,address\n1,{free}\n2,\n")).unwrap();
        problems("[monitor]\ntills = \"tills.csv\"\n")
    };
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(none.status.code(), Some(2));
    let said = String::from_utf8(none.stderr).unwrap();
    assert!(said.contains("there is no till in the configuration"), "{said}");
    assert_eq!(dead.status.code(), Some(1));
    let said = String::from_utf8([dead.stdout, dead.stderr].concat()).unwrap();
    assert!(said.contains("line 3 of the list"), "{said}");
    assert!(said.contains("1 of 1 tills") || said.contains("не отвечает"), "{said}");
}
