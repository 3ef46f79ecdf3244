//! A receipt left open, and a till that sells nothing in its opening hours.

use super::*;
use crate::{Hours, Opening};

const H: u64 = 3600;

/// A till with a feed that is never silent, open every day from 8 to 22.
fn selling() -> Snapshot {
    let hours = Opening { from: 8 * 60, until: 22 * 60 };
    let settings = Settings {
        pos: PosSource::Events,
        feed_silence: None,
        hours: Some(Hours { week: std::array::from_fn(|_| vec![hours]), ..Hours::default() }),
        ..Settings::default()
    };
    Snapshot::new(settings, morning(0))
}

/// So many seconds after midnight of a day.
fn morning(second: u64) -> Moment {
    let midnight: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
    let mono = Duration::from_secs(second);
    Moment { mono, wall: midnight.checked_add(mono).unwrap() }
}

fn tell(till: &mut Snapshot, event: &str, now: Moment) {
    let events = crate::parse_events(format!(r#"{{"event":"{event}"}}"#).as_bytes()).unwrap();
    till.apply(&events, now);
}

#[test]
fn nobody_sells_for_two_hours_of_the_day() {
    let mut till = selling();
    tell(&mut till, "receipt-closed", morning(H));
    for (second, idle_since) in [
        (9 * H, None),
        (10 * H - 1, None),
        (10 * H, Some(8 * H)),
        (21 * H, Some(8 * H)),
        (22 * H, None),
        (33 * H, None),
        (34 * H, Some(32 * H)),
    ] {
        let found = problems(&till, morning(second), &TimeZone::UTC, Language::En);
        let got = found.first().map(|problem| (problem.code, problem.since));
        let wanted = idle_since.map(|since| ("till-idle", Some(morning(since).wall)));
        assert_eq!(got, wanted, "{second}");
    }
    tell(&mut till, "receipt-opened", morning(35 * H));
    tell(&mut till, "receipt-closed", morning(35 * H));
    assert_eq!(codes(&till, morning(36 * H)), [""; 0]);
    assert_eq!(codes(&till, morning(37 * H)), ["till-idle"]);
    till.settings.hours = None;
    assert_eq!(codes(&till, morning(37 * H)), [""; 0], "nobody said when it is open");
}

#[test]
fn a_till_that_nobody_knows_of_is_not_idle() {
    let till = selling();
    assert_eq!(codes(&till, morning(20 * H)), [""; 0]);
}

#[test]
fn a_receipt_is_left_open() {
    let mut till = selling();
    tell(&mut till, "receipt-opened", morning(9 * H));
    tell(&mut till, "item-added", morning(9 * H + 600));
    // What tells nothing of the receipt does not make it younger.
    tell(&mut till, "alive", morning(9 * H + 2000));
    assert_eq!(codes(&till, morning(9 * H + 600 + 1799)), [""; 0]);
    let now = morning(9 * H + 600 + 1800);
    assert_eq!(codes(&till, now), ["receipt-open-long"]);
    let found = problems(&till, now, &TimeZone::UTC, Language::En);
    assert_eq!(found.first().and_then(|it| it.since), Some(morning(9 * H + 600).wall));
    assert!(only_text(&till, now, Language::En).contains("for 30 min"));
    tell(&mut till, "item-added", now);
    assert_eq!(codes(&till, now), [""; 0]);
}

#[test]
fn after_a_restart_it_counts_anew() {
    let mut before = selling();
    tell(&mut before, "receipt-opened", morning(9 * H));
    let mut till = selling();
    till.restore(before.saved_state(), morning(0));
    assert_eq!(codes(&till, morning(1799)), [""; 0]);
    assert_eq!(codes(&till, morning(1800)), ["receipt-open-long"]);
}

#[test]
fn nobody_signed_in_is_normal() {
    let mut till = selling();
    tell(&mut till, "receipt-closed", morning(9 * H));
    tell(&mut till, "user-signed-out", morning(9 * H));
    assert_eq!(codes(&till, morning(9 * H + 60)), [""; 0]);
    let document = crate::document(&till, morning(9 * H + 60), &TimeZone::UTC, Language::En);
    assert_eq!((document.overall, document.user.role_id), (Overall::Ok, None));
    let answer = crate::answer(crate::Endpoint::UserRoleId, &till, morning(9 * H + 60));
    assert!(matches!(answer, crate::Answer::Empty { .. }), "{answer:?}");
}
