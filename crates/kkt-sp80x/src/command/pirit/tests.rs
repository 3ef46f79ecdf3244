use super::*;
use crate::frame::tests::unhex;
use crate::frame::{Envelope, FS, NoData, PacketId};
use crate::{Command, Pirit};

/// What a command makes of an answer with these fields; `|` stands for FS.
pub(super) fn answer<C: Command<Dialect = Pirit>>(
    command: &C,
    code: &str,
    data: &str,
) -> Result<C::Answer, DecodeError> {
    raw(command, &format!("{code}00{data}"))
}

/// The same with the error code.
pub(super) fn raw<C: Command<Dialect = Pirit>>(
    command: &C,
    rest: &str,
) -> Result<C::Answer, DecodeError> {
    let mut body = vec![0x20];
    body.extend(rest.bytes().map(|byte| if byte == b'|' { FS } else { byte }));
    let mut bytes = Vec::new();
    frame::write(&body, frame::checksum(&body), frame::Case::Upper, &mut bytes);
    let mut deframer = frame::Deframer::answers();
    deframer.push(&bytes);
    let Some(Ok(frame::Piece::Frame(frame))) = deframer.next_piece() else { panic!("{bytes:?}") };
    command.decode(&frame.answer()?)
}

#[test]
fn an_error_is_a_refusal() {
    let refused = raw(&ReadOfdQueue, "784A").unwrap_err();
    assert_eq!(refused, DecodeError::Refused(Fault::Pirit(PiritFault(0x4A))));
    let refused = raw(&ReadStatus, "00080|4|0|").unwrap_err();
    assert!(matches!(refused, DecodeError::Refused(fault) if fault.is_paper()));
}

/// PQ-1, PQ-3, PQ-5 and others of the protocol page: what independent clients send.
#[test]
fn requests_are_those_of_the_vendors_library() {
    #[track_caller]
    fn check(command: &impl Command<Dialect = Pirit>, id: u8, hex: &str) {
        let mut bytes = Vec::new();
        for no_data in [NoData::Nothing, NoData::LoneFs] {
            let packet_id = PacketId::new(id).unwrap();
            command.encode(&Envelope { packet_id, no_data }, &mut bytes);
        }
        let (one, other) = bytes.split_at(unhex(hex).len());
        assert_eq!(one, unhex(hex));
        let without = one.get(8) == Some(&0x03);
        assert_eq!(other.len(), one.len() + usize::from(without), "a lone FS without fields only");
    }
    check(&ReadStatus, 32, "02 50 49 52 49 20 30 30 03 32 31");
    check(&ReadStatus, 33, "02 50 49 52 49 21 30 30 03 32 30");
    check(&ReadNextReceipt, 34, "02 50 49 52 49 22 30 31 32 1C 03 30 43");
    check(&ReadFnTerm, 37, "02 50 49 52 49 25 30 32 31 34 1C 03 33 46");
    check(&ReadPrinter, 39, "02 50 49 52 49 27 30 34 03 32 32");
    check(&ReadClock, 43, "02 50 49 52 49 2B 31 33 03 32 38");
    check(&ReadOfdQueue, 51, "02 50 49 52 49 33 37 38 37 1C 03 31 36");
}
