//! The words of `pirit`.

use super::stx::Words;
use super::{Field, Fields, number, optional, text};
use crate::Command;
use crate::command::pirit::{
    CLOCK, COUNTERS, CurrentFlags, DRAWER, EXTENDED_ERROR, FISCAL_STORAGE, INFORMATION, ITEMS,
    Item, PRINTER, RECEIPT, ReadClock, ReadDrawer, ReadExtendedError, ReadFactoryNumber,
    ReadFnBlocks, ReadFnStatus, ReadFnTerm, ReadLastDocument, ReadLastFiscal, ReadLastReceipt,
    ReadModel, ReadNextReceipt, ReadOfdQueue, ReadOpenReceipt, ReadPrinter, ReadShift,
    ReadShiftNumber, ReadShiftOpened, ReadStatus, SETTING, STATUS, repeats_number,
};
use crate::dialect::DialectName;
use crate::error::DecodeError;
use crate::fault::PiritFault;
use crate::frame::{Answer, Code};

pub(super) const WORDS: Words = Words {
    dialect: DialectName::Pirit,
    password: "PIRI",
    name,
    repeats: repeats_number,
    error: |code| PiritFault(code).name_en(),
    values,
};

fn values(
    answer: &Answer<'_>,
    first: Option<&str>,
    fields: &mut Fields,
) -> Result<(), DecodeError> {
    // The printer's flags count beside an error, too.
    if answer.error != 0 && (answer.code != PRINTER || answer.data.is_empty()) {
        return Ok(());
    }
    let mut put = |name: &'static str, field| fields.push((name.into(), field));
    match (answer.code, first) {
        (STATUS, _) => {
            let status = ReadStatus.decode(answer)?;
            put("fatal_flags", number(status.fatal.bits()));
            put("current_flags", number(status.current.bits()));
            put("document_status", number(status.document.0));
            put("document_type", optional(status.document.document_type().name(), text));
            put("document_state", optional(status.document.state().name(), text));
            put("document_open", Field::Flag(status.document.is_open()));
            let flag = |bit| Field::Flag(status.current.contains(bit));
            put("shift_open", flag(CurrentFlags::SHIFT_OPEN));
            put("shift_expired", flag(CurrentFlags::SHIFT_EXPIRED));
        }
        (COUNTERS, Some("1")) => put("shift_number", number(ReadShiftNumber.decode(answer)?)),
        (COUNTERS, Some("2")) => put("receipt_number", number(ReadNextReceipt.decode(answer)?)),
        (INFORMATION, Some("1")) => put("factory_number", text(ReadFactoryNumber.decode(answer)?)),
        (INFORMATION, Some("5")) => {
            put("last_fiscal_at", text(ReadLastFiscal.decode(answer)?.to_string()));
        }
        (INFORMATION, Some("14")) => {
            let term = ReadFnTerm.decode(answer)?;
            put("fn_valid_until", text(term.valid_until.to_string()));
            put("days_left", optional(term.days_left, number));
        }
        (INFORMATION, Some("17")) => {
            put("shift_opened_at", text(ReadShiftOpened.decode(answer)?.to_string()));
        }
        (INFORMATION, Some("21")) => {
            let model = ReadModel.decode(answer)?;
            put("model_id", number(model.0));
            put("model", text(model.to_string()));
        }
        (RECEIPT, Some("1")) => {
            let receipt = ReadOpenReceipt.decode(answer)?;
            put("receipt_sum", text(receipt.sum));
            put("receipt_discount", text(receipt.discount));
        }
        (RECEIPT, Some("2")) => {
            let receipt = ReadLastReceipt.decode(answer)?;
            put("receipt_type", text(receipt.receipt_type));
            put("receipt_number", text(receipt.receipt_number));
            put("receipt_sum", text(receipt.sum));
        }
        (PRINTER, _) => {
            let printer = ReadPrinter.decode(answer)?;
            put("printer_flags", number(printer.flags.bits()));
            put("paper_present", optional(printer.paper_present(), Field::Flag));
        }
        (EXTENDED_ERROR, Some("1")) => {
            let error = ReadExtendedError.decode(answer)?;
            put("extended_error", number(error.code));
            put("extended_error_name", optional(error.name_en(), text));
        }
        (EXTENDED_ERROR, Some("2")) => {
            put("fn_blocks", number(ReadFnBlocks.decode(answer)?.bits()));
        }
        (CLOCK, _) => put("date_time", text(ReadClock.decode(answer)?.to_string())),
        (FISCAL_STORAGE, Some("2")) => {
            let status = ReadFnStatus.decode(answer)?;
            put("fn_state", number(status.state.0));
            put("phase", optional(status.state.phase().name(), text));
            put("fn_document", number(status.document.0));
            put("fn_document_name", optional(status.document.name(), text));
            put("fn_warnings", number(status.warnings.bits()));
            put("fn_document_data", Field::Flag(status.state.document_data()));
            put("fn_shift_open", Field::Flag(status.state.shift_open()));
        }
        (FISCAL_STORAGE, Some("3")) => {
            put("last_fd_number", text(ReadLastDocument.decode(answer)?));
        }
        (FISCAL_STORAGE, Some("6")) => {
            let shift = ReadShift.decode(answer)?;
            put("shift_number", number(shift.number));
            put("shift_open", Field::Flag(shift.open));
            put("receipt_number", number(shift.receipt_number));
        }
        (FISCAL_STORAGE, Some("7")) => {
            let queue = ReadOfdQueue.decode(answer)?;
            put("ofd_flags", number(queue.flags.bits()));
            put("unsent_documents", number(queue.unsent_documents));
            put("first_unsent_number", optional(queue.first_unsent_number, number));
            put("first_unsent_at", optional(queue.first_unsent_at, |at| text(at.to_string())));
        }
        (FISCAL_STORAGE, Some("1")) => {
            let number = answer.fields().nth(1).map(crate::text::decode);
            put("fn_number", optional(number, text));
        }
        (DRAWER, _) => put("drawer_open", Field::Flag(ReadDrawer.decode(answer)?)),
        (SETTING, _) => {
            let value = answer.fields().next().map(crate::text::decode);
            put("value", optional(value, text));
        }
        _ => {}
    }
    Ok(())
}

/// What a command is called; the changing ones are only ever read.
///
/// Source: docs/protocols/sp80x.md sections 4 and 4.11.
fn name(code: Code, first: Option<&str>) -> &'static str {
    match (code, first) {
        (STATUS, _) => "status",
        (COUNTERS, Some("1")) => "shift-number",
        (COUNTERS, Some("2")) => "next-receipt",
        (INFORMATION, Some("1")) => "factory-number",
        (INFORMATION, Some("5")) => "last-fiscal",
        (INFORMATION, Some("14")) => "fn-term",
        (INFORMATION, Some("17")) => "shift-opened",
        (INFORMATION, Some("21")) => "model",
        (RECEIPT, Some("1")) => "open-receipt",
        (RECEIPT, Some("2")) => "last-receipt",
        (PRINTER, _) => "printer",
        (EXTENDED_ERROR, Some("2")) => "fn-blocks",
        (EXTENDED_ERROR, _) => "extended-error",
        (SETTING, _) => "setting",
        (CLOCK, _) => "clock",
        (FISCAL_STORAGE, Some("2")) => "fn-status",
        (FISCAL_STORAGE, Some("3")) => "last-document",
        (FISCAL_STORAGE, Some("6")) => "shift",
        (FISCAL_STORAGE, Some("7")) => "ofd-queue",
        (DRAWER, _) => "drawer",
        (code, first) => {
            let item = ITEMS.iter().find(|item| item.is(code, first)).map(Item::name);
            let known = NAMES.iter().find(|(known, _)| *known == code.0).map(|(_, name)| *name);
            item.or(known).unwrap_or("unknown")
        }
    }
}

const NAMES: &[(u8, &str)] = &[
    (0x01, "counters"),
    (0x02, "information"),
    (0x03, "receipt"),
    (0x05, "service-information"),
    (0x10, "start-work"),
    (0x12, "write-setting"),
    (0x14, "set-clock"),
    (0x20, "x-report"),
    (0x21, "z-report"),
    (0x22, "control-tape"),
    (0x23, "open-shift"),
    (0x30, "open-document"),
    (0x31, "close-document"),
    (0x32, "annul-document"),
    (0x33, "defer-document"),
    (0x34, "cut"),
    (0x40, "print-text"),
    (0x41, "bar-code"),
    (0x42, "add-item"),
    (0x44, "subtotal"),
    (0x45, "discount"),
    (0x46, "margin"),
    (0x47, "payment"),
    (0x48, "cash-in-out"),
    (0x58, "correction"),
    (0x59, "settlement-report"),
    (0x60, "register"),
    (0x71, "close-fn"),
    (0x78, "fiscal-storage"),
    (0x79, "marking"),
    (0x80, "open-drawer"),
    (0xA0, "emergency-shift-close"),
    (0xA4, "emergency-fn-close"),
];
