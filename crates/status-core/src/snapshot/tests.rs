mod feed;

use std::time::Duration;

use super::*;
use crate::{
    Answer, Endpoint, Evidence, Hold, KktReading, KktReceipt, KktReceiptState, KktSettings,
    KktValue, PosSource, Reason, Trouble, Value, answer, parse_events,
};

fn at(second: u64) -> Moment {
    let wall = Timestamp::from_second(1_795_000_000 + i64::try_from(second).unwrap()).unwrap();
    Moment { mono: Duration::from_secs(second), wall }
}

fn with_kkt(receipt: KktReceipt) -> Snapshot {
    let kkt = KktSettings {
        driver: "atol".to_owned(),
        hold: Hold::Always,
        receipt,
        operators: Default::default(),
    };
    Snapshot::new(Settings { kkt: Some(kkt), ..Settings::default() }, at(0))
}

fn with_feed() -> Snapshot {
    Snapshot::new(Settings { pos: PosSource::Events, ..Settings::default() }, at(0))
}

fn look(till: &mut Snapshot, open: bool, number: u32, sum: u64, now: Moment) {
    let receipt =
        KktReceiptState { open, kind: u8::from(open), sum: Some(sum), number: Some(number) };
    let reading =
        KktReading { receipt: Some(receipt), ..KktReading::new(Evidence::Implementation) };
    till.kkt_answered(reading, now);
}

fn tell(till: &mut Snapshot, json: &str, now: Moment) -> Applied {
    till.apply(&parse_events(json.as_bytes()).unwrap(), now)
}

/// The two receipt answers: a time as seconds after the start, "-" for 204, "?" for unknown.
fn receipt(till: &Snapshot, now: Moment) -> (String, String) {
    let show = |endpoint| match answer(endpoint, till, now) {
        Answer::Known { value: Value::Time(time), .. } => {
            (time.as_second() - 1_795_000_000).to_string()
        }
        Answer::Empty { .. } => "-".to_owned(),
        Answer::Unknown(why) => format!("? {}", why.reason.name()),
        other => panic!("{other:?}"),
    };
    (show(Endpoint::LastReceiptTime), show(Endpoint::Downtime))
}

#[track_caller]
fn check(till: &Snapshot, now: Moment, activity: &str, closed: &str) {
    assert_eq!(receipt(till, now), (activity.to_owned(), closed.to_owned()));
}

#[test]
fn a_receipt_line_by_line_on_the_kkt() {
    let mut till = with_kkt(KktReceipt::LineByLine);
    check(&till, at(1), "? starting", "? starting");
    look(&mut till, false, 1, 0, at(1));
    check(&till, at(2), "-", "? never-seen");
    look(&mut till, true, 1, 0, at(3));
    check(&till, at(4), "3", "-");
    look(&mut till, true, 1, 500, at(5));
    look(&mut till, true, 1, 500, at(6));
    check(&till, at(6), "5", "-");
    look(&mut till, false, 2, 0, at(7));
    check(&till, at(8), "-", "7");
    // Silent for longer than the maximum age of a receipt: unknown, and not closed.
    till.kkt_failed(Trouble::Silent("x".into()), at(12));
    check(&till, at(16), "-", "7");
    check(&till, at(17), "? stale", "? stale");
}

#[test]
fn a_receipt_found_open_and_one_that_went_by_between_two_looks() {
    let mut till = with_kkt(KktReceipt::LineByLine);
    look(&mut till, true, 1, 500, at(1));
    check(&till, at(2), "? never-seen", "-");
    look(&mut till, true, 1, 600, at(3));
    check(&till, at(3), "3", "-");
    look(&mut till, true, 2, 0, at(4));
    check(&till, at(4), "4", "-");
    look(&mut till, false, 3, 0, at(5));
    look(&mut till, false, 4, 0, at(8));
    check(&till, at(8), "-", "8");
}

#[test]
fn a_kkt_that_gets_receipts_whole_cannot_say_closed() {
    for receipt in [KktReceipt::AtPayment, KktReceipt::Unknown] {
        let mut till = with_kkt(receipt);
        look(&mut till, false, 1, 0, at(1));
        check(&till, at(2), "? not-supported", "? not-supported");
    }
}

#[test]
fn a_feed_is_never_replaced_by_the_kkt() {
    let mut till = with_kkt(KktReceipt::LineByLine);
    till.settings.pos = PosSource::Events;
    look(&mut till, false, 1, 0, at(1));
    check(&till, at(2), "? receipt-state-unknown", "? receipt-state-unknown");
}

#[test]
fn times_of_the_till_program() {
    let mut till = with_feed();
    let at_second = |second: u64| format!(r#","at":"{}"}}"#, at(second).wall);
    tell(&mut till, &(r#"{"event":"receipt-opened""#.to_owned() + &at_second(10)), at(20));
    check(&till, at(20), "10", "-");
    // Older news moves no time back; a time far ahead is taken as now.
    tell(&mut till, &(r#"{"event":"item-added""#.to_owned() + &at_second(5)), at(21));
    check(&till, at(21), "10", "-");
    let done = tell(&mut till, &(r#"{"event":"item-added""#.to_owned() + &at_second(28)), at(22));
    assert_eq!(done.from_the_future, 1);
    check(&till, at(22), "22", "-");
    let done = tell(&mut till, &(r#"{"event":"item-added""#.to_owned() + &at_second(27)), at(22));
    assert_eq!(done.from_the_future, 0, "5 s ahead is no more than a clock is off");
}

#[test]
fn repeats_are_ignored() {
    let mut till = with_feed();
    tell(&mut till, r#"{"event":"receipt-opened","id":"a"}"#, at(1));
    tell(&mut till, r#"{"event":"receipt-closed","id":"b"}"#, at(2));
    let done = tell(&mut till, r#"{"event":"receipt-opened","id":"a"}"#, at(3));
    assert_eq!((done.applied, done.repeated), (0, 1));
    check(&till, at(3), "-", "2");
    for id in 0..1000 {
        tell(&mut till, &format!(r#"{{"event":"alive","id":"{id}"}}"#), at(4));
    }
    let done = tell(&mut till, r#"{"event":"receipt-opened","id":"a"}"#, at(5));
    assert_eq!(done.repeated, 0, "the last 1000 ids are remembered");
}

#[test]
fn hello_tells_the_whole_state() {
    let mut till = with_feed();
    let hello = format!(
        r#"{{"event":"hello","receipt":"open","opened_at":"{}","last_closed_at":"{}","user":null}}"#,
        at(4).wall,
        at(2).wall
    );
    tell(&mut till, &hello, at(9));
    check(&till, at(9), "4", "-");
    tell(&mut till, r#"{"event":"hello","receipt":"closed"}"#, at(12));
    check(&till, at(12), "-", "12");
}

#[test]
fn a_silent_feed_is_unknown_and_alive_again_is_known_again() {
    let mut till = with_feed();
    tell(&mut till, r#"{"event":"receipt-closed"}"#, at(1));
    check(&till, at(300), "-", "1");
    check(&till, at(301), "? receipt-state-unknown", "? receipt-state-unknown");
    tell(&mut till, r#"{"event":"alive"}"#, at(400));
    check(&till, at(400), "-", "1");
    till.forget_feed();
    check(&till, at(401), "? receipt-state-unknown", "? receipt-state-unknown");
}

#[test]
fn the_till_program_takes_the_kkt_and_gives_it_back() {
    let mut till = with_kkt(KktReceipt::Unknown);
    till.settings.pos = PosSource::Events;
    assert!(till.kkt_allowed(at(1)));
    tell(&mut till, r#"{"event":"kkt-taken"}"#, at(1));
    assert!(!till.kkt_allowed(at(2)));
    let Answer::Unknown(why) = answer(Endpoint::Ofd, &till, at(2)) else { panic!() };
    assert!(why.detail.contains("kkt-taken"), "{}", why.detail);
    tell(&mut till, r#"{"event":"kkt-released"}"#, at(3));
    assert!(till.kkt_allowed(at(3)));
}

#[test]
fn what_the_till_program_says_of_the_kkt_is_served() {
    let mut till = with_kkt(KktReceipt::Unknown);
    till.settings.pos = PosSource::Events;
    tell(&mut till, r#"{"event":"kkt-status","paper":"out","unsent_documents":4}"#, at(1));
    assert!(matches!(answer(Endpoint::Paper, &till, at(2)), Answer::Empty { .. }));
    let known = |value| Answer::Known { value, observed: at(1).wall };
    assert_eq!(answer(Endpoint::Ofd, &till, at(2)), known(Value::Count(4)));
    // A pause is a pause of all answers; what was known stands beside the reason.
    till.pause(true, at(3));
    let Answer::Unknown(why) = answer(Endpoint::Ofd, &till, at(3)) else { panic!() };
    assert_eq!(why.reason, Reason::Paused);
    assert_eq!(why.last_known.map(|last| last.value), Some(Value::Count(4)));
    till.pause(false, at(4));
    assert_eq!(answer(Endpoint::Ofd, &till, at(4)), known(Value::Count(4)));
}

#[test]
fn a_saved_state_is_taken_up_with_its_age() {
    let mut till = with_feed();
    tell(&mut till, r#"{"event":"receipt-opened","id":"a"}"#, at(10));
    let saved = serde_json::to_string(&till.saved_state()).unwrap();
    for (later, activity) in [(60, "10"), (400, "? receipt-state-unknown")] {
        let mut next = with_feed();
        let now = Moment { mono: Duration::from_secs(1), wall: at(later).wall };
        next.restore(serde_json::from_str(&saved).unwrap(), now);
        check(&next, now, activity, if later == 60 { "-" } else { "? receipt-state-unknown" });
        assert_eq!(tell(&mut next, r#"{"event":"receipt-closed","id":"a"}"#, now).repeated, 1);
    }
}

#[test]
fn a_receipt_without_a_number_is_not_another_receipt() {
    let mut till = with_kkt(KktReceipt::LineByLine);
    let look = |till: &mut Snapshot, open: bool, number: Option<u32>, now: Moment| {
        let receipt = KktReceiptState { open, kind: u8::from(open), sum: None, number };
        let reading = KktReading { receipt: Some(receipt), ..KktReading::default() };
        till.kkt_answered(reading, now);
    };
    look(&mut till, false, Some(42), at(1));
    look(&mut till, true, Some(42), at(2));
    for (second, number) in [(3, None), (4, Some(42)), (5, None)] {
        look(&mut till, true, number, at(second));
        check(&till, at(second), "2", "-");
    }
    look(&mut till, false, None, at(6));
    look(&mut till, false, Some(43), at(7));
    check(&till, at(7), "-", "6");
}

#[test]
fn a_document_that_was_open_when_the_kkt_fell_silent_keeps_the_scale_alone() {
    let mut till = with_kkt(KktReceipt::AtPayment);
    till.settings.pos = PosSource::Events;
    till.settings.scale = Some(crate::ScaleSettings {
        protocol: "massa-k-100".to_owned(),
        unstable: crate::Unstable::Serve,
        without_receipt_state: crate::WithoutReceiptState::Read,
    });
    tell(&mut till, r#"{"event":"receipt-closed"}"#, at(1));
    look(&mut till, false, 1, 0, at(1));
    assert!(till.scale_allowed(at(2)));
    look(&mut till, true, 1, 0, at(3));
    assert!(!till.scale_allowed(at(4)));
    // It prints, and answers nothing: nobody knows.
    assert!(!till.scale_allowed(at(60)));
    let Answer::Unknown(why) = answer(Endpoint::Weight, &till, at(60)) else { panic!() };
    assert_eq!(why.reason, Reason::ReceiptStateUnknown);
    look(&mut till, false, 2, 0, at(61));
    assert!(till.scale_allowed(at(62)));
}

#[test]
fn paper_is_not_known_when_the_printer_is_lost() {
    let mut till = with_kkt(KktReceipt::Unknown);
    let reading = KktReading {
        paper_present: Some(false),
        printer_faults: Some(vec![crate::PrinterFault::ConnectionLost]),
        ..KktReading::default()
    };
    till.kkt_answered(reading, at(1));
    let Answer::Unknown(why) = answer(Endpoint::Paper, &till, at(2)) else { panic!() };
    assert_eq!(why.reason, Reason::DeviceFault);
}

#[test]
fn a_shift_keeps_the_number_that_only_one_command_tells() {
    let mut till = with_kkt(KktReceipt::Unknown);
    let tell = |till: &mut Snapshot, open, number| {
        let shift = Some(crate::Shift { open, number });
        till.kkt_answered(KktReading { shift, ..KktReading::default() }, at(1));
        till.kkt.shift.reading().map(|reading| reading.value.number)
    };
    assert_eq!(tell(&mut till, true, None), Some(None));
    assert_eq!(tell(&mut till, true, Some(18)), Some(Some(18)));
    assert_eq!(tell(&mut till, true, None), Some(Some(18)));
    assert_eq!(tell(&mut till, false, None), Some(None), "which number it is now is not known");
}

/// What an unclear answer leaves is what was known; then its reason.
#[test]
fn an_answer_that_nobody_can_read_keeps_what_was_known_and_says_why() {
    let mut till = with_kkt(KktReceipt::Unknown);
    let paper = |till: &Snapshot, second| match answer(Endpoint::Paper, till, at(second)) {
        Answer::Known { value: Value::Flag, .. } => Ok(true),
        Answer::Unknown(why) => Err((why.reason, why.detail)),
        other => panic!("{other:?}"),
    };
    let unclear = |till: &mut Snapshot| till.kkt_unclear(&[KktValue::Paper], "it may be either");
    let present =
        || KktReading { paper_present: Some(true), ..KktReading::new(Evidence::Implementation) };
    unclear(&mut till);
    let (reason, detail) = paper(&till, 1).unwrap_err();
    assert_eq!(reason, Reason::Stale);
    assert!(detail.starts_with("it may be either; there has been no reading"), "{detail}");
    till.kkt_answered(present(), at(2));
    unclear(&mut till);
    assert_eq!(paper(&till, 3), Ok(true), "what was known stays");
    // Another answer of the KKT, so that it is there.
    till.kkt_answered(KktReading::new(Evidence::Implementation), at(1000));
    let (reason, detail) = paper(&till, 1000).unwrap_err();
    assert_eq!(reason, Reason::Stale);
    assert!(detail.starts_with("it may be either; the last reading is 998 s old"), "{detail}");
    till.kkt_answered(present(), at(1001));
    let (_, detail) = paper(&till, 2000).unwrap_err();
    assert!(!detail.contains("either"), "a reading ends it: {detail}");
}

/// One answer after the other, "f" fitted, "o" of another form, "r" refused, then what the OFD queue answers.
#[track_caller]
fn check_form(story: &str, wanted: Result<u32, Reason>) {
    let mut till = with_kkt(KktReceipt::Unknown);
    for (second, letter) in (1..).zip(story.chars()) {
        let now = at(second);
        match letter {
            'f' => {
                let ofd = crate::OfdQueue {
                    unsent_documents: 4,
                    first_unsent_number: None,
                    first_unsent_at: None,
                };
                let fits = KktReading {
                    ofd: Some(ofd),
                    paper_present: Some(true),
                    ..KktReading::default()
                };
                till.kkt_answered(fits, now);
            }
            'o' => {
                let values = [KktValue::Ofd, KktValue::Paper];
                till.kkt_other_form(&values, "it is 3 bytes long", now);
            }
            'r' => {
                let refusal = crate::Refusal {
                    code: Some(1),
                    name_en: String::new(),
                    name_ru: String::new(),
                    advice_en: None,
                    advice_ru: None,
                    fault: false,
                };
                till.kkt_refused(&[KktValue::Ofd], refusal, now);
            }
            other => panic!("{other}"),
        }
    }
    let now = at(9);
    let got = match answer(Endpoint::Ofd, &till, now) {
        Answer::Known { value: Value::Count(count), .. } => Ok(count),
        Answer::Unknown(why) => {
            let told = why.detail.contains("it is 3 bytes long");
            assert_eq!(told, story.ends_with('o'), "{story}: {why:?}");
            Err(why.reason)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(got, wanted, "{story}");
    let document = crate::document(&till, now, &jiff::tz::TimeZone::UTC, crate::Language::En);
    assert_eq!(document.overall == crate::Overall::Ok, wanted.is_ok(), "{story}");
    if !story.contains(['f', 'r']) {
        let kkt = document.kkt;
        assert_eq!(kkt.state, crate::DeviceState::NotConnected, "{story}");
        assert_eq!(kkt.reason.as_deref(), Some("it is 3 bytes long"), "{story}");
    }
}

#[test]
fn an_answer_of_another_form_is_not_no() {
    for (story, wanted) in [
        ("o", Err(Reason::Stale)),
        ("oo", Err(Reason::Stale)),
        ("ooo", Err(Reason::NotSupported)),
        ("oorooo", Err(Reason::NotSupported)),
        ("oorooro", Err(Reason::Stale)),
        ("oooof", Ok(4)),
        ("fo", Ok(4)),
        ("foooooo", Ok(4)),
        ("ooofooo", Ok(4)),
    ] {
        check_form(story, wanted);
    }
    // What was read well is unknown once it is too old, and never "not supported".
    let mut till = with_kkt(KktReceipt::Unknown);
    let ofd =
        crate::OfdQueue { unsent_documents: 4, first_unsent_number: None, first_unsent_at: None };
    till.kkt_answered(KktReading { ofd: Some(ofd), ..KktReading::default() }, at(1));
    for second in 2..1000 {
        till.kkt_other_form(&[KktValue::Ofd], "it is 3 bytes long", at(second));
    }
    let Answer::Unknown(why) = answer(Endpoint::Ofd, &till, at(1000)) else { panic!() };
    assert_eq!(why.reason, Reason::Stale);
    assert!(why.detail.starts_with("it is 3 bytes long; the last reading is 999 s old"), "{why:?}");
}
