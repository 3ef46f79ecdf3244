//! A visit to a Service Plus KKT, or to a Pirit.

use std::collections::BTreeMap;

use kkt_sp80x::command::pirit::PiritModel;
use kkt_sp80x::document::Deframer;
use kkt_sp80x::envelope::Response;
use kkt_sp80x::explain::{Direction as Side, Explainer, Message};
use kkt_sp80x::profile::{self, Query, Reading, Reply, Value};
use kkt_sp80x::scrub;
use kkt_sp80x::{
    Arm, Client, Command, Data, Dialect, DialectName, Error, Model, Node, Pirit, Pone, Profile,
};
use serde_json::json;
use till_port::Transport;
use till_status::config::Sp80x;

use super::found::{self, At, Direction, Found, Heard, Meaning, Place, Said};
use super::session::{self, Outcome, Session, Wire};

/// What was asked of a KKT in a dialect.
#[derive(Debug)]
pub(super) struct Visit {
    dialect: DialectName,
    profile: Profile,
    session: Session<Query, Reply>,
}

impl Visit {
    /// Asks everything that is safe in its dialect, and what the user's own profile asks besides.
    pub(super) fn new(port: impl Transport + 'static, kkt: &Sp80x) -> Self {
        let Sp80x { dialect, profile, .. } = kkt.clone();
        let wire = Wire::new(port);
        let (stx, arm) = till_status::sp80x_settings();
        let mut queries = Query::all(dialect);
        let own: Vec<_> =
            profile.queries().into_iter().filter(|it| !queries.contains(it)).collect();
        queries.extend(own);
        let session = match dialect {
            DialectName::Arm => {
                let mut client = Client::<_, Arm>::new(wire.clone(), arm);
                session::ask(&wire, queries, |query| match query {
                    Query::Arm(query) => call(&mut client, &query),
                    _ => Outcome::NotAsked,
                })
            }
            DialectName::Pirit => {
                let mut client = Client::<_, Pirit>::new(wire.clone(), stx);
                session::ask(&wire, queries, |query| match query {
                    Query::Pirit(query) => call(&mut client, &query),
                    _ => Outcome::NotAsked,
                })
            }
            _ => {
                let mut client = Client::<_, Pone>::new(wire.clone(), stx);
                session::ask(&wire, queries, |query| match query {
                    Query::Pone(query) => call(&mut client, &query),
                    _ => Outcome::NotAsked,
                })
            }
        };
        Self { dialect, profile, session }
    }

    /// What that says, made anonymous or not.
    pub(super) fn found(&self, scrub: bool) -> Found {
        let Session { asked, recording } = &self.session;
        let steps = || found::steps(recording).map(|(side, bytes)| (side.into(), bytes));
        let scrubbed = scrub::scrub(self.dialect, steps());
        let (replaced, unsound) = (scrub.then(|| scrubbed.to_string()), scrubbed.unsound);
        let messages =
            if scrub { scrubbed.messages } else { scrub::messages(self.dialect, steps()) };
        let mut explainer = Explainer::new(self.dialect);
        let heard: Vec<_> = messages
            .into_iter()
            .map(|it| Heard {
                step: it.step,
                direction: it.direction.into(),
                said: explainer
                    .explain(it.direction, &it.bytes)
                    .into_iter()
                    .map(|said| said.map(|it| self::said(&it)).map_err(|error| error.to_string()))
                    .collect(),
                bytes: it.bytes,
            })
            .collect();
        let mut queries = found::queries(asked, &heard, "command", |query| query.to_string());
        for (asked, found) in asked.iter().zip(&mut queries) {
            let reply = match self.dialect {
                DialectName::Arm => found.messages.iter().rev().find_map(data).map(Reply::Data),
                _ => found.said.as_ref().and_then(fields).map(Reply::Fields),
            };
            let reply = reply.filter(|_| matches!(asked.outcome, Outcome::Answered(_)));
            found.places = reply.map(|it| self.places(asked.query, &it)).unwrap_or_default();
        }
        let driver = if self.dialect == DialectName::Pirit { "pirit" } else { "sp80x" };
        Found {
            driver,
            spoken: ("dialect", self.dialect.to_string()),
            protocol: format!("sp80x-{}", self.dialect),
            host: "kkt-sp80x",
            queries,
            unsound,
            scrubbed: replaced,
            device: self.device(),
            firmware: self.told(Value::Firmware),
            recording: recording.regrouped(heard.into_iter().map(|it| (it.step, it.bytes))),
        }
    }

    /// Every value of an answer, with what the profile reads there.
    fn places(&self, query: Query, reply: &Reply) -> Vec<Place> {
        let mut places = match reply {
            Reply::Fields(fields) => {
                let fields = fields.iter().enumerate();
                fields.map(|(at, text)| Place::new(At::Field(at), text)).collect()
            }
            Reply::Data(Data { roots, .. }) => {
                let mut places = Vec::new();
                leaves(roots, &[], &mut places);
                places
            }
            _ => Vec::new(),
        };
        for entry in self.profile.all().iter().filter(|entry| entry.query == query) {
            let Some(place) = places.iter_mut().find(|place| place.at.is(&entry.place)) else {
                continue;
            };
            let value = entry.value.name();
            // An entry that goes before it tells this value.
            if place.means.iter().any(|meaning| meaning.value == value) {
                continue;
            }
            let reading = match self.profile.read(entry.value, query, reply) {
                Ok(Some((reading, _))) => Ok(json!(reading)),
                Ok(None) => continue,
                Err(error) => Err(error.to_string()),
            };
            place.means.push(Meaning { value, reading, evidence: entry.evidence.to_string() });
        }
        places
    }

    fn device(&self) -> String {
        let model = self.told(Value::Model);
        match (self.dialect, model.map(|model| (model.parse::<u32>(), model))) {
            (DialectName::Pirit, Some((Ok(id), _))) => format!("Pirit: {}", PiritModel(id)),
            (DialectName::Pirit, _) => "Pirit, a KKT that did not tell its model".to_owned(),
            (_, Some((Ok(id), _))) => format!("Service Plus {}", Model(id)),
            (_, Some((_, model))) => {
                let model: String =
                    model.chars().filter(|char| !char.is_control()).take(40).collect();
                format!("Service Plus, says it is {model}")
            }
            (dialect, None) => {
                format!("Service Plus, a KKT whose model the dialect {dialect} does not tell")
            }
        }
    }

    /// A value by the profile.
    fn told(&self, value: Value) -> Option<String> {
        let answers = self.session.asked.iter().filter_map(|asked| match &asked.outcome {
            Outcome::Answered(reply) => Some((asked.query, reply)),
            _ => None,
        });
        let mut told =
            answers.filter_map(|(query, reply)| self.profile.read(value, query, reply).ok()?);
        told.next().map(|(reading, _)| match reading {
            Reading::Text(text) => text.chars().filter(|it| !it.is_control()).take(40).collect(),
            Reading::Integer(number) => number.to_string(),
            Reading::Flag(flag) => flag.to_string(),
            Reading::DateTime(time) => time.to_string(),
        })
    }
}

fn call<T, D, C>(client: &mut Client<T, D>, query: &C) -> Outcome<Reply>
where
    T: std::io::Read + std::io::Write,
    D: Dialect,
    C: Command<Dialect = D, Answer = Reply>,
{
    match client.call(query) {
        Ok(reply) => Outcome::Answered(reply),
        Err(Error::Refused(fault)) => Outcome::Refused(fault.to_string()),
        Err(Error::Decode(_)) => Outcome::Either,
        Err(error @ Error::Closed) => Outcome::Closed(error.to_string()),
        Err(error @ Error::Io(_)) => Outcome::Over(error.to_string()),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

fn said(message: &Message) -> Said {
    let fields = message.fields.iter();
    Said {
        name: message.name,
        fields: fields.map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        // What has names and values only is always JSON.
        json: serde_json::to_value(message).unwrap_or_default(),
    }
}

/// The fields of an answer of an STX dialect.
fn fields(said: &Said) -> Option<Vec<String>> {
    serde_json::from_value(said.json.get("fields")?.clone()).ok()
}

/// The data of a document of `arm`.
fn data((direction, bytes): &(Direction, Vec<u8>)) -> Option<Data> {
    if *direction == Direction::Request {
        return None;
    }
    let mut deframer = Deframer::answers();
    deframer.push(bytes);
    loop {
        match deframer.next_document()? {
            Ok(document) => return Response::parse(document).ok().map(|response| response.data),
            Err(_) => continue,
        }
    }
}

/// Every element without elements in it. The second and later ones of a name carry their number, as
/// no path of a profile can.
fn leaves(nodes: &[Node], above: &[String], places: &mut Vec<Place>) {
    let mut seen = BTreeMap::<&str, usize>::new();
    for node in nodes {
        let number = seen.entry(&node.name).and_modify(|count| *count += 1).or_insert(1);
        let name = match number {
            1 => node.name.clone(),
            number => format!("{}[{number}]", node.name),
        };
        let path = [above, &[name]].concat();
        if node.children.is_empty() {
            places.push(Place::new(At::Path(path), &node.text));
        } else {
            leaves(&node.children, &path, places);
        }
    }
}

impl Place {
    fn new(at: At, text: &str) -> Self {
        Self { at, text: text.to_owned(), means: Vec::new() }
    }
}

impl At {
    /// Whether an entry of a profile reads here.
    fn is(&self, place: &profile::Place) -> bool {
        match (self, place) {
            (Self::Field(at), profile::Place::Field(index)) => at == index,
            (Self::Path(path), profile::Place::Path(names)) => {
                let same = |(name, wanted): (&String, &String)| wanted == "*" || name == wanted;
                path.len() == names.len() && path.iter().zip(names).all(same)
            }
            _ => false,
        }
    }
}

impl From<Direction> for Side {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Request => Self::Request,
            Direction::Answer => Self::Answer,
        }
    }
}

impl From<Side> for Direction {
    fn from(side: Side) -> Self {
        match side {
            Side::Request => Self::Request,
            Side::Answer => Self::Answer,
        }
    }
}
