//! All faults at once, and somebody who knows the truth: a value that is served was true at its
//! `Last-Modified`, and that is not longer ago than it may be.

mod poller;
mod shop;
mod truth;
mod vision;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::amount;
use poller::Poller;
use shop::Shop;
use truth::Truth;

const SEVEN: [&str; 7] =
    ["last_receipt_time", "downtime", "user_role_id", "ofd", "paper", "vision", "weight"];

#[test]
fn no_definite_answer_is_wrong_whatever_happens() {
    let truth = Truth::default();
    let mut shop = Shop::new(&truth, 3);
    let place = Mutex::new(shop.api());
    let (rounds, polls) = (amount(8, 100), amount(5_000, 1_000_000));
    let ended = AtomicBool::new(false);
    let poller = std::thread::scope(|scope| {
        let polling = scope.spawn(|| {
            let mut poller = Poller::new(&truth, &place);
            while !ended.load(Ordering::Relaxed) {
                poller.round();
            }
            poller
        });
        let mut round = 0;
        while round < rounds || truth.polls() < polls {
            // A shop that panics must not leave the poller alone.
            if polling.is_finished() {
                break;
            }
            shop.fault(&place);
            shop.recover();
            round += 1;
        }
        ended.store(true, Ordering::Relaxed);
        polling.join().unwrap()
    });
    println!("{} polls in {} rounds: {:?}", truth.polls(), shop.rounds(), poller.definite);
    println!("{}", shop.usage());
    assert!(poller.wrong.is_empty(), "wrong: {:#?} while {:#?}", poller.wrong, shop.happened());
    for name in SEVEN {
        assert!(poller.definite.get(name).is_some_and(|count| *count > 100), "{name} says nothing");
    }
    shop.is_well();
}
