//! Weight left on the scale, and a standing weight that is gone.

use super::*;
use crate::{ScaleWeight, StandingWeight};

fn weigh(till: &mut Snapshot, grams: i64, tare: i64, now: Moment) {
    let weight = ScaleWeight {
        milligrams: grams * 1000,
        decimals: 3,
        tare_milligrams: Some(tare * 1000),
        stable: Some(true),
        zero: None,
        net: None,
    };
    let outcome = ScaleOutcome::Weight(weight);
    till.scale_answered(ScaleReading { evidence: Evidence::Device, outcome }, now);
}

fn carrying(standing: i64) -> Snapshot {
    let mut till = till();
    let milligrams = standing * 1000;
    till.settings.standing = StandingWeight { milligrams, ..StandingWeight::default() };
    till
}

/// The codes after that weight lay there for 5 min, second by second.
#[track_caller]
fn check(standing: i64, grams: i64, tare: i64, wanted: &[&str]) {
    let mut till = carrying(standing);
    for second in 1..=301 {
        weigh(&mut till, grams, tare, at(second));
        let wanted = if second == 301 { wanted } else { &[] };
        assert_eq!(codes(&till, at(second)), wanted, "{standing} {grams} {tare} {second}");
    }
}

#[test]
fn weight_counts_from_the_standing_weight() {
    check(0, 0, 0, &[]);
    check(0, 20, 0, &[]);
    check(0, 21, 0, &["scale-loaded"]);
    check(0, -300, 0, &[]);
    check(0, -300, 300, &[]);
    check(0, 0, 300, &["scale-loaded"]);
    check(1500, 1500, 0, &[]);
    check(1500, 1520, 0, &[]);
    check(1500, 1521, 0, &["scale-loaded"]);
    check(1500, 1480, 0, &[]);
    check(1500, 1479, 0, &["scale-standing-missing"]);
    check(1500, 0, 0, &["scale-standing-missing"]);
    check(1500, 0, 1500, &[]);
}

#[test]
fn a_weight_at_the_edge_is_one_load_and_not_many() {
    let mut till = carrying(0);
    for second in 1..=400 {
        // Within the tolerance every other second, but never clearly.
        weigh(&mut till, if second % 2 == 1 { 21 } else { 16 }, 0, at(second));
    }
    let found = problems(&till, at(400), &TimeZone::UTC, Language::En);
    assert_eq!(
        found.first().map(|problem| (problem.code, problem.since)),
        Some(("scale-loaded", Some(at(1).wall)))
    );
    weigh(&mut till, 15, 0, at(401));
    assert_eq!(codes(&till, at(401)), [""; 0]);
    assert!(problems(&till, at(400), &TimeZone::UTC, Language::Ru).is_empty());
}

#[test]
fn what_is_weighed_for_a_receipt_was_not_left() {
    let mut till = carrying(0);
    (till.settings.pos, till.settings.feed_silence) = (PosSource::Events, None);
    let tell = |till: &mut Snapshot, event: &str, now| {
        let events = crate::parse_events(format!(r#"{{"event":"{event}"}}"#).as_bytes()).unwrap();
        till.apply(&events, now);
    };
    tell(&mut till, "receipt-closed", at(0));
    for second in 1..=290 {
        weigh(&mut till, 500, 0, at(second));
    }
    tell(&mut till, "receipt-opened", at(291));
    tell(&mut till, "receipt-closed", at(292));
    for second in 293..=592 {
        weigh(&mut till, 500, 0, at(second));
        assert_eq!(codes(&till, at(second)), [""; 0], "{second}");
    }
    weigh(&mut till, 500, 0, at(593));
    assert_eq!(codes(&till, at(593)), ["scale-loaded"]);
    // While a receipt is open the scale is nobody's business.
    tell(&mut till, "receipt-opened", at(594));
    assert_eq!(codes(&till, at(594)), [""; 0]);
}

#[test]
fn a_scale_that_was_not_asked_may_have_been_empty() {
    let mut till = carrying(0);
    weigh(&mut till, 500, 0, at(1));
    weigh(&mut till, 500, 0, at(400));
    assert_eq!(codes(&till, at(400)), [""; 0]);
    till.settings.thresholds.scale_load = None;
    for second in 401..=800 {
        weigh(&mut till, 500, 0, at(second));
    }
    assert_eq!(codes(&till, at(800)), [""; 0], "it is switched off");
}
