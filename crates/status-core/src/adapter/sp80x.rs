//! The answers of a Service Plus KKT as readings, by a profile that says where each value stands.
//!
//! Every value carries the evidence of its entry in the profile, so an answer is one reading for each
//! evidence in it. What no entry names is not told, and never 0 or "no".
//! Source: docs/protocols/sp80x.md sections 5.2, 6.7, 7 and 8.

mod fault;
mod why;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use kkt_sp80x::profile::{Entry, Place, Query, Read, Reading, Reply, Value};
use kkt_sp80x::{CivilDateTime, DialectName, Model, Profile, profile};

use crate::{
    evidence::Evidence,
    kkt::{KktReading, KktReceiptState, KktValue, OfdQueue, PrinterFault, Shift},
};

pub use fault::{refusal, unknown_command};
pub use why::place;

/// What a device told so far, and where it is looked for.
#[derive(Debug)]
pub struct Values {
    dialect: DialectName,
    profile: Profile,
    /// The entry of each value that its last reading came from, by its place in the profile.
    best: BTreeMap<Value, usize>,
    /// Where a value was looked for in vain.
    absent: BTreeSet<(Value, Query)>,
    shift_open: Option<bool>,
    shift_number: Option<u32>,
    /// An error has just proved that the paper is out; that there is some, nothing tells.
    paper_out: bool,
}

/// What an answer says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The values, one reading for each evidence.
    pub readings: Vec<KktReading>,
    /// What this device turns out not to tell, and why.
    pub unsupported: Vec<(KktValue, String)>,
}

type Found = BTreeMap<Value, (Reading, profile::Evidence)>;

impl Values {
    /// The values of a device in a dialect, of which nothing is known yet.
    #[must_use]
    pub fn new(dialect: DialectName, profile: Profile) -> Self {
        Self {
            dialect,
            profile,
            best: BTreeMap::new(),
            absent: BTreeSet::new(),
            shift_open: None,
            shift_number: None,
            paper_out: false,
        }
    }

    /// The questions whose answers hold a value that is of use, and what they tell.
    #[must_use]
    pub fn questions(&self) -> Vec<(Query, Vec<KktValue>)> {
        let told = |query: Query| {
            let entries = self.profile.all().iter().filter(|entry| entry.query == query);
            let values: BTreeSet<_> =
                entries.flat_map(|entry| self.kkt_values(entry.value)).collect();
            (query, values.into_iter().collect::<Vec<_>>())
        };
        let all = self.profile.queries().into_iter().map(told);
        all.filter(|(_, values)| !values.is_empty()).collect()
    }

    /// What no entry of the profile tells, and what to do about it.
    #[must_use]
    pub fn unsupported(&self) -> Vec<(KktValue, String)> {
        let told: BTreeSet<_> = self.questions().into_iter().flat_map(|(_, it)| it).collect();
        let never = KktValue::ALL.into_iter().filter(|value| !told.contains(value));
        never.map(|value| (value, why::no_entry(self.dialect, value))).collect()
    }

    /// What the answer to a question says.
    pub fn answered(&mut self, query: Query, reply: &Reply) -> Answered {
        let mut unsupported = Vec::new();
        if std::mem::take(&mut self.paper_out)
            && self.profile.entries(Value::PaperPresent).next().is_none()
        {
            unsupported.push((KktValue::Paper, why::no_entry(self.dialect, KktValue::Paper)));
        }
        let mut found = Found::new();
        for value in Value::ALL.iter().copied() {
            let Some((rank, entry)) = self.entry(value, query) else { continue };
            let best = self.best.get(&value).copied();
            if best.is_some_and(|best| best < rank) {
                continue;
            }
            match self.profile.read(value, query, reply) {
                Ok(Some(reading)) => {
                    self.best.insert(value, rank);
                    found.insert(value, reading);
                }
                Ok(None) => {
                    self.absent.insert((value, query));
                    if best == Some(rank) {
                        self.best.remove(&value);
                    }
                }
                // The bit that says so is told as a fault of the printer.
                Err(_) if matches!(entry.read, Read::BitUnless { .. }) => {}
                Err(error) => {
                    self.best.insert(value, rank);
                    let why = format!("this KKT answers in a form that is not known: {error}");
                    let values = self.kkt_values(value);
                    unsupported.extend(values.into_iter().map(|it| (it, why.clone())));
                }
            }
        }
        unsupported.extend(self.nowhere(query));
        let mut readings = Readings::default();
        self.simple(&found, &mut readings);
        self.ofd(&found, &mut readings);
        self.shift(&found, &mut readings);
        self.document(query, reply, &found, &mut readings);
        printer_faults(query, reply, &mut readings);
        Answered { readings: readings.told(), unsupported }
    }

    /// What an error tells besides: error 08 that the paper is out, 0A that the shift is too old.
    pub fn refused(&mut self, fault: &kkt_sp80x::Fault) -> Option<KktReading> {
        self.paper_out |= fault.is_paper();
        fault::told(fault)
    }

    /// The first entry of a value in the answer to a question.
    fn entry(&self, value: Value, query: Query) -> Option<(usize, Entry)> {
        let mut entries = self.profile.entries(value).enumerate();
        entries.find(|(_, entry)| entry.query == query).map(|(rank, entry)| (rank, entry.clone()))
    }

    /// What a value of the profile is among ours. What the first unsent document is, is told only
    /// beside their number.
    fn kkt_values(&self, value: Value) -> Vec<KktValue> {
        match value {
            Value::UnsentDocuments => vec![KktValue::Ofd],
            Value::PaperPresent => vec![KktValue::Paper],
            Value::PaperNearEnd => vec![KktValue::PaperNearEnd],
            Value::CoverOpen => vec![KktValue::Cover],
            Value::DrawerOpen => vec![KktValue::Drawer],
            Value::DocumentOpen if self.dialect == DialectName::Arm => vec![KktValue::DocumentOpen],
            Value::DocumentOpen => vec![KktValue::DocumentOpen, KktValue::Receipt],
            // A number without a state is no shift.
            Value::ShiftOpen => vec![KktValue::Shift],
            Value::ShiftNumber if self.profile.entries(Value::ShiftOpen).next().is_some() => {
                vec![KktValue::Shift]
            }
            Value::ShiftExpired => vec![KktValue::ShiftExpired],
            Value::Clock => vec![KktValue::DeviceTime],
            Value::FactoryNumber => vec![KktValue::SerialNumber],
            Value::Model => vec![KktValue::Model],
            Value::Firmware => vec![KktValue::Firmware],
            Value::FnNumber => vec![KktValue::FiscalStorageNumber],
            _ => Vec::new(),
        }
    }

    /// What was looked for everywhere by now, and is nowhere.
    fn nowhere(&self, query: Query) -> Vec<(KktValue, String)> {
        let nowhere = |value: &Value| {
            let mut entries = self.profile.entries(*value).peekable();
            *value != Value::ShiftNumber
                && !self.best.contains_key(value)
                && self.absent.contains(&(*value, query))
                && entries.peek().is_some()
                && entries.all(|entry| self.absent.contains(&(*value, entry.query)))
        };
        let values = Value::ALL.iter().copied().filter(nowhere);
        let told = values.flat_map(|value| {
            let entries: Vec<_> = self.profile.entries(value).collect();
            let why = |it| (it, why::nowhere(self.dialect, it, &entries));
            self.kkt_values(value).into_iter().map(why).collect::<Vec<_>>()
        });
        told.collect()
    }

    fn simple(&self, found: &Found, readings: &mut Readings) {
        for (value, (reading, evidence)) in found {
            let into = readings.on(*evidence);
            match (value, reading) {
                (Value::PaperPresent, Reading::Flag(it)) => into.paper_present = Some(*it),
                (Value::PaperNearEnd, Reading::Flag(it)) => into.paper_near_end = Some(*it),
                (Value::CoverOpen, Reading::Flag(it)) => into.cover_open = Some(*it),
                (Value::DrawerOpen, Reading::Flag(it)) => into.drawer_open = Some(*it),
                (Value::ShiftExpired, Reading::Flag(it)) => into.shift_expired = Some(*it),
                (Value::Clock, Reading::DateTime(it)) => into.device_time = date_time(*it),
                (Value::Model, Reading::Integer(it)) => into.model = Some(self.model(*it)),
                (Value::FactoryNumber, Reading::Text(it)) => into.serial_number = some(it),
                (Value::Firmware, Reading::Text(it)) => into.firmware = some(it),
                (Value::FnNumber, Reading::Text(it)) => into.fiscal_storage_number = some(it),
                _ => {}
            }
        }
    }

    /// Only `pone` has names for the numbers of models.
    fn model(&self, number: u32) -> String {
        match self.dialect {
            DialectName::Pone => Model(number).to_string(),
            _ => format!("model {number}"),
        }
    }

    /// The first unsent document is taken only from the same answer and on no weaker evidence than
    /// their number; when none waits, what stands there means nothing.
    fn ofd(&self, found: &Found, readings: &mut Readings) {
        let Some((Reading::Integer(count), evidence)) = found.get(&Value::UnsentDocuments) else {
            return;
        };
        let first = |value| {
            let first = found.get(&value).filter(|(_, it)| *count > 0 && it <= evidence);
            first.map(|(reading, _)| reading)
        };
        readings.on(*evidence).ofd = Some(OfdQueue {
            unsent_documents: *count,
            first_unsent_number: match first(Value::FirstUnsentNumber) {
                Some(Reading::Integer(number)) => Some(*number),
                _ => None,
            },
            first_unsent_at: match first(Value::FirstUnsentAt) {
                Some(Reading::DateTime(at)) => date_time(*at),
                _ => None,
            },
        });
    }

    /// State and number come in different answers. A number counts until the state changes.
    fn shift(&mut self, found: &Found, readings: &mut Readings) {
        let number = match found.get(&Value::ShiftNumber) {
            Some((Reading::Integer(number), _)) => Some(*number),
            _ => None,
        };
        if let Some((Reading::Flag(open), evidence)) = found.get(&Value::ShiftOpen) {
            if self.shift_open.replace(*open).is_some_and(|before| before != *open) {
                self.shift_number = None;
            }
            self.shift_number = number.or(self.shift_number);
            let shift = Shift { open: *open, number: self.shift_number };
            readings.on(*evidence).shift = Some(shift);
        }
        self.shift_number = number.or(self.shift_number);
    }

    /// A document that is open, and whether it is a receipt: sales and refunds are, cash in and out and
    /// service documents are not. `arm` gets receipts whole, so there an open document is no receipt.
    fn document(&self, query: Query, reply: &Reply, found: &Found, readings: &mut Readings) {
        let Some((Reading::Flag(open), evidence)) = found.get(&Value::DocumentOpen) else { return };
        let entry = self.entry(Value::DocumentOpen, query).map(|(_, entry)| entry);
        let status =
            entry.filter(is_document_status).and_then(|entry| match (&entry.place, reply) {
                (Place::Field(at), Reply::Fields(fields)) => fields.get(*at).cloned(),
                _ => None,
            });
        let receipt = match (open, status.as_deref().map(str::parse::<u8>)) {
            (_, None) => None,
            (false, _) => Some((false, 0)),
            (true, Some(Ok(status))) => match status & 0x0F {
                2 | 3 => Some((true, status)),
                1 | 4 | 5 => Some((false, status)),
                _ => None,
            },
            (true, Some(Err(_))) => None,
        };
        let reading = readings.on(*evidence);
        reading.document_open = Some(*open);
        // The state of the document is part of its kind here, so that a step in it is an activity.
        reading.receipt =
            receipt.map(|(open, kind)| KktReceiptState { open, kind, sum: None, number: None });
    }
}

/// The third field of the status in `pone` (A0) and `pirit` (00): type and state of the document.
fn is_document_status(entry: &Entry) -> bool {
    let status = match entry.query {
        Query::Arm(_) => false,
        Query::Pone(_) => entry.query.to_string() == "A0",
        _ => entry.query.to_string() == "00",
    };
    status && entry.place == Place::Field(2) && entry.read == Read::Zero
}

/// `pirit` 04: bit 3 the cutter, bit 7 no connection to the printer.
fn printer_faults(query: Query, reply: &Reply, readings: &mut Readings) {
    let pirit = !matches!(query, Query::Arm(_) | Query::Pone(_));
    let Reply::Fields(fields) = reply else { return };
    let flags = fields.first().and_then(|flags| flags.parse::<u32>().ok());
    let Some(flags) = flags.filter(|_| pirit && query.to_string() == "04") else { return };
    let lost = flags & 1 << 7 != 0;
    let faults = [
        (lost, PrinterFault::ConnectionLost),
        (!lost && flags & 1 << 3 != 0, PrinterFault::CutterError),
    ];
    let faults = faults.into_iter().filter(|(set, _)| *set).map(|(_, fault)| fault).collect();
    readings.on(profile::Evidence::Documented).printer_faults = Some(faults);
}

/// A reading for each evidence.
#[derive(Default)]
struct Readings(BTreeMap<Evidence, KktReading>);

impl Readings {
    fn on(&mut self, evidence: profile::Evidence) -> &mut KktReading {
        let evidence = self::evidence(evidence);
        self.0.entry(evidence).or_insert_with(|| KktReading::new(evidence))
    }

    /// Those that hold anything.
    fn told(self) -> Vec<KktReading> {
        let told = |it: &KktReading| *it != KktReading::new(it.evidence);
        self.0.into_values().filter(told).collect()
    }
}

/// The evidence by our name.
#[must_use]
pub fn evidence(evidence: profile::Evidence) -> Evidence {
    match evidence {
        profile::Evidence::Device => Evidence::Device,
        profile::Evidence::Documented => Evidence::Documented,
        profile::Evidence::Implementation => Evidence::Implementation,
        profile::Evidence::Assumed => Evidence::Assumed,
    }
}

fn some(text: &str) -> Option<String> {
    Some(text).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn date_time(at: CivilDateTime) -> Option<DateTime> {
    let [month, day, hour, minute, second] =
        [at.date.month, at.date.day, at.hour, at.minute, at.second].map(i8::try_from);
    let year = i16::try_from(at.date.year).ok()?;
    DateTime::new(year, month.ok()?, day.ok()?, hour.ok()?, minute.ok()?, second.ok()?, 0).ok()
}

#[cfg(test)]
mod tests;
