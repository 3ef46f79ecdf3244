//! The fine print of the events of the till program, sentence by sentence. Source: docs/api.md.

use super::*;
use crate::{EventKind, Language, document};

/// Tells one event a second, the first at second 1, and says when the last one was told.
fn story(till: &mut Snapshot, events: &[&str]) -> Moment {
    let mut now = at(0);
    for (event, second) in events.iter().zip(1..) {
        now = at(second);
        tell(till, event, now);
    }
    now
}

/// When the last receipt was closed, in seconds after the start, whether or not one is open now.
fn last_closed(till: &Snapshot, now: Moment) -> Option<i64> {
    let document = document(till, now, &jiff::tz::TimeZone::UTC, Language::En);
    let closed = document.receipt.last_closed_at?.instant().unwrap();
    Some(closed.as_second() - 1_795_000_000)
}

/// The two receipt answers after `told`.
#[track_caller]
fn assert_told(till: &Snapshot, now: Moment, activity: &str, closed: &str, told: &str) {
    assert_eq!(receipt(till, now), (activity.to_owned(), closed.to_owned()), "{told}");
}

fn user_role_id(till: &Snapshot, now: Moment) -> String {
    match answer(Endpoint::UserRoleId, till, now) {
        Answer::Known { value: Value::Id(id), .. } => id,
        Answer::Empty { .. } => "-".to_owned(),
        Answer::Unknown(why) => format!("? {}", why.reason.name()),
        other => panic!("{other:?}"),
    }
}

/// An event of every kind, with what it needs.
fn sample(kind: &str) -> String {
    let more = match kind {
        "user-signed-in" => r#","role_id":"12""#,
        "kkt-status" => r#","paper":"present""#,
        "hello" => r#","receipt":"closed","user":null"#,
        _ => "",
    };
    format!(r#"{{"event":"{kind}"{more}}}"#)
}

const OPENED: &str = r#"{"event":"receipt-opened"}"#;
const ITEM: &str = r#"{"event":"item-added"}"#;
const CLOSED: &str = r#"{"event":"receipt-closed"}"#;
const CANCELLED: &str = r#"{"event":"receipt-cancelled"}"#;
const HELLO_OPEN: &str = r#"{"event":"hello","receipt":"open"}"#;
const HELLO_CLOSED: &str = r#"{"event":"hello","receipt":"closed"}"#;

/// What is told, one event a second; then the two receipt answers and the last close.
#[test]
fn what_each_event_says_of_the_receipt() {
    let unknown = "? receipt-state-unknown";
    for (events, activity, closed, last) in [
        (&[OPENED][..], "1", "-", None),
        (&[OPENED, ITEM, ITEM], "3", "-", None),
        // An item without an open receipt opens one.
        (&[ITEM], "1", "-", None),
        (&[CLOSED, ITEM], "2", "-", Some(1)),
        (&[OPENED, CLOSED, ITEM, ITEM], "4", "-", Some(2)),
        // A second opening closes the first at that moment.
        (&[OPENED, ITEM, OPENED], "3", "-", Some(3)),
        (&[OPENED, CLOSED, OPENED], "3", "-", Some(2)),
        // A close without an open receipt is the last close.
        (&[CLOSED], "-", "1", Some(1)),
        (&[CLOSED, CLOSED], "-", "2", Some(2)),
        (&[OPENED, CLOSED, CANCELLED], "-", "3", Some(3)),
        (&[CANCELLED], "-", "1", Some(1)),
        // A cancelled receipt counts as closed.
        (&[OPENED, ITEM, CLOSED], "-", "3", Some(3)),
        (&[OPENED, ITEM, CANCELLED], "-", "3", Some(3)),
        // A hello says what is, and that something changed when it did.
        (&[HELLO_OPEN], "? never-seen", "-", None),
        (&[HELLO_OPEN, ITEM], "2", "-", None),
        (&[HELLO_CLOSED], "-", "? never-seen", None),
        (&[OPENED, HELLO_OPEN], "1", "-", None),
        (&[OPENED, HELLO_CLOSED], "-", "2", Some(2)),
        (&[CLOSED, HELLO_OPEN], "2", "-", Some(1)),
        (&[CLOSED, HELLO_CLOSED], "-", "1", Some(1)),
        // Nothing of these speaks of a receipt.
        (&[r#"{"event":"alive"}"#], unknown, unknown, None),
        (&[r#"{"event":"user-signed-in","role_id":"12"}"#], unknown, unknown, None),
        (&[r#"{"event":"user-signed-out"}"#], unknown, unknown, None),
        (&[r#"{"event":"kkt-status","unsent_documents":0}"#], unknown, unknown, None),
        (&[r#"{"event":"kkt-taken"}"#], unknown, unknown, None),
        (&[r#"{"event":"kkt-released"}"#], unknown, unknown, None),
    ] {
        let mut till = with_feed();
        let now = story(&mut till, events);
        assert_told(&till, now, activity, closed, &format!("{events:?}"));
        assert_eq!(last_closed(&till, now), last, "{events:?}");
    }
}

#[test]
fn an_array_is_taken_in_its_order() {
    for (events, activity, closed) in
        [([OPENED, CLOSED], "-", "1"), ([CLOSED, OPENED], "1", "-"), ([CANCELLED, ITEM], "1", "-")]
    {
        let mut till = with_feed();
        let done = tell(&mut till, &format!("[{}]", events.join(",")), at(1));
        assert_eq!((done.applied, done.repeated), (2, 0), "{events:?}");
        check(&till, at(1), activity, closed);
    }
}

/// The till's clock is read when an event comes, unless it says when it happened.
#[test]
fn no_time_of_an_event_runs_ahead_or_back() {
    let with_at = |kind: &str, second| {
        let wall = at(second).wall;
        format!(r#"{{"event":"{kind}","at":"{wall}"}}"#)
    };
    // Told at second 100; then its two answers and how many times lay ahead.
    for (event, activity, closed, ahead) in [
        (OPENED.to_owned(), "100", "-", 0),
        (CLOSED.to_owned(), "-", "100", 0),
        (with_at("receipt-opened", 60), "60", "-", 0),
        (with_at("receipt-closed", 60), "-", "60", 0),
        (with_at("receipt-closed", 105), "-", "105", 0),
        (with_at("receipt-closed", 106), "-", "100", 1),
        (with_at("receipt-opened", 100_000_000), "100", "-", 1),
        // Older than what is known since second 50.
        (with_at("receipt-opened", 40), "50", "-", 0),
        (with_at("item-added", 40), "50", "-", 0),
        (with_at("receipt-closed", 40), "-", "50", 0),
        (with_at("receipt-cancelled", 40), "-", "50", 0),
        (with_at("hello", 40).replace('}', r#","receipt":"closed"}"#), "-", "50", 0),
    ] {
        let mut till = with_feed();
        tell(&mut till, &format!("[{OPENED},{CLOSED}]"), at(50));
        let done = tell(&mut till, &event, at(100));
        assert_told(&till, at(100), activity, closed, &event);
        assert_eq!(done.from_the_future, ahead, "{event}");
    }
}

#[test]
fn times_of_a_hello_run_neither_ahead_nor_back() {
    let hello = |more: &str| format!(r#"{{"event":"hello",{more}}}"#);
    let time = |key: &str, second| format!(r#""{key}":"{}""#, at(second).wall);
    let open = r#""receipt":"open""#;
    let closed = r#""receipt":"closed""#;
    for (receipt, key, second, activity, downtime, last) in [
        (open, "opened_at", 60, "60", "-", Some(50)),
        (open, "opened_at", 40, "50", "-", Some(50)),
        (open, "opened_at", 900, "100", "-", Some(50)),
        (open, "last_activity_at", 70, "70", "-", Some(50)),
        (open, "last_activity_at", 900, "100", "-", Some(50)),
        (open, "last_closed_at", 60, "100", "-", Some(60)),
        (closed, "last_closed_at", 60, "-", "60", Some(60)),
        (closed, "last_closed_at", 40, "-", "50", Some(50)),
        (closed, "last_closed_at", 900, "-", "100", Some(100)),
    ] {
        let mut till = with_feed();
        tell(&mut till, &format!("[{OPENED},{CLOSED}]"), at(50));
        let event = hello(&format!("{receipt},{}", time(key, second)));
        tell(&mut till, &event, at(100));
        assert_told(&till, at(100), activity, downtime, &event);
        assert_eq!(last_closed(&till, at(100)), last, "{event}");
    }
}

/// The last 1,000 ids are remembered, no fewer, and over a restart; a repeat does nothing again.
#[test]
fn a_thousand_ids_are_remembered_also_over_a_restart() {
    let event = |id: u32| format!(r#"{{"event":"receipt-opened","id":"{id}"}}"#);
    let mut till = with_feed();
    for id in 0..=1000 {
        tell(&mut till, &event(id), at(1));
    }
    tell(&mut till, CLOSED, at(2));
    let saved = serde_json::to_string(&till.saved_state()).unwrap();
    let mut next = with_feed();
    next.restore(serde_json::from_str(&saved).unwrap(), at(3));
    for till in [&mut till, &mut next] {
        for id in 1..=1000 {
            assert_eq!(tell(till, &event(id), at(4)).repeated, 1, "{id}");
        }
        check(till, at(4), "-", "2");
        assert_eq!(tell(till, &event(0), at(5)).applied, 1, "it is not among the last 1000");
        check(till, at(5), "5", "-");
    }
}

#[test]
fn an_id_that_comes_twice_in_one_batch_counts_once() {
    let opened = r#"{"event":"receipt-opened","id":"a"}"#;
    let mut till = with_feed();
    let done = tell(&mut till, &format!("[{opened},{CLOSED},{opened}]"), at(1));
    assert_eq!((done.applied, done.repeated), (2, 1));
    check(&till, at(1), "-", "1");
}

/// Silence makes receipt and user unknown, never closed and never nobody; any event ends it.
#[test]
fn every_event_ends_a_silence() {
    let unknown = "? receipt-state-unknown";
    let signed_in = r#"{"event":"user-signed-in","role_id":"12","id":"told before"}"#;
    let repeat = std::iter::once(signed_in.to_owned());
    for event in EventKind::NAMES.into_iter().map(sample).chain(repeat) {
        let mut till = with_feed();
        tell(&mut till, &format!("[{OPENED},{signed_in}]"), at(1));
        assert_told(&till, at(300), "1", "-", &event);
        assert_eq!(user_role_id(&till, at(300)), "12", "{event}");
        assert_told(&till, at(301), unknown, unknown, &event);
        assert_eq!(user_role_id(&till, at(301)), "? stale", "{event}");
        tell(&mut till, &event, at(400));
        for second in [400, 699] {
            let known = till.till_receipt(at(second));
            assert!(!matches!(known, pos::TillReceipt::Unknown(_)), "{event}: {known:?}");
            let user = user_role_id(&till, at(second));
            assert!(["12", "-"].contains(&user.as_str()), "{event}: {user}");
        }
        assert_told(&till, at(700), unknown, unknown, &event);
    }
}

#[test]
fn the_limit_of_silence_is_a_setting() {
    for (limit, last_known) in [(Some(10), Some(10)), (Some(3600), Some(3600)), (None, None)] {
        let mut till = with_feed();
        till.settings.feed_silence = limit.map(Duration::from_secs);
        tell(&mut till, CLOSED, at(1));
        check(&till, at(last_known.unwrap_or(100_000_000)), "-", "1");
        if let Some(last) = last_known {
            check(&till, at(last + 1), "? receipt-state-unknown", "? receipt-state-unknown");
        }
    }
}

/// What is told of the user, one event a second; then the answer by role and by user. One is never
/// taken for the other.
#[test]
fn a_user_is_known_by_role_by_person_or_both() {
    let user = |more: &str| format!(r#"{{"event":"user-signed-in",{more}}}"#);
    let both = user(r#""role_id":12,"user_id":"ivanova""#);
    let role = user(r#""role_id":"12""#);
    let person = user(r#""user_id":"ivanova""#);
    let out = sample("user-signed-out");
    let hello = |more: &str| format!(r#"{{"event":"hello","receipt":"closed"{more}}}"#);
    let (silent, nobody) = (hello(""), hello(r#","user":null"#));
    let somebody = hello(r#","user":{"role_id":"7","user_id":"petrov"}"#);
    for (events, by_role, by_user) in [
        (vec![&both], "12", "ivanova"),
        (vec![&role], "12", "? never-seen"),
        (vec![&person], "? never-seen", "ivanova"),
        (vec![&both, &out], "-", "-"),
        (vec![&out], "-", "-"),
        (vec![&out, &both], "12", "ivanova"),
        (vec![&both, &nobody], "-", "-"),
        (vec![&both, &somebody], "7", "petrov"),
        // A hello without a user is a till program that does not say.
        (vec![&both, &silent], "? never-seen", "? never-seen"),
    ] {
        let events: Vec<&str> = events.into_iter().map(String::as_str).collect();
        for (kind, wanted) in [(UserIdKind::Role, by_role), (UserIdKind::User, by_user)] {
            let mut till = with_feed();
            till.settings.user_role_id = kind;
            let now = story(&mut till, &events);
            assert_eq!(user_role_id(&till, now), wanted, "{kind:?}: {events:?}");
        }
    }
}

/// A `kkt-status` tells what it says and nothing of the rest.
#[test]
fn a_kkt_status_tells_any_of_its_values() {
    for (told, ofd, paper, first) in [
        (r#""paper":"near-end""#, None, Some("near-end"), false),
        (r#""paper":"out""#, None, Some("out"), false),
        (r#""unsent_documents":4"#, Some(4), None, false),
        (r#""unsent_documents":0"#, Some(0), None, false),
        (r#""unsent_documents":4,"first_unsent_at":"2026-11-01T00:00:00Z""#, Some(4), None, true),
    ] {
        let mut till = with_kkt(KktReceipt::Unknown);
        till.settings.pos = PosSource::Events;
        if let Some(kkt) = &mut till.settings.kkt {
            kkt.hold = Hold::Never;
        }
        tell(&mut till, &format!(r#"{{"event":"kkt-status",{told}}}"#), at(1));
        let kkt = document(&till, at(2), &jiff::tz::TimeZone::UTC, Language::En).kkt;
        let kkt = serde_json::to_value(kkt).unwrap();
        assert_eq!(kkt["ofd"]["unsent_documents"].as_u64(), ofd, "{told}: {kkt}");
        assert_eq!(kkt["paper"].as_str(), paper, "{told}: {kkt}");
        assert_eq!(kkt["ofd"]["first_unsent_at"].is_string(), first, "{told}: {kkt}");
    }
}
