//! One till: when it is asked, and for what.

use std::time::Duration;

use jiff::tz::TimeZone;
use status_core::Endpoint;
use tokio::time::{Instant, sleep_until};

use super::{Answer, Client, LEAST, Names};
use crate::answer::{Reply, combined, seven};
use crate::board::{Board, Heard};
use crate::config::{Api, Config, Language, Till};
use crate::judge::{Failure, Trouble};
use crate::serve::Clock;

/// How a till is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    interval: Duration,
    zone: TimeZone,
    language: Language,
}

impl Plan {
    pub(super) fn new(till: &Till, config: &Config) -> Self {
        let store = config.stores.get(&till.store).cloned().unwrap_or_default();
        let interval = config.kind(till).interval.0.max(LEAST);
        Self { interval, zone: store.zone.0, language: config.monitor.language }
    }
}

/// A till that does not answer is asked this seldom, so that it costs little and is found again soon.
const DEAD: Duration = Duration::from_secs(5);
/// Without a combined document it is looked for again after so many turns of the seven.
const LOOK_AGAIN: u32 = 60;
/// The first requests are spread over so long.
const SPREAD: Duration = Duration::from_secs(2);

const STATUS: &str = "/till/v1/status";

/// Asks a till for ever.
///
/// The next request leaves an interval after the last one was answered or given up. So two never come
/// to the till within a second, and after a stall there is no burst. The first one leaves a second
/// after the begin: an earlier run of this monitor may have asked just before.
pub(super) async fn poll(till: Till, plan: Plan, board: Board, clock: Clock, names: Names) {
    let mut client = Client::new(till.address.clone(), plan.language, names);
    let mut asks = Asks::new(till.api);
    let mut next = Instant::now() + LEAST + spread(&till.name);
    loop {
        sleep_until(next).await;
        let begun = Instant::now();
        let heard = ask(&mut client, &mut asks, &plan).await;
        let took = begun.elapsed();
        let failed = matches!(heard, Some(Heard::Nothing(_)));
        if let Some(heard) = heard {
            board.hear(&till.name, heard, took, clock.now());
        }
        let wait = if failed { plan.interval.max(DEAD) } else { plan.interval };
        next = Instant::now() + wait;
    }
}

/// What is asked next.
#[derive(Debug)]
struct Asks {
    api: Api,
    /// Found out: has it a combined document?
    combined: Option<bool>,
    turn: u32,
}

impl Asks {
    fn new(api: Api) -> Self {
        let combined = match api {
            Api::Auto => None,
            Api::Combined => Some(true),
            Api::Seven => Some(false),
        };
        Self { api, combined, turn: 0 }
    }

    /// One of the seven, or the combined document.
    fn next(&mut self) -> Option<Endpoint> {
        if self.combined != Some(false) {
            return None;
        }
        let (turns, at) = (self.turn / 7, self.turn % 7);
        if self.api == Api::Auto && turns >= LOOK_AGAIN {
            (self.combined, self.turn) = (None, 0);
            return None;
        }
        self.turn += 1;
        Endpoint::ALL.get(usize::try_from(at).unwrap_or_default()).copied()
    }
}

/// `None` when there is nothing to report yet.
async fn ask(client: &mut Client, asks: &mut Asks, plan: &Plan) -> Option<Heard> {
    let endpoint = asks.next();
    let path = match endpoint {
        Some(endpoint) => format!("/api/v1/status/{}", endpoint.name()),
        None => STATUS.to_owned(),
    };
    let answer = match client.get(&path).await {
        Ok(answer) => answer,
        Err(failure) => return failure.map(Heard::Nothing),
    };
    let Some(endpoint) = endpoint else { return document(&answer, asks) };
    let reply =
        Reply { status: answer.status, content_type: &answer.content_type, body: &answer.body };
    Some(Heard::One(endpoint, seven(endpoint, reply, &plan.zone)))
}

fn document(answer: &Answer, asks: &mut Asks) -> Option<Heard> {
    let garbage = |detail| Some(Heard::Nothing(Failure { trouble: Trouble::Garbage, detail }));
    match answer.status {
        200 => match combined(&answer.body) {
            Ok(observation) => {
                asks.combined = Some(true);
                Some(Heard::All(Box::new(observation)))
            }
            // A server that has a page for every path is no reason to give up on the seven.
            Err(_) if asks.api == Api::Auto && asks.combined.is_none() => {
                asks.combined = Some(false);
                None
            }
            Err(error) => garbage(error),
        },
        404 | 501 | 405 if asks.api == Api::Auto => {
            asks.combined = Some(false);
            None
        }
        other => {
            let body = String::from_utf8_lossy(&answer.body);
            let body: String = body.trim().chars().take(100).collect();
            garbage(format!("HTTP {other} for {STATUS}: {body}"))
        }
    }
}

/// The same for every run, so that the tills of a fleet never come together.
fn spread(name: &str) -> Duration {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let milliseconds = u64::try_from(SPREAD.as_millis()).unwrap_or(1);
    Duration::from_millis((hash >> 16) % milliseconds)
}
