//! Tills that answer anything: mutations of good answers of both kinds, through the real client.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use status_core::Moment;
use till_monitor::answer::{Observation, combined};
use till_monitor::board::{Board, Heard, State};
use till_monitor::config::{Api, Config, Language, Till};
use till_monitor::http::{Form, metrics, problems, tills};
use till_monitor::poll::{Names, Visit};

use crate::good;
use crate::random::Random;
use crate::server::Server;

const ANSWERS: u64 = 10_000;
/// What is kept of a till, whatever it said.
const KEPT: usize = 16 << 10;

#[tokio::test]
async fn ten_thousand_mutated_answers_hurt_nobody() {
    let mut random = Random::new(7);
    let server = Server::start().await;
    let address = server.address;
    let config = Config::parse(&format!(
        "[[till]]\nname = \"bad\"\nstore = \"1\"\naddress = \"{address}\"\n\
         [[till]]\nname = \"good\"\nstore = \"1\"\naddress = \"127.0.0.1:1\"\n"
    ))
    .unwrap();
    let till = config.tills.first().unwrap().clone();
    let begin: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let at = |second: u64| Moment {
        mono: Duration::from_secs(second),
        wall: begin + Duration::from_secs(second),
    };
    let board = Board::new(Arc::new(config), at(0));
    let mut neighbour: Observation = combined(good::document().as_bytes()).unwrap();
    let visit = |api| {
        let till = Till { api, ..till.clone() };
        Visit::new(&till, TimeZone::UTC, Language::En, Names::default())
    };
    let mut asking = visit(Api::Auto);
    let before = resident();
    let (mut answered, mut failed, mut nothing) = (0, 0, 0);
    for number in 1..=ANSWERS {
        server.answer(good::mutated(&mut random));
        // Tills of every kind, so that all questions are asked.
        if random.below(20) == 0 {
            asking = visit(*random.pick(&[Api::Auto, Api::Combined, Api::Seven]));
        }
        let heard = asking.ask().await;
        match &heard {
            Some(Heard::All(_) | Heard::One(..)) => answered += 1,
            Some(Heard::Nothing(failure)) => {
                failed += 1;
                assert!(failure.detail.chars().count() < 1000, "{}", failure.detail.len());
            }
            None => nothing += 1,
        }
        let now = at(number);
        if let Some(heard) = heard {
            board.hear("bad", heard, Duration::from_millis(1), now);
        }
        neighbour.details.as_mut().unwrap().time = Some(now.wall);
        let well = Heard::All(Box::new(neighbour.clone()));
        board.hear("good", well, Duration::from_millis(1), now);
        board.judge(now);
        for row in board.rows(0, now).iter().filter(|row| row.name == "good") {
            assert_eq!((row.state, row.codes.len()), (State::Ok, 0), "{number}: {row:?}");
        }
        let detail = serde_json::to_string(&board.detail("bad", now).unwrap().row).unwrap();
        assert!(detail.len() < KEPT, "{number}: {} bytes are kept of a till", detail.len());
        if number % 10 == 0 {
            shown(&board, now);
        }
    }
    assert!(answered > 2000 && failed > 2000 && nothing > 100, "{answered} {failed} {nothing}");
    if let (Some(before), Some(after)) = (before, resident()) {
        let grown = after.saturating_sub(before) >> 20;
        assert!(grown < 64, "the monitor has grown by {grown} MiB");
    }
}

/// Every list is whole, bounded and free of control characters.
fn shown(board: &Board, now: Moment) {
    for form in [Form::Json, Form::Csv, Form::Text] {
        for list in [problems(board, form, Language::Ru, now), tills(board, form, now)] {
            let control = |c: char| c.is_control() && c != '\n' && c != '\r';
            assert!(list.len() < 8 * KEPT && !list.chars().any(control), "{list:?}");
            let json =
                form != Form::Json || serde_json::from_str::<serde_json::Value>(&list).is_ok();
            assert!(json, "{list}");
        }
    }
    let metrics = metrics(board, now);
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let value = line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok());
        assert!(value.is_some(), "{line}");
    }
}

/// Bytes of this process that are resident now; none where the system does not tell.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}
