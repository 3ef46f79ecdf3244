//! What a Service Plus KKT is asked: the questions of its profile, in its dialect and in no other.

use std::cmp::Reverse;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
#[cfg(feature = "pirit")]
use kkt_sp80x::Pirit;
use kkt_sp80x::envelope::RequestId;
use kkt_sp80x::frame::PacketId;
use kkt_sp80x::profile::Query;
use kkt_sp80x::{
    Arm, ArmSettings, CivilDateTime, Client, DialectName, Error, Fault, Pone, StxSettings,
};
use status_core::adapter::sp80x::{Answered, Values, refusal, unknown_command};
use status_core::{KktValue, Tier, Trouble};

use super::Wire;
use super::driver::{Driver, Failure, Told, Wants};
use crate::config::Sp80x as Config;
use crate::trace::Scrub;

/// A Service Plus KKT, or a Pirit.
#[derive(Debug)]
pub(crate) struct Sp80x {
    dialect: DialectName,
    values: Values,
    questions: Vec<(Query, Vec<KktValue>)>,
}

/// A connection in one dialect.
#[derive(Debug)]
pub(crate) enum Link {
    Pone(Client<Wire, Pone>),
    Arm(Client<Wire, Arm>),
    #[cfg(feature = "pirit")]
    Pirit(Client<Wire, Pirit>),
}

impl Sp80x {
    pub(crate) fn new(config: &Config) -> Self {
        let values = Values::new(config.dialect, config.profile.clone());
        let questions = values.questions();
        Self { dialect: config.dialect, values, questions }
    }
}

impl Driver for Sp80x {
    type Ask = Query;
    type Client = Link;

    fn asks(&self, wants: Wants) -> Vec<(Tier, Query)> {
        let tier = |values: &[KktValue]| values.iter().filter_map(|it| tier(*it, wants)).min();
        let asks = self.questions.iter();
        let mut asks: Vec<_> =
            asks.map(|(query, it)| (tier(it).unwrap_or(Tier::Inventory), *query)).collect();
        // The number of the shift comes before its state, which is published with it.
        asks.sort_by_key(|(_, query)| {
            let rank = match self.values(*query).as_slice() {
                [KktValue::Shift] => 0,
                _ if self.comes_first(*query) => 1,
                _ => 2,
            };
            (rank, Reverse(*query))
        });
        asks
    }

    fn connect(&mut self, wire: Wire) -> Link {
        let (stx, arm) = settings();
        match self.dialect {
            DialectName::Arm => Link::Arm(Client::new(wire, arm)),
            #[cfg(feature = "pirit")]
            DialectName::Pirit => Link::Pirit(Client::new(wire, stx)),
            _ => Link::Pone(Client::new(wire, stx)),
        }
    }

    fn ask(&mut self, query: Query, link: &mut Link) -> Result<Told, Failure> {
        let asked = match (link, query) {
            (Link::Pone(client), Query::Pone(query)) => client.call(&query),
            (Link::Arm(client), Query::Arm(query)) => client.call(&query),
            #[cfg(feature = "pirit")]
            (Link::Pirit(client), Query::Pirit(query)) => client.call(&query),
            // The profile was checked to be of the dialect.
            _ => return Ok(Told::Unclear("this question is of another dialect".to_owned())),
        };
        match asked {
            Ok(reply) => {
                let Answered { readings, unsupported } = self.values.answered(query, &reply);
                Ok(Told::Values { readings, unsupported, unclear: Vec::new() })
            }
            Err(Error::Refused(fault)) => Ok(self.refused(&fault)),
            Err(Error::Decode(error)) => Ok(Told::OtherForm(error.to_string())),
            Err(error) => Err(failure(&error)),
        }
    }

    /// Every answer says what it answers.
    fn owed(_: &Link) -> Option<Duration> {
        None
    }

    fn values(&self, query: Query) -> Vec<KktValue> {
        let question = self.questions.iter().find(|(known, _)| *known == query);
        question.map(|(_, values)| values.clone()).unwrap_or_default()
    }

    fn comes_first(&self, query: Query) -> bool {
        use KktValue::{DocumentOpen, Ofd, Paper};
        self.values(query).iter().any(|value| matches!(value, DocumentOpen | Ofd | Paper))
    }

    fn scrub(&self) -> (String, Scrub) {
        (format!("sp80x-{}", self.dialect), Scrub::Sp80x(self.dialect))
    }

    fn unsupported(&self, _: &[(Tier, Query)]) -> Vec<(KktValue, String)> {
        self.values.unsupported()
    }
}

impl Sp80x {
    fn refused(&mut self, fault: &Fault) -> Told {
        Told::Refused {
            refusal: refusal(fault),
            reading: self.values.refused(fault).map(Box::new),
            unknown: unknown_command(fault),
        }
    }
}

/// What a client of a connection begins with, in an STX dialect and in `arm`.
#[must_use]
pub fn settings() -> (StxSettings, ArmSettings) {
    // A late answer to a request of a connection that broke off must fit none of this one.
    let random = RandomState::new().hash_one(0);
    let packet = PacketId::FIRST.byte() + u8::try_from(random % 0xC0).unwrap_or(0);
    let first_packet_id = PacketId::new(packet).unwrap_or(PacketId::FIRST);
    let first_request_id = RequestId(u128::from(random) << 64 | 1);
    (
        StxSettings { first_packet_id, ..StxSettings::default() },
        ArmSettings { first_request_id, ..ArmSettings::new(till_time) },
    )
}

/// How often a value is asked for, if for its own sake. A document on the KKT matters soon only to the
/// receipt answers and to the scale.
fn tier(value: KktValue, wants: Wants) -> Option<Tier> {
    Some(match value {
        KktValue::Receipt | KktValue::DocumentOpen
            if wants.held && (wants.scale || wants.receipt) =>
        {
            Tier::Fast
        }
        KktValue::Receipt
        | KktValue::DocumentOpen
        | KktValue::Paper
        | KktValue::PaperNearEnd
        | KktValue::Cover
        | KktValue::Drawer
        | KktValue::PrinterFaults
        | KktValue::DeviceTime => Tier::Paper,
        KktValue::Ofd => Tier::Ofd,
        KktValue::Model | KktValue::SerialNumber | KktValue::Firmware => Tier::Inventory,
        _ => Tier::FiscalStorage,
    })
}

/// What the till's clock shows: an `arm` request carries it. A clock that shows no such time is at
/// its beginning.
fn till_time() -> CivilDateTime {
    let now = TimeZone::system().to_datetime(Timestamp::now());
    let [month, day, hour, minute, second] =
        [now.month(), now.day(), now.hour(), now.minute(), now.second()]
            .map(|it| u8::try_from(it).unwrap_or(0));
    let year = u16::try_from(now.year()).unwrap_or(0);
    let time = CivilDateTime::new(year, month, day, hour, minute, second);
    time.unwrap_or_else(|| CivilDateTime::from_unix(0))
}

fn failure(error: &Error) -> Failure {
    let text = error.to_string();
    match error {
        Error::Io(_) => Failure::Lost(Trouble::CannotOpen(text)),
        Error::Closed => Failure::Closed,
        Error::Timeout { .. } => Failure::Other(Trouble::Silent(text)),
        Error::Garbage { .. } => Failure::Other(Trouble::Garbage(text)),
        _ => Failure::Other(Trouble::Failed(text)),
    }
}

#[cfg(test)]
mod tests;
