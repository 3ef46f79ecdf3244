use std::fs::File;
use std::io::{Read, Write};

use status_core::{PosSource, Snapshot, parse_events};

use super::*;
use crate::Config;

const EVERY: Duration = Duration::from_secs(30);

fn kkt(keys: &str) -> Config {
    let text = format!(
        "[pos]\nsource = \"events\"\n[kkt]\ndriver = \"atol\"\nlink = \"v3\"\n\
         address = \"tcp:192.0.2.1:5555\"\n{keys}\n"
    );
    Config::parse(&text).unwrap()
}

fn tell(watch: &Watch, events: &str) {
    let events = parse_events(events.as_bytes()).unwrap();
    let now = watch.now();
    watch.snapshot().apply(&events, now);
}

/// A gate and what it looks at; no receipt is open.
fn gate(config: &Config) -> (Gate, Watch) {
    let watch = Watch::new(|now| Snapshot::new(config.settings(), now));
    tell(&watch, r#"{"event":"hello","receipt":"closed"}"#);
    (Gate::new(config.kkt.as_ref().unwrap()), watch)
}

const PER_POLL: &str = "hold = \"per-poll\"";
const OWNED: &str = "hold = \"always\"\nowns_device = true";
const OPENED: &str = r#"{"event":"receipt-opened"}"#;
const TAKEN: &str = r#"{"event":"kkt-taken"}"#;

#[test]
fn it_opens_every_thirty_seconds_and_not_sooner() {
    let (mut gate, watch) = gate(&kkt(PER_POLL));
    let start = Instant::now();
    let mut opened = Vec::new();
    // Asked every 0.1 s for five minutes, with a user who is never done on time.
    for tenth in 0..3000_u32 {
        let now = start + Duration::from_millis(100) * tenth;
        match gate.pass(&watch, now) {
            Ok(pass) => {
                assert!(pass.leash().may_ask(now));
                opened.push(tenth);
            }
            Err(Shut::TooSoon(due)) => assert!(due > now && due <= now + EVERY),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(opened, (0..10).map(|n| n * 300).collect::<Vec<_>>());
    assert_eq!(gate.counts().passes, 10);
}

/// Milliseconds after the opening, whether a question may begin, and whether a read may.
#[test]
fn the_budget_ends_every_use() {
    let (mut gate, watch) = gate(&kkt(PER_POLL));
    let start = Instant::now();
    let pass = gate.pass(&watch, start).unwrap();
    let leash = pass.leash();
    for (at, ask, read) in [
        (0, true, true),
        (199, true, true),
        (200, false, true),
        (250, false, true),
        (251, false, false),
    ] {
        let now = start + Duration::from_millis(at);
        assert_eq!((leash.may_ask(now), leash.check(now).is_ok()), (ask, read), "{at} ms");
    }
    // A read that begins after 250 ms and takes its tick of 50 ms would end after the 300 ms.
    assert_eq!(leash.check(start), Err(Revoked::Budget), "it does not come back");
    let mut port = Leashed::new(&b"x"[..], leash.clone());
    assert!(port.read(&mut [0]).is_err());
    let mut port = Leashed::new(Vec::new(), leash.clone());
    assert!(port.write(b"x").is_err());
    drop(pass);
    assert_eq!(gate.counts().revoked, 1);
}

#[test]
fn a_smaller_budget_is_a_smaller_one() {
    let (mut gate, watch) =
        gate(&kkt(&format!("{PER_POLL}\nhold_at_most = \"150ms\"\nopen_every = \"60s\"")));
    let start = Instant::now();
    let pass = gate.pass(&watch, start).unwrap();
    let at = |ms| start + Duration::from_millis(ms);
    assert!(pass.leash().may_ask(at(99)) && !pass.leash().may_ask(at(100)));
    assert!(pass.leash().check(at(100)).is_ok() && pass.leash().check(at(101)).is_err());
    drop(pass);
    let almost = start + Duration::from_millis(59_999);
    assert!(matches!(gate.pass(&watch, almost), Err(Shut::TooSoon(_))));
    assert!(gate.pass(&watch, start + EVERY * 2).is_ok());
}

#[test]
fn who_is_barred_ends_after_a_short_grace_and_is_waited_for() {
    for (keys, event) in [(PER_POLL, OPENED), (PER_POLL, TAKEN), (OWNED, TAKEN)] {
        let (mut gate, watch) = gate(&kkt(keys));
        let start = Instant::now();
        let pass = gate.pass(&watch, start).unwrap();
        assert!(pass.leash().may_ask(start) && pass.leash().check(start).is_ok());
        assert!(!watch.free_within(Duration::ZERO));
        tell(&watch, event);
        assert!(!pass.leash().may_ask(start), "{keys} {event}: no further question");
        assert!(pass.leash().check(start).is_ok(), "the exchange under way may end");
        // What is allowed again meanwhile is allowed to the next pass.
        tell(&watch, r#"[{"event":"kkt-released"},{"event":"receipt-closed"}]"#);
        assert!(!pass.leash().may_ask(start));
        assert!(pass.leash().check(start + Duration::from_millis(500)).is_err());
        let waiting = {
            let watch = watch.clone();
            std::thread::spawn(move || watch.free_within(Duration::from_secs(20)))
        };
        drop(pass);
        assert!(waiting.join().unwrap(), "whoever waits hears that it is free");
        assert!(watch.free_within(Duration::ZERO));
        assert_eq!(gate.counts().revoked, 1);
    }
}

/// What was written, whether the gate is barred then, and how many milliseconds later, with a budget of
/// 300 ms from the beginning, a read is allowed and not allowed any more.
#[test]
fn an_answer_over_the_link_v2_is_taken_off_the_kkt_before_the_port_is_left() {
    const ENQ: &[u8] = &[0x05];
    const COMMAND: &[u8] = &[0x02, 0x00, 0x00, 0x3F, 0x03, 0x3C];
    const ACK: &[u8] = &[0x06];
    for (written, barred, may, may_not) in [
        (&[][..], false, 250, 251),
        (&[ENQ], false, 250, 251),
        (&[ENQ, COMMAND], false, 950, 951),
        (&[ENQ, COMMAND, ACK], false, 950, 951),
        (&[ENQ, COMMAND, ACK, ENQ], false, 250, 251),
        // Before a command went out there is no grace at all.
        (&[ENQ], true, 0, 0),
        (&[ENQ, COMMAND], true, 640, 660),
        (&[ENQ, COMMAND, ACK, ENQ], true, 0, 0),
    ] {
        let mut config = kkt(PER_POLL);
        config.kkt.as_mut().unwrap().link = KktLink::V2;
        let (mut gate, watch) = gate(&config);
        // Long ago, or still to come: no write below may be late.
        let start = Instant::now() + Duration::from_secs(3600);
        let pass = gate.pass(&watch, start).unwrap();
        let mut port = Leashed::new(Vec::new(), pass.leash().clone());
        for bytes in written {
            assert_eq!(port.write(bytes).unwrap(), bytes.len());
        }
        if barred {
            tell(&watch, OPENED);
        }
        let at = |ms| start + Duration::from_millis(ms);
        let _ = pass.leash().may_ask(start);
        let may = may == 0 || pass.leash().check(at(may)).is_ok();
        let may_not = pass.leash().check(at(may_not)).is_ok();
        assert_eq!((may, may_not), (true, false), "{written:02X?}, barred: {barred}");
        assert!(!pass.leash().may_ask(at(200)), "and no question is added");
        let mut port = Leashed::new(Vec::new(), pass.leash().clone());
        assert!(port.write(ENQ).is_err());
    }
}

/// Frames of a KKT of another driver may begin as those of the link v2 do; its link means nothing.
#[test]
fn a_kkt_of_another_driver_gets_no_time_of_the_link_v2() {
    let mut config = Config::parse(
        "[pos]\nsource = \"events\"\n[kkt]\ndriver = \"sp80x\"\nmodel = \"SP801\"\n\
         dialect = \"pone\"\naddress = \"tcp:192.0.2.1:5555\"\nhold = \"per-poll\"\n",
    )
    .unwrap();
    config.kkt.as_mut().unwrap().link = KktLink::V2;
    let (mut gate, watch) = gate(&config);
    let start = Instant::now() + Duration::from_secs(3600);
    let pass = gate.pass(&watch, start).unwrap();
    let at = |ms| start + Duration::from_millis(ms);
    // Which shift: docs/protocols/sp80x.md SQ-3.
    let request = b"\x02PONE%A51\x1C\x036b";
    Leashed::new(Vec::new(), pass.leash().clone()).write_all(request).unwrap();
    assert!(pass.leash().check(at(250)).is_ok());
    assert_eq!(pass.leash().check(at(251)), Err(Revoked::Budget));
    // A pause leaves it the grace of an exchange that is under way.
    let (mut gate, watch) = self::gate(&config);
    let pass = gate.pass(&watch, start).unwrap();
    tell(&watch, OPENED);
    let _ = pass.leash().may_ask(start);
    assert!(pass.leash().check(at(240)).is_ok());
}

#[test]
fn a_question_needs_the_time_that_it_takes() {
    let (mut gate, watch) = gate(&kkt(PER_POLL));
    let start = Instant::now();
    let pass = gate.pass(&watch, start).unwrap();
    let at = |ms| start + Duration::from_millis(ms);
    let takes = Duration::from_millis(100);
    assert!(pass.leash().has_time_for(takes, at(150)));
    assert!(!pass.leash().has_time_for(takes, at(151)), "a read may take a tick longer");
    drop(pass);
    let mut gate = Gate::new(kkt(OWNED).kkt.as_ref().unwrap());
    let pass = gate.pass(&watch, start).unwrap();
    assert!(pass.leash().has_time_for(EVERY, at(10_000)), "who is not in a hurry has it always");
}

#[test]
fn a_pause_and_a_stop_end_it_too() {
    let (mut gate, watch) = gate(&kkt(OWNED));
    let start = Instant::now();
    let pass = gate.pass(&watch, start).unwrap();
    let now = watch.now();
    watch.snapshot().pause(true, now);
    assert!(!pass.leash().may_ask(start));
    assert_eq!(pass.leash().check(start + Duration::from_secs(1)), Err(Revoked::Barred));
    watch.snapshot().pause(false, now);
    let pass = gate.pass(&watch, start).unwrap();
    watch.stop();
    assert!(!pass.leash().may_ask(start));
}

#[test]
fn who_never_may_gets_no_pass() {
    for (keys, told, why) in [
        ("hold = \"never\"", "", "hold = \"never\""),
        (PER_POLL, OPENED, "a receipt is open"),
        (PER_POLL, TAKEN, "kkt-taken"),
        (OWNED, TAKEN, "kkt-taken"),
    ] {
        let (mut gate, watch) = gate(&kkt(keys));
        if !told.is_empty() {
            tell(&watch, told);
        }
        let shut = gate.pass(&watch, Instant::now()).unwrap_err();
        assert!(matches!(shut, Shut::Barred(_)) && shut.to_string().contains(why), "{shut}");
        assert!(watch.free_within(Duration::ZERO) && gate.counts().passes == 0);
    }
}

#[test]
fn a_tool_beside_the_service_hears_no_till_program() {
    let config = kkt(PER_POLL);
    assert_eq!(config.pos.source, PosSource::Events);
    let mut gate = Gate::new(config.kkt.as_ref().unwrap());
    let shut = gate.pass(&Watch::alone(&config), Instant::now()).unwrap_err();
    assert!(shut.to_string().contains("nobody knows whether a receipt is open"), "{shut}");
    let config = kkt(OWNED);
    let mut gate = Gate::new(config.kkt.as_ref().unwrap());
    assert!(gate.pass(&Watch::alone(&config), Instant::now()).is_ok());
}

#[test]
fn the_lock_file_is_held_with_the_pass_and_never_waited_for() {
    let name = format!("till-status-lock-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_file(&path);
    let keys = format!("{PER_POLL}\narbiter = \"lock:{}\"", path.display());
    let (mut gate, watch) = gate(&kkt(&keys));
    let start = Instant::now();
    let shut = gate.pass(&watch, start).unwrap_err();
    assert!(matches!(&shut, Shut::NoLock { why, .. } if why.contains("create it")), "{shut}");
    assert!(!path.exists(), "whose file it is is not for us to decide");

    let till_program = File::create(&path).unwrap();
    till_program.lock().unwrap();
    let shut = gate.pass(&watch, start).unwrap_err();
    assert_eq!(shut, Shut::Locked(path.clone()));
    assert!(watch.free_within(Duration::ZERO), "and nobody is inside");
    till_program.unlock().unwrap();

    let pass = gate.pass(&watch, start).unwrap();
    assert!(till_program.try_lock().is_err(), "ours while we are inside");
    drop(pass);
    till_program.try_lock().unwrap();
    std::fs::remove_file(&path).unwrap();
    let counts = gate.counts();
    assert_eq!((counts.passes, counts.locked), (1, 1));
}

/// Opening a pipe waits for its writer, and nothing waits here.
#[test]
fn what_is_no_file_is_no_lock() {
    let folder = std::env::temp_dir().join(format!("till-status-no-lock-{}", std::process::id()));
    let pipe = folder.join("pipe");
    std::fs::create_dir_all(&folder).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for path in [&folder, &pipe] {
        let (mut gate, watch) =
            gate(&kkt(&format!("{PER_POLL}\narbiter = \"lock:{}\"", path.display())));
        let shut = gate.pass(&watch, Instant::now()).unwrap_err();
        assert!(matches!(&shut, Shut::NoLock { why, .. } if why.contains("no file")), "{shut}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
