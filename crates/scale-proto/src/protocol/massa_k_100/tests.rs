use super::*;
use crate::error::{DecodeError, FrameError};
use crate::explain::{Direction, Explainer};

fn bytes(hex: &str) -> Vec<u8> {
    hex.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn frames(check: Check, bytes: &[u8], chunk: usize) -> Vec<Result<Frame, FrameError>> {
    let mut deframer = Deframer::new(check);
    let mut found = Vec::new();
    for piece in bytes.chunks(chunk) {
        deframer.push(piece);
        while let Some(result) = deframer.next_frame() {
            found.push(result);
        }
    }
    found.extend(deframer.finish().map(Err));
    found
}

const ZERO: &str = "F8 55 CE 0D 00 24 00 00 00 00 01 01 00 01 00 00 00 00 FC 23";
const FOUR_KG: &str = "F8 55 CE 0D 00 24 A3 01 00 00 02 01 00 00 00 00 00 00 F9 5D";
const AUG: &str = "F8 55 CE 0D 00 24 2C 10 00 00 02 01 01 00 C8 00 00 00 E7 0F";

#[test]
fn the_crc_is_the_non_augmented_one() {
    assert_eq!(crc(b"123456789"), 0xBEEF);
    for body in 0..=u8::MAX {
        assert_eq!(crc(&[body]), u16::from(body));
    }
    assert_eq!(crc(&[]), 0);
    // The register as the protocol page states it, byte by byte.
    let by_register = |body: &[u8]| {
        body.iter().fold(0_u16, |crc, byte| {
            XMODEM.checksum(&[crc.to_be_bytes()[0]]) ^ (crc << 8) ^ u16::from(*byte)
        })
    };
    let body: Vec<u8> = (0..=255).collect();
    for length in 0..body.len() {
        assert_eq!(crc(&body[..length]), by_register(&body[..length]), "{length} bytes");
    }
}

const XMODEM: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_XMODEM);
const FALSE: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_IBM_3740);
const MODBUS: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_MODBUS);

/// The variants that public programs compute, and that recorded frames exclude.
#[test]
fn wrong_crc_variants_are_refused() {
    let digits = b"123456789";
    assert_eq!(XMODEM.checksum(digits), 0x31C3);
    assert_eq!(FALSE.checksum(digits), 0x29B1);
    assert_eq!(MODBUS.checksum(digits), 0x4B37);
    assert_eq!(crc_aug_ccitt(digits), 0xE5CC);
    assert_eq!((crc_aug_ccitt(&[0x23]), crc_aug_ccitt(&[])), (0xD89D, 0x1D0F));
    for frame in [ZERO, FOUR_KG] {
        let good = bytes(frame);
        let body = &good[5..good.len() - 2];
        let after_header = &good[3..good.len() - 2];
        for wrong in [
            XMODEM.checksum(body),
            FALSE.checksum(body),
            FALSE.checksum(&good[..good.len() - 2]),
            MODBUS.checksum(after_header),
            crc_aug_ccitt(body),
        ] {
            let mut bad = good.clone();
            let end = bad.len() - 2;
            bad[end..].copy_from_slice(&wrong.to_le_bytes());
            let expected = crc(body);
            assert_eq!(
                frames(Check::Strict, &bad, 64),
                [Err(FrameError::Checksum { got: wrong, expected })]
            );
        }
    }
    // A program's fixed request, whose checksum is none of them.
    assert!(frames(Check::Strict, &bytes("F8 55 CE 01 00 23 4E 6E"), 64)[0].is_err());
}

#[test]
fn what_xmodem_gives_on_recorded_frames_is_another_crc() {
    for (frame, xmodem) in [(ZERO, 0x7D26), (FOUR_KG, 0x06D5)] {
        let good = bytes(frame);
        assert_eq!(XMODEM.checksum(&good[5..good.len() - 2]), xmodem);
    }
}

#[test]
fn the_lenient_check_takes_one_more_and_says_so() {
    assert!(matches!(
        frames(Check::Strict, &bytes(AUG), 64)[..],
        [Err(FrameError::Checksum { .. })]
    ));
    let found = frames(Check::Lenient, &bytes(AUG), 64);
    assert!(matches!(&found[..], [Ok(frame)] if frame.lenient), "{found:?}");
    let found = frames(Check::Lenient, &bytes(ZERO), 64);
    assert!(matches!(&found[..], [Ok(frame)] if !frame.lenient), "{found:?}");
}

#[test]
fn frames_are_found_at_every_chunk_size_and_between_noise() {
    let noise = bytes("00 F8 F8 55 13");
    let stream = [&noise[..], &bytes(ZERO), &noise, &bytes(FOUR_KG), &[0xF8, 0x55]].concat();
    for chunk in [1, 2, 3, 7, stream.len()] {
        let good = frames(Check::Strict, &stream, chunk).into_iter().filter_map(Result::ok);
        let bodies: Vec<_> = good.map(|frame| frame.body).collect();
        assert_eq!(bodies, [bytes(ZERO)[5..18].to_vec(), bytes(FOUR_KG)[5..18].to_vec()]);
    }
}

#[test]
fn a_false_header_costs_one_byte() {
    // A header that claims 13 bytes, of which a whole good frame is a part.
    let stream = [&bytes("F8 55 CE 0D 00")[..], &bytes(ZERO), &[0; 8]].concat();
    let found = frames(Check::Strict, &stream, 1);
    assert!(found.iter().any(|result| matches!(result, Ok(frame) if frame.body.len() == 13)));
}

#[test]
fn lengths_are_bounded() {
    for (length, got) in [("00 00", 0), ("01 02", 513), ("FF FF", 65535)] {
        let found = frames(Check::Strict, &bytes(&format!("F8 55 CE {length} 24")), 64);
        assert_eq!(found[0], Err(FrameError::Length { got, most: MAX_BODY }));
    }
    assert_eq!(
        frames(Check::Strict, &bytes("F8 55 CE 0D 00 24"), 64),
        [Err(FrameError::Incomplete { got: 6, expected: 20 })]
    );
}

#[test]
fn a_flood_is_bounded_and_the_next_frame_is_found() {
    let mut deframer = Deframer::new(Check::Strict);
    let flood = [0xF8, 0x55, 0xCE, 0xFF, 0x01].repeat(4096);
    for _ in 0..64 {
        deframer.push(&flood);
        while let Some(result) = deframer.next_frame() {
            assert!(result.is_err());
        }
    }
    deframer.push(&[0; 600]);
    deframer.push(&bytes(ZERO));
    let mut found = Vec::new();
    while let Some(result) = deframer.next_frame() {
        found.push(result);
    }
    assert!(matches!(found.last(), Some(Ok(frame)) if frame.body.len() == 13), "{found:?}");
}

#[track_caller]
fn check(body: &str, wanted: Result<Answer, DecodeError>) {
    assert_eq!(Answer::decode(&bytes(body)), wanted);
}

#[test]
fn answers_that_are_no_weight() {
    check("28 08", Ok(Answer::Error(ErrorCode::OVERLOAD)));
    check("28", Ok(Answer::Error(ErrorCode::UNKNOWN)));
    check("F0", Ok(Answer::Nack));
    check("3F", Ok(Answer::Other(vec![0x3F])));
    check("21 07 00 00 00 54 42 E3 0D 0A", Ok(Answer::Name { id: 7, name: "TB?".to_owned() }));
    let limits = Parameters(vec!["Max=1".to_owned(), "e=2".to_owned()]);
    check("76 4D 61 78 3D 31 0D 0A 65 3D 32 0D 0A", Ok(Answer::Parameters(limits)));
}

#[test]
fn what_cannot_be_is_refused_with_its_field() {
    let value = |field, got, expected| Err(DecodeError::Value { field, got, expected });
    check("24 00 00 00 00 05 01 00 00", value("division code", 5, "00 to 04"));
    check("24 00 00 00 00 01 02 00 00", value("stable", 2, "00 or 01"));
    check("24 00 00 00 00 01 01 FF 00", value("net", 0xFF, "00 or 01"));
    check("24 00 00 00 00 01 01 00 07", value("zero", 7, "00 or 01"));
    let size = |message, got, expected| Err(DecodeError::Size { message, got, expected });
    check("24 00 00 00 00 01 01 00", size("ACK_MASSA", 8, "9 or 13"));
    check("24 00 00 00 00 01 01 00 00 00 00 00", size("ACK_MASSA", 12, "9 or 13"));
    check("10 00 00 00 00 01", size("weight of series R", 6, "7"));
    check("28 08 00", size("CMD_ERROR", 3, "1 or 2"));
}

#[test]
fn nothing_panics_on_changed_bytes() {
    let mut explainer = Explainer::of(NAME).unwrap();
    for frame in [ZERO, FOUR_KG, AUG, "F8 55 CE 02 00 28 08 08 28"] {
        let good = bytes(frame);
        for end in 0..good.len() {
            explainer.explain(Direction::Answer, &good[..end]);
        }
        for place in 0..good.len() {
            for value in 0..=u8::MAX {
                let mut changed = good.clone();
                changed[place] = value;
                let results = explainer.explain(Direction::Answer, &changed).len();
                assert!(results <= changed.len(), "more results than bytes");
            }
        }
    }
}
