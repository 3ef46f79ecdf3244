use super::*;
use crate::dialect::Stx;
use crate::frame::tests::{deframed, unhex};
use crate::frame::{self, Envelope, FS, PacketId};
use crate::{Command, Pone};

fn envelope(id: u8) -> Envelope {
    Envelope { packet_id: PacketId::new(id).unwrap(), no_data: Pone::NO_DATA }
}

/// What a command makes of an answer with these fields; `|` stands for FS.
pub(super) fn answer<C: Command<Dialect = Pone>>(
    command: &C,
    code: &str,
    data: &str,
) -> Result<C::Answer, DecodeError> {
    raw(command, &format!("{code}00{data}"))
}

fn raw<C: Command<Dialect = Pone>>(command: &C, rest: &str) -> Result<C::Answer, DecodeError> {
    let mut body = vec![0x20];
    body.extend(rest.bytes().map(|byte| if byte == b'|' { FS } else { byte }));
    let mut bytes = Vec::new();
    frame::write(&body, frame::checksum(&body), frame::Case::Lower, &mut bytes);
    let mut deframer = frame::Deframer::answers();
    deframer.push(&bytes);
    let Some(Ok(frame::Piece::Frame(frame))) = deframer.next_piece() else { panic!("{bytes:?}") };
    command.decode(&frame.answer()?)
}

/// An error of the device is a refusal, even with data; an answer without data lacks its first field.
#[track_caller]
pub(super) fn check_errors<C>(command: &C, code: &str, field: &'static str)
where
    C: Command<Dialect = Pone>,
    C::Answer: std::fmt::Debug,
{
    let refused = raw(command, &format!("{code}080|")).unwrap_err();
    assert_eq!(refused, DecodeError::Refused(Fault::Pone(PoneFault::PAPER_END)));
    let missing = answer(command, code, "").unwrap_err();
    assert!(matches!(missing, DecodeError::Missing(_)), "{missing}");
    if code != "A0" {
        assert_eq!(missing, DecodeError::Missing(field));
    }
}

/// SQ-1 to SQ-6 of the protocol page: what an independent client sends.
#[test]
fn requests_are_those_of_the_field_tested_program() {
    #[track_caller]
    fn check(command: &impl Command<Dialect = Pone>, id: u8, hex: &str) {
        let mut bytes = Vec::new();
        command.encode(&envelope(id), &mut bytes);
        assert_eq!(bytes, unhex(hex));
        assert_eq!(deframed(&bytes).len(), 1);
    }
    check(&ReadModel, 33, "02 50 4F 4E 45 21 41 35 30 1C 03 36 65");
    check(&ReadFactoryNumber, 34, "02 50 4F 4E 45 22 41 36 1C 03 35 65");
    check(&ReadShiftNumber, 37, "02 50 4F 4E 45 25 41 35 31 1C 03 36 62");
    check(&ReadBootVersion, 38, "02 50 4F 4E 45 26 41 46 36 1C 03 31 63");
    check(&ReadFlashVersion, 39, "02 50 4F 4E 45 27 41 46 37 1C 03 31 63");
    let setting = ReadSetting { row: 33, column: 0 };
    check(&setting, 40, "02 50 4F 4E 45 28 41 31 33 33 1C 30 1C 03 37 66");
}

#[test]
fn an_answer_belongs_to_its_id_and_command() {
    let answer = |id, code| Answer { packet_id: id, code, error: 0, data: &[] };
    let id = envelope(0x21);
    assert!(ReadModel.is_answered_by(&id, &answer(0x21, INFORMATION)));
    assert!(!ReadModel.is_answered_by(&id, &answer(0x20, INFORMATION)));
    assert!(!ReadModel.is_answered_by(&id, &answer(0x21, STATUS)));
}
