//! One till: what it is asked for next, and what its answer means.

use jiff::tz::TimeZone;
use status_core::Endpoint;

use super::{Answer, Client, Names};
use crate::answer::{Reply, combined, seven};
use crate::board::Heard;
use crate::config::{Api, Language, Till};
use crate::judge::{Failure, Trouble};

/// Without a combined document it is looked for again after so many rounds of the seven.
const LOOK_AGAIN: usize = 60;

const STATUS: &str = "/till/v1/status";

/// Asks one till, one question at a time. When is the affair of the caller.
#[derive(Debug)]
pub struct Visit {
    client: Client,
    zone: TimeZone,
    api: Api,
    /// Has it a combined document? `None` until that is found out.
    combined: Option<bool>,
    /// How often one of the seven was asked since then.
    turn: usize,
}

impl Visit {
    /// One that has not asked yet. `zone` is that of times without one.
    pub fn new(till: &Till, zone: TimeZone, language: Language, names: Names) -> Self {
        let client = Client::new(till.address.clone(), language, names);
        let combined = match till.api {
            Api::Auto => None,
            Api::Combined => Some(true),
            Api::Seven => Some(false),
        };
        Self { client, zone, api: till.api, combined, turn: 0 }
    }

    /// Sends one request. `None` when nothing can be said of the till yet: it has no combined document
    /// and is asked for the seven next, or a kept connection had been closed.
    pub async fn ask(&mut self) -> Option<Heard> {
        let Some(endpoint) = self.next() else {
            return match self.client.get(STATUS).await {
                Ok(answer) => self.document(&answer),
                Err(failure) => failure.map(Heard::Nothing),
            };
        };
        let path = format!("/api/v1/status/{}", endpoint.name());
        let answer = match self.client.get(&path).await {
            Ok(answer) => answer,
            Err(failure) => return failure.map(Heard::Nothing),
        };
        let Answer { status, content_type, body } = &answer;
        let reply = Reply { status: *status, content_type, body };
        Some(Heard::One(endpoint, seven(endpoint, reply, &self.zone)))
    }

    /// One of the seven, or the combined document.
    fn next(&mut self) -> Option<Endpoint> {
        if self.combined != Some(false) {
            return None;
        }
        let rounds = self.turn / Endpoint::ALL.len();
        if self.api == Api::Auto && rounds >= LOOK_AGAIN {
            (self.combined, self.turn) = (None, 0);
            return None;
        }
        let endpoint = Endpoint::ALL.get(self.turn % Endpoint::ALL.len()).copied();
        self.turn += 1;
        endpoint
    }

    fn document(&mut self, answer: &Answer) -> Option<Heard> {
        let garbage = |detail| Some(Heard::Nothing(Failure { trouble: Trouble::Garbage, detail }));
        match answer.status {
            200 => match combined(&answer.body) {
                Ok(observation) => {
                    self.combined = Some(true);
                    Some(Heard::All(Box::new(observation)))
                }
                // A server that has a page for every path is no reason to give up on the seven.
                Err(_) if self.api == Api::Auto && self.combined.is_none() => self.only_the_seven(),
                Err(error) => garbage(error),
            },
            404 | 405 | 501 if self.api == Api::Auto => self.only_the_seven(),
            other => {
                let body = String::from_utf8_lossy(&answer.body);
                let body: String = body.trim().chars().take(100).collect();
                garbage(format!("HTTP {other} for {STATUS}: {body}"))
            }
        }
    }

    fn only_the_seven(&mut self) -> Option<Heard> {
        self.combined = Some(false);
        None
    }
}
