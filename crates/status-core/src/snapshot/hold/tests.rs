use std::time::Duration;

use super::*;
use crate::{
    Answer, DeviceState, Endpoint, Evidence, KktReading, KktReceipt, KktSettings, Settings, answer,
    parse_events, problems,
};

fn at(second: u64) -> Moment {
    let wall = Timestamp::from_second(1_795_000_000 + i64::try_from(second).unwrap()).unwrap();
    Moment { mono: Duration::from_secs(second), wall }
}

fn till(hold: Hold, pos: PosSource) -> Snapshot {
    let kkt = KktSettings {
        driver: "atol".to_owned(),
        hold,
        receipt: KktReceipt::LineByLine,
        operators: Default::default(),
    };
    let mut settings = Settings { kkt: Some(kkt), pos, ..Settings::default() };
    settings.max_age.paper = Duration::from_secs(90);
    Snapshot::new(settings, at(0))
}

fn tell(till: &mut Snapshot, events: &str, now: Moment) {
    let events = format!("[{events}]").replace('{', r#"{"event":"#);
    till.apply(&parse_events(events.as_bytes()).unwrap(), now);
}

const PER_POLL: Hold = Hold::PerPoll { released: false };
const RELEASED: Hold = Hold::PerPoll { released: true };
const HELLO_CLOSED: &str = r#"{"hello","receipt":"closed"}"#;
const HELLO_OPEN: &str = r#"{"hello","receipt":"open"}"#;
const UNKNOWN: &str = "nobody knows whether a receipt is open";

/// What is told, one event a second, and what then keeps us from the KKT: a word of it, "" for nothing.
#[test]
fn the_kkt_is_opened_only_when_the_rules_allow_it() {
    let released = r#"{"kkt-released"}"#;
    let taken = r#"{"kkt-taken"}"#;
    let opened = r#"{"receipt-opened"}"#;
    let closed = r#"{"receipt-closed"}"#;
    for (hold, events, barred) in [
        (Hold::Never, &[HELLO_CLOSED, released][..], "hold = \"never\""),
        (Hold::Always, &[], ""),
        (Hold::Always, &[HELLO_OPEN], ""),
        (Hold::Always, &[taken], "kkt-taken"),
        (Hold::Always, &[taken, released], ""),
        (PER_POLL, &[], UNKNOWN),
        (PER_POLL, &[r#"{"alive"}"#], UNKNOWN),
        (PER_POLL, &[released], UNKNOWN),
        (PER_POLL, &[HELLO_CLOSED], ""),
        (PER_POLL, &[HELLO_OPEN], "a receipt is open"),
        (PER_POLL, &[HELLO_CLOSED, opened], "a receipt is open"),
        (PER_POLL, &[HELLO_CLOSED, r#"{"item-added"}"#], "a receipt is open"),
        (PER_POLL, &[HELLO_CLOSED, opened, closed], ""),
        (PER_POLL, &[HELLO_CLOSED, taken], "kkt-taken"),
        (RELEASED, &[HELLO_CLOSED], "kkt-released"),
        (RELEASED, &[HELLO_CLOSED, released], ""),
        (RELEASED, &[HELLO_CLOSED, released, taken], "kkt-taken"),
        (RELEASED, &[HELLO_CLOSED, released, taken, released], ""),
        (RELEASED, &[HELLO_CLOSED, released, opened], "a receipt is open"),
        (RELEASED, &[released], UNKNOWN),
        // A till program that starts anew may have been killed with the port open.
        (RELEASED, &[HELLO_CLOSED, released, HELLO_CLOSED], "kkt-released"),
    ] {
        let mut till = till(hold, PosSource::Events);
        for (second, event) in (1..).zip(events) {
            tell(&mut till, event, at(second));
        }
        let got = till.kkt_barred(at(10)).map(|barred| barred.to_string()).unwrap_or_default();
        let fits = if barred.is_empty() { got.is_empty() } else { got.contains(barred) };
        assert!(fits, "{hold:?} {events:?}: got {got:?}, expected {barred:?}");
        assert_eq!(till.kkt_allowed(at(10)), barred.is_empty());
    }
}

#[test]
fn a_pause_a_silent_feed_and_a_forgotten_one_bar_the_kkt() {
    let mut till = till(RELEASED, PosSource::Events);
    tell(&mut till, HELLO_CLOSED, at(1));
    tell(&mut till, r#"{"kkt-released"}"#, at(1));
    assert_eq!(till.kkt_barred(at(300)), None);
    assert!(matches!(till.kkt_barred(at(301)), Some(Barred::ReceiptUnknown(_))));
    till.pause(true, at(2));
    assert_eq!(till.kkt_barred(at(2)), Some(Barred::Paused));
    till.pause(false, at(3));
    assert_eq!(till.kkt_barred(at(3)), None);
    till.forget_feed();
    assert_eq!(till.kkt_barred(at(3)), Some(Barred::NotReleased));
}

#[test]
fn what_a_kkt_says_about_its_receipt_opens_nothing() {
    let mut till = till(PER_POLL, PosSource::None);
    till.kkt_answered(reading(), at(1));
    assert!(matches!(till.kkt_barred(at(1)), Some(Barred::ReceiptUnknown(_))));
}

fn reading() -> KktReading {
    let receipt = crate::KktReceiptState { open: false, kind: 0, sum: None, number: Some(1) };
    KktReading {
        receipt: Some(receipt),
        paper_present: Some(true),
        ..KktReading::new(Evidence::Implementation)
    }
}

/// A receipt of some minutes is normal: the values are served until they are too old, then it is busy.
#[test]
fn kept_away_for_long_is_busy_and_no_problem() {
    let mut till = till(PER_POLL, PosSource::Events);
    assert!(till.ready(at(0)), "nobody waits for a KKT that must not be opened");
    tell(&mut till, HELLO_CLOSED, at(1));
    assert!(!till.ready(at(1)));
    till.kkt_answered(reading(), at(1));
    tell(&mut till, r#"{"receipt-opened"}"#, at(2));
    assert!(matches!(answer(Endpoint::Paper, &till, at(90)), Answer::Known { .. }));
    assert_eq!(till.kkt_state(at(90)), DeviceState::Online);
    let Answer::Unknown(why) = answer(Endpoint::Paper, &till, at(91)) else { panic!() };
    assert_eq!(why.reason.name(), "busy");
    assert!(why.detail.starts_with("a receipt is open"), "{}", why.detail);
    assert_eq!(till.kkt_state(at(91)), DeviceState::Busy);
    let zone = jiff::tz::TimeZone::UTC;
    let found = problems(&till, at(91), &zone, crate::Language::En);
    assert!(found.iter().all(|problem| problem.source != "kkt"), "{found:?}");
}

/// What an earlier run knew is no leave to open anything: a receipt may have been opened meanwhile.
#[test]
fn after_a_restart_the_till_program_has_to_be_heard_first() {
    let mut before = till(PER_POLL, PosSource::Events);
    tell(&mut before, HELLO_CLOSED, at(1));
    assert!(before.kkt_allowed(at(2)));
    for event in [r#"{"alive"}"#, HELLO_CLOSED] {
        let mut till = till(PER_POLL, PosSource::Events);
        till.settings.scale = Some(crate::ScaleSettings {
            protocol: "massa-k-100".to_owned(),
            unstable: crate::Unstable::Serve,
            without_receipt_state: crate::WithoutReceiptState::Refuse,
        });
        till.restore(before.saved_state(), at(2));
        let why = till.kkt_barred(at(2)).unwrap().to_string();
        assert!(why.contains(UNKNOWN) && why.contains("since this service started"), "{why}");
        assert!(!till.scale_allowed(at(2)));
        let Answer::Unknown(why) = answer(Endpoint::Weight, &till, at(2)) else { panic!() };
        assert_eq!(why.reason, crate::Reason::ReceiptStateUnknown);
        tell(&mut till, event, at(3));
        assert!(till.kkt_allowed(at(3)) && till.scale_allowed(at(3)), "{event}");
    }
}
