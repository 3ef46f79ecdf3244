//! What a visit has found: each query with its bytes and what they say, made anonymous.

use kkt_atol::DeviceType;
use kkt_atol::command::{Command, ReadDeviceType};
use kkt_atol::explain::{Direction, Explainer, Field, Message};
use kkt_atol::scrub::{self, Link};
use till_port::{Action, Hex, Recording};

use super::session::{Outcome, Session};

/// A visit.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) queries: Vec<Query>,
    /// The bytes, a packet a step.
    pub(super) recording: Recording,
    /// What was made anonymous; `None` when nothing was to be.
    pub(super) scrubbed: Option<String>,
    /// Bytes that belong to no sound packet.
    pub(super) unsound: usize,
    /// What the KKT says it is.
    pub(super) device: Option<DeviceType>,
}

/// One query.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) command: &'static [u8],
    pub(super) result: Result,
    /// What it is about: the answer in words, or the request if there is none.
    pub(super) said: Option<Message>,
    /// Its packets, in order.
    pub(super) packets: Vec<(Direction, Vec<u8>)>,
}

/// What became of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Result {
    Answered,
    Refused(String),
    Failed(String),
    NotAsked,
}

impl Found {
    pub(super) fn new(session: Session, scrub: bool) -> Self {
        let Session { asked, recording } = session;
        let steps = recording.steps.iter().enumerate().filter_map(|(at, step)| {
            Some(match &step.action {
                Action::Host(bytes) => (at, Direction::Request, bytes),
                Action::Device(bytes) => (at, Direction::Answer, bytes),
                Action::Close => return None,
            })
        });
        // Scrubbed in any case: only the packets tell what is sound, and the steps what was said.
        let packets = scrub::scrub(
            Link::V3,
            steps.clone().map(|(_, direction, bytes)| (direction, bytes.as_slice())),
        );
        let (scrubbed, unsound) = (scrub.then(|| packets.to_string()), packets.unsound);
        let messages: Vec<(usize, Direction, Vec<u8>)> = if scrub {
            packets.messages.into_iter().map(|it| (it.step, it.direction, it.bytes)).collect()
        } else {
            steps.map(|(at, direction, bytes)| (at, direction, bytes.clone())).collect()
        };
        let mut explainer = Explainer::new();
        let said: Vec<_> = messages
            .iter()
            .map(|(at, direction, bytes)| (*at, *direction, explainer.explain(*direction, bytes)))
            .collect();
        let device = asked.iter().find_map(|asked| match &asked.outcome {
            Outcome::Answered(answer) if asked.command == [0xA5] => {
                ReadDeviceType.decode(answer).ok()
            }
            _ => None,
        });
        let ends = asked.iter().skip(1).map(|asked| asked.step).chain([usize::MAX]);
        let queries = asked.iter().zip(ends).map(|(asked, end)| {
            let here = asked.step..end;
            let about: Vec<&Message> = said
                .iter()
                .filter(|(at, ..)| here.contains(at))
                .flat_map(|(_, _, said)| said.iter().filter_map(|said| said.as_ref().ok()))
                .collect();
            let request = about
                .iter()
                .find(|said| said.fields.iter().any(|(name, _)| *name == "kkt_command"));
            let name = request.map(|request| request.name);
            let answer = about.iter().rev().find(|said| Some(said.name) == name);
            Query {
                command: asked.command,
                result: result(&asked.outcome, answer.copied()),
                said: answer.map(|said| (*said).clone()),
                packets: messages
                    .iter()
                    .filter(|(at, ..)| here.contains(at))
                    .map(|(_, direction, bytes)| (*direction, bytes.clone()))
                    .collect(),
            }
        });
        let queries = queries.collect();
        let recording = recording.regrouped(messages.into_iter().map(|(at, _, bytes)| (at, bytes)));
        Self { queries, recording, scrubbed, unsound, device }
    }
}

/// That an answer is a refusal may be seen only by what it says.
fn result(outcome: &Outcome, said: Option<&Message>) -> Result {
    let field = |wanted: &str| {
        let fields = said.iter().flat_map(|said| &said.fields);
        fields.filter(|(name, _)| *name == wanted).map(|(_, value)| value).next()
    };
    match (outcome, field("error")) {
        (Outcome::Answered(_), Some(Field::Text(code))) if code != "00" => {
            let name = field("error_name").map_or(String::new(), |name| format!(" {name}"));
            Result::Refused(format!("error {code}{name}"))
        }
        (Outcome::Answered(_), _) => Result::Answered,
        (Outcome::Refused(fault), _) => Result::Refused(fault.to_string()),
        (Outcome::Failed(why), _) => Result::Failed(why.clone()),
        (Outcome::NotAsked, _) => Result::NotAsked,
    }
}

impl Query {
    /// The KKT gave an answer, and be it a refusal.
    pub(super) fn is_answered(&self) -> bool {
        matches!(self.result, Result::Answered | Result::Refused(_))
    }

    /// `3F status`
    pub(super) fn title(&self) -> String {
        let name = self.said.as_ref().map_or("", |said| said.name);
        format!("{} {name}", Hex(self.command)).trim_end().to_owned()
    }

    /// Why there is no value.
    pub(super) fn trouble(&self) -> String {
        match &self.result {
            Result::Answered => String::new(),
            Result::Refused(fault) => format!("refused: {fault}"),
            Result::Failed(why) => why.clone(),
            Result::NotAsked => "not asked, because the device no longer answered".to_owned(),
        }
    }
}
