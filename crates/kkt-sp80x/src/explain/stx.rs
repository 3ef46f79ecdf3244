//! Frames of an STX dialect in words.

use std::collections::BTreeMap;

use super::{Direction, ExplainError, Explained, Field, Fields, Message, number, optional, text};
use crate::command::pone::{
    CurrentFlags, FACTORY_NUMBER, INFORMATION, PRINTER_INFORMATION, ReadStatus, SETTING, STATUS,
    StatusValue,
};
use crate::dialect::{Dialect, DialectName, Pone, Stx as _};
use crate::error::DecodeError;
use crate::fault::PoneFault;
use crate::frame::{self, ACK, Answer, CAN, ENQ, LF, Piece, Request};
use crate::model::Model;
use crate::{Command, frame::Code};

/// Explains one STX dialect; it remembers requests.
#[derive(Debug)]
pub(super) struct Stx {
    dialect: DialectName,
    password: &'static str,
    /// The command and the first field of each request, by packet id.
    asked: BTreeMap<u8, (Code, Option<String>)>,
}

impl Stx {
    pub(super) fn pone() -> Self {
        Self { dialect: Pone::NAME, password: "PONE", asked: BTreeMap::new() }
    }

    pub(super) fn explain(&mut self, direction: Direction, bytes: &[u8]) -> Explained {
        let mut deframer = match direction {
            Direction::Request => frame::Deframer::requests(),
            Direction::Answer => frame::Deframer::answers(),
        };
        let mut messages = Vec::new();
        // In pieces, so that a long step is no overflow.
        for piece in bytes.chunks(4096) {
            deframer.push(piece);
            while let Some(result) = deframer.next_piece() {
                messages.push(match result {
                    Ok(piece) => self.piece(direction, piece),
                    Err(error) => Err(error.into()),
                });
            }
        }
        messages.extend(deframer.finish().map(|error| Err(error.into())));
        messages
    }

    fn piece(&mut self, direction: Direction, piece: Piece<'_>) -> Result<Message, ExplainError> {
        match (piece, direction) {
            (Piece::Control(byte), _) => {
                Ok(Message { name: control(byte), fields: vec![("byte".into(), number(byte))] })
            }
            (Piece::Frame(frame), Direction::Request) => self.request(&frame.request()?),
            (Piece::Frame(frame), Direction::Answer) => Ok(self.answer(&frame.answer()?)?),
        }
    }

    fn request(&mut self, request: &Request<'_>) -> Result<Message, ExplainError> {
        if request.password != Pone::PASSWORD {
            let (dialect, expected) = (self.dialect, self.password);
            let got = crate::text::decode(&request.password);
            return Err(ExplainError::Password { got, expected, dialect });
        }
        let fields: Vec<_> = request.fields().map(crate::text::decode).collect();
        let first = fields.first().cloned();
        let name = pone_name(request.code, first.as_deref());
        let message = Message {
            name,
            fields: vec![
                ("packet_id".into(), number(request.packet_id)),
                ("password".into(), text(self.password)),
                ("command".into(), text(request.code.to_string())),
                ("fields".into(), Field::Texts(fields)),
            ],
        };
        self.asked.insert(request.packet_id, (request.code, first));
        Ok(message)
    }

    fn answer(&self, answer: &Answer<'_>) -> Result<Message, DecodeError> {
        let asked = self.asked.get(&answer.packet_id).filter(|(code, _)| *code == answer.code);
        let first = asked.and_then(|(_, first)| first.as_deref());
        let mut fields: Fields = vec![
            ("packet_id".into(), number(answer.packet_id)),
            ("command".into(), text(answer.code.to_string())),
            ("error_code".into(), number(answer.error)),
        ];
        let values: Vec<_> = answer.fields().map(crate::text::decode).collect();
        let name = pone_name(answer.code, first);
        if answer.error != 0 {
            let meaning = PoneFault(answer.error).name_en();
            fields.push(("error".into(), optional(meaning, text)));
        }
        if answer.error == 0 && answer.code == STATUS {
            status(answer, &mut fields)?;
        } else if let (0, Some(one), Some(value)) =
            (answer.error, value_name(answer.code, first), values.first())
        {
            fields.push((one.into(), value_field(one, value)?));
            if one == "model_id" {
                let model = value.parse().ok().map(Model);
                fields.push(("model".into(), optional(model, |it| text(it.to_string()))));
            }
        }
        fields.push(("fields".into(), Field::Texts(values)));
        Ok(Message { name, fields })
    }
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

fn control(byte: u8) -> &'static str {
    match byte {
        ENQ => "enq",
        ACK => "ack",
        LF => "feed-line",
        CAN => "interrupt-report",
        _ => "byte",
    }
}

/// What a command of `pone` is called; the changing ones are only ever read.
///
/// Source: docs/protocols/sp80x.md section 5.1; one source.
fn pone_name(code: Code, first: Option<&str>) -> &'static str {
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
