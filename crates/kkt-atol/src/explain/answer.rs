//! The answers of the KKT commands in words.

use super::{Field, Fields, bytes, number, optional, text};
use crate::command::{
    BeginDocument, Command, ReadDeviceType, ReadDocumentPart, ReadFiscalStorage,
    ReadFiscalStorageNumber, ReadFiscalStorageTerm, ReadFiscalStorageVersion, ReadOfdQueue,
    ReadReceiptRegister, ReadShift, ReadShiftRegister, ReadStateCode, ReadStatus,
    ReadUnacknowledged, StateFlags, Status, StatusFlags,
};
use crate::command::{DeviceType, FiscalStorage, FiscalWarnings, OfdFlags, OfdQueue};
use crate::error::DecodeError;
use crate::fault::Fault;
use crate::mode::Mode;

/// What a KKT command is called.
pub(super) fn name(command: &[u8]) -> &'static str {
    match command {
        [0x3F] => "status",
        [0x45] => "state-code",
        [0xA5] => "device-type",
        [0xA4, 0x10] => "shift",
        [0xA4, 0x20] => "ofd-queue",
        [0xA4, 0x30] => "fiscal-storage",
        [0xA4, 0x31] => "fiscal-storage-number",
        [0xA4, 0x32] => "fiscal-storage-term",
        [0xA4, 0x33] => "fiscal-storage-version",
        [0xA4, 0x42] => "unacknowledged",
        [0xA4, 0x45, _, _, _, _] => "document-begin",
        [0xA4, 0x46] => "document-part",
        [0x91, 0x12, 0x00, 0x01] => "shift-register",
        [0x91, 0x13, 0x00, 0x00] => "receipt-register",
        _ => "command",
    }
}

/// Adds the fields of an answer; without a known command they are its bytes.
pub(super) fn explain(
    command: Option<&[u8]>,
    failed: bool,
    answer: &[u8],
    fields: &mut Fields,
) -> Result<&'static str, DecodeError> {
    let name = command.map_or("result", name);
    let read = match (failed, answer) {
        // A failed task tells its error with 55 in front, or (A5h) without.
        (true, [0x55, code, rest @ ..]) => {
            Err(DecodeError::Refused(crate::error::fault(*code, rest)))
        }
        (true, [code, ..]) => Err(DecodeError::Refused(Fault::new(*code))),
        (true, []) => Err(DecodeError::Missing("error code")),
        (false, answer) => decode(command, answer, fields),
    };
    match read {
        Ok(()) => Ok(name),
        Err(DecodeError::Refused(fault)) => {
            refusal(fault, fields);
            Ok(name)
        }
        Err(error) => Err(error),
    }
}

fn decode(command: Option<&[u8]>, answer: &[u8], fields: &mut Fields) -> Result<(), DecodeError> {
    match command {
        Some([0x3F]) => status(&ReadStatus.decode(answer)?, fields),
        Some([0x45]) => {
            let state = ReadStateCode.decode(answer)?;
            mode(state.mode, fields);
            flags(state.flags, STATE_FLAGS, StateFlags::contains, fields);
        }
        Some([0xA5]) => {
            let device = ReadDeviceType.decode(answer)?;
            fields.push(("error", text("00")));
            device_type(&device, fields);
        }
        Some([0xA4, 0x10]) => {
            let shift = ReadShift.decode(answer)?;
            fields.push(("error", text("00")));
            fields.push(("shift_open", optional(shift.state.is_open(), Field::Flag)));
            fields.push(("shift_number", number(shift.number)));
            fields.push(("receipt_number", number(shift.receipt_number)));
        }
        Some([0xA4, 0x20]) => ofd_queue(&ReadOfdQueue.decode(answer)?, fields),
        Some([0xA4, 0x30]) => fiscal_storage(&ReadFiscalStorage.decode(answer)?, fields),
        Some([0xA4, 0x31]) => {
            let number = ReadFiscalStorageNumber.decode(answer)?.number;
            fields.push(("error", text("00")));
            fields.push(("fn_number", Field::Text(number)));
        }
        Some([0xA4, 0x32]) => {
            let term = ReadFiscalStorageTerm.decode(answer)?;
            fields.push(("error", text("00")));
            let day = optional(term.valid_until, |day| Field::Text(day.to_string()));
            fields.push(("valid_until", day));
            fields.push(("registrations_left", number(term.registrations_left)));
            fields.push(("registrations_done", number(term.registrations_done)));
        }
        Some([0xA4, 0x33]) => {
            let version = ReadFiscalStorageVersion.decode(answer)?;
            fields.push(("error", text("00")));
            fields.push(("fn_version", Field::Text(version.version)));
            fields.push(("fn_kind", number(version.kind.0)));
        }
        Some([0xA4, 0x42]) => {
            let unacknowledged = ReadUnacknowledged.decode(answer)?;
            fields.push(("error", text("00")));
            fields.push(("unacknowledged_documents", number(unacknowledged.documents)));
        }
        Some([0xA4, 0x45, n1, n2, n3, n4]) => {
            let begin = BeginDocument { number: u32::from_le_bytes([*n1, *n2, *n3, *n4]) };
            let lead = begin.decode(answer)?;
            fields.push(("error", text("00")));
            fields.push(("document", number(begin.number)));
            fields.push(("lead", bytes(&lead)));
        }
        Some([0xA4, 0x46]) => {
            let part = ReadDocumentPart.decode(answer)?;
            fields.push(("error", text("00")));
            fields.push(("tag", number(part.tag)));
            fields.push(("value", bytes(&part.value)));
            fields.push(("unix_time", optional(part.unix_time(), number)));
        }
        Some([0x91, 0x12, 0x00, 0x01]) => {
            let register = ReadShiftRegister.decode(answer)?;
            fields.push(("error", text("00")));
            fields.push(("shift_state", number(register.state.0)));
            fields.push(("shift_open", optional(register.state.is_open(), Field::Flag)));
            fields.push(("shift_expired", optional(register.state.is_expired(), Field::Flag)));
            // Closed at, or expires at: nobody knows.
            let time = optional(register.time, |time| Field::Text(time.to_string()));
            fields.push(("time_of_unknown_meaning", time));
        }
        Some([0x91, 0x13, 0x00, 0x00]) => {
            let register = ReadReceiptRegister.decode(answer)?;
            fields.push(("error", text("00")));
            mode(register.mode, fields);
            fields.push(("receipt_state", number(register.receipt_state.0)));
            fields.push(("receipt_number", optional(register.receipt_number, number)));
            fields.push(("document_number", optional(register.document_number, number)));
        }
        // Nobody knows what this is an answer to, or what such an answer holds.
        Some(_) | None => fields.push(("answer", bytes(answer))),
    }
    Ok(())
}

fn refusal(fault: Fault, fields: &mut Fields) {
    fields.push(("error", Field::Text(format!("{:02X}", fault.code))));
    fields.push(("error_extended", Field::Text(format!("{:02X}", fault.extended))));
    fields.push(("error_name", optional(fault.name_en(), text)));
    fields.push(("error_name_ru", optional(fault.name_ru(), text)));
    fields.push(("error_group", optional(fault.group(), |group| text(group.name()))));
    fields.push(("error_advice", optional(fault.advice_en(), text)));
    fields.push(("error_advice_ru", optional(fault.advice_ru(), text)));
}

fn status(status: &Status, fields: &mut Fields) {
    fields.push(("operator", optional(status.operator, number)));
    fields.push(("till_number", number(status.till_number)));
    let date_time = optional(status.date_time, |time| Field::Text(time.to_string()));
    fields.push(("date_time", date_time));
    flags(status.flags, STATUS_FLAGS, StatusFlags::contains, fields);
    let factory_number = optional(status.factory_number, |number| Field::Text(number.to_string()));
    fields.push(("factory_number", factory_number));
    fields.push(("model_id", number(status.model.0)));
    fields.push(("model", optional(status.model.name(), text)));
    fields.push(("reserved", bytes(&status.reserved)));
    mode(status.mode, fields);
    fields.push(("receipt_number", optional(status.receipt_number, number)));
    fields.push(("shift_number", optional(status.shift_number, number)));
    fields.push(("receipt_state", number(status.receipt_state.0)));
    let sum = status.receipt_sum.and_then(|sum| i64::try_from(sum).ok());
    fields.push(("receipt_sum", optional(sum, Field::Number)));
    fields.push(("decimal_point", number(status.decimal_point)));
    fields.push(("port", Field::Text(status.port.to_string())));
}

fn device_type(device: &DeviceType, fields: &mut Fields) {
    fields.push(("protocol_version", number(device.protocol_version)));
    fields.push(("type", number(device.kind.0)));
    fields.push(("type_name", optional(device.kind.name(), text)));
    fields.push(("model_id", number(device.model.0)));
    fields.push(("model", optional(device.model.name(), text)));
    fields.push(("mode_bytes", bytes(&device.mode)));
    fields.push(("version", optional(device.firmware, |it| number(it.version))));
    fields.push(("subversion", optional(device.firmware, |it| number(it.subversion))));
    fields.push(("language", optional(device.firmware, |it| number(it.language))));
    fields.push(("build", optional(device.firmware, |it| number(it.build))));
    fields.push(("name", text(&device.name)));
}

fn ofd_queue(queue: &OfdQueue, fields: &mut Fields) {
    fields.push(("error", text("00")));
    flags(queue.flags, OFD_FLAGS, OfdFlags::contains, fields);
    fields.push(("message_being_read", number(queue.message_being_read)));
    fields.push(("unsent_documents", number(queue.unsent_documents)));
    fields.push(("first_unsent_number", optional(queue.first_unsent_number, number)));
    let date_time = optional(queue.first_unsent_at, |time| Field::Text(time.to_string()));
    fields.push(("first_unsent_at", date_time));
}

fn fiscal_storage(storage: &FiscalStorage, fields: &mut Fields) {
    fields.push(("error", text("00")));
    fields.push(("phase", number(storage.phase.0)));
    fields.push(("current_document", number(storage.current_document.0)));
    fields.push(("document_data", number(storage.document_data)));
    fields.push(("shift_open", optional(storage.shift.is_open(), Field::Flag)));
    fields.push(("warnings", number(storage.warnings.bits())));
    flags(storage.warnings, WARNINGS, FiscalWarnings::contains, fields);
    let date_time = optional(storage.date_time, |time| Field::Text(time.to_string()));
    fields.push(("date_time", date_time));
    fields.push(("fn_number", text(&storage.number)));
    fields.push(("last_document", number(storage.last_document)));
}

fn mode(mode: Mode, fields: &mut Fields) {
    fields.push(("mode", number(mode.mode())));
    fields.push(("submode", number(mode.submode())));
    fields.push(("mode_name", Field::Text(mode.name_en())));
    fields.push(("mode_name_ru", Field::Text(mode.name_ru())));
    fields.push(("mode_meaning", text(mode.meaning_en())));
    fields.push(("mode_meaning_ru", text(mode.meaning_ru())));
}

fn flags<F: Copy>(
    value: F,
    table: &[(&'static str, F)],
    contains: fn(&F, F) -> bool,
    fields: &mut Fields,
) {
    fields.extend(table.iter().map(|(name, flag)| (*name, Field::Flag(contains(&value, *flag)))));
}

const STATUS_FLAGS: &[(&str, StatusFlags)] = &[
    ("fiscalised", StatusFlags::FISCALISED),
    ("shift_open", StatusFlags::SHIFT_OPEN),
    ("drawer_open", StatusFlags::DRAWER_OPEN),
    ("paper_present", StatusFlags::PAPER_PRESENT),
    ("cover_open", StatusFlags::COVER_OPEN),
    ("fn_activated", StatusFlags::FN_ACTIVATED),
    ("battery_low", StatusFlags::BATTERY_LOW),
];

const STATE_FLAGS: &[(&str, StateFlags)] = &[
    ("no_paper", StateFlags::NO_PAPER),
    ("no_printer_link", StateFlags::NO_PRINTER_LINK),
    ("printer_error", StateFlags::PRINTER_ERROR),
    ("cutter_error", StateFlags::CUTTER_ERROR),
    ("overheated", StateFlags::OVERHEATED),
    ("paper_jam", StateFlags::PAPER_JAM),
    ("presenter_error", StateFlags::PRESENTER_ERROR),
    ("paper_near_end", StateFlags::PAPER_NEAR_END),
];

const OFD_FLAGS: &[(&str, OfdFlags)] = &[
    ("connected", OfdFlags::CONNECTED),
    ("message_waiting", OfdFlags::MESSAGE_WAITING),
    ("awaiting_receipt", OfdFlags::AWAITING_RECEIPT),
    ("command_from_ofd", OfdFlags::COMMAND_FROM_OFD),
    ("settings_changed", OfdFlags::SETTINGS_CHANGED),
    ("awaiting_command_answer", OfdFlags::AWAITING_COMMAND_ANSWER),
];

const WARNINGS: &[(&str, FiscalWarnings)] = &[
    ("replace_now", FiscalWarnings::REPLACE_NOW),
    ("resource_ends", FiscalWarnings::RESOURCE_ENDS),
    ("memory_full", FiscalWarnings::MEMORY_FULL),
    ("ofd_overdue", FiscalWarnings::OFD_OVERDUE),
    ("critical_error", FiscalWarnings::CRITICAL_ERROR),
];
