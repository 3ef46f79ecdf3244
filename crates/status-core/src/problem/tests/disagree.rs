//! The till program and the KKT say different things.

use super::*;
use crate::KktReceiptState;

/// One step of a story, a second each: what the KKT says of itself, or what the till program tells.
#[derive(Clone, Copy, Debug)]
enum Step {
    Paper(bool),
    Queue { first: u32, count: u32 },
    Receipt(bool),
    Tell(&'static str),
}
use Step::{Paper, Queue, Receipt, Tell};

const TOLD_PAPER: Step = Tell(r#"{"event":"kkt-status","paper":"present"}"#);
const TOLD_NO_PAPER: Step = Tell(r#"{"event":"kkt-status","paper":"out"}"#);
const TOLD_NOTHING_UNSENT: Step = Tell(r#"{"event":"kkt-status","unsent_documents":0}"#);
const TOLD_99_UNSENT: Step = Tell(r#"{"event":"kkt-status","unsent_documents":99}"#);
const TOLD_OPEN: Step = Tell(r#"{"event":"receipt-opened"}"#);
const TOLD_CLOSED: Step = Tell(r#"{"event":"receipt-closed"}"#);

/// Does the story end with a contradiction? Each step is repeated so many times.
fn disagree(receipt: KktReceipt, evidence: Evidence, story: &[(Step, usize)]) -> bool {
    let mut till = till();
    till.settings.pos = PosSource::Events;
    till.settings.kkt.as_mut().unwrap().receipt = receipt;
    let steps = story.iter().flat_map(|(step, times)| std::iter::repeat_n(*step, *times));
    let mut now = at(0);
    for (second, step) in (1..).zip(steps) {
        now = at(second);
        let mut reading = KktReading::new(evidence);
        match step {
            Paper(present) => reading.paper_present = Some(present),
            Queue { first, count } => {
                let first_unsent_number = Some(first);
                let ofd = OfdQueue {
                    unsent_documents: count,
                    first_unsent_number,
                    first_unsent_at: None,
                };
                reading.ofd = Some(ofd);
            }
            Receipt(open) => {
                let kind = u8::from(open);
                reading.receipt = Some(KktReceiptState { open, kind, sum: None, number: None });
            }
            Tell(event) => {
                till.apply(&crate::parse_events(event.as_bytes()).unwrap(), now);
                continue;
            }
        }
        till.kkt_answered(reading, now);
    }
    codes(&till, now).contains(&"feed-disagrees")
}

#[track_caller]
fn check(story: &[(Step, usize)], wanted: bool) {
    let got = disagree(KktReceipt::LineByLine, Evidence::Implementation, story);
    assert_eq!(got, wanted, "{story:?}");
    assert!(!disagree(KktReceipt::LineByLine, Evidence::Assumed, story), "assumed: {story:?}");
}

#[test]
fn paper() {
    let out = Paper(false);
    check(&[(out, 5), (TOLD_PAPER, 1), (out, 60)], true);
    check(&[(out, 5), (TOLD_PAPER, 1), (out, 59)], false);
    check(&[(Paper(true), 5), (TOLD_NO_PAPER, 1), (Paper(true), 60)], true);
    // It went out after the till program had told.
    check(&[(Paper(true), 5), (TOLD_PAPER, 1), (out, 200)], false);
    // The KKT follows.
    check(&[(out, 5), (TOLD_PAPER, 1), (out, 20), (Paper(true), 60)], false);
    check(&[(out, 5), (TOLD_PAPER, 1), (out, 20), (Paper(true), 1), (out, 60)], false);
    check(&[(out, 5), (TOLD_PAPER, 1), (out, 60), (TOLD_NO_PAPER, 1), (out, 60)], false);
}

#[test]
fn the_queue() {
    let stuck = |count| Queue { first: 7, count };
    check(&[(stuck(3), 5), (TOLD_NOTHING_UNSENT, 1), (stuck(3), 60)], true);
    check(&[(stuck(3), 5), (TOLD_99_UNSENT, 1), (stuck(4), 60)], true);
    check(&[(stuck(95), 5), (TOLD_99_UNSENT, 1), (stuck(103), 60)], false);
    // Another document is first: in between everything may have been sent.
    let other = Queue { first: 8, count: 3 };
    check(&[(stuck(3), 5), (TOLD_NOTHING_UNSENT, 1), (other, 60)], false);
    check(&[(TOLD_99_UNSENT, 1), (stuck(3), 60)], false);
    check(
        &[
            (stuck(3), 5),
            (TOLD_NOTHING_UNSENT, 1),
            (stuck(3), 20),
            (Queue { first: 0, count: 0 }, 60),
        ],
        false,
    );
}

#[test]
fn the_receipt_line_by_line() {
    check(&[(TOLD_CLOSED, 1), (Receipt(true), 61)], true);
    check(&[(TOLD_CLOSED, 1), (Receipt(true), 60)], false);
    check(&[(TOLD_OPEN, 1), (Receipt(false), 61)], true);
    check(&[(TOLD_OPEN, 1), (Receipt(false), 50), (Receipt(true), 11)], false);
    check(
        &[
            (TOLD_OPEN, 1),
            (Receipt(false), 50),
            (TOLD_CLOSED, 1),
            (TOLD_OPEN, 1),
            (Receipt(false), 11),
        ],
        false,
    );
    check(&[(Receipt(true), 100)], false);
    for receipt in [KktReceipt::AtPayment, KktReceipt::Unknown] {
        let story = [(TOLD_OPEN, 1), (Receipt(false), 100)];
        assert!(!disagree(receipt, Evidence::Implementation, &story), "that is normal");
    }
}

#[test]
fn a_silent_till_program_contradicts_nobody() {
    let story = [(TOLD_OPEN, 1), (Receipt(false), 298)];
    assert!(disagree(KktReceipt::LineByLine, Evidence::Device, &story));
    let story = [(TOLD_OPEN, 1), (Receipt(false), 301)];
    assert!(!disagree(KktReceipt::LineByLine, Evidence::Device, &story));
}
