mod disagree;
mod idle;
mod limits;
mod load;

use std::time::Duration;

use jiff::tz::TimeZone;

use super::*;
use crate::{
    Evidence, FiscalStorageFlag, FiscalStoragePhase, Hold, KktReading, KktReceipt, KktSettings,
    Moment, OfdQueue, PosSource, PrinterFault, Readiness, Refusal, ScaleFault, ScaleOutcome,
    ScaleReading, ScaleSettings, Settings, Shift, Snapshot, Trouble, Unstable, VisionLink,
    VisionReading, WithoutReceiptState,
};

fn at(second: u64) -> Moment {
    let wall = Timestamp::from_second(1_795_000_000 + i64::try_from(second).unwrap()).unwrap();
    Moment { mono: Duration::from_secs(second), wall }
}

fn till() -> Snapshot {
    let settings = Settings {
        kkt: Some(KktSettings {
            driver: "atol".to_owned(),
            hold: Hold::Always,
            receipt: KktReceipt::Unknown,
            operators: Default::default(),
        }),
        scale: Some(ScaleSettings {
            protocol: "massa-k-100".to_owned(),
            unstable: Unstable::Serve,
            without_receipt_state: WithoutReceiptState::Read,
        }),
        vision: true,
        pos: PosSource::None,
        ..Settings::default()
    };
    Snapshot::new(settings, at(0))
}

/// The codes of a till's problems, each checked to be whole.
fn codes(till: &Snapshot, now: Moment) -> Vec<&'static str> {
    let english = problems(till, now, &TimeZone::UTC, Language::En);
    let russian = problems(till, now, &TimeZone::UTC, Language::Ru);
    for (en, ru) in english.iter().zip(&russian) {
        assert_eq!(en.code, ru.code);
        assert!(en.text.is_ascii() && en.text.ends_with('.') && !en.text.contains("{}"), "{en:?}");
        assert!(!ru.text.is_ascii() && ru.text.ends_with('.') && !ru.text.contains("{}"), "{ru:?}");
    }
    assert_eq!(english.len(), russian.len());
    english.into_iter().map(|problem| problem.code).collect()
}

fn kkt(change: impl FnOnce(&mut KktReading)) -> Vec<&'static str> {
    let mut till = till();
    let mut reading = KktReading::new(Evidence::Implementation);
    change(&mut reading);
    till.kkt_answered(reading, at(100));
    codes(&till, at(101))
}

#[test]
fn what_the_kkt_tells() {
    assert_eq!(kkt(|_| {}), [""; 0]);
    assert_eq!(kkt(|kkt| kkt.paper_present = Some(false)), ["paper-out"]);
    let near_end = |kkt: &mut KktReading| {
        kkt.paper_present = Some(true);
        kkt.paper_near_end = Some(true);
    };
    assert_eq!(kkt(near_end), ["paper-near-end"]);
    assert_eq!(kkt(|kkt| kkt.cover_open = Some(true)), ["cover-open"]);
    assert_eq!(kkt(|kkt| kkt.shift_expired = Some(true)), ["shift-expired"]);
    assert_eq!(kkt(|kkt| kkt.printer_faults = Some(PrinterFault::ALL.to_vec())), ["printer-fault"]);
    let flags = Some(FiscalStorageFlag::ALL.to_vec());
    assert_eq!(kkt(|kkt| kkt.fiscal_storage_flags = flags), ["fiscal-storage-warning"]);
    for phase in [FiscalStoragePhase::Ready, FiscalStoragePhase::Archive] {
        assert_eq!(kkt(|kkt| kkt.fiscal_storage_phase = Some(phase)), ["fiscal-storage-phase"]);
    }
    assert_eq!(kkt(|kkt| kkt.fiscal_storage_phase = Some(FiscalStoragePhase::Fiscal)), [""; 0]);
    let blocked = Readiness::Blocked {
        name_en: "blocked".into(), name_ru: "заблокирована".into()
    };
    assert_eq!(kkt(|kkt| kkt.readiness = Some(blocked)), ["kkt-blocked"]);
    let now = TimeZone::UTC.to_datetime(at(100).wall);
    assert_eq!(kkt(|kkt| kkt.device_time = Some(now)), [""; 0]);
    let ahead = TimeZone::UTC.to_datetime(at(400).wall);
    assert_eq!(kkt(|kkt| kkt.device_time = Some(ahead)), ["clock-skew"]);
    assert_eq!(
        kkt(|kkt| kkt.fiscal_storage_valid_until = Some(now.date())),
        ["fiscal-storage-expiring"]
    );
}

/// The text of the only problem.
#[track_caller]
fn only_text(till: &Snapshot, now: Moment, language: Language) -> String {
    let found = problems(till, now, &TimeZone::UTC, language);
    let [problem] = found.as_slice() else { panic!("one problem: {found:?}") };
    problem.text.clone()
}

#[test]
fn a_skew_near_whole_hours_is_another_time_zone() {
    #[track_caller]
    fn check(skew: i64, zone: Option<&str>) {
        let mut till = till();
        let seconds = u64::try_from(100_000 + skew).unwrap();
        let device_time = Some(TimeZone::UTC.to_datetime(at(seconds).wall));
        till.kkt_answered(KktReading { device_time, ..KktReading::default() }, at(100_000));
        let english = only_text(&till, at(100_000), Language::En);
        assert!(english.contains(&format!("by {skew} s")), "{english}");
        let hint = zone.map(|hours| format!("(about {hours} h: most likely another time zone"));
        assert_eq!(english.contains("time zone"), zone.is_some(), "{english}");
        assert!(hint.is_none_or(|hint| english.contains(&hint)), "{english}");
        let russian = only_text(&till, at(100_000), Language::Ru);
        assert_eq!(russian.contains("часовой пояс"), zone.is_some(), "{russian}");
    }
    check(3600, Some("1"));
    check(3420, Some("1"));
    check(-7205, Some("-2"));
    check(9 * 3600 + 180, Some("9"));
    check(300, None);
    check(1800, None);
    check(3419, None);
    check(-3781, None);
    check(27 * 3600, None);
}

#[test]
fn a_shift_that_is_closed_is_over_24_hours_no_more() {
    let mut till = till();
    let shift = |open, number| Some(Shift { open, number });
    let expired = KktReading {
        shift: shift(true, Some(18)),
        shift_expired: Some(true),
        ..KktReading::default()
    };
    till.kkt_answered(expired, at(100));
    till.kkt_answered(KktReading { shift: shift(true, None), ..KktReading::default() }, at(110));
    assert_eq!(codes(&till, at(110)), ["shift-expired"], "it is still open");
    till.kkt_answered(KktReading { shift: shift(false, None), ..KktReading::default() }, at(120));
    assert_eq!(codes(&till, at(120)), [""; 0]);
    till.kkt_answered(KktReading { shift: shift(true, None), ..KktReading::default() }, at(130));
    assert_eq!(codes(&till, at(130)), [""; 0], "this is the next shift");
}

#[test]
fn a_kkt_that_refuses_all_is_refused_whatever_its_error_tells() {
    let mut till = till();
    let refusal = Refusal {
        code: Some(0x88),
        name_en: "shift over 24 hours".to_owned(),
        name_ru: "смена длится более 24 часов".to_owned(),
        advice_en: None,
        advice_ru: None,
        fault: false,
    };
    till.kkt_answered(KktReading::default(), at(0));
    for second in 1..=20 {
        let told = KktReading { shift_expired: Some(true), ..KktReading::default() };
        till.kkt_learned(told, at(second));
        till.kkt_refused(&[], refusal.clone(), at(second));
    }
    assert_eq!(codes(&till, at(20)), ["kkt-refused", "shift-expired"]);
}

#[test]
fn a_refusal_says_what_to_do() {
    let mut till = till();
    let refusal = Refusal {
        code: Some(0x67),
        name_en: "no paper".to_owned(),
        name_ru: "нет бумаги".to_owned(),
        advice_en: Some("put in a new roll".to_owned()),
        advice_ru: Some("вставьте новый рулон".to_owned()),
        fault: true,
    };
    for second in 1..=20 {
        till.kkt_refused(&[], refusal.clone(), at(second));
    }
    let english = only_text(&till, at(20), Language::En);
    assert!(english.ends_with("error 67h, no paper; put in a new roll."), "{english}");
    let russian = only_text(&till, at(20), Language::Ru);
    assert!(russian.ends_with("ошибка 67h, нет бумаги; вставьте новый рулон."), "{russian}");
    assert_eq!(
        refusal.text(),
        "error 67h: no paper (нет бумаги), put in a new roll (вставьте новый рулон)"
    );
}

#[test]
fn a_lost_printer_is_one_problem_and_says_nothing_of_paper() {
    let lost = |kkt: &mut KktReading| {
        kkt.paper_present = Some(false);
        kkt.printer_faults = Some(vec![PrinterFault::ConnectionLost]);
    };
    assert_eq!(kkt(lost), ["printer-fault"]);
}

#[test]
fn a_queue_is_long_or_old() {
    let queue = |count, hours: Option<u64>| OfdQueue {
        unsent_documents: count,
        first_unsent_number: Some(1),
        first_unsent_at: hours.map(|hours| {
            let made = at(100).wall.checked_sub(Duration::from_secs(hours * 3600)).unwrap();
            TimeZone::UTC.to_datetime(made)
        }),
    };
    for (count, hours, wanted) in [
        (0, None, &[][..]),
        (99, Some(3), &[]),
        (100, None, &["ofd-queue"]),
        (1, Some(4), &["ofd-queue-old"]),
        (500, Some(80), &["ofd-queue-old", "ofd-queue"]),
    ] {
        assert_eq!(kkt(|kkt| kkt.ofd = Some(queue(count, hours))), wanted, "{count} {hours:?}");
    }
}

#[test]
fn documents_that_do_not_leave_while_we_hold_the_kkt_name_us() {
    let mut till = till();
    for minute in 0..=16_u64 {
        let ofd = OfdQueue {
            unsent_documents: 1 + u32::try_from(minute).unwrap(),
            first_unsent_number: Some(7),
            first_unsent_at: None,
        };
        let reading = KktReading { ofd: Some(ofd), ..KktReading::default() };
        assert!(!till.kkt_should_let_go(), "minute {minute}");
        till.kkt_answered(reading, at(minute * 60));
        if minute >= 15 {
            break;
        }
    }
    assert!(till.kkt_should_let_go());
    assert_eq!(codes(&till, at(901)), ["ofd-held-by-us"]);
}

#[test]
fn a_device_is_a_problem_only_after_fifteen_seconds_of_asking() {
    for (trouble, kkt, scale) in [
        (Trouble::CannotOpen("x".into()), "kkt-not-connected", "scale-not-connected"),
        (Trouble::Silent("x".into()), "kkt-silent", "scale-silent"),
        (Trouble::Busy("x".into()), "kkt-busy", "scale-busy"),
    ] {
        let mut till = till();
        till.kkt_answered(KktReading::default(), at(1));
        let outcome = ScaleOutcome::Fault(ScaleFault::Overload);
        till.scale_answered(ScaleReading { evidence: Evidence::Device, outcome }, at(1));
        for second in 10..=30 {
            till.kkt_failed(trouble.clone(), at(second));
            till.scale_failed(trouble.clone(), at(second));
            let found = codes(&till, at(second));
            assert_eq!(found.contains(&kkt), second >= 25, "{second} {found:?}");
            assert_eq!(found.contains(&scale), second >= 25, "{second} {found:?}");
        }
        till.kkt_answered(KktReading::default(), at(31));
        assert!(!codes(&till, at(31)).contains(&kkt));
    }
}

#[test]
fn faults_vision_feed_and_pause() {
    let mut faulty = till();
    let outcome = ScaleOutcome::Fault(ScaleFault::Underload);
    faulty.scale_answered(ScaleReading { evidence: Evidence::Device, outcome }, at(1));
    let evidence = "connection refused".to_owned();
    faulty.vision_observed(VisionReading { link: VisionLink::Down, evidence }, at(1));
    assert_eq!(codes(&faulty, at(2)), ["scale-fault", "vision-down"]);
    faulty.pause(true, at(3));
    assert_eq!(codes(&faulty, at(3)), ["paused"]);

    let settings = Settings { pos: PosSource::Events, ..Settings::default() };
    let till = Snapshot::new(settings, at(0));
    assert_eq!(codes(&till, at(299)), [""; 0]);
    assert_eq!(codes(&till, at(300)), ["feed-silent"]);
}

#[test]
fn every_code_has_its_sentence_in_both_languages() {
    for (code, ru, en) in text::SENTENCES {
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
        assert_eq!(ru.contains("{}"), en.contains("{}"), "{code}");
        assert!(en.is_ascii() && !ru.is_ascii(), "{code}");
    }
}
