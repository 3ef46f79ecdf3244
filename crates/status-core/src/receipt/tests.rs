use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Letters: o opened, a activity, c closed, O/C found open or closed; each at the next second.
#[track_caller]
fn check(story: &str, open: Option<bool>, times: [Option<i64>; 3]) {
    let mut tracker = ReceiptTracker::default();
    for (letter, second) in story.chars().zip(1..) {
        match letter {
            'o' => tracker.opened(at(second)),
            'a' => tracker.activity(at(second)),
            'c' => tracker.closed(at(second)),
            'O' => tracker.found(true),
            _ => tracker.found(false),
        }
    }
    assert_eq!(tracker.open(), open, "{story}");
    let got = [tracker.opened_at(), tracker.last_activity_at(), tracker.last_closed_at()];
    assert_eq!(got.map(|time| time.map(Timestamp::as_second)), times, "{story}");
}

#[test]
fn stories_of_receipts() {
    check("", None, [None, None, None]);
    check("o", Some(true), [Some(1), Some(1), None]);
    check("oaa", Some(true), [Some(1), Some(3), None]);
    check("oac", Some(false), [None, Some(2), Some(3)]);
    check("a", Some(true), [Some(1), Some(1), None]);
    check("c", Some(false), [None, None, Some(1)]);
    check("oo", Some(true), [Some(2), Some(2), Some(2)]);
    check("oaco", Some(true), [Some(4), Some(4), Some(3)]);
}

#[test]
fn what_was_found_is_not_what_was_seen() {
    check("O", Some(true), [None, None, None]);
    check("Oa", Some(true), [None, Some(2), None]);
    check("Oc", Some(false), [None, None, Some(2)]);
    check("C", Some(false), [None, None, None]);
    check("ocO", Some(true), [None, None, Some(2)]);
}

#[test]
fn a_time_never_runs_back() {
    let mut tracker = ReceiptTracker::default();
    tracker.opened(at(50));
    tracker.activity(at(10));
    tracker.closed(at(60));
    tracker.opened(at(20));
    tracker.closed(at(30));
    let got = [tracker.last_activity_at(), tracker.last_closed_at()];
    assert_eq!(got, [Some(at(50)), Some(at(60))]);
}
