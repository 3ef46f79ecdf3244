//! The answers of a simulated device to the KKT commands.

use std::time::Duration;

use super::state::{ShiftKind, State};
use crate::command::{FiscalDocument, ReceiptState, ShiftRegisterState, StateFlags, StatusFlags};
use crate::fault::Fault;
use crate::text;
use crate::value::{CivilDateTime, to_bcd};

/// The parts of a document that are still to be read; `None` when none was chosen.
#[derive(Debug, Default)]
pub(super) struct Reading(Option<usize>);

/// The answer to a command, or the error with which it fails.
pub(super) fn answer(
    state: &State,
    reading: &mut Reading,
    password: [u8; 2],
    command: &[u8],
    now: Duration,
) -> Result<Vec<u8>, Fault> {
    if let Some(fault) = state.error {
        return Err(fault);
    }
    if password != state.access_password {
        // Which code a device uses is not known; this is the one that its table has for it.
        return Err(Fault::WRONG_PASSWORD);
    }
    if state.unknown_commands.iter().any(|unknown| command.starts_with(unknown)) {
        return Err(Fault::NOT_SUPPORTED);
    }
    match command {
        [0x3F] => Ok(status(state, now)),
        [0x45] => Ok(vec![0x55, state.mode.0, state_flags(state).bits()]),
        [0xA5] => Ok(device_type(state)),
        [0xA4, 0x10] => Ok(shift(state)),
        [0xA4, 0x20] => Ok(ofd_queue(state)),
        [0xA4, 0x30] => Ok(fiscal_storage(state)),
        [0xA4, 0x31] => Ok([&[0x55, 0x00][..], &sixteen(&state.fiscal_storage.number)].concat()),
        [0xA4, 0x32] => Ok(term(state)),
        [0xA4, 0x33] => {
            let storage = &state.fiscal_storage;
            Ok([&[0x55, 0x00][..], &sixteen(&storage.version), &[storage.kind.0]].concat())
        }
        [0xA4, 0x42] => Ok([&[0x55, 0x00][..], &state.unacknowledged.to_le_bytes()].concat()),
        [0xA4, 0x45, number @ ..] => begin_document(state, reading, number),
        [0xA4, 0x46] => document_part(state, reading),
        [0x91, 0x12, 0x00, 0x01] => Ok(shift_register(state)),
        [0x91, 0x13, 0x00, 0x00] => Ok(receipt_register(state)),
        [0x91, ..] => Err(Fault::WRONG_REGISTER),
        _ => Err(Fault::NOT_SUPPORTED),
    }
}

/// The error for what the fiscal storage does not have. Which code a device uses at the end of a
/// document is not known; this is the one that its table has for it.
const NO_SUCH_DATA: Fault = Fault::new(0xDA);

fn begin_document(state: &State, reading: &mut Reading, number: &[u8]) -> Result<Vec<u8>, Fault> {
    let number = <[u8; 4]>::try_from(number).map_err(|_| Fault::new(0xE7))?;
    reading.0 = None;
    if u32::from_le_bytes(number) != state.fiscal_storage.last_document {
        return Err(NO_SUCH_DATA);
    }
    reading.0 = Some(0);
    Ok(vec![0x55, 0x00])
}

fn document_part(state: &State, reading: &mut Reading) -> Result<Vec<u8>, Fault> {
    let place = reading.0.ok_or(NO_SUCH_DATA)?;
    let part = state.fiscal_storage.document.get(place).ok_or(NO_SUCH_DATA)?;
    reading.0 = Some(place + 1);
    let length = u16::try_from(part.value.len()).map_err(|_| Fault::new(0xE8))?;
    Ok([&[0x55, 0x00][..], &part.tag.to_le_bytes(), &length.to_le_bytes(), &part.value].concat())
}

fn shift_register(state: &State) -> Vec<u8> {
    let code = match state.shift {
        ShiftKind::Closed => ShiftRegisterState::CLOSED,
        ShiftKind::Open => ShiftRegisterState::OPEN,
        ShiftKind::Expired => ShiftRegisterState::EXPIRED,
    };
    let [year, month, day, hour, minute, second] = state.shift_time.map_or([0; 6], numbers);
    let mut bytes = vec![0x55, 0x00, code.0];
    for number in [day, month, year, hour, minute, second] {
        bytes.extend(to_bcd::<1>(number.into()));
    }
    bytes
}

fn receipt_register(state: &State) -> Vec<u8> {
    let mut bytes = vec![0x55, 0x00, state.mode.0, state.receipt_state.0];
    bytes.extend(to_bcd::<2>(state.receipt_number.into()));
    bytes.extend(to_bcd::<4>(state.fiscal_storage.last_document.into()));
    bytes
}

fn status(state: &State, now: Duration) -> Vec<u8> {
    let clock = state.clock.plus_seconds(now.as_secs());
    let [century_year, month, day, hour, minute, second] = numbers(clock).map(u64::from);
    let mut bytes = vec![0x44];
    bytes.extend(to_bcd::<1>(state.operator.into()));
    bytes.push(state.till_number);
    for number in [century_year, month, day, hour, minute, second] {
        bytes.extend(to_bcd::<1>(number));
    }
    bytes.push(status_flags(state).bits());
    match state.factory_number {
        Some(number) => bytes.extend(to_bcd::<4>(number.0.into())),
        None => bytes.extend([0xFF; 4]),
    }
    bytes.push(state.model.0);
    bytes.extend(*b"30");
    bytes.push(state.mode.0);
    bytes.extend(to_bcd::<2>(state.receipt_number.into()));
    bytes.extend(to_bcd::<2>(state.last_closed_shift.into()));
    bytes.push(state.receipt_state.0);
    bytes.extend(to_bcd::<5>(state.receipt_sum));
    bytes.extend([2, state.port.0]);
    bytes
}

fn status_flags(state: &State) -> StatusFlags {
    let mut flags = StatusFlags::empty();
    flags.set(StatusFlags::FISCALISED, state.fiscalised);
    flags.set(StatusFlags::SHIFT_OPEN, state.shift != ShiftKind::Closed);
    flags.set(StatusFlags::DRAWER_OPEN, state.drawer_open);
    flags.set(StatusFlags::PAPER_PRESENT, state.paper);
    flags.set(StatusFlags::COVER_OPEN, state.cover_open);
    flags.set(StatusFlags::FN_ACTIVATED, state.fn_activated);
    flags.set(StatusFlags::BATTERY_LOW, state.battery_low);
    flags
}

fn state_flags(state: &State) -> StateFlags {
    let mut flags = state.printer_faults;
    flags.set(StateFlags::NO_PAPER, !state.paper);
    flags.set(StateFlags::PAPER_NEAR_END, state.paper_near_end);
    flags
}

fn device_type(state: &State) -> Vec<u8> {
    let firmware = state.firmware;
    let mut bytes = vec![0x00, 0x01, 0x01, state.model.0, 0x00, 0x00];
    for part in [firmware.version, firmware.subversion, firmware.language] {
        bytes.extend(to_bcd::<1>(part.into()));
    }
    bytes.extend(to_bcd::<2>(firmware.build.into()));
    bytes.extend(text::encode(&state.name).unwrap_or_default());
    bytes
}

fn shift(state: &State) -> Vec<u8> {
    let open = state.shift != ShiftKind::Closed;
    let number = state.last_closed_shift.wrapping_add(u16::from(open));
    let mut bytes = vec![0x55, 0x00, u8::from(open)];
    bytes.extend(number.to_le_bytes());
    bytes.extend(state.receipt_number.to_le_bytes());
    bytes
}

fn ofd_queue(state: &State) -> Vec<u8> {
    let unsent = &state.unsent;
    let mut bytes = vec![0x55, 0x00, unsent.flags.bits(), u8::from(unsent.message_being_read)];
    bytes.extend(unsent.count.to_le_bytes());
    let some = unsent.count > 0;
    bytes.extend(if some { unsent.first_number } else { 0 }.to_le_bytes());
    bytes.extend(fiscal_date_time(unsent.first_at.filter(|_| some)));
    bytes
}

fn fiscal_storage(state: &State) -> Vec<u8> {
    let storage = &state.fiscal_storage;
    let document = match state.receipt_state {
        ReceiptState::NONE => FiscalDocument::NONE,
        ReceiptState(7..=10) => FiscalDocument::CORRECTION,
        _ => FiscalDocument::RECEIPT,
    };
    let open = u8::from(state.shift != ShiftKind::Closed);
    let warnings = storage.warnings.bits();
    let mut bytes = vec![0x55, 0x00, storage.phase.0, document.0, 0x00, open, warnings];
    bytes.extend(fiscal_date_time(storage.last_document_at));
    bytes.extend(sixteen(&storage.number));
    bytes.extend(storage.last_document.to_le_bytes());
    bytes
}

fn term(state: &State) -> Vec<u8> {
    let storage = &state.fiscal_storage;
    let [year, month, day] =
        storage.valid_until.map_or([0; 3], |date| [two_digits(date.year), date.month, date.day]);
    vec![0x55, 0x00, year, month, day, storage.registrations_left, storage.registrations_done]
}

/// YY MM DD HH MM, binary; zeros for none.
fn fiscal_date_time(time: Option<CivilDateTime>) -> [u8; 5] {
    let [year, month, day, hour, minute, _] = time.map_or([0; 6], numbers);
    [year, month, day, hour, minute]
}

fn numbers(time: CivilDateTime) -> [u8; 6] {
    [two_digits(time.year), time.month, time.day, time.hour, time.minute, time.second]
}

fn two_digits(year: u16) -> u8 {
    u8::try_from(year % 100).unwrap_or(0)
}

/// Text in sixteen bytes, filled up with blanks.
fn sixteen(value: &str) -> [u8; 16] {
    let mut bytes = [b' '; 16];
    for (byte, character) in bytes.iter_mut().zip(text::encode(value).unwrap_or_default()) {
        *byte = character;
    }
    bytes
}
