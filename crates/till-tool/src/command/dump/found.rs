//! What a visit has found: each query with its bytes and what they say.

use serde_json::Value;
use till_port::{Action, Recording, Step};

use super::session::{Asked, Outcome};

/// A visit.
#[derive(Debug)]
pub(super) struct Found {
    /// The driver: `atol`, `sp80x`, `pirit`.
    pub(super) driver: &'static str,
    /// How it speaks: `link` and `v3`, or `dialect` and `arm`.
    pub(super) spoken: (&'static str, String),
    /// The name of the protocol in the header of a tape.
    pub(super) protocol: String,
    /// The name of the client.
    pub(super) host: &'static str,
    pub(super) queries: Vec<Query>,
    /// The bytes, a message a step.
    pub(super) recording: Recording,
    /// What was made anonymous; `None` when nothing was to be.
    pub(super) scrubbed: Option<String>,
    /// Bytes that belong to no sound message.
    pub(super) unsound: usize,
    /// The maker and the model, as the device says it.
    pub(super) device: String,
    pub(super) firmware: Option<String>,
}

/// One query.
#[derive(Debug)]
pub(super) struct Query {
    /// `3F`, `A5 [0]`, `44`.
    pub(super) command: String,
    pub(super) result: Result,
    /// What it is about.
    pub(super) name: Option<&'static str>,
    /// The answer in words.
    pub(super) said: Option<Said>,
    /// Every value of the answer where it stands, also one that nobody has named.
    pub(super) places: Vec<Place>,
    /// Its messages, in order.
    pub(super) messages: Vec<(Direction, Vec<u8>)>,
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

/// A value of an answer.
#[derive(Debug)]
pub(super) struct Place {
    /// Where it stands: the index of the field, or the names from the root.
    pub(super) at: At,
    /// As it came.
    pub(super) text: String,
    /// What a profile reads there: `paper_present: no (device)`.
    pub(super) means: Vec<Meaning>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    Field(usize),
    Path(Vec<String>),
}

/// What an entry of the profile makes of a value.
#[derive(Debug)]
pub(super) struct Meaning {
    pub(super) value: &'static str,
    pub(super) reading: std::result::Result<Value, String>,
    pub(super) evidence: String,
}

/// Who sent bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Answer,
}

/// A message of a recording, and what it says or what is wrong with it.
pub(super) struct Heard {
    pub(super) step: usize,
    pub(super) direction: Direction,
    pub(super) bytes: Vec<u8>,
    pub(super) said: Vec<std::result::Result<Said, String>>,
}

/// What a message says.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) name: &'static str,
    /// Each field by its name, as people read it.
    pub(super) fields: Vec<(String, String)>,
    /// The same for programs.
    pub(super) json: Value,
}

/// The steps of a recording, and who sent them.
pub(super) fn steps(recording: &Recording) -> impl Iterator<Item = (Direction, &[u8])> {
    recording.steps.iter().map(|Step { action, .. }| match action {
        Action::Host(bytes) => (Direction::Request, bytes.as_slice()),
        Action::Device(bytes) => (Direction::Answer, bytes.as_slice()),
        Action::Close => (Direction::Answer, &[][..]),
    })
}

/// The queries with their messages. A request is the one that carries a command in that field.
pub(super) fn queries<Q: Copy, A>(
    asked: &[Asked<Q, A>],
    heard: &[Heard],
    command: &str,
    title: impl Fn(Q) -> String,
) -> Vec<Query> {
    let ends = asked.iter().skip(1).map(|asked| asked.step).chain([usize::MAX]);
    let queries = asked.iter().zip(ends).map(|(asked, end)| {
        let here = asked.step..end;
        let heard: Vec<_> = heard.iter().filter(|it| here.contains(&it.step)).collect();
        Query::new(title(asked.query), &asked.outcome, &heard, command)
    });
    queries.collect()
}

impl Query {
    fn new<A>(command: String, outcome: &Outcome<A>, heard: &[&Heard], carries: &str) -> Self {
        let said = |wanted: Direction| {
            let heard = heard.iter().filter(move |it| it.direction == wanted);
            heard.flat_map(|it| &it.said)
        };
        let sound = |wanted| said(wanted).filter_map(|said| said.as_ref().ok());
        let request = sound(Direction::Request).find(|said| said.field(carries).is_some());
        let name = request.map(|request| request.name);
        let answer = sound(Direction::Answer).rfind(|said| Some(said.name) == name);
        let odd = said(Direction::Answer).filter_map(|said| said.as_ref().err()).next_back();
        let result = match outcome {
            Outcome::Refused(fault) => Result::Refused(fault.clone()),
            Outcome::Failed(why) | Outcome::Over(why) | Outcome::Closed(why) => {
                Result::Failed(why.clone())
            }
            Outcome::NotAsked => Result::NotAsked,
            Outcome::Answered(_) | Outcome::Either => match (answer.and_then(refusal), answer, odd)
            {
                (Some(refusal), ..) => Result::Refused(refusal),
                (None, None, Some(odd)) => Result::Unreadable(odd.clone()),
                (None, ..) => Result::Answered,
            },
        };
        let messages = heard.iter().map(|it| (it.direction, it.bytes.clone())).collect();
        let said = answer.cloned();
        Self { command, name, result, said, places: Vec::new(), messages }
    }

    /// The KKT gave an answer, and be it a refusal.
    pub(super) fn is_answered(&self) -> bool {
        !matches!(self.result, Result::Failed(_) | Result::NotAsked)
    }

    /// `3F status`
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.command, self.name.unwrap_or_default()).trim_end().to_owned()
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

impl Said {
    pub(super) fn field(&self, wanted: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    }
}

/// That an answer is a refusal may be seen only by what it says.
fn refusal(said: &Said) -> Option<String> {
    let text = |name: &str| said.json.get(name).and_then(Value::as_str);
    let code = text("error").filter(|code| *code != "00" && code.len() == 2)?;
    let name = text("error_name").map_or(String::new(), |name| format!(" {name}"));
    Some(format!("error {code}{name}"))
}
