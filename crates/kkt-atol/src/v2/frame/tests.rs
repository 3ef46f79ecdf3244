use super::*;
pub(crate) use crate::v3::frame::tests::unhex;

/// Every frame of docs/protocols/atol.md section 17: its id there, its bytes, its data.
pub(crate) const EXAMPLES: &[(&str, &str, &str)] = &[
    ("F-v2-1", "02 1F 00 FF 10 10 02 10 03 1A 03 E8", "1F 00 FF 10 02 03 1A"),
    ("F-v2-2", "02 55 00 00 03 56", "55 00 00"),
    ("F-v2-3", "02 55 00 A0 03 F6", "55 00 A0"),
    ("F-v2-5", "02 00 00 A5 03 A6", "00 00 A5"),
    ("F-v2-6", "02 00 00 3F 03 3C", "00 00 3F"),
    ("F-v2-7", "02 00 00 45 03 46", "00 00 45"),
    ("F-v2-8", "02 00 00 A4 20 03 87", "00 00 A4 20"),
    ("F-v2-9", "02 00 00 A4 10 10 03 A7", "00 00 A4 10"),
    ("F-v2-10", "02 00 00 A4 30 03 97", "00 00 A4 30"),
    ("F-v2-11a", "02 00 00 91 13 00 00 03 81", "00 00 91 13 00 00"),
    ("F-v2-11b", "02 00 00 91 12 00 01 03 81", "00 00 91 12 00 01"),
    ("F-v2-13", "02 55 67 00 03 31", "55 67 00"),
    (
        "F-v2-14",
        "02 44 30 01 26 11 24 10 03 10 10 07 4B 00 10 10 65 43 39 33 30 01 00 42 00 17 01 00 00 \
         01 23 45 02 06 03 10",
        "44 30 01 26 11 24 03 10 07 4B 00 10 65 43 39 33 30 01 00 42 00 17 01 00 00 01 23 45 02 06",
    ),
    ("F-v2-15", "02 55 01 01 03 56", "55 01 01"),
    ("F-v2-17", "02 55 00 01 12 00 2A 00 03 6F", "55 00 01 12 00 2A 00"),
    ("F-v2-21", "02 55 00 01 01 00 42 00 00 12 34 03 32", "55 00 01 01 00 42 00 00 12 34"),
];

pub(crate) fn example(wanted: &str) -> Vec<u8> {
    unhex(EXAMPLES.iter().find(|(id, ..)| *id == wanted).unwrap().1)
}

/// An item that outlives its deframer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owned {
    Control(Control),
    Frame(Vec<u8>),
    Noise(u8),
    Error(FrameError),
}

use Owned::Noise;

fn frame(data: &str) -> Owned {
    Owned::Frame(unhex(data))
}

const ENQ: Owned = Owned::Control(Control::ENQ);
const ACK: Owned = Owned::Control(Control::ACK);

fn next(deframer: &mut Deframer) -> Option<Owned> {
    deframer.next_item().map(|result| match result {
        Ok(Item::Control(control)) => Owned::Control(control),
        Ok(Item::Frame(data)) => Owned::Frame(data.to_vec()),
        Ok(Item::Noise(byte)) => Owned::Noise(byte),
        Err(error) => Owned::Error(error),
    })
}

/// All items, with the bytes pushed in pieces of a size and silence at the end.
fn items(mut deframer: Deframer, bytes: &[u8], size: usize) -> Vec<Owned> {
    let mut items = Vec::new();
    for piece in bytes.chunks(size.max(1)) {
        deframer.push(piece);
        items.extend(std::iter::from_fn(|| next(&mut deframer)));
    }
    while let Some(error) = deframer.give_up() {
        items.push(Owned::Error(error));
        items.extend(std::iter::from_fn(|| next(&mut deframer)));
    }
    assert_eq!(deframer.pending(), Pending::Nothing);
    items
}

#[track_caller]
fn check(bytes: &[u8], expected: &[Owned]) {
    for size in [1, 3, bytes.len()] {
        let found = items(Deframer::for_answers(), bytes, size);
        assert_eq!(found, expected, "in pieces of {size}");
    }
}

#[track_caller]
fn check_command(bytes: &[u8], expected: &[Owned]) {
    for size in [1, 3, bytes.len()] {
        let found = items(Deframer::for_commands(), bytes, size);
        assert_eq!(found, expected, "in pieces of {size}");
    }
}

fn encoded(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(data, &mut bytes).unwrap();
    bytes
}

/// A frame of a firmware that does not mask an ETX.
fn unmasked(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![STX];
    for &byte in data {
        bytes.extend((byte == DLE).then_some(DLE));
        bytes.push(byte);
    }
    bytes.push(ETX);
    bytes.push(bytes[1..].iter().fold(0, |check, byte| check ^ byte));
    bytes
}

fn wrong(got: u8, expected: u8) -> Owned {
    Owned::Error(FrameError::Checksum { got, expected })
}

#[test]
fn every_example_is_read_and_written() {
    assert_eq!(EXAMPLES.len(), 16);
    for (name, sent, data) in EXAMPLES {
        check(&unhex(sent), &[frame(data)]);
        check_command(&unhex(sent), &[frame(data)]);
        assert_eq!(encoded(&unhex(data)), unhex(sent), "{name}");
    }
}

#[test]
fn the_check_byte_is_raw_whatever_it_is() {
    for check_byte in 0..=0xFF {
        let candidates = (0..=0xFF).flat_map(|byte| [[byte, 0x55], [byte, 0x56]]);
        let gives = |data: &[u8; 2]| encoded(data).last() == Some(&check_byte);
        let data = candidates.into_iter().find(gives).unwrap();
        let bytes = [encoded(&data), encoded(&[0x3F])].concat();
        check(&bytes, &[Owned::Frame(data.to_vec()), frame("3F")]);
    }
}

#[test]
fn control_bytes_stand_between_frames_and_mean_nothing_inside() {
    let bytes = [&[0x05, 0x06][..], &encoded(&[0x05, 0x06, 0x02, 0x04, 0x15]), &[0x04, 0x15]];
    check(
        &bytes.concat(),
        &[
            ENQ,
            ACK,
            frame("05 06 02 04 15"),
            Owned::Control(Control::EOT),
            Owned::Control(Control::NAK),
        ],
    );
    let names = (0..=0xFF).filter_map(|byte| Control(byte).name()).collect::<Vec<_>>();
    assert_eq!(names, ["EOT", "ENQ", "ACK", "NAK"]);
    assert_eq!(Control(0x07).to_string(), "07");
}

#[test]
fn noise_is_told_byte_by_byte() {
    let bytes = [&[0x00, 0x03, 0x10][..], &example("F-v2-2"), &[0xFE, 0x05]].concat();
    let expected = [Noise(0x00), Noise(0x03), Noise(0x10), frame("55 00 00"), Noise(0xFE), ENQ];
    check(&bytes, &expected);
}

#[test]
fn an_etx_that_the_firmware_did_not_mask() {
    for data in ["55 00 03 01 03 12", "55 03", "55 03 03 03 03", "55 03 10 03"] {
        let bytes = [unmasked(&unhex(data)), vec![0x04]].concat();
        check(&bytes, &[frame(data), Owned::Control(Control::EOT)]);
    }
}

#[test]
fn no_more_than_a_few_etx_are_tried() {
    let answer = |etx: usize| [&[0x55][..], &[0x03, 0x20].repeat(etx)].concat();
    let data = answer(MAX_UNMASKED);
    check(&unmasked(&data), &[Owned::Frame(data)]);
    let data = answer(MAX_UNMASKED + 1);
    let found = items(Deframer::for_answers(), &unmasked(&data), 3);
    assert_eq!(found[0], wrong(0x20, 0x56));
    assert!(!found.contains(&Owned::Frame(data)), "{found:?}");
}

#[test]
fn a_command_is_masked_or_wrong() {
    let bytes = unmasked(&unhex("00 03 01"));
    let expected = [wrong(0x01, 0x03), Noise(0x03), Noise(0x01)];
    check_command(&bytes, &expected);
}

#[test]
fn a_wrong_check_byte_names_both_and_the_next_frame_is_found() {
    let mut broken = example("F-v2-2");
    broken[5] = 0x57;
    check(&broken, &[wrong(0x57, 0x56)]);
    check(&[&broken[..], &example("F-v2-13")].concat(), &[wrong(0x57, 0x56), frame("55 67 00")]);
    check_command(&[&broken[..], &[0x05]].concat(), &[wrong(0x57, 0x56), ENQ]);
    let error = FrameError::Checksum { got: 0x57, expected: 0x56 };
    assert_eq!(error.to_string(), "wrong check byte of a frame: got 57, expected 56");
}

#[test]
fn what_has_begun_is_told() {
    let mut deframer = Deframer::for_answers();
    assert_eq!(deframer.pending(), Pending::Nothing);
    deframer.push(&unhex("02 55 00 00"));
    assert_eq!((next(&mut deframer), deframer.pending()), (None, Pending::Frame));
    deframer.push(&[0x03]);
    assert_eq!((next(&mut deframer), deframer.pending()), (None, Pending::Frame));
    deframer.push(&[0x57]);
    assert_eq!((next(&mut deframer), deframer.pending()), (None, Pending::Mismatch));
    assert_eq!(
        deframer.give_up(),
        Some(FrameError::Checksum { got: 0x57, expected: 0x56 }),
        "the first ETX counts"
    );
    assert_eq!((next(&mut deframer), deframer.give_up()), (None, None));
    assert_eq!((deframer.pending(), deframer.dropped()), (Pending::Nothing, 6));
}

#[test]
fn a_frame_that_silence_ends() {
    let bytes = example("F-v2-14");
    for length in 1..bytes.len() {
        let mut deframer = Deframer::for_answers();
        deframer.push(&bytes[..length]);
        assert_eq!(next(&mut deframer), None);
        assert_eq!(deframer.give_up(), Some(FrameError::Incomplete { got: length }));
        deframer.push(&bytes);
        assert!(matches!(next(&mut deframer), Some(Owned::Frame(data)) if data.len() == 30));
    }
}

#[test]
fn a_side_that_is_sent_no_frame_looks_at_bytes() {
    let mut deframer = Deframer::for_answers();
    deframer.push(&[0x02, 0x05]);
    assert_eq!(next(&mut deframer), None, "this may be a frame");
    assert_eq!(deframer.next_byte(), Some(Item::Noise(0x02)));
    assert_eq!(deframer.next_byte(), Some(Item::Control(Control::ENQ)));
    assert_eq!(deframer.next_byte(), None);
    assert_eq!(deframer.dropped(), 1);
    // What looked like a frame is forgotten.
    assert_eq!(deframer.pending(), Pending::Nothing);
    deframer.push(&example("F-v2-2"));
    assert_eq!(next(&mut deframer), Some(frame("55 00 00")));
}

#[test]
fn everything_can_be_dropped() {
    let mut deframer = Deframer::for_answers();
    deframer.push(&[0x02, 0x05, 0x06]);
    assert_eq!(next(&mut deframer), None);
    deframer.clear();
    assert_eq!((deframer.pending(), deframer.dropped()), (Pending::Nothing, 3));
    deframer.push(&[0x05]);
    assert_eq!(next(&mut deframer), Some(ENQ));
}

#[test]
fn what_is_too_long_is_neither_written_nor_read() {
    let most = vec![0x10; MAX_DATA];
    check(&encoded(&most), &[Owned::Frame(most.clone())]);
    let mut out = Vec::new();
    let too_long = FrameError::TooLong { got: 4097, most: 4096 };
    assert_eq!(encode(&vec![0; 4097], &mut out), Err(too_long));
    assert!(out.is_empty());
    let bytes = [&[STX][..], &[0x20; 4097], &[0x05]].concat();
    check(&bytes, &[Owned::Error(too_long), ENQ]);
}

#[test]
fn too_many_bytes_are_dropped_and_told() {
    let mut deframer = Deframer::for_answers();
    deframer.push(&vec![0x05; 100_000]);
    let found = std::iter::from_fn(|| next(&mut deframer)).collect::<Vec<_>>();
    assert_eq!(found.len(), 65_536 + 1);
    let overflow = FrameError::Overflow { dropped: 100_000 - 65_536, most: 65_536 };
    assert_eq!(found.last(), Some(&Owned::Error(overflow)));
    deframer.push(&example("F-v2-2"));
    assert_eq!(next(&mut deframer), Some(frame("55 00 00")));
}

/// Every prefix and every flipped bit of every example: no panic, no more items than bytes, never
/// other data than was sent, and after a silence the next frame is found.
#[test]
fn hostile_bytes_never_hide_the_next_frame() {
    for (name, sent, data) in EXAMPLES {
        let bytes = unhex(sent);
        let prefixes = (0..bytes.len()).map(|length| bytes[..length].to_vec());
        let flips = (0..bytes.len() * 8).map(|bit| {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        });
        for hostile in prefixes.chain(flips) {
            let mut deframer = Deframer::for_answers();
            deframer.push(&hostile);
            let mut found = Vec::new();
            loop {
                found.extend(std::iter::from_fn(|| next(&mut deframer)));
                let Some(error) = deframer.give_up() else { break };
                found.push(Owned::Error(error));
            }
            assert!(found.len() <= hostile.len(), "{name}: {hostile:02X?}");
            for item in found {
                let sound = !matches!(&item, Owned::Frame(found) if *found != unhex(data));
                assert!(sound, "{name}: {hostile:02X?}: {item:02X?}");
            }
            deframer.push(&bytes);
            assert_eq!(next(&mut deframer), Some(frame(data)), "{name}: {hostile:02X?}");
        }
    }
}

/// Floods of anything are read in the end, in pieces and at once, by both sides.
#[test]
fn floods_end() {
    for pattern in ["02", "03", "10", "02 03 20", "02 20 03 20 20 03", "02 10", "02 20 03"] {
        let flood: Vec<u8> = unhex(pattern).into_iter().cycle().take(MAX_WAITING).collect();
        for deframer in [Deframer::for_answers, Deframer::for_commands] {
            let at_once = items(deframer(), &flood, flood.len());
            assert_eq!(items(deframer(), &flood, 7), at_once, "{pattern}");
            assert!(at_once.len() <= flood.len(), "{pattern}");
        }
    }
}
