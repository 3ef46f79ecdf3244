//! A simulated KKT that speaks `pone`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ShiftKind;
use super::line::{Line, doors};
use super::stx::{self, field};
use crate::command::pone::{
    CurrentFlags, FACTORY_NUMBER, FatalFlags, INFORMATION, PRINTER_INFORMATION, SETTING, STATUS,
};
use crate::dialect::{Pone, Stx};
use crate::fault::PoneFault;
use crate::frame::{Code, Deframer, Request};
use crate::model::Model;

/// The state of a simulated `pone` device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoneState {
    /// The model that `A5 [0]` tells.
    pub model: Model,
    /// The factory number.
    pub factory_number: String,
    /// The version of the printer's boot loader.
    pub boot_version: String,
    /// The version in the printer's flash memory.
    pub flash_version: String,
    /// The settings that A1 tells, by row and column.
    pub settings: BTreeMap<(u32, u32), String>,
    /// What blocks the device.
    pub fatal: FatalFlags,
    /// Flags besides the shift's and "start work".
    pub current: CurrentFlags,
    /// "Start work" was done.
    pub initialised: bool,
    /// The shift.
    pub shift: ShiftKind,
    /// Its number.
    pub shift_number: u32,
    /// Low nibble: the type of the open document, 2 for a sale; high nibble: its state, 1 for open.
    pub document: u8,
    /// Every command fails with this error.
    pub error: Option<PoneFault>,
}

impl Default for PoneState {
    /// An SP801-F in a shift without an open document.
    fn default() -> Self {
        Self {
            model: Model(801),
            factory_number: "0801001234".to_owned(),
            boot_version: "3.01".to_owned(),
            flash_version: "3.04".to_owned(),
            settings: BTreeMap::from([((33, 0), "1".to_owned())]),
            fatal: FatalFlags::empty(),
            current: CurrentFlags::empty(),
            initialised: true,
            shift: ShiftKind::Open,
            shift_number: 17,
            document: 0,
            error: None,
        }
    }
}

/// The simulated device.
///
/// `now` is the time since any moment that all calls share.
#[derive(Debug)]
pub struct PoneSimulator {
    state: PoneState,
    line: Line,
    deframer: Deframer,
    requests: BTreeMap<String, u64>,
}

doors!(PoneSimulator, PoneState);

impl PoneSimulator {
    /// A device in a state. It is not connected.
    #[must_use]
    pub fn new(state: PoneState) -> Self {
        let (line, requests) = (Line::default(), BTreeMap::new());
        Self { state, line, deframer: Self::deframer(), requests }
    }

    /// Bytes from the host, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        let Self { state, line, deframer, requests } = self;
        stx::receive((line, deframer, requests), Pone::CASE, bytes, now, |request| {
            outcome(state, request).map_err(|fault| (fault.0, Vec::new()))
        });
    }

    fn deframer() -> Deframer {
        Deframer::requests()
    }
}

/// The data of an answer, or the error with which it fails.
fn outcome(state: &mut PoneState, request: &Request<'_>) -> Result<Vec<u8>, PoneFault> {
    if request.password != Pone::PASSWORD {
        return Err(PoneFault::WRONG_PASSWORD);
    }
    if let Some(fault) = state.error {
        return Err(fault);
    }
    let fields: Vec<_> = request.fields().map(crate::text::decode).collect();
    let fields: Vec<_> = fields.iter().map(String::as_str).collect();
    match (request.code, fields.as_slice()) {
        (STATUS, []) => Ok(status(state)),
        (SETTING, [row, column]) => setting(state, row, column),
        (INFORMATION, ["0"]) => Ok(field(state.model.0)),
        (INFORMATION, ["1"]) => Ok(field(state.shift_number)),
        (FACTORY_NUMBER, []) => Ok(field(&state.factory_number)),
        (PRINTER_INFORMATION, ["6"]) => Ok(field(&state.boot_version)),
        (PRINTER_INFORMATION, ["7"]) => Ok(field(&state.flash_version)),
        // A till program of other authors begins with it; our client has no such command.
        (START_WORK, [_, _]) => {
            state.initialised = true;
            Ok(Vec::new())
        }
        (STATUS | SETTING | INFORMATION | FACTORY_NUMBER | PRINTER_INFORMATION | START_WORK, _) => {
            Err(PoneFault::WRONG_PARAMETER)
        }
        _ => Err(PoneFault::WRONG_FUNCTION),
    }
}

const START_WORK: Code = Code(0x00);

/// The values as decimal digits: for more than one digit that is a guess, also of the device's.
fn status(state: &PoneState) -> Vec<u8> {
    let mut current = state.current;
    current.set(CurrentFlags::NOT_INITIALISED, !state.initialised);
    current.set(CurrentFlags::SHIFT_OPEN, state.shift != ShiftKind::Closed);
    current.set(CurrentFlags::SHIFT_EXPIRED, state.shift == ShiftKind::Expired);
    let values = [state.fatal.bits(), current.bits(), u32::from(state.document)];
    values.map(field).concat()
}

fn setting(state: &PoneState, row: &str, column: &str) -> Result<Vec<u8>, PoneFault> {
    let place = row.parse().ok().zip(column.parse().ok());
    let value = place.and_then(|place| state.settings.get(&place));
    value.map(field).ok_or(PoneFault::WRONG_PARAMETER)
}
