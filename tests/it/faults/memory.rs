//! kill -9 while the till program tells: what was acknowledged is known after the restart.

use std::time::Duration;

use jiff::Timestamp;

use super::till::{Service, Till};
use super::{Random, amount};

/// What a till program told so far.
#[derive(Clone, Debug, Default, PartialEq)]
struct Known {
    open: Option<bool>,
    activity: i64,
    closed: Option<i64>,
    role: Option<u64>,
}

impl Known {
    /// The event after so many others, and what is known with it. Each has a time and a user of its own,
    /// and a receipt that is opened twice is closed in between: an event that counts twice would show.
    fn next(&self, number: u64, began: i64) -> (String, Self) {
        let mut next = self.clone();
        let at = began + i64::try_from(number).unwrap();
        let event = match number % 5 {
            0 => {
                next.role = Some(number);
                format!(r#""user-signed-in","role_id":"{number}""#)
            }
            1 => {
                (next.open, next.activity) = (Some(true), at);
                r#""receipt-opened""#.to_owned()
            }
            2 | 3 => {
                next.activity = at;
                r#""item-added""#.to_owned()
            }
            _ => {
                (next.open, next.closed) = (Some(false), Some(at));
                r#""receipt-closed""#.to_owned()
            }
        };
        let at = Timestamp::from_second(at).unwrap();
        (format!(r#"{{"event":{event},"id":"{number}","at":"{at}"}}"#), next)
    }

    /// The answers that are true for it.
    fn answers(&self) -> [(u16, String); 3] {
        let unknown = |kind: &str| (503, kind.to_owned());
        let no = (204, String::new());
        let receipt = match (self.open, self.closed) {
            (None, _) => ["receipt-state-unknown"; 2].map(unknown),
            (Some(true), _) => [(200, self.activity.to_string()), no],
            (Some(false), Some(closed)) => [no, (200, closed.to_string())],
            (Some(false), None) => [no, unknown("never-seen")],
        };
        let role = self.role.map_or(unknown("never-seen"), |role| (200, role.to_string()));
        let [last, downtime] = receipt;
        [last, downtime, role]
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    let till = Till::new("kills", "");
    let mut random = Random(1);
    let began = Timestamp::now().as_second() - 40 * 24 * 3600;
    // What was acknowledged, and what was sent and may have been taken.
    let (mut known, mut sent) = (Known::default(), Known::default());
    let (mut number, mut newer, mut open) = (0, 0, 0);
    for kill in 0..amount(30, 1000) {
        let service = till.start();
        let answers = answers(&service);
        assert!(
            answers == known.answers() || answers == sent.answers(),
            "kill {kill}: {answers:?} is neither {known:?} nor {sent:?}: {}",
            service.log()
        );
        newer += u64::from(answers == sent.answers() && sent != known);
        let document = service.document();
        assert_eq!(document["problems"], serde_json::json!([]), "kill {kill}: {}", service.log());
        if answers[0].0 == 200 {
            open += 1;
            assert_eq!(document["receipt"]["restored"], true, "it says how it knows");
        }
        let wait = Duration::from_micros(random.below(40_000));
        let process = service.process.0.id();
        let killer = std::thread::spawn(move || {
            std::thread::park_timeout(wait);
            super::till::signal(process, "-KILL");
        });
        loop {
            // Sent again until it is acknowledged, as a till program does.
            let (event, next) = known.next(number, began);
            sent = next;
            match service.tell(&event) {
                Some(202) => {
                    number += 1;
                    known = sent.clone();
                }
                None => break,
                Some(other) => panic!("{other} to {event}: {}", service.log()),
            }
        }
        killer.join().unwrap();
    }
    println!("{number} events acknowledged; after {newer} kills one more had been taken");
    assert!(number > 100 && open > 5, "{number} events, {open} open receipts: too few for a test");
}

fn answers(service: &Service) -> [(u16, String); 3] {
    ["last_receipt_time", "downtime", "user_role_id"].map(|name| service.answer(name))
}
