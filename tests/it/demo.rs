//! The demo till through its real HTTP doors: every code of every answer, and every way in which
//! a device can fall away.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Demo, Response, get, program, request, until};

const SOON: Duration = Duration::from_secs(6);
/// The time within which an answer must turn to 503 after its device fell away.
const LOST: Duration = Duration::from_secs(8);

fn is(status: u16, body: &str) -> impl Fn(&Response) -> bool + '_ {
    move |answer| answer.status == status && answer.body == body
}

fn is_problem<'a>(status: u16, kind: &'a str) -> impl Fn(&Response) -> bool + 'a {
    move |answer| answer.status == status && answer.problem().as_deref() == Some(kind)
}

#[test]
fn a_receipt_moves_the_three_receipt_answers() {
    let demo = Demo::start();
    demo.await_seven("last_receipt_time", SOON, is(204, ""));
    demo.await_seven("downtime", SOON, is_problem(503, "never-seen"));
    demo.await_seven("weight", SOON, is(200, "0.000"));

    demo.event(r#"{"event":"receipt-opened","at":"2026-11-24T01:47:39+03:00"}"#);
    let opened = demo.seven("last_receipt_time");
    assert_eq!((opened.status, instant(&opened.body)), (200, instant("2026-11-24T01:47:39+03:00")));
    assert!(is(204, "")(&demo.seven("downtime")));
    assert!(is(204, "")(&demo.seven("weight")));

    demo.event(r#"{"event":"item-added","at":"2026-11-24T01:48:00+03:00"}"#);
    let added = demo.seven("last_receipt_time");
    assert_eq!(instant(&added.body), instant("2026-11-24T01:48:00+03:00"));

    demo.event(r#"{"event":"receipt-closed","at":"2026-11-24T01:49:10+03:00"}"#);
    assert!(is(204, "")(&demo.seven("last_receipt_time")));
    let closed = demo.seven("downtime");
    assert_eq!((closed.status, instant(&closed.body)), (200, instant("2026-11-24T01:49:10+03:00")));
    demo.await_seven("weight", SOON, is(200, "0.000"));

    demo.patch("pos", r#"{"forget":true}"#);
    for name in ["last_receipt_time", "downtime", "weight"] {
        let answer = demo.seven(name);
        assert!(is_problem(503, "receipt-state-unknown")(&answer), "{name}: {answer:?}");
    }
}

#[test]
fn a_scale_of_another_protocol() {
    for protocol in ["pos2", "mt-sics"] {
        let demo = Demo::start_with(&["--scale", protocol]);
        demo.patch("scale", r#"{"weight_grams":1234,"motion":"still"}"#);
        demo.await_seven("weight", SOON, is(200, "1.234"));
        assert_eq!(demo.document()["scale"]["protocol"], protocol);
        demo.patch("scale", r#"{"underload":true}"#);
        demo.await_seven("weight", SOON, is_problem(503, "device-fault"));
    }
}

#[test]
fn a_user_signs_in_and_out() {
    let demo = Demo::start();
    assert!(is(204, "")(&demo.seven("user_role_id")));
    demo.event(r#"{"event":"user-signed-in","role_id":"12"}"#);
    assert!(is(200, "12")(&demo.seven("user_role_id")));
    let json = request(
        demo.api,
        "GET",
        "/api/v1/status/user_role_id",
        &[("Accept", "application/json")],
        "",
    );
    assert_eq!((json.status, json.body.as_str()), (200, "12"));
    demo.event(r#"{"event":"user-signed-out"}"#);
    assert!(is(204, "")(&demo.seven("user_role_id")));
    demo.patch("pos", r#"{"forget":true}"#);
    assert_eq!(demo.seven("user_role_id").status, 503);
}

#[test]
fn the_kkt_tells_its_queue_and_its_paper() {
    let demo = Demo::start();
    demo.await_seven("ofd", SOON, is(200, "0"));
    demo.patch("kkt", r#"{"unsent_documents":3,"first_unsent_at":"2026-11-23T21:15:00+03:00"}"#);
    demo.await_seven("ofd", SOON, is(200, "3"));
    demo.await_seven("paper", SOON, is(200, "1"));
    demo.patch("kkt", r#"{"paper":"near-end"}"#);
    until(SOON, || (demo.document()["kkt"]["paper"] == "near-end").then_some(()));
    assert!(is(200, "1")(&demo.seven("paper")));
    demo.patch("kkt", r#"{"paper":"out"}"#);
    demo.await_seven("paper", SOON, is(204, ""));
    demo.patch("kkt", r#"{"paper":"present"}"#);
    demo.await_seven("paper", SOON, is(200, "1"));
    demo.patch("kkt", r#"{"error":"8C"}"#);
    let refused = demo.await_seven("ofd", LOST, is_problem(503, "refused"));
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("8C") && detail.contains("password"), "{detail}");
    demo.patch("kkt", r#"{"error":null}"#);
    demo.await_seven("ofd", SOON, is(200, "3"));
}

#[test]
fn the_whole_document_follows_the_kkt() {
    let demo = Demo::start();
    demo.patch(
        "kkt",
        r#"{"cover":"open","drawer":"open","printer_faults":["cutter-error"],"shift":"expired",
            "fiscal_storage_flags":["resource-exhausted"],"clock_skew_seconds":-90,
            "unsent_documents":7,"operator":5}"#,
    );
    let kkt = until(SOON, || {
        let kkt = demo.document()["kkt"].clone();
        let skew = kkt["clock_skew_seconds"].as_i64()?;
        let all = kkt["cover"] == "open"
            && kkt["drawer"] == "open"
            && kkt["printer_faults"] == serde_json::json!(["cutter-error"])
            && kkt["fiscal_storage"]["flags"] == serde_json::json!(["resource-exhausted"])
            && kkt["ofd"]["unsent_documents"] == 7
            && (-92..=-88).contains(&skew);
        all.then_some(kkt)
    });
    assert_eq!(kkt["state"], "online");
    assert_eq!(kkt["driver"], "atol");
    assert_eq!(kkt["model"], "АТОЛ 25Ф");
    assert_eq!(kkt["serial_number"], "00106543");
    assert_eq!(kkt["ofd"]["evidence"], "implementation");
    let document = demo.document();
    assert_eq!(document["schema"], 1);
    let codes: Vec<_> =
        document["problems"].as_array().unwrap().iter().map(|p| &p["code"]).collect();
    assert!(codes.iter().any(|code| *code == "cover-open"), "{codes:?}");
}

#[test]
fn the_scale_tells_its_weight() {
    let demo = Demo::start();
    for (patch, shown) in [
        (r#"{"weight_grams":1234}"#, "1.234"),
        (r#"{"weight_grams":-20}"#, "-0.020"),
        (r#"{"weight_grams":15000,"stable":false}"#, "15.000"),
        (r#"{"weight_grams":0,"stable":true}"#, "0.000"),
    ] {
        demo.patch("scale", patch);
        demo.await_seven("weight", SOON, is(200, shown));
    }
    demo.patch("scale", r#"{"overload":true}"#);
    demo.await_seven("weight", SOON, is_problem(503, "device-fault"));
    demo.patch("scale", r#"{"overload":false,"weight_grams":500}"#);
    demo.await_seven("weight", SOON, is(200, "0.500"));
    for link in ["silent", "garbage", "unplugged", "busy"] {
        demo.patch("scale", &format!(r#"{{"link":"{link}"}}"#));
        let lost = demo.await_seven("weight", LOST, |answer| answer.status == 503);
        assert!(lost.problem().is_some(), "{lost:?}");
        demo.patch("scale", r#"{"link":"ok"}"#);
        demo.await_seven("weight", Duration::from_secs(12), is(200, "0.500"));
    }
}

#[test]
fn the_vision_link_goes_up_and_down() {
    let demo = Demo::start();
    demo.await_seven("vision", SOON, is(200, "1"));
    demo.patch("vision", r#"{"link":"unplugged"}"#);
    demo.await_seven("vision", LOST, is(204, ""));
    demo.patch("vision", r#"{"link":"ok"}"#);
    demo.await_seven("vision", LOST, is(200, "1"));
    demo.patch("vision", r#"{"link":"silent"}"#);
    demo.await_seven("vision", Duration::from_secs(20), is(204, ""));
    demo.patch("vision", r#"{"link":"unresolvable"}"#);
    demo.await_seven("vision", LOST, |answer| answer.status == 503);
    demo.patch("vision", r#"{"link":"ok"}"#);
    demo.await_seven("vision", LOST, is(200, "1"));
}

#[test]
fn a_kkt_that_falls_away_is_unknown_and_comes_back() {
    let demo = Demo::start();
    demo.patch("kkt", r#"{"unsent_documents":3}"#);
    for (link, kind) in [
        ("silent", "stale"),
        ("garbage", "not-connected"),
        ("unplugged", "not-connected"),
        ("busy", "busy"),
    ] {
        demo.await_seven("ofd", Duration::from_secs(12), is(200, "3"));
        demo.await_seven("paper", SOON, is(200, "1"));
        demo.patch("kkt", &format!(r#"{{"link":"{link}"}}"#));
        let told = Instant::now();
        for name in ["ofd", "paper"] {
            demo.await_seven(name, LOST.saturating_sub(told.elapsed()), |answer| {
                // On its way to 503 an answer may only be the last true one.
                assert!(matches!(answer.status, 200 | 503), "{link}: {name} {answer:?}");
                assert!(answer.status == 503 || matches!(&*answer.body, "3" | "1"), "{answer:?}");
                is_problem(503, kind)(answer)
            });
        }
        demo.patch("kkt", r#"{"link":"ok"}"#);
    }
    demo.await_seven("ofd", Duration::from_secs(12), is(200, "3"));
}

#[test]
fn no_answer_waits_for_a_device() {
    let demo = Demo::start();
    demo.patch("kkt", r#"{"link":"silent"}"#);
    demo.patch("scale", r#"{"link":"silent"}"#);
    demo.patch("vision", r#"{"link":"silent"}"#);
    let names =
        ["last_receipt_time", "downtime", "user_role_id", "ofd", "paper", "vision", "weight"];
    let late = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (demo, late) = (&demo, &late);
            scope.spawn(move || {
                let end = Instant::now() + Duration::from_secs(4);
                let mut n = worker;
                while Instant::now() < end {
                    let asked = Instant::now();
                    let answer = demo.seven(names[n % names.len()]);
                    assert!(matches!(answer.status, 200 | 204 | 503), "{answer:?}");
                    // Far below any device's time limit, far above a slow machine's hiccup.
                    if asked.elapsed() > Duration::from_millis(1500) {
                        late.store(true, Ordering::Relaxed);
                    }
                    n += 1;
                    std::thread::park_timeout(Duration::from_millis(20));
                }
            });
        }
    });
    assert!(!late.load(Ordering::Relaxed), "an answer waited for a device");
}

#[test]
fn a_device_is_asked_no_oftener_however_often_http_is() {
    let demo = Demo::start();
    let cycles = |device: &str| demo.seen()[device]["cycles"].as_u64().unwrap();
    let (began, kkt, scale) = (Instant::now(), cycles("kkt"), cycles("scale"));
    while began.elapsed() < Duration::from_secs(3) {
        demo.seven("ofd");
        demo.seven("weight");
    }
    let allowed = began.elapsed().as_secs() + 2;
    assert!(cycles("kkt") - kkt <= allowed, "{} in {allowed} s", cycles("kkt") - kkt);
    assert!(cycles("scale") - scale <= allowed);
    assert!(cycles("kkt") > kkt, "the KKT is asked at all");
}

#[test]
fn the_scale_is_left_alone_while_a_receipt_is_open() {
    let demo = Demo::start();
    let cycles = || demo.seen()["scale"]["cycles"].as_u64().unwrap();
    until(SOON, || (cycles() > 1).then_some(()));
    demo.event(r#"{"event":"receipt-opened"}"#);
    // Another program, such as the till's own, gets the port for itself.
    let place = demo.ready.split("scale=").nth(1).unwrap();
    let address: till_port::Address = place.parse().unwrap();
    let others = until(SOON, || address.open(&till_port::OpenOptions::default()).ok());
    drop(others);
    // A request under way may still arrive; after it none must.
    let seen = until(SOON, || {
        let before = cycles();
        std::thread::park_timeout(Duration::from_millis(1200));
        (cycles() == before).then_some(before)
    });
    std::thread::park_timeout(Duration::from_millis(2500));
    assert_eq!(cycles(), seen);
    demo.event(r#"{"event":"receipt-closed"}"#);
    until(SOON, || (cycles() > seen).then_some(()));
}

#[test]
fn demo_controls_refuse_what_they_do_not_know() {
    let demo = Demo::start();
    for (path, body, named) in [
        ("kkt", r#"{"papper":"out"}"#, "papper"),
        ("kkt", r#"{"paper":"gone"}"#, "gone"),
        ("kkt", r#"{"unsent_documents":-1}"#, "unsent_documents"),
        ("scale", r#"{"weight_grams":"heavy"}"#, "weight_grams"),
        ("vision", r#"{"link":"busy"}"#, "busy"),
        ("pos", r#"{"forget":false}"#, "forget"),
        ("kkt", "[]", "object"),
        ("kkt", "{", "JSON"),
    ] {
        let answer = request(demo.pos, "PATCH", &format!("/demo/{path}"), &[], body);
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert_eq!(answer.problem().as_deref(), Some("bad-request"), "{answer:?}");
        assert!(answer.body.contains(named), "{body}: {}", answer.body);
    }
    assert_eq!(request(demo.api, "PATCH", "/demo/kkt", &[], "{}").status, 404);
    assert_eq!(get(demo.api, "/demo").status, 404);
}

#[test]
fn the_ready_line_names_every_door() {
    let demo = Demo::start();
    let keys: Vec<_> = demo.ready.split(' ').map(|w| w.split('=').next().unwrap()).collect();
    assert_eq!(keys, ["ready", "api", "pos", "kkt", "scale"], "{}", demo.ready);
    assert!(
        demo.ready.contains(" kkt=tcp:127.0.0.1:") && demo.ready.contains(" scale=serial:/dev/")
    );
    assert!(demo.process_id() > 0);
    let demo = Demo::start_with(&["--kkt", "atol-v2"]);
    assert!(demo.ready.contains(" kkt=serial:/dev/"), "{}", demo.ready);
    let help = program("till-tool").args(["demo", "--help"]).output().unwrap();
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("--api"));
}

/// An RFC 3339 time with an offset as seconds, to compare times of different offsets.
fn instant(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{error}: {text}")).as_second()
}
