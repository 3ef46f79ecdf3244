//! A visit to an ATOL KKT.

use kkt_atol::command::{Command, ReadDeviceType};
use kkt_atol::explain::{Direction as Side, Explainer};
use kkt_atol::scrub;
use kkt_atol::{Client, DeviceType, Error, Link, SAFE};
use till_port::{Hex, Transport};
use till_status::config::Kkt;

use super::found::{self, Direction, Found, Heard, Said};
use super::session::{self, Outcome, Session, Wire};

/// What was asked of an ATOL KKT.
#[derive(Debug)]
pub(super) struct Visit {
    link: Link,
    session: Session<&'static [u8], Vec<u8>>,
}

impl Visit {
    /// Asks everything.
    pub(super) fn new(port: impl Transport + 'static, kkt: &Kkt) -> Self {
        let settings = till_status::atol_settings(kkt);
        let link = settings.link();
        let wire = Wire::new(port);
        let mut client = Client::new(wire.clone(), settings);
        let session =
            session::ask(&wire, SAFE.iter().copied(), |command| match client.ask(command) {
                Ok(answer) => Outcome::Answered(answer),
                Err(Error::Refused(fault)) => Outcome::Refused(fault.to_string()),
                Err(Error::Decode(_)) => Outcome::Either,
                Err(error @ Error::Closed) => Outcome::Closed(error.to_string()),
                Err(error @ (Error::Io(_) | Error::Conflict(_))) => {
                    Outcome::Over(error.to_string())
                }
                Err(error) => Outcome::Failed(error.to_string()),
            });
        Self { link, session }
    }

    /// What that says, made anonymous or not.
    pub(super) fn found(&self, scrub: bool) -> Found {
        let Session { asked, recording } = &self.session;
        let steps = || found::steps(recording).map(|(side, bytes)| (side.into(), bytes));
        let scrubbed = scrub::scrub(self.link, steps());
        let (replaced, unsound) = (scrub.then(|| scrubbed.to_string()), scrubbed.unsound);
        let messages = if scrub { scrubbed.messages } else { scrub::packets(self.link, steps()) };
        let mut explainer = Explainer::new(self.link);
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
        let device = asked.iter().find_map(|asked| device(asked.query, &asked.outcome));
        Found {
            driver: "atol",
            spoken: ("link", self.link.to_string()),
            protocol: format!("atol-{}", self.link),
            host: "kkt-atol",
            queries: found::queries(asked, &heard, "kkt_command", |it| Hex(it).to_string()),
            unsound,
            scrubbed: replaced,
            device: named(device.as_ref()),
            firmware: device.and_then(|it| it.firmware).map(|firmware| firmware.to_string()),
            recording: recording.regrouped(heard.into_iter().map(|it| (it.step, it.bytes))),
        }
    }
}

fn said(message: &kkt_atol::explain::Message) -> Said {
    let fields = message.fields.iter();
    Said {
        name: message.name,
        fields: fields.map(|(name, value)| ((*name).to_owned(), value.to_string())).collect(),
        // What has names and values only is always JSON.
        json: serde_json::to_value(message).unwrap_or_default(),
    }
}

fn device(command: &[u8], outcome: &Outcome<Vec<u8>>) -> Option<DeviceType> {
    match outcome {
        Outcome::Answered(answer) if command == [0xA5] => ReadDeviceType.decode(answer).ok(),
        _ => None,
    }
}

/// The maker and the model, as the device says it.
fn named(device: Option<&DeviceType>) -> String {
    let Some(device) = device else {
        return "ATOL, a KKT that did not tell its model".to_owned();
    };
    let told: String = device.name.chars().filter(|char| !char.is_control()).take(40).collect();
    let (told, id) = (told.trim(), device.model.0);
    match device.model.name() {
        Some(name) if name != told => format!("ATOL {name} (model {id}), says it is {told}"),
        Some(name) => format!("ATOL {name} (model {id})"),
        None => format!("ATOL model {id}, says it is {told}"),
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
