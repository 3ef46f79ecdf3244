//! What a visit has found: each query with its bytes and what they say, made anonymous.

use kkt_atol::command::{Command, ReadDeviceType};
use kkt_atol::explain::{Direction, ExplainError, Explainer, Field, Message};
use kkt_atol::scrub;
use kkt_atol::{DeviceType, Link};
use till_port::{Action, Hex, Recording};

use super::session::{Asked, Outcome, Session};

/// A visit.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) link: Link,
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
    /// What it is about.
    pub(super) name: Option<&'static str>,
    /// The answer in words.
    pub(super) said: Option<Message>,
    /// Its packets, in order.
    pub(super) packets: Vec<(Direction, Vec<u8>)>,
}

/// What became of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Result {
    Answered,
    Refused(String),
    /// There is an answer, but its form is another than the known one.
    Unreadable(String),
    Failed(String),
    NotAsked,
}

impl Found {
    pub(super) fn new(session: Session, scrub: bool) -> Self {
        let Session { link, asked, recording } = session;
        let steps = || {
            recording.steps.iter().map(|step| match &step.action {
                Action::Host(bytes) => (Direction::Request, bytes.as_slice()),
                Action::Device(bytes) => (Direction::Answer, bytes.as_slice()),
                Action::Close => (Direction::Answer, &[][..]),
            })
        };
        let scrubbed = scrub::scrub(link, steps());
        let (replaced, unsound) = (scrub.then(|| scrubbed.to_string()), scrubbed.unsound);
        let messages = if scrub { scrubbed.messages } else { scrub::packets(link, steps()) };
        let mut explainer = Explainer::new(link);
        let said: Vec<_> = messages
            .iter()
            .flat_map(|it| {
                let said = explainer.explain(it.direction, &it.bytes);
                said.into_iter().map(|said| (it.step, it.direction, said))
            })
            .collect();
        let ends = asked.iter().skip(1).map(|asked| asked.step).chain([usize::MAX]);
        let queries = asked.iter().zip(ends).map(|(asked, end)| {
            let here = asked.step..end;
            let said: Vec<_> = said.iter().filter(|(at, ..)| here.contains(at)).collect();
            let packets = messages.iter().filter(|it| here.contains(&it.step));
            let packets = packets.map(|it| (it.direction, it.bytes.clone())).collect();
            Query::new(asked, &said, packets)
        });
        Self {
            link,
            queries: queries.collect(),
            unsound,
            scrubbed: replaced,
            device: asked.iter().find_map(device),
            recording: recording.regrouped(messages.into_iter().map(|it| (it.step, it.bytes))),
        }
    }
}

/// What a packet says, or what is wrong with it; and in which step, and who sent it.
type Said = (usize, Direction, std::result::Result<Message, ExplainError>);

impl Query {
    fn new(asked: &Asked, said: &[&Said], packets: Vec<(Direction, Vec<u8>)>) -> Self {
        let requests = said.iter().filter(|(_, side, _)| *side == Direction::Request);
        let carries = |said: &&Message| said.fields.iter().any(|(name, _)| *name == "kkt_command");
        let request = requests.filter_map(|(_, _, said)| said.as_ref().ok()).find(carries);
        let name = request.map(|request| request.name);
        let answers = || said.iter().rev().filter(|(_, side, _)| *side == Direction::Answer);
        let sound = answers().filter_map(|(_, _, said)| said.as_ref().ok());
        let answer = sound.clone().find(|said| Some(said.name) == name);
        let odd = answers().find_map(|(_, _, said)| said.as_ref().err());
        let result = match &asked.outcome {
            Outcome::Refused(fault) => Result::Refused(fault.to_string()),
            Outcome::Failed(why) => Result::Failed(why.clone()),
            Outcome::NotAsked => Result::NotAsked,
            Outcome::Answered(_) | Outcome::Either => match (answer.and_then(refusal), answer, odd)
            {
                (Some(refusal), ..) => Result::Refused(refusal),
                (None, None, Some(odd)) => Result::Unreadable(odd.to_string()),
                (None, ..) => Result::Answered,
            },
        };
        Self { command: asked.command, name, result, said: answer.cloned(), packets }
    }

    /// The KKT gave an answer, and be it a refusal.
    pub(super) fn is_answered(&self) -> bool {
        !matches!(self.result, Result::Failed(_) | Result::NotAsked)
    }

    /// `3F status`
    pub(super) fn title(&self) -> String {
        let name = self.name.unwrap_or_default();
        format!("{} {name}", Hex(self.command)).trim_end().to_owned()
    }

    /// Why there is no value.
    pub(super) fn trouble(&self) -> String {
        match &self.result {
            Result::Answered => String::new(),
            Result::Refused(fault) => format!("refused: {fault}"),
            Result::Unreadable(why) => format!("answered in a form that is not known: {why}"),
            Result::Failed(why) => why.clone(),
            Result::NotAsked => "not asked, because the device no longer answered".to_owned(),
        }
    }
}

/// That an answer is a refusal may be seen only by what it says.
fn refusal(said: &Message) -> Option<String> {
    let field =
        |wanted: &str| said.fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    match field("error") {
        Some(Field::Text(code)) if code != "00" => {
            let name = field("error_name").map_or(String::new(), |name| format!(" {name}"));
            Some(format!("error {code}{name}"))
        }
        _ => None,
    }
}

fn device(asked: &Asked) -> Option<DeviceType> {
    match &asked.outcome {
        Outcome::Answered(answer) if asked.command == [0xA5] => ReadDeviceType.decode(answer).ok(),
        _ => None,
    }
}
