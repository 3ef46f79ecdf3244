//! A simulated night: stores in three time zones close and open, and one that is open loses its link.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use status_core::{Endpoint, Moment, Value};
use till_monitor::answer::{Observation, Said};
use till_monitor::board::{Board, Heard, State};
use till_monitor::config::Config;
use till_monitor::judge::{Failure, Trouble};

const CONFIG: &str = r#"
    [store.kaliningrad]
    zone = "Europe/Kaliningrad"
    hours = "08:00-22:00"
    [store.samara]
    zone = "Europe/Samara"
    hours = "08:00-23:00"
    [store.vladivostok]
    zone = "Asia/Vladivostok"
    hours = "mon-sun 07:00-24:00"
    [store.airport]
    zone = "Europe/Moscow"
"#;

struct Store {
    name: &'static str,
    /// The hours in UTC in which its tills are switched on: some time before it opens until closing.
    on: fn(f64) -> bool,
}

const STORES: [Store; 4] = [
    // 08:00-22:00 at +2 is 06-20 UTC; the tills are switched on late, two minutes after opening.
    Store { name: "kaliningrad", on: |hour| (6.03..20.0).contains(&hour) },
    // 08:00-23:00 at +4 is 04-19 UTC.
    Store { name: "samara", on: |hour| (3.9..19.0).contains(&hour) },
    // 07:00-24:00 at +10 is 21-14 UTC.
    Store { name: "vladivostok", on: |hour| !(14.0..20.9).contains(&hour) },
    Store { name: "airport", on: |_| true },
];

fn config() -> Config {
    let mut text = CONFIG.to_owned();
    for store in STORES {
        for till in 1..=4 {
            text += &format!(
                "[[till]]\nname = \"{0}/{till}\"\nstore = \"{0}\"\naddress = \"127.0.0.1\"\n",
                store.name
            );
        }
    }
    Config::parse(&text).unwrap()
}

fn well() -> Heard {
    let mut seen = Observation::default();
    for endpoint in Endpoint::ALL {
        let said = match endpoint {
            Endpoint::Ofd => Said::Value(Value::Count(0)),
            Endpoint::Paper | Endpoint::Vision => Said::Value(Value::Flag),
            Endpoint::Weight => Said::Value(Value::Weight { milligrams: 0, decimals: 3 }),
            _ => Said::None,
        };
        seen.tell(endpoint, said);
    }
    Heard::All(Box::new(seen))
}

fn nothing() -> Heard {
    let detail = "no connection within 2 s".to_owned();
    Heard::Nothing(Failure { trouble: Trouble::Connect, detail })
}

#[test]
fn closed_stores_are_no_alarm_and_a_dead_link_is_one() {
    let begin: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let at = |second: u64| Moment {
        mono: Duration::from_secs(second),
        wall: begin + Duration::from_secs(second),
    };
    let board = Board::new(Arc::new(config()), at(0));
    // The airport's link is cut from 01:00 to 01:30 UTC, 13 hours after the begin.
    let cut = 13 * 3600..13 * 3600 + 1800;
    let mut alarms = BTreeSet::new();
    let mut seen = Vec::new();
    for second in (0..24 * 3600_u64).step_by(5) {
        let now = at(second);
        let hour = (12.0 + second as f64 / 3600.0) % 24.0;
        for store in &STORES {
            let linked = store.name != "airport" || !cut.contains(&second);
            for till in 1..=4 {
                let heard = if linked && (store.on)(hour) { well() } else { nothing() };
                let name = format!("{}/{till}", store.name);
                board.hear(&name, heard, Duration::from_millis(2), now);
            }
        }
        board.judge(now);
        for problem in board.problems(now) {
            alarms.insert((problem.code.clone(), problem.store.clone(), problem.till.clone()));
            seen.push(second);
        }
    }
    let link = ("store-no-answer".to_owned(), "airport".to_owned(), None);
    assert_eq!(alarms, BTreeSet::from([link]));
    let (first, last) = (seen.first().unwrap(), seen.last().unwrap());
    assert!((cut.start + 10..cut.start + 30).contains(first), "raised at {first}");
    assert!((cut.end - 10..=cut.end).contains(last), "last seen at {last}");
    assert!(board.rows(0, at(24 * 3600)).iter().all(|row| row.state == State::Ok));
}

#[test]
fn a_till_that_stays_off_after_opening_is_an_alarm_once_the_grace_is_over() {
    let begin: Timestamp = "2026-11-24T05:00:00Z".parse().unwrap();
    let at = |second: u64| Moment {
        mono: Duration::from_secs(second),
        wall: begin + Duration::from_secs(second),
    };
    let board = Board::new(Arc::new(config()), at(0));
    // Kaliningrad opens at 06:00 UTC, an hour after the begin.
    let mut raised = None;
    for second in (0..2 * 3600_u64).step_by(5) {
        let now = at(second);
        for till in 1..=4 {
            let heard = if till == 1 || second < 3600 { nothing() } else { well() };
            let name = format!("kaliningrad/{till}");
            board.hear(&name, heard, Duration::from_millis(2), now);
        }
        board.judge(now);
        let all = board.problems(now);
        assert!(all.iter().all(|one| one.till.as_deref() == Some("kaliningrad/1")), "{all:?}");
        raised = raised.or(all.first().map(|_| second));
    }
    // Three minutes of grace.
    let raised = raised.unwrap();
    assert!((3600 + 180..3600 + 200).contains(&raised), "raised {} s after opening", raised - 3600);
}
