//! Limits that grow with time, and values that stand at one.

use jiff::SignedDuration;

use super::*;

const DAY: u64 = 86_400;

/// A queue whose first document is so old, by a KKT that shows `clock`.
fn queue(count: u32, age: u64, clock: Option<Moment>) -> KktReading {
    let made = at(100 * DAY).wall.checked_sub(Duration::from_secs(age)).unwrap();
    KktReading {
        ofd: Some(OfdQueue {
            unsent_documents: count,
            first_unsent_number: Some(1),
            first_unsent_at: Some(TimeZone::UTC.to_datetime(made)),
        }),
        device_time: clock.map(|clock| TimeZone::UTC.to_datetime(clock.wall)),
        ..KktReading::new(Evidence::Implementation)
    }
}

#[test]
fn an_old_queue_is_one_problem_that_grows() {
    for (age, severity, words) in [
        (4 * 3600 - 1, None, ""),
        (4 * 3600, Some(Severity::Warning), "4 h; check the KKT's connection"),
        (DAY, Some(Severity::Warning), "24 h; check the network and the OFD settings"),
        (
            3 * DAY,
            Some(Severity::Critical),
            "3 days; call the service, days until the KKT blocks itself: 27",
        ),
        (10 * DAY, Some(Severity::Critical), "10 days; call the service today"),
        (
            25 * DAY,
            Some(Severity::Critical),
            "25 days; call the service AT ONCE, days until the KKT blocks itself: 5",
        ),
        (
            31 * DAY,
            Some(Severity::Critical),
            "31 days; after 30 days the KKT blocks itself and prints",
        ),
    ] {
        let (mut till, now) = (till(), at(100 * DAY));
        till.kkt_answered(queue(7, age, Some(now)), now);
        assert_eq!(codes(&till, now).len(), usize::from(severity.is_some()), "{age}");
        let Some(problem) = problems(&till, now, &TimeZone::UTC, Language::En).pop() else {
            continue;
        };
        assert_eq!((problem.code, Some(problem.severity)), ("ofd-queue-old", severity), "{age}");
        assert!(problem.text.contains(words), "{}", problem.text);
        let made = now.wall.checked_sub(Duration::from_secs(age)).unwrap();
        assert_eq!(problem.since, Some(made));
    }
}

#[test]
fn an_empty_queue_is_never_old() {
    let (mut till, now) = (till(), at(100 * DAY));
    till.kkt_answered(queue(0, 9 * DAY, Some(now)), now);
    assert_eq!(codes(&till, now), [""; 0]);
}

#[test]
fn a_queue_at_its_limit_is_one_problem_and_not_many() {
    let mut till = till();
    let wanted = [
        (98, None),
        (100, Some(1)),
        (99, Some(1)),
        (101, Some(1)),
        (90, Some(1)),
        (89, None),
        (99, None),
        (100, Some(7)),
    ];
    for (second, (count, since)) in (0..).zip(wanted) {
        till.kkt_answered(queue(count, 0, None), at(second));
        let found = problems(&till, at(second), &TimeZone::UTC, Language::En);
        let since = since.map(|since| at(since).wall);
        assert_eq!(found.first().and_then(|problem| problem.since), since, "{second}: {found:?}");
    }
}

#[test]
fn a_clock_at_its_limit_is_one_problem_since_it_crossed_it() {
    let mut till = till();
    // The KKT's clock minus ours, and since when it is a problem.
    let wanted = [
        (290, None),
        (296, None),
        (301, None),
        (302, Some(3)),
        (299, Some(3)),
        (303, Some(3)),
        (310, Some(3)),
        (320, Some(3)),
        (100, None),
        (400, Some(9)),
    ];
    for (second, (skew, since)) in (0..).zip(wanted) {
        let device_time = Some(TimeZone::UTC.to_datetime(at(second + skew).wall));
        till.kkt_answered(KktReading { device_time, ..KktReading::default() }, at(second));
        let found = problems(&till, at(second), &TimeZone::UTC, Language::En);
        let since = since.map(|since| at(since).wall);
        assert_eq!(found.first().and_then(|problem| problem.since), since, "{second}: {found:?}");
    }
}

#[test]
fn a_kkt_in_another_zone_than_the_till_has_no_skew() {
    let mut till = till();
    let vladivostok = TimeZone::fixed(jiff::tz::offset(10));
    let device_time = Some(vladivostok.to_datetime(at(100).wall));
    till.kkt_answered(KktReading { device_time, ..KktReading::default() }, at(100));
    assert_eq!(codes(&till, at(100)), ["clock-skew"]);
    till.settings.kkt_zone = Some(vladivostok.clone());
    assert_eq!(codes(&till, at(100)), [""; 0]);
    let document = crate::document(&till, at(100), &TimeZone::UTC, Language::En);
    assert_eq!(document.kkt.clock_skew_seconds, Some(0));
    let shown = document.kkt.device_time.and_then(|time| time.instant());
    assert_eq!(shown, Some(at(100).wall));
    // A queue's age is by that clock too.
    let made =
        vladivostok.to_datetime(at(100).wall).checked_sub(SignedDuration::from_hours(5)).unwrap();
    let ofd =
        OfdQueue { unsent_documents: 1, first_unsent_number: None, first_unsent_at: Some(made) };
    till.kkt_answered(KktReading { ofd: Some(ofd), ..KktReading::default() }, at(101));
    assert_eq!(codes(&till, at(101)), ["ofd-queue-old"]);
    let english = only_text(&till, at(101), Language::En);
    assert!(english.contains("has waited 5 h"), "{english}");
}

fn shift(number: Option<u32>, open: bool) -> KktReading {
    KktReading { shift: Some(Shift { open, number }), ..KktReading::default() }
}

#[test]
fn a_shift_is_long_after_23_hours_that_we_saw() {
    const H: u64 = 3600;
    let mut till = till();
    till.kkt_answered(shift(Some(18), true), at(0));
    for (second, number, open, severity) in [
        (22 * H, 18, true, None),
        (23 * H, 18, true, Some(Severity::Warning)),
        (24 * H, 18, true, Some(Severity::Critical)),
        (24 * H + 60, 18, false, None),
        (24 * H + 120, 19, true, None),
        (46 * H, 20, true, None),
        (69 * H, 20, true, Some(Severity::Warning)),
    ] {
        till.kkt_answered(shift(Some(number), open), at(second));
        let found = problems(&till, at(second), &TimeZone::UTC, Language::En);
        assert_eq!(found.first().map(|problem| problem.severity), severity, "{second}: {found:?}");
        assert!(found.iter().all(|problem| problem.code == "shift-long"), "{found:?}");
    }
    // The KKT's own word is enough.
    till.kkt_answered(
        KktReading { shift_expired: Some(true), ..shift(Some(20), true) },
        at(70 * H),
    );
    assert_eq!(codes(&till, at(70 * H)), ["shift-expired"]);
}

#[test]
fn a_shift_that_was_open_before_us_is_as_long_as_the_kkt_tells() {
    let (mut till, now) = (till(), at(100));
    let clock = |moment: Moment| TimeZone::UTC.to_datetime(moment.wall);
    let opened = clock(now).checked_sub(SignedDuration::from_hours(23)).unwrap();
    let told = KktReading {
        shift_opened_at: Some(opened),
        device_time: Some(clock(now)),
        ..shift(Some(18), true)
    };
    till.kkt_answered(told, now);
    assert_eq!(codes(&till, now), ["shift-long"]);
}

#[test]
fn a_kkt_that_nobody_can_read_is_a_problem() {
    let values = [crate::KktValue::Paper, crate::KktValue::Ofd];
    for answered_before in [false, true] {
        let mut till = till();
        if answered_before {
            till.kkt_answered(KktReading::default(), at(1));
        }
        for second in 2..=40 {
            till.kkt_other_form(&values, "got 3 bytes, expected 12", at(second));
            let wanted: &[&str] = if second >= 17 { &["kkt-unreadable"] } else { &[] };
            assert_eq!(codes(&till, at(second)), wanted, "{answered_before} {second}");
        }
        let document = crate::document(&till, at(40), &TimeZone::UTC, Language::En);
        assert_eq!(document.overall, Overall::Critical);
        assert_eq!(document.kkt.reason.as_deref(), Some("got 3 bytes, expected 12"));
        assert_ne!(document.kkt.state, crate::DeviceState::Online);
        till.kkt_answered(KktReading::default(), at(41));
        assert_eq!(codes(&till, at(41)), [""; 0]);
    }
}

#[test]
fn what_is_off_is_no_problem() {
    let mut till = till();
    let limits = &mut till.settings.thresholds;
    (limits.ofd_queue, limits.ofd_queue_old, limits.ofd_queue_critical) = (None, None, None);
    (limits.clock_skew, limits.shift_long) = (None, None);
    till.kkt_answered(shift(Some(18), true), at(0));
    let now = at(100 * DAY);
    let mut reading = queue(500, 29 * DAY, Some(at(0)));
    reading.shift = Some(Shift { open: true, number: Some(18) });
    till.kkt_answered(reading, now);
    assert_eq!(codes(&till, now), [""; 0]);
}
