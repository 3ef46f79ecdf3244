//! What an ATOL KKT is asked.

use std::time::Duration;

use kkt_atol::{Client, DecodeError, Error, Fault, Link, Reading, Settings, v2, v3};
use status_core::{KktReading, KktValue, Tier, Trouble, adapter};

use super::Wire;
use super::driver::{Driver, Failure, Told, Wants};
use crate::config::Kkt;
use crate::trace::Scrub;

/// An ATOL KKT.
#[derive(Debug)]
pub(crate) struct Atol {
    pub(super) settings: Settings,
    /// How the disputed numbers are read.
    reading: Reading,
}

/// One question to the KKT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Status,
    StateCode,
    OfdQueue,
    Shift,
    ShiftRegister,
    FiscalStorage,
    FiscalStorageTerm,
    DeviceType,
}

impl Ask {
    /// What the answer is about.
    fn values(self) -> &'static [KktValue] {
        use KktValue as V;
        match self {
            Self::Status => &[
                V::Paper,
                V::Cover,
                V::Drawer,
                V::Receipt,
                V::Operator,
                V::SerialNumber,
                V::DeviceTime,
                V::Readiness,
            ],
            Self::StateCode => &[V::PaperNearEnd, V::PrinterFaults],
            Self::OfdQueue => &[V::Ofd],
            Self::Shift => &[V::Shift],
            Self::ShiftRegister => &[V::ShiftExpired],
            Self::FiscalStorage => &[
                V::DocumentOpen,
                V::FiscalStorageNumber,
                V::FiscalStoragePhase,
                V::FiscalStorageFlags,
            ],
            Self::FiscalStorageTerm => &[V::FiscalStorageValidUntil],
            Self::DeviceType => &[V::Model, V::Firmware],
        }
    }

    fn ask(self, client: &mut Client<Wire>, reading: Reading) -> Result<KktReading, Error> {
        use adapter::atol;
        match self {
            Self::Status => client.status_as(reading).map(|answer| atol::status(&answer)),
            Self::StateCode => client.state_code().map(|answer| atol::state_code(&answer)),
            Self::OfdQueue => client.ofd_queue().map(|answer| atol::ofd_queue(&answer)),
            Self::Shift => client.shift().map(|answer| atol::shift(&answer)),
            Self::ShiftRegister => {
                client.shift_register().map(|answer| atol::shift_register(&answer))
            }
            Self::FiscalStorage => {
                client.fiscal_storage().map(|answer| atol::fiscal_storage(&answer))
            }
            Self::FiscalStorageTerm => {
                client.fiscal_storage_term().map(|answer| atol::fiscal_storage_term(&answer))
            }
            Self::DeviceType => client.device_type().map(|answer| atol::device_type(&answer)),
        }
    }
}

impl Atol {
    pub(crate) fn new(kkt: &Kkt) -> Self {
        Self { settings: settings(kkt), reading: kkt.disputed_numbers }
    }
}

impl Driver for Atol {
    type Ask = Ask;
    type Client = Client<Wire>;

    /// Its state is asked fast only where the state of its receipt or its operator is of use: to the
    /// receipt answers, to the user, or to the scale. With a scale it must also be known soon that any
    /// other document is open, which the fiscal storage tells.
    fn asks(&self, wants: Wants) -> Vec<(Tier, Ask)> {
        let fast = wants.held && (wants.scale || wants.receipt || wants.operator);
        let status = if fast { Tier::Fast } else { Tier::Paper };
        let document = if wants.scale { Tier::Paper } else { Tier::FiscalStorage };
        let mut asks = vec![
            (status, Ask::Status),
            (Tier::Ofd, Ask::OfdQueue),
            (Tier::Paper, Ask::StateCode),
            (Tier::FiscalStorage, Ask::Shift),
            (document, Ask::FiscalStorage),
            // Seldom: a register may take long, and the shift is 24 hours old once a day.
            (Tier::FiscalStorage, Ask::ShiftRegister),
            (Tier::Inventory, Ask::FiscalStorageTerm),
            (Tier::Inventory, Ask::DeviceType),
        ];
        // A register may take longer than a port may be held, and would then be left behind.
        if !wants.held {
            asks.retain(|(_, ask)| *ask != Ask::ShiftRegister);
        }
        asks
    }

    fn connect(&mut self, wire: Wire) -> Client<Wire> {
        // A device may keep tasks of a connection that broke off: never use the same ids next.
        if let Settings::V3(settings) = &mut self.settings {
            settings.first_task_id = any_task_id();
        }
        Client::new(wire, self.settings)
    }

    fn ask(&mut self, ask: Ask, client: &mut Client<Wire>) -> Result<Told, Failure> {
        match ask.ask(client, self.reading) {
            Ok(mut reading) => {
                let (mut readings, mut unclear) = (Vec::new(), Vec::new());
                if reading.paper_present == Some(false) {
                    let (there, state) = printer_is_there(client);
                    if !there {
                        reading.paper_present = None;
                        unclear.push((KktValue::Paper, NO_PAPER_OR_NO_PRINTER));
                    }
                    readings.extend(state);
                }
                readings.push(reading);
                Ok(Told::Values { readings, unsupported: Vec::new(), unclear })
            }
            Err(Error::Refused(fault)) => Ok(refused(fault)),
            Err(Error::Decode(DecodeError::Ambiguous(fault))) => Ok(Told::Unclear(either(fault))),
            Err(Error::Decode(error)) => Ok(Told::OtherForm(error.to_string())),
            Err(error) => Err(failure(&error)),
        }
    }

    fn owed(client: &Client<Wire>) -> Option<Duration> {
        client.owed()
    }

    fn values(&self, ask: Ask) -> Vec<KktValue> {
        ask.values().to_vec()
    }

    fn comes_first(&self, ask: Ask) -> bool {
        matches!(ask, Ask::Status | Ask::OfdQueue)
    }

    fn scrub(&self) -> (String, Scrub) {
        let link = self.settings.link();
        let name = match link {
            kkt_atol::Link::V2 => "atol-v2",
            kkt_atol::Link::V3 => "atol-v3",
        };
        (name.to_owned(), Scrub::Atol(link))
    }

    fn unsupported(&self, asks: &[(Tier, Ask)]) -> Vec<(KktValue, String)> {
        let mut never = vec![
            (KktValue::UnsentNotifications, "no safe command is known"),
            (
                KktValue::ShiftOpenedAt,
                "the KKT tells a time of its shift, but nobody knows of what: its last close or its limit",
            ),
        ];
        if !asks.iter().any(|(_, ask)| *ask == Ask::ShiftRegister) {
            let why = "it takes longer to ask than the KKT may be held (hold = \"per-poll\")";
            never.push((KktValue::ShiftExpired, why));
        }
        never.into_iter().map(|(value, why)| (value, why.to_owned())).collect()
    }
}

fn refused(fault: Fault) -> Told {
    let unknown = format!("this KKT does not know the command: {fault}");
    Told::Refused {
        refusal: adapter::atol::refusal(fault),
        reading: adapter::atol::refused(fault).map(Box::new),
        unknown: fault.is_unsupported().then_some(unknown),
    }
}

fn failure(error: &Error) -> Failure {
    let text = error.to_string();
    match error {
        Error::Io(_) => Failure::Lost(Trouble::CannotOpen(text)),
        Error::Closed => Failure::Closed,
        Error::Conflict(_) => Failure::Conflict(Trouble::Busy(text)),
        Error::NotReady { .. } | Error::Collision { .. } => Failure::Other(Trouble::Busy(text)),
        Error::Timeout { .. } => Failure::Other(Trouble::Silent(text)),
        Error::Garbage { .. } | Error::Damaged { .. } => Failure::Other(Trouble::Garbage(text)),
        _ => Failure::Other(Trouble::Failed(text)),
    }
}

/// Before "no paper" is believed: a KKT that has lost its printer says the same, and 45h tells. `false`
/// when that has no answer now, so that nobody knows; a KKT that does not know 45h is believed.
fn printer_is_there(client: &mut Client<Wire>) -> (bool, Option<KktReading>) {
    match Ask::StateCode.ask(client, Reading::default()) {
        Ok(reading) => (true, Some(reading)),
        Err(Error::Refused(_)) => (true, None),
        Err(_) => (false, None),
    }
}

/// Why an answer to 45h over the link v2 tells nothing.
pub(super) fn either(fault: Fault) -> String {
    format!(
        "the answer of the KKT may be its mode or an error, \"{fault}\", and the link v2 does not tell which"
    )
}

pub(super) const NO_PAPER_OR_NO_PRINTER: &str = "the KKT says that there is no paper, but it says the same when \
    it has lost its printer, and whether it has could not be learned";

/// How a connection to this KKT begins: its link, its access password, and on the link v3 a task id
/// that is ours.
#[must_use]
pub fn settings(kkt: &Kkt) -> Settings {
    let password = kkt.access_password;
    let bcd = |number: u16| u8::try_from(number / 10 % 10 * 16 + number % 10).unwrap_or(0);
    let access_password = [bcd(password / 100), bcd(password)];
    match kkt.link {
        Link::V2 => v2::Settings { access_password, ..v2::Settings::default() }.into(),
        Link::V3 => {
            let first_task_id = any_task_id();
            v3::Settings { access_password, first_task_id, ..v3::Settings::default() }.into()
        }
    }
}

/// Any id of the range that is ours, so that two runs seldom begin with the same.
fn any_task_id() -> u8 {
    let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
    let range = u64::from(v3::frame::LAST_ID - v3::FIRST_TASK) + 1;
    v3::FIRST_TASK + u8::try_from(random % range).unwrap_or(0)
}
