//! A till with a Service Plus KKT, or a Pirit, through its real doors: what the dialect tells, what it
//! cannot tell and why, and what a profile changes. What reached the KKT is checked after every run.

use std::time::Duration;

use serde_json::json;

use crate::support::{Demo, Folder, Response, program, request, until};

const SOON: Duration = Duration::from_secs(10);
const LOST: Duration = Duration::from_secs(12);

fn is(status: u16, body: &str) -> impl Fn(&Response) -> bool + '_ {
    move |answer| answer.status == status && answer.body == body
}

/// A 501 that names the dialect and what to do.
fn says(texts: &[&str]) -> impl Fn(&Response) -> bool {
    move |answer| {
        answer.status == 501
            && answer.problem().as_deref() == Some("not-supported")
            && texts.iter().all(|text| answer.body.contains(text))
    }
}

/// The four answers that no KKT is asked for.
#[track_caller]
fn check_the_others(demo: &Demo) {
    demo.await_seven("last_receipt_time", SOON, is(204, ""));
    demo.await_seven("weight", SOON, is(200, "0.000"));
    demo.await_seven("vision", SOON, is(200, "1"));
    demo.await_seven("user_role_id", SOON, is(204, ""));
    demo.event(r#"{"event":"receipt-opened"}"#);
    demo.await_seven("downtime", SOON, is(204, ""));
    demo.event(r#"{"event":"receipt-closed"}"#);
    demo.await_seven("downtime", SOON, |answer| answer.status == 200);
}

#[test]
fn arm_tells_neither_queue_nor_paper_without_a_profile() {
    let demo = Demo::start_with(&["--kkt", "sp80x-arm"]);
    check_the_others(&demo);
    demo.await_seven(
        "ofd",
        SOON,
        says(&["dialect arm", "44 */1097", "[kkt] profile", "kkt-status"]),
    );
    demo.await_seven("paper", SOON, says(&["dialect arm", "[kkt] profile", "kkt-status"]));
    let kkt = until(SOON, || {
        let kkt = demo.document()["kkt"].clone();
        (kkt["shift"] == json!({ "state": "open", "number": 17, "opened_at": null })).then_some(kkt)
    });
    assert_eq!((&kkt["driver"], &kkt["state"]), (&json!("sp80x"), &json!("online")));
    assert_eq!(kkt["serial_number"], "0802001234");
    assert_eq!(kkt["firmware"], "1.0.0");
    assert_eq!(kkt["fiscal_storage"]["number"], "9999078900001234");
    let skew = kkt["clock_skew_seconds"].as_i64().unwrap();
    assert!((-3..=3).contains(&skew), "{skew}");
    assert_eq!(kkt["unknown"]["paper"]["type"], "not-supported");

    demo.patch("kkt", r#"{"shift":"expired"}"#);
    until(SOON, || (demo.document()["kkt"]["shift"]["state"] == "expired").then_some(()));
    // What nobody has published may be there all the same: it is only assumed to be it.
    let field = r#"{"command":44,"path":["200000","1097"],"type":4,"text":"3"}"#;
    demo.patch("kkt", &format!(r#"{{"fields":[{field}]}}"#));
    demo.await_seven("ofd", SOON, says(&["only assumed", "accept_assumed"]));
    let unknown = request(demo.pos, "PATCH", "/demo/kkt", &[], r#"{"paper":"out"}"#);
    assert_eq!(unknown.status, 400);
    assert!(unknown.body.contains("paper") && unknown.body.contains("sp80x-arm"), "{unknown:?}");
}

/// A file of extra fields and a profile that names them: 501 becomes an answer.
#[test]
fn a_profile_makes_answers_of_what_arm_was_not_known_to_tell() {
    let folder = Folder::new("arm");
    let entry = |name: &str, path: &str, read: &str| {
        format!(
            "[[value]]\nname = \"{name}\"\ndialect = \"arm\"\ncommand = \"44\"\n\
             path = [\"200000\", \"{path}\"]\nread = {read}\nevidence = \"device\"\n"
        )
    };
    let either = r#"{ either = { yes = "есть", no = "нет" } }"#;
    let entries = [
        entry("unsent_documents", "Unsent", "\"integer\""),
        entry("first_unsent_at", "UnsentSince", "\"date_time\""),
        entry("paper_present", "Paper", either),
    ];
    let profile = folder.file("profile.toml", &entries.concat());
    let fields = |count: &str, paper: &str| {
        json!({ "fields": [
            { "command": 44, "path": ["200000", "Unsent"], "type": 4, "text": count },
            { "command": 44, "path": ["200000", "UnsentSince"], "type": 5, "text": "2026-11-23 21:15:00" },
            { "command": 44, "path": ["200000", "Paper"], "type": 1, "text": paper },
        ] })
        .to_string()
    };
    let state = folder.file("fields.json", &fields("3", "есть"));
    let demo =
        Demo::start_with(&["--kkt", "sp80x-arm", "--profile", &profile, "--kkt-state", &state]);
    check_the_others(&demo);
    demo.await_seven("ofd", SOON, is(200, "3"));
    demo.await_seven("paper", SOON, is(200, "1"));
    let ofd = until(SOON, || {
        Some(demo.document()["kkt"]["ofd"].clone()).filter(|ofd| ofd["unsent_documents"] == 3)
    });
    assert_eq!(ofd["evidence"], "device");
    assert!(ofd["first_unsent_at"].as_str().unwrap().starts_with("2026-11-23T21:15:00"), "{ofd}");

    demo.patch("kkt", &fields("0", "нет"));
    demo.await_seven("ofd", SOON, is(200, "0"));
    demo.await_seven("paper", SOON, is(204, ""));
    // A third text is no "no", and a text is no number.
    demo.patch("kkt", &fields("none", "?"));
    demo.await_seven("ofd", SOON, |answer| answer.status >= 500);
    demo.await_seven("paper", SOON, |answer| answer.status >= 500);
    demo.patch("kkt", &fields("1", "есть"));
    demo.await_seven("ofd", SOON, is(200, "1"));
    for (link, codes) in
        [("silent", [503, 503]), ("garbage", [503, 503]), ("unplugged", [503, 503])]
    {
        demo.patch("kkt", &format!(r#"{{"link":"{link}"}}"#));
        for (name, code) in ["ofd", "paper"].into_iter().zip(codes) {
            demo.await_seven(name, LOST, |answer| {
                let last = matches!((answer.status, &*answer.body), (200, "1"));
                assert!(last || answer.status == 503, "{link}: {name} {answer:?}");
                answer.status == code
            });
        }
        demo.patch("kkt", r#"{"link":"ok"}"#);
        demo.await_seven("ofd", Duration::from_secs(20), is(200, "1"));
        demo.await_seven("paper", SOON, is(200, "1"));
    }
}

#[test]
fn pone_proves_only_that_the_paper_is_out() {
    let demo = Demo::start_with(&["--kkt", "sp80x-pone"]);
    check_the_others(&demo);
    demo.await_seven("ofd", SOON, says(&["dialect pone", "[kkt] profile", "kkt-status"]));
    demo.await_seven("paper", SOON, says(&["dialect pone", "[kkt] profile", "kkt-status"]));
    let kkt = until(SOON, || {
        let kkt = demo.document()["kkt"].clone();
        (kkt["shift"]["number"] == 17).then_some(kkt)
    });
    assert_eq!((&kkt["model"], &kkt["serial_number"]), (&json!("SP801-F"), &json!("0801001234")));
    assert_eq!(kkt["firmware"], "3.04");
    // A document that is open on the KKT keeps the scale away, whatever the feed says.
    demo.patch("kkt", r#"{"receipt":"open"}"#);
    demo.await_seven("weight", SOON, is(204, ""));
    demo.patch("kkt", r#"{"receipt":"closed"}"#);
    demo.await_seven("weight", SOON, is(200, "0.000"));

    demo.patch("kkt", r#"{"error":"08"}"#);
    demo.await_seven("paper", SOON, is(204, ""));
    demo.patch("kkt", r#"{"error":null}"#);
    demo.await_seven("paper", SOON, says(&["dialect pone"]));
    demo.patch("kkt", r#"{"error":"06"}"#);
    let why = until(SOON, || {
        let why = demo.document()["kkt"]["unknown"]["firmware"].clone();
        (why["type"] == "refused").then_some(why)
    });
    assert!(why["detail"].as_str().unwrap().contains("dialect in [kkt]"), "{why}");
    let unknown = request(demo.pos, "PATCH", "/demo/kkt", &[], r#"{"unsent_documents":1}"#);
    assert_eq!(unknown.status, 400);
    assert!(unknown.body.contains("sp80x-pone"), "{unknown:?}");
}

/// Where the fields of a pone KKT stand nobody knows: any setting stands for them here.
#[test]
fn a_profile_makes_answers_of_what_pone_was_not_known_to_tell() {
    let folder = Folder::new("pone");
    let entry = |name: &str, read: &str| {
        format!(
            "[[value]]\nname = \"{name}\"\ndialect = \"pone\"\ncommand = \"A1\"\nrequest = [33, 0]\n\
             field = 0\nread = {read}\nevidence = \"device\"\n"
        )
    };
    let text =
        entry("unsent_documents", "\"integer\"") + &entry("paper_present", "{ equals = \"1\" }");
    let profile = folder.file("profile.toml", &text);
    let demo = Demo::start_with(&["--kkt", "sp80x-pone", "--profile", &profile]);
    demo.await_seven("ofd", SOON, is(200, "1"));
    demo.await_seven("paper", SOON, is(200, "1"));
    let seen = demo.seen();
    let asked = seen["kkt"]["requests"].as_array().unwrap();
    assert!(asked.iter().any(|request| request == "A1 [33] [0]"), "{asked:?}");
}

#[test]
fn a_pirit_tells_everything_but_the_user() {
    let demo = Demo::start_with(&["--kkt", "pirit"]);
    check_the_others(&demo);
    demo.await_seven("ofd", SOON, is(200, "0"));
    demo.await_seven("paper", SOON, is(200, "1"));
    demo.patch("kkt", r#"{"unsent_documents":3,"paper":"out","cover":"open","drawer":"open"}"#);
    demo.await_seven("ofd", SOON, is(200, "3"));
    demo.await_seven("paper", SOON, is(204, ""));
    let kkt = until(SOON, || {
        let kkt = demo.document()["kkt"].clone();
        (kkt["cover"] == "open" && kkt["drawer"] == "open").then_some(kkt)
    });
    assert_eq!((&kkt["driver"], &kkt["ofd"]["evidence"]), (&json!("pirit"), &json!("documented")));
    assert_eq!(kkt["ofd"]["first_unsent_number"], 4658);
    demo.patch("kkt", r#"{"error":"08","paper":"present"}"#);
    // The printer's own flags say otherwise than the error: what was said last counts, and no 200 comes
    // of an error.
    demo.await_seven("ofd", LOST, |answer| answer.status == 503);
    demo.patch("kkt", r#"{"error":null}"#);
    demo.await_seven("ofd", SOON, is(200, "3"));
    demo.await_seven("paper", SOON, is(200, "1"));
}

#[test]
fn a_profile_that_is_wrong_stops_the_demo_with_its_line() {
    let folder = Folder::new("wrong");
    let profile = folder.file(
        "profile.toml",
        "[[value]]\nname = \"paper_present\"\ndialect = \"arm\"\ncommand = \"46\"\n\
         path = [\"*\", \"Paper\"]\nread = { equals = \"1\" }\nevidence = \"device\"\n",
    );
    let output = program("till-tool")
        .args(["demo", "--api", "127.0.0.1:0", "--pos", "127.0.0.1:0", "--kkt", "sp80x-arm"])
        .args(["--profile", &profile])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && text.contains("profile.toml:1: entry 1: the request 46"),
        "{text}"
    );
}
