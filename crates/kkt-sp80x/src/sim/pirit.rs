//! A simulated KKT that speaks `pirit`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ShiftKind;
use super::line::{Line, doors};
use super::stx::{self, field};
use crate::command::pirit::{
    CLOCK, COUNTERS, CurrentFlags, DRAWER, EXTENDED_ERROR, FISCAL_STORAGE, FatalFlags, FnWarnings,
    INFORMATION, Item, OfdFlags, PRINTER, PrinterFlags, RECEIPT, SERVICE, SETTING, STATUS,
    repeats_number,
};
use crate::dialect::{Pirit, Stx};
use crate::fault::PiritFault;
use crate::frame::{Code, Deframer, Request};
use crate::value::{CivilDate, CivilDateTime};

/// The state of a simulated `pirit` device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PiritState {
    /// What the device's clock shows when `now` is zero.
    pub clock: CivilDateTime,
    /// The model id.
    pub model: u32,
    /// The factory number.
    pub factory_number: String,
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
    /// When it was opened.
    pub shift_opened: CivilDateTime,
    /// The number of the next receipt.
    pub next_receipt: u32,
    /// Low nibble: the type of the open document, 2 for a sale; high nibble: its state, 1 for open.
    pub document: u8,
    /// The sum of the open document in roubles.
    pub receipt_sum: String,
    /// The last fiscal operation.
    pub last_fiscal: CivilDateTime,
    /// What is wrong with the printer.
    pub printer: PrinterFlags,
    /// Why the last command failed.
    pub extended_error: u32,
    /// The cash drawer is open.
    pub drawer_open: bool,
    /// The number of the fiscal storage.
    pub fn_number: String,
    /// The last day of the fiscal storage.
    pub fn_valid_until: CivilDate,
    /// What the fiscal storage warns of.
    pub fn_warnings: FnWarnings,
    /// The number of the last fiscal document.
    pub last_document: u32,
    /// What the exchange with the OFD is doing.
    pub ofd_flags: OfdFlags,
    /// How many documents wait for the OFD.
    pub unsent_documents: u32,
    /// The number of the first of them.
    pub first_unsent_number: u32,
    /// Its date and time.
    pub first_unsent_at: CivilDateTime,
    /// The settings, by number and index.
    pub settings: BTreeMap<(u32, u32), String>,
    /// The fields that the other questions are answered with, by the name of the [`Item`].
    pub items: BTreeMap<&'static str, Vec<String>>,
    /// Every command fails with this error.
    pub error: Option<PiritFault>,
}

impl Default for PiritState {
    /// A Viki Print in a shift without an open document, with paper, and with nothing unsent.
    fn default() -> Self {
        let nine = CivilDateTime::from_unix(1_795_512_615);
        let last = CivilDateTime::from_unix(1_795_512_599);
        Self {
            clock: nine,
            model: 5,
            factory_number: "0497123456789012".to_owned(),
            fatal: FatalFlags::empty(),
            current: CurrentFlags::empty(),
            initialised: true,
            shift: ShiftKind::Open,
            shift_number: 17,
            shift_opened: CivilDateTime::from_unix(1_795_507_200),
            next_receipt: 52,
            document: 0,
            receipt_sum: "0.00".to_owned(),
            last_fiscal: last,
            printer: PrinterFlags::empty(),
            extended_error: 0,
            drawer_open: false,
            fn_number: "9999078900001234".to_owned(),
            fn_valid_until: CivilDateTime::from_unix(1_830_297_600).date,
            fn_warnings: FnWarnings::empty(),
            last_document: 4660,
            ofd_flags: OfdFlags::empty(),
            unsent_documents: 0,
            first_unsent_number: 0,
            first_unsent_at: last,
            settings: BTreeMap::from([((10, 0), "7".to_owned())]),
            items: BTreeMap::new(),
            error: None,
        }
    }
}

/// The simulated device.
///
/// `now` is the time since any moment that all calls share; the device's clock shows
/// [`PiritState::clock`] when it is zero.
#[derive(Debug)]
pub struct PiritSimulator {
    state: PiritState,
    line: Line,
    deframer: Deframer,
    requests: BTreeMap<String, u64>,
}

doors!(PiritSimulator, PiritState);

impl PiritSimulator {
    /// A device in a state. It is not connected.
    #[must_use]
    pub fn new(state: PiritState) -> Self {
        let (line, requests) = (Line::default(), BTreeMap::new());
        Self { state, line, deframer: Self::deframer(), requests }
    }

    /// Bytes from the host, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        let Self { state, line, deframer, requests } = self;
        stx::receive((line, deframer, requests), Pirit::CASE, bytes, now, |request| {
            outcome(state, request, now)
        });
    }

    fn deframer() -> Deframer {
        Deframer::requests()
    }
}

const START_WORK: Code = Code(0x10);

fn outcome(state: &mut PiritState, request: &Request<'_>, now: Duration) -> stx::Outcome {
    let refused = |fault: PiritFault| Err((fault.0, Vec::new()));
    if request.password != Pirit::PASSWORD {
        return refused(PiritFault::WRONG_PASSWORD);
    }
    if let Some(fault) = state.error {
        // The printer's flags come beside an error, too.
        let data = if request.code == PRINTER { field(state.printer.bits()) } else { Vec::new() };
        return Err((fault.0, data));
    }
    let fields: Vec<_> = request.fields().map(crate::text::decode).collect();
    let fields: Vec<_> = fields.iter().map(String::as_str).collect();
    let Some(values) = values(state, request.code, &fields, now) else {
        let known = [STATUS, COUNTERS, INFORMATION, RECEIPT, PRINTER, SERVICE, EXTENDED_ERROR];
        let more = [SETTING, CLOCK, FISCAL_STORAGE, DRAWER];
        return refused(if known.contains(&request.code) || more.contains(&request.code) {
            PiritFault::WRONG_PARAMETER
        } else {
            PiritFault::WRONG_FUNCTION
        });
    };
    if request.code == START_WORK {
        // A till program of other authors begins with it; our client has no such command.
        state.initialised = true;
    }
    let number = fields.first().filter(|_| repeats_number(request.code));
    let repeated = number.map(field).unwrap_or_default();
    Ok([repeated, values.iter().flat_map(field).collect()].concat())
}

/// The fields of an answer without the repeated number; `None`: it is not known.
fn values(state: &PiritState, code: Code, fields: &[&str], now: Duration) -> Option<Vec<String>> {
    let one = |value: String| Some(vec![value]);
    match (code, fields) {
        (STATUS, []) => Some(status(state).map(|value| value.to_string()).to_vec()),
        (COUNTERS, ["1"]) => one(state.shift_number.to_string()),
        (COUNTERS, ["2"]) => one(state.next_receipt.to_string()),
        (INFORMATION, ["1"]) => one(state.factory_number.clone()),
        (INFORMATION, ["5"]) => Some(date_time(state.last_fiscal)),
        (INFORMATION, ["14"]) => one(date(state.fn_valid_until)),
        (INFORMATION, ["17"]) => Some(date_time(state.shift_opened)),
        (INFORMATION, ["21"]) => one(state.model.to_string()),
        (RECEIPT, ["1"]) => Some(vec![state.receipt_sum.clone(), "0".into(), "0".into()]),
        (PRINTER, []) => one(state.printer.bits().to_string()),
        (EXTENDED_ERROR, ["1"]) => one(state.extended_error.to_string()),
        (EXTENDED_ERROR, ["2"]) => one("0".into()),
        (SETTING, [number, index]) => {
            let place = number.parse().ok().zip(index.parse().ok())?;
            one(state.settings.get(&place)?.clone())
        }
        (CLOCK, []) => Some(date_time(state.clock.plus_seconds(now.as_secs()))),
        (FISCAL_STORAGE, ["1"]) => one(state.fn_number.clone()),
        (FISCAL_STORAGE, ["2"]) => {
            let open = u32::from(state.shift != ShiftKind::Closed) << 5;
            let values = [3 | open, u32::from(state.document != 0) << 2, state.fn_warnings.bits()];
            Some(values.map(|value| value.to_string()).to_vec())
        }
        (FISCAL_STORAGE, ["3"]) => one(state.last_document.to_string()),
        (FISCAL_STORAGE, ["6"]) => {
            let open = u32::from(state.shift != ShiftKind::Closed);
            let receipt = state.next_receipt.saturating_sub(1);
            Some([state.shift_number, open, receipt].map(|value| value.to_string()).to_vec())
        }
        (FISCAL_STORAGE, ["7"]) => {
            let counts = [state.ofd_flags.bits(), state.unsent_documents];
            let counts = counts.iter().map(ToString::to_string);
            // What stands there when nothing waits is not described: nothing, here.
            let first = if state.unsent_documents == 0 {
                vec![String::new(); 3]
            } else {
                let number = vec![state.first_unsent_number.to_string()];
                [number, date_time(state.first_unsent_at)].concat()
            };
            Some(counts.chain(first).collect())
        }
        (DRAWER, []) => one(u8::from(state.drawer_open).to_string()),
        (START_WORK, [_, _]) => Some(Vec::new()),
        (code, fields) => {
            let name = Item::asked(code, fields)?.name();
            state.items.get(name).cloned()
        }
    }
}

fn status(state: &PiritState) -> [u32; 3] {
    let mut current = state.current;
    current.set(CurrentFlags::NOT_INITIALISED, !state.initialised);
    current.set(CurrentFlags::SHIFT_OPEN, state.shift != ShiftKind::Closed);
    current.set(CurrentFlags::SHIFT_EXPIRED, state.shift == ShiftKind::Expired);
    [state.fatal.bits(), current.bits(), u32::from(state.document)]
}

fn date(CivilDate { year, month, day }: CivilDate) -> String {
    format!("{day:02}{month:02}{:02}", year % 100)
}

fn date_time(time: CivilDateTime) -> Vec<String> {
    let CivilDateTime { date: day, hour, minute, second } = time;
    vec![date(day), format!("{hour:02}{minute:02}{second:02}")]
}
