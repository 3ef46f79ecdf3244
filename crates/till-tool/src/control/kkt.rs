//! `PATCH /demo/kkt`: the simulated KKT.

use std::sync::Mutex;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use kkt_atol::sim::{Misbehaviour, ShiftKind, State};
use kkt_atol::{CivilDateTime, Fault, ReceiptState};
use serde::Deserialize;
use serde_json::{Value, json};
use status_core::adapter::atol::{printer_bit, warning_bit};
use status_core::{FiscalStorageFlag, PrinterFault};
use till_port::{Fake, Line};

use super::{Keys, Link, PatchError, code};
use crate::command::demo::locked;
use crate::served::ServedKkt;

/// What is to change; `None` stays as it is.
#[derive(Debug, Default)]
pub(crate) struct KktPatch {
    paper: Option<Paper>,
    cover: Option<Door>,
    drawer: Option<Door>,
    printer_faults: Option<Vec<PrinterFault>>,
    unsent_documents: Option<u16>,
    first_unsent_at: Option<Option<DateTime>>,
    receipt: Option<Door>,
    receipt_sum: Option<u64>,
    operator: Option<u8>,
    shift: Option<Shift>,
    fiscal_storage_flags: Option<Vec<FiscalStorageFlag>>,
    clock_skew_seconds: Option<i64>,
    error: Option<Option<u8>>,
    link: Option<Link>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Paper {
    Present,
    NearEnd,
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Door {
    Open,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shift {
    Closed,
    Open,
    Expired,
}

impl KktPatch {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, PatchError> {
        let mut keys = Keys::parse(json)?;
        let patch = Self {
            paper: keys.take("paper")?,
            cover: keys.take("cover")?,
            drawer: keys.take("drawer")?,
            printer_faults: keys.take("printer_faults")?,
            unsent_documents: keys.take("unsent_documents")?,
            first_unsent_at: keys.take_as("first_unsent_at", device_time)?,
            receipt: keys.take("receipt")?,
            receipt_sum: keys.take_as("receipt_sum", |value| match value.as_u64() {
                Some(kopecks) if kopecks < 10_u64.pow(10) => Ok(kopecks),
                _ => Err("kopecks, at most ten digits".to_owned()),
            })?,
            operator: keys.take_as("operator", |value| match value.as_u64() {
                Some(number @ 0..=30) => Ok(u8::try_from(number).unwrap_or(0)),
                _ => Err("an operator number from 0 to 30".to_owned()),
            })?,
            shift: keys.take("shift")?,
            fiscal_storage_flags: keys.take("fiscal_storage_flags")?,
            clock_skew_seconds: keys.take_as("clock_skew_seconds", |value| {
                match value.as_i64() {
                    Some(seconds) if (-YEAR..=YEAR).contains(&seconds) => Ok(seconds),
                    _ => Err("seconds, at most a year".to_owned()),
                }
            })?,
            error: keys.take_as("error", code)?,
            link: keys.take("link")?,
        };
        keys.end(
            "paper, cover, drawer, printer_faults, unsent_documents, first_unsent_at, receipt, \
             receipt_sum, operator, shift, fiscal_storage_flags, clock_skew_seconds, error, link",
        )?;
        Ok(patch)
    }

    /// Changes the device, and then its line.
    pub(crate) fn apply(&self, kkt: &Mutex<ServedKkt>, fake: &Fake) {
        let mut device = locked(kkt);
        let clock = self.clock_skew_seconds.map(|skew| civil(device.began_with_skew(skew)));
        let state = device.state_mut();
        self.change(state);
        state.clock = clock.unwrap_or(state.clock);
        let Some(link) = self.link else { return };
        let (misbehaviour, line) = match link {
            Link::Ok => (Misbehaviour::None, Line::Up),
            Link::Silent => (Misbehaviour::Silent, Line::Up),
            Link::Garbage => (Misbehaviour::Garbage, Line::Up),
            Link::Unplugged => (Misbehaviour::None, Line::Unplugged),
            Link::Busy => (Misbehaviour::None, Line::Busy),
        };
        device.misbehave(misbehaviour);
        drop(device);
        fake.set_line(line);
    }

    fn change(&self, state: &mut State) {
        if let Some(paper) = self.paper {
            state.paper = paper != Paper::Out;
            state.paper_near_end = paper == Paper::NearEnd;
        }
        if let Some(cover) = self.cover {
            state.cover_open = cover == Door::Open;
        }
        if let Some(drawer) = self.drawer {
            state.drawer_open = drawer == Door::Open;
        }
        if let Some(faults) = &self.printer_faults {
            state.printer_faults = faults.iter().map(|fault| printer_bit(*fault)).collect();
        }
        if let Some(count) = self.unsent_documents {
            state.unsent.count = count;
            let last = state.fiscal_storage.last_document;
            let first = if count == 0 { 0 } else { (last + 1).saturating_sub(u32::from(count)) };
            state.unsent.first_number = first;
            if count == 0 {
                state.unsent.first_at = None;
            } else if state.unsent.first_at.is_none() {
                state.unsent.first_at = state.fiscal_storage.last_document_at;
            }
        }
        if let Some(at) = self.first_unsent_at {
            state.unsent.first_at = at.map(civil);
        }
        if let Some(receipt) = self.receipt {
            state.receipt_state =
                if receipt == Door::Open { ReceiptState::SALE } else { ReceiptState::NONE };
            if receipt == Door::Closed {
                state.receipt_sum = 0;
            }
        }
        if let Some(sum) = self.receipt_sum {
            state.receipt_sum = sum;
        }
        if let Some(operator) = self.operator {
            state.operator = operator;
        }
        if let Some(shift) = self.shift {
            state.shift = match shift {
                Shift::Closed => ShiftKind::Closed,
                Shift::Open => ShiftKind::Open,
                Shift::Expired => ShiftKind::Expired,
            };
        }
        if let Some(flags) = &self.fiscal_storage_flags {
            state.fiscal_storage.warnings = flags.iter().map(|flag| warning_bit(*flag)).collect();
        }
        if let Some(error) = self.error {
            state.error = error.map(Fault::new);
        }
    }
}

/// The state by the names of the patch, for `GET /demo`.
pub(crate) fn shown(kkt: &ServedKkt) -> Value {
    let state = kkt.state();
    let door = |open: bool| if open { "open" } else { "closed" };
    json!({
        "paper": match (state.paper, state.paper_near_end) {
            (false, _) => "out",
            (true, true) => "near-end",
            (true, false) => "present",
        },
        "cover": door(state.cover_open),
        "drawer": door(state.drawer_open),
        "printer_faults": PrinterFault::ALL
            .into_iter()
            .filter(|fault| state.printer_faults.contains(printer_bit(*fault)))
            .collect::<Vec<_>>(),
        "unsent_documents": state.unsent.count,
        "first_unsent_at": state.unsent.first_at.map(|at| at.to_string()),
        "receipt": door(state.receipt_state != ReceiptState::NONE),
        "receipt_sum": state.receipt_sum,
        "operator": state.operator,
        "shift": match state.shift {
            ShiftKind::Closed => "closed",
            ShiftKind::Open => "open",
            ShiftKind::Expired => "expired",
        },
        "fiscal_storage_flags": FiscalStorageFlag::ALL
            .into_iter()
            .filter(|flag| state.fiscal_storage.warnings.contains(warning_bit(*flag)))
            .collect::<Vec<_>>(),
        "error": state.error.map(|fault| format!("{:02X}", fault.code)),
    })
}

/// A civil time as the simulated device keeps it.
pub(crate) fn civil(time: DateTime) -> CivilDateTime {
    let small = |number: i8| u8::try_from(number).unwrap_or(0);
    CivilDateTime {
        year: u16::try_from(time.year()).unwrap_or(2000),
        month: small(time.month()),
        day: small(time.day()),
        hour: small(time.hour()),
        minute: small(time.minute()),
        second: small(time.second()),
    }
}

/// A device's civil time: as it is, or from a time with an offset, as this machine's zone shows it.
fn device_time(value: &Value) -> Result<Option<DateTime>, String> {
    let read = match value {
        Value::Null => Some(None),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(instant) => Some(Some(TimeZone::system().to_datetime(instant))),
            Err(_) => text.parse::<DateTime>().ok().map(Some),
        },
        _ => None,
    };
    let read = read.filter(|at| at.is_none_or(|at| (2000..2100).contains(&at.year())));
    read.ok_or_else(|| {
        "null, or a time from 2000 to 2099 such as \"2026-11-23T21:15:00+03:00\"".to_owned()
    })
}

const YEAR: i64 = 366 * 86_400;
