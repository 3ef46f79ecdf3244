//! The words of `pone`.

use super::stx::Words;
use super::{Field, Fields, number, optional, text};
use crate::Command;
use crate::command::pone::{
    CurrentFlags, FACTORY_NUMBER, INFORMATION, PRINTER_INFORMATION, ReadStatus, SETTING, STATUS,
    StatusValue,
};
use crate::dialect::DialectName;
use crate::error::DecodeError;
use crate::fault::PoneFault;
use crate::frame::{Answer, Code};
use crate::model::Model;

pub(super) const WORDS: Words = Words {
    dialect: DialectName::Pone,
    password: "PONE",
    name,
    repeats: |_| false,
    error: |code| PoneFault(code).name_en(),
    values,
};

fn values(
    answer: &Answer<'_>,
    first: Option<&str>,
    fields: &mut Fields,
) -> Result<(), DecodeError> {
    if answer.error != 0 {
        return Ok(());
    }
    if answer.code == STATUS {
        return status(answer, fields);
    }
    let value = answer.fields().next().map(crate::text::decode);
    let Some((name, value)) = value_name(answer.code, first).zip(value) else { return Ok(()) };
    fields.push((name.into(), value_field(name, &value)?));
    if name == "model_id" {
        let model = value.parse().ok().map(Model);
        fields.push(("model".into(), optional(model, |it| text(it.to_string()))));
    }
    Ok(())
}

fn status(answer: &Answer<'_>, fields: &mut Fields) -> Result<(), DecodeError> {
    let status = ReadStatus.decode(answer)?;
    let values = [
        ("fatal_flags", &status.fatal),
        ("current_flags", &status.current),
        ("document_status", &status.document),
    ];
    for (name, value) in values {
        fields.push((name.into(), optional(value.assumed_decimal(), number)));
    }
    let shift = status.current_flags();
    let flag = |bit| optional(shift, |flags: CurrentFlags| Field::Flag(flags.contains(bit)));
    fields.push(("shift_open".into(), flag(CurrentFlags::SHIFT_OPEN)));
    fields.push(("shift_expired".into(), flag(CurrentFlags::SHIFT_EXPIRED)));
    fields.push(("document_open".into(), optional(status.document_open(), Field::Flag)));
    let read = |value: &StatusValue| value.assumed_decimal().is_some();
    if values.iter().any(|(_, value)| read(value) && value.certain().is_none()) {
        fields.push(("assumed".into(), text("more than one digit is read as decimal")));
    }
    Ok(())
}

fn value_field(name: &str, value: &str) -> Result<Field, DecodeError> {
    let field = match name {
        "model_id" => "model id",
        "shift_number" => "shift number",
        _ => return Ok(text(value)),
    };
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse::<u32>() {
        Ok(found) if digits => Ok(number(found)),
        _ if value.is_empty() => Ok(number(0)),
        _ => Err(DecodeError::Value { field, got: value.to_owned(), expected: "decimal digits" }),
    }
}

/// The name of the one value of an answer, if its request is known or it needs none.
fn value_name(code: Code, first: Option<&str>) -> Option<&'static str> {
    match (code, first) {
        (SETTING, _) => Some("value"),
        (INFORMATION, Some("0")) => Some("model_id"),
        (INFORMATION, Some("1")) => Some("shift_number"),
        (FACTORY_NUMBER, _) => Some("factory_number"),
        (PRINTER_INFORMATION, Some("6")) => Some("boot_version"),
        (PRINTER_INFORMATION, Some("7")) => Some("flash_version"),
        _ => None,
    }
}

/// What a command of `pone` is called; the changing ones are only ever read.
///
/// Source: docs/protocols/sp80x.md section 5.1; one source.
fn name(code: Code, first: Option<&str>) -> &'static str {
    match (code, first) {
        (STATUS, _) => "status",
        (SETTING, _) => "setting",
        (INFORMATION, Some("0")) => "model",
        (INFORMATION, Some("1")) => "shift-number",
        (INFORMATION, _) => "information",
        (FACTORY_NUMBER, _) => "factory-number",
        (PRINTER_INFORMATION, Some("6")) => "boot-version",
        (PRINTER_INFORMATION, Some("7")) => "flash-version",
        (PRINTER_INFORMATION, _) => "printer-information",
        (Code(code), _) => {
            NAMES.iter().find(|(known, _)| *known == code).map_or("unknown", |(_, name)| *name)
        }
    }
}

const NAMES: &[(u8, &str)] = &[
    (0x00, "start-work"),
    (0x08, "fiscalise"),
    (0x20, "open-document"),
    (0x21, "print-text"),
    (0x22, "close-document"),
    (0x23, "cancel-document"),
    (0x24, "bar-code"),
    (0x28, "raster"),
    (0x29, "qr-code"),
    (0x2A, "scaled-raster"),
    (0x30, "add-item"),
    (0x34, "subtotal"),
    (0x35, "payment"),
    (0x36, "cash-in-out"),
    (0x60, "x-report"),
    (0x61, "z-report"),
    (0x64, "eklz-control-tape"),
    (0x66, "eklz-report-by-shifts"),
    (0x67, "eklz-report-by-dates"),
    (0xA2, "write-setting"),
    (0xE2, "load-logo"),
    (0xE3, "erase-logo"),
];
