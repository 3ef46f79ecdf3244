//! How tills are asked: of every make, and never more than once a second.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use jiff::tz::TimeZone;
use status_core::{Endpoint, Value};
use till_monitor::answer::Said;
use till_monitor::board::{Board, Heard, Shown};
use till_monitor::config::{Api, Config, Language, Till};
use till_monitor::judge::Trouble;
use till_monitor::poll::{Names, Poller, Resolve, Resolving, Visit};
use till_monitor::serve::Clock;

use crate::good;
use crate::server::{Answer, Server};

/// What is waited for comes within this, also on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

fn till(server: &Server, api: Api) -> Till {
    let text = format!("[[till]]\nname = \"1/1\"\naddress = \"{}\"\n", server.address);
    Till { api, ..Config::parse(&text).unwrap().tills.remove(0) }
}

fn visit(server: &Server, api: Api) -> Visit {
    Visit::new(&till(server, api), TimeZone::UTC, Language::En, Names::default())
}

fn http(head: &str, body: &str) -> Answer {
    let bytes = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    Answer { bytes: bytes.into_bytes(), ..Answer::default() }
}

fn bare(head: &str) -> Answer {
    Answer { bytes: format!("HTTP/1.1 {head}\r\n\r\n").into_bytes(), ..Answer::default() }
}

async fn until<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    let looked = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looked).await.unwrap()
}

#[tokio::test]
async fn tills_of_odd_makes_that_have_only_the_seven() {
    let moscow: jiff::Timestamp = "2026-11-24T01:47:39+03:00".parse().unwrap();
    let json = "200 OK\r\ncontent-type: application/json";
    let rows: Vec<(Endpoint, Answer, Option<Said>)> = vec![
        (Endpoint::LastReceiptTime, bare("204 No Content"), Some(Said::None)),
        (
            Endpoint::Downtime,
            http(json, "{\"value\": \"2026-11-24T01:47:39+03:00\"}"),
            Some(Said::Value(Value::Time(moscow))),
        ),
        (
            Endpoint::UserRoleId,
            http("200 OK\r\nserver: Jetty(6.1)\r\nx-empty:", "\"12\""),
            Some(Said::Value(Value::Id("12".to_owned()))),
        ),
        (
            Endpoint::Ofd,
            http("200 OK\r\nset-cookie: a=b; path=/", " 3\r\n"),
            Some(Said::Value(Value::Count(3))),
        ),
        (Endpoint::Paper, http("204 No Content", ""), Some(Said::None)),
        (Endpoint::Vision, http("404 Not Found", "<html>"), None),
        (Endpoint::Weight, http("302 Found\r\nlocation: http://127.0.0.1:1/", ""), None),
    ];
    let server = Server::start().await;
    let mut visit = visit(&server, Api::Seven);
    for (expected_endpoint, answer, expected) in rows {
        server.answer(answer);
        let Some(Heard::One(endpoint, said)) = visit.ask().await else {
            panic!("no answer to {expected_endpoint:?}")
        };
        assert_eq!(endpoint, expected_endpoint);
        let path = format!("GET /api/v1/status/{} HTTP/1.1\r\n", endpoint.name());
        assert!(server.last_request().starts_with(&path), "{}", server.last_request());
        match (endpoint, expected) {
            (_, Some(expected)) => assert_eq!(said, expected),
            (Endpoint::Vision, None) => assert!(matches!(said, Said::Lacking(_)), "{said:?}"),
            (_, None) => assert!(matches!(said, Said::Nonsense(_)), "{said:?}"),
        }
    }
    assert_eq!(server.connections(), 1, "one connection is kept, and no redirect followed");
}

#[tokio::test]
async fn a_till_without_a_combined_document_is_asked_for_the_seven_until_it_has_one() {
    let server = Server::start().await;
    let mut visit = visit(&server, Api::Auto);
    server.answer(http("404 Not Found", ""));
    assert!(visit.ask().await.is_none(), "nothing is wrong with such a till");
    server.answer(http("200 OK", "1"));
    let mut ones = 0;
    loop {
        match visit.ask().await {
            Some(Heard::One(..)) => ones += 1,
            other => break assert!(other.is_none(), "{other:?}"),
        }
    }
    assert_eq!(ones, 60 * 7, "then it is looked for again");
    assert!(server.last_request().starts_with("GET /till/v1/status "));
    // Its 200 was a page for every path. Next time there is a document.
    for _ in 0..ones {
        assert!(matches!(visit.ask().await, Some(Heard::One(..))));
    }
    server.answer(http("200 OK", &good::document()));
    assert!(matches!(visit.ask().await, Some(Heard::All(_))));
    assert!(matches!(visit.ask().await, Some(Heard::All(_))), "and then that is asked for");
    // The service on the till was taken away.
    server.answer(http("404 Not Found", ""));
    assert!(visit.ask().await.is_none());
    assert!(matches!(visit.ask().await, Some(Heard::One(_, Said::Lacking(_)))));
}

#[tokio::test]
async fn a_till_that_must_have_the_document_is_not_understood_without_it() {
    let server = Server::start().await;
    for answer in [http("404 Not Found", ""), http("200 OK", "<html>"), http("500 Oops", "")] {
        server.answer(answer);
        let heard = visit(&server, Api::Combined).ask().await;
        let Some(Heard::Nothing(failure)) = heard else { panic!("{heard:?}") };
        assert_eq!(failure.trouble, Trouble::Garbage);
    }
}

#[tokio::test]
async fn a_kept_connection_that_a_till_closes_is_no_failure() {
    let server = Server::start().await;
    let mut visit = visit(&server, Api::Combined);
    let closes = Answer { close: true, ..http("200 OK", &good::document()) };
    server.answer(closes);
    let mut heard = 0;
    for _ in 0..20 {
        match visit.ask().await {
            Some(Heard::All(_)) => heard += 1,
            Some(other) => panic!("{other:?}"),
            None => {}
        }
    }
    assert!(heard >= 10, "every second request at least is answered: {heard}");
    // On a new connection the same end is a failure.
    server.answer(Answer { close: true, ..Answer::default() });
    let mut asked = 0;
    while !matches!(visit.ask().await, Some(Heard::Nothing(_))) {
        asked += 1;
        assert!(asked < 3, "a till that hangs up has to be told");
    }
}

/// A name that is at another address each time.
#[derive(Debug, Default, Clone)]
struct Moving(Arc<AtomicU8>);

impl Resolve for Moving {
    fn resolve(&self, host: &str) -> Resolving {
        let (host, turn) = (host.to_owned(), self.0.fetch_add(1, Ordering::SeqCst));
        Box::pin(async move {
            match host.as_str() {
                "nowhere" => Err("no such name".to_owned()),
                // The first address is dead, the second answers.
                _ => Ok(vec![IpAddr::from([127, 9, 9, turn]), IpAddr::from([127, 0, 0, 1])]),
            }
        })
    }
}

#[tokio::test]
async fn names_of_tills() {
    let server = Server::start().await;
    server.answer(http("200 OK", &good::document()));
    for (host, trouble) in [("kassa-3", None), ("nowhere", Some(Trouble::Name))] {
        let mut till = till(&server, Api::Combined);
        till.address.host = host.to_owned();
        let names = Names::new(Moving::default());
        let heard = Visit::new(&till, TimeZone::UTC, Language::En, names).ask().await;
        let told = match heard {
            Some(Heard::Nothing(failure)) => Some(failure.trouble),
            other => {
                assert!(matches!(other, Some(Heard::All(_))), "{other:?}");
                None
            }
        };
        assert_eq!(told, trouble, "{host}");
    }
    assert!(server.last_request().contains("\r\nhost: kassa-3:"), "{}", server.last_request());
}

#[tokio::test]
async fn never_above_one_request_a_second_over_reloads_and_restarts() {
    let (server, dead) = (Server::start().await, Server::start().await);
    server.answer(http("200 OK", &good::document()));
    dead.answer(Answer { close: true, ..Answer::default() });
    let config = |rest: &str| {
        let text = format!(
            "[type.a]\n{rest}\n[[till]]\nname = \"1/1\"\ntype = \"a\"\naddress = \"{}\"\n\
             [[till]]\nname = \"1/2\"\naddress = \"{}\"\n",
            server.address, dead.address
        );
        Arc::new(Config::parse(&text).unwrap())
    };
    let clock = Clock::default();
    let first = config("");
    let board = Board::new(Arc::clone(&first), clock.now());
    let mut poller = Poller::new(board.clone(), clock, Names::default());
    poller.follow(&first);
    until(|| async { (server.requests() >= 3).then_some(()) }).await;
    // What does not concern the polling does not disturb it.
    let same = config("ofd_queue = 7");
    board.replace(Arc::clone(&same), clock.now());
    poller.follow(&same);
    let row = board.rows(0, clock.now()).remove(0);
    assert!(row.heard.is_some(), "a reload forgets nothing");
    assert!(row.values.iter().all(|value| *value != Shown::Unasked), "{row:?}");
    let asked = server.requests();
    until(|| async { (server.requests() > asked + 1).then_some(()) }).await;
    assert_eq!(server.connections(), 1, "nor begins anew");
    // Another interval begins the till anew, and so does another run.
    for _ in 0..2 {
        let asked = server.requests();
        let other = config("interval = \"1100ms\"");
        poller.follow(&other);
        until(|| async { (server.requests() > asked).then_some(()) }).await;
        drop(poller);
        poller = Poller::new(board.clone(), clock, Names::default());
        poller.follow(&first);
        until(|| async { (server.requests() > asked + 1).then_some(()) }).await;
    }
    let gap = server.shortest_gap().unwrap();
    assert!(gap >= Duration::from_secs(1), "{gap:?}");
    assert!(dead.requests() < server.requests(), "a dead till is asked seldom");
    let dead = dead.shortest_gap();
    assert!(dead.is_none_or(|gap| gap >= Duration::from_secs(1)), "{dead:?}");
}
