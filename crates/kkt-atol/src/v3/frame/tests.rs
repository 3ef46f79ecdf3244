use super::*;

/// Every packet of docs/protocols/atol.md section 17: its id there, its bytes, its id, its data.
pub(crate) const EXAMPLES: &[(&str, &str)] = &[
    ("F-v3-1", "FE 00 00 01 9D"),
    ("F-v3-3", "FE 01 00 01 C4 F6"),
    ("F-v3-4", "FE 01 00 01 A3 DA"),
    ("F-v3-5", "FE 06 00 02 C1 01 01 00 00 A5 0F"),
    ("F-v3-6", "FE 01 00 02 A1 95"),
    ("F-v3-7", "FE 15 00 F0 A6 01 00 01 01 39 00 00 03 00 00 75 34 80 92 8E 8B 20 32 35 94 B1"),
    ("F-v3-8", "FE 06 00 03 C1 01 02 00 00 3F 98"),
    (
        "F-v3-9",
        "FE 20 00 F0 A6 02 44 30 01 26 11 24 01 56 07 4B 00 10 65 43 39 33 30 01 00 42 00 17 01 \
         00 00 01 23 45 02 06 1C",
    ),
    ("F-v3-10a", "FE 06 00 04 C1 01 03 00 00 45 DD"),
    ("F-v3-10b", "FE 05 00 F0 A6 03 55 01 00 DC"),
    ("F-v3-11a", "FE 06 00 02 C1 01 01 00 00 3F ED"),
    (
        "F-v3-11b",
        "FE 20 00 F0 A6 01 44 30 01 26 11 24 01 56 07 4B 00 10 65 43 39 33 30 00 00 42 00 17 00 \
         00 00 00 00 00 02 06 9A",
    ),
    ("F-v3-12a", "FE 02 00 04 C2 01 20"),
    ("F-v3-12b", "FE 01 00 04 A3 AD"),
    ("F-v3-14a", "FE 07 00 0F C1 01 05 00 00 A4 10 F0"),
    ("F-v3-14b", "FE 09 00 F0 A6 05 55 00 01 12 00 2A 00 35"),
    ("F-v3-16a", "FE 07 00 21 C1 01 10 00 00 A4 30 C3"),
    (
        "F-v3-16b",
        "FE 22 00 F0 A6 10 55 00 03 00 00 01 00 1A 0B 18 01 38 39 39 39 39 30 37 38 39 30 30 30 \
         31 32 33 34 35 34 12 00 00 60",
    ),
    ("F-v3-18", "FE 02 00 22 C3 10 7A"),
    ("F-v3-20", "FE 01 00 03 A1 61"),
    ("F-v3-21", "FE 01 00 04 A1 CF"),
    ("F-v3-22a", "FE 06 00 05 C1 01 02 00 00 A5 6E"),
    ("F-v3-22b", "FE 01 00 05 A1 3B"),
    ("F-v3-22c", "FE 15 00 F0 A6 02 00 01 01 39 00 00 03 00 00 75 34 80 92 8E 8B 20 32 35 94 B8"),
    ("F-v3-22d", "FE 02 00 07 C2 02 B9"),
    ("F-v3-22e", "FE 01 00 07 A3 80"),
    ("F-v3-23a", "FE 06 00 08 C1 01 03 00 00 3F D6"),
    ("F-v3-23b", "FE 01 00 08 A1 7B"),
    (
        "F-v3-23c",
        "FE 20 00 F0 A6 03 44 30 01 26 11 24 01 56 07 4B 00 10 65 43 39 33 30 00 00 42 00 17 00 \
         00 00 00 00 00 02 06 0B",
    ),
    ("F-v3-23d", "FE 02 00 0A C2 03 B5"),
    ("F-v3-23e", "FE 01 00 0A A3 C0"),
    ("F-v3-24a", "FE 06 00 0C C1 01 04 00 00 45 90"),
    ("F-v3-24b", "FE 01 00 0C A1 F8"),
    ("F-v3-24c", "FE 05 00 F0 A6 04 55 00 00 BA"),
    ("F-v3-24d", "FE 02 00 0D C2 04 C1"),
    ("F-v3-24e", "FE 01 00 0D A3 6E"),
    ("F-v3-25a", "FE 01 00 0F A1 D5"),
    ("F-v3-25b", "FE 02 00 10 C2 05 69"),
    ("F-v3-25c", "FE 01 00 10 A3 40"),
];

pub(crate) fn example(wanted: &str) -> Vec<u8> {
    unhex(EXAMPLES.iter().find(|(id, _)| *id == wanted).unwrap().1)
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}

fn encoded(id: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(id, data, &mut bytes).unwrap();
    bytes
}

/// A packet that outlives its deframer: id and data.
type Owned = Result<(u8, Vec<u8>), FrameError>;

fn frame(id: u8, data: &[u8]) -> Owned {
    Ok((id, data.to_vec()))
}

fn next(deframer: &mut Deframer) -> Option<Owned> {
    deframer.next_frame().map(|result| result.and_then(|frame| self::frame(frame.id, frame.data)))
}

/// All results, with the bytes pushed in pieces of a size.
fn results(bytes: &[u8], size: usize) -> Vec<Owned> {
    let mut deframer = Deframer::new();
    let mut results = Vec::new();
    for piece in bytes.chunks(size.max(1)) {
        deframer.push(piece);
        results.extend(std::iter::from_fn(|| next(&mut deframer)));
    }
    results.extend(deframer.finish().map(Err));
    results
}

#[track_caller]
fn check(bytes: &[u8], expected: &[Owned]) {
    for size in [1, 3, bytes.len()] {
        assert_eq!(results(bytes, size), expected, "in pieces of {size}");
    }
}

#[test]
fn check_values_of_the_crc() {
    assert_eq!(crc(0x01, &[]), 0x9D, "F-v3-1");
    assert_eq!(crc(b'1', b"23456789"), 0xF7, "the catalogue's check value");
}

#[test]
fn every_example_is_read_and_written() {
    assert_eq!(EXAMPLES.len(), 39);
    for (name, text) in EXAMPLES {
        let bytes = unhex(text);
        let [Ok((id, data))] = &results(&bytes, 3)[..] else { panic!("{name} is one packet") };
        assert_eq!(*id, bytes[3], "{name}");
        assert_eq!(encoded(*id, data), bytes, "{name}");
    }
}

#[test]
fn start_and_escape_bytes_are_stuffed() {
    let bytes = encoded(0x05, &[0xFE, 0x00, 0xFD, 0xEE]);
    assert_eq!(bytes[..10], [0xFE, 0x04, 0x00, 0x05, 0xFD, 0xEE, 0x00, 0xFD, 0xED, 0xEE]);
    check(&bytes, &[frame(0x05, &[0xFE, 0x00, 0xFD, 0xEE])]);
}

#[test]
fn the_check_byte_is_stuffed() {
    for wanted in [START, ESCAPE] {
        let data = (0..=0xFF).find(|byte| crc(0x01, &[*byte]) == wanted).unwrap();
        let bytes = encoded(0x01, &[data]);
        assert_eq!(bytes.len(), 7 + usize::from(data >= 0xFD));
        check(&bytes, &[frame(0x01, &[data])]);
    }
}

#[test]
fn the_high_length_byte_is_worth_128() {
    let data = vec![0x11; 300];
    let bytes = encoded(0x10, &data);
    assert_eq!(bytes[..4], [0xFE, 0x2C, 0x02, 0x10]);
    check(&bytes, &[frame(0x10, &data)]);
    let most = vec![0x22; MAX_DATA];
    check(&encoded(0xF0, &most), &[frame(0xF0, &most)]);
}

#[test]
fn what_is_no_packet_is_not_written() {
    let mut out = Vec::new();
    let too_long = FrameError::TooLong { got: 4097, most: 4096 };
    assert_eq!(encode(0x01, &vec![0; 4097], &mut out), Err(too_long));
    assert_eq!(
        encode(0x01, &vec![0; 70_000], &mut out),
        Err(FrameError::TooLong { got: 70_000, most: 4096 })
    );
    assert_eq!(encode(0xF1, &[], &mut out), Err(FrameError::Id { got: 0xF1 }));
    assert!(out.is_empty());
}

#[test]
fn noise_before_and_between_packets() {
    let done = example("F-v3-4");
    let bytes = [&[0x00, 0x55, 0xFD][..], &done, &[0x06], &done, &[0xEE, 0xED]].concat();
    check(
        &bytes,
        &[
            Err(FrameError::Noise { dropped: 3 }),
            frame(0x01, &[0xA3]),
            Err(FrameError::Noise { dropped: 1 }),
            frame(0x01, &[0xA3]),
            Err(FrameError::Noise { dropped: 2 }),
        ],
    );
}

#[test]
fn a_packet_that_begins_inside_another_is_found() {
    let done = example("F-v3-4");
    for (cut, expected) in [(1, 5), (2, 5), (3, 5), (4, 11), (8, 11)] {
        let bytes = [&example("F-v3-8")[..cut], &done].concat();
        check(
            &bytes,
            &[
                Err(FrameError::Cut { got: cut, expected: if cut == 3 { 11 } else { expected } }),
                frame(0x01, &[0xA3]),
            ],
        );
    }
}

#[test]
fn a_packet_that_begins_after_an_escape_is_found() {
    let bytes = [&[0xFE, 0x05, 0x00, 0x01, 0xA3, 0xFD][..], &example("F-v3-4")].concat();
    check(&bytes, &[Err(FrameError::Cut { got: 5, expected: 10 }), frame(0x01, &[0xA3])]);
}

#[test]
fn a_wrong_check_byte_names_both() {
    let mut bytes = example("F-v3-4");
    bytes[5] = 0xDB;
    let error = FrameError::Checksum { id: 0x01, got: 0xDB, expected: 0xDA };
    check(&[&bytes[..], &example("F-v3-6")].concat(), &[Err(error), frame(0x02, &[0xA1])]);
    assert_eq!(error.to_string(), "wrong check byte of packet 01: got DB, expected DA");
}

#[test]
fn broken_headers_and_escapes() {
    let good = example("F-v3-4");
    for (start, error) in [
        (&[0xFE, 0x80][..], FrameError::LengthByte { got: 0x80 }),
        (&[0xFE, 0x01, 0x20], FrameError::TooLong { got: 4097, most: 4096 }),
        (&[0xFE, 0x01, 0x00, 0xF1], FrameError::Id { got: 0xF1 }),
        (&[0xFE, 0x01, 0x00, 0x01, 0xFD, 0x00], FrameError::Escape { got: 0x00 }),
    ] {
        let bytes = [start, &good].concat();
        check(&bytes, &[Err(error), frame(0x01, &[0xA3])]);
        // What follows a broken header up to the next start byte is noise.
        let bytes = [start, &[0x00, 0x00], &good].concat();
        check(&bytes, &[Err(error), Err(FrameError::Noise { dropped: 2 }), frame(0x01, &[0xA3])]);
    }
}

#[test]
fn an_unfinished_packet_is_told_at_the_end_only() {
    let bytes = example("F-v3-8");
    let mut deframer = Deframer::new();
    deframer.push(&bytes[..7]);
    assert_eq!(deframer.next_frame(), None);
    assert_eq!(deframer.finish(), Some(FrameError::Incomplete { got: 7, expected: 11 }));
    assert_eq!(deframer.finish(), None);
    deframer.push(&bytes);
    assert_eq!(deframer.next_frame().unwrap().unwrap().id, 3);
}

#[test]
fn dropped_bytes_are_counted() {
    let mut broken = example("F-v3-4");
    broken[5] = 0x00;
    let bytes = [&[0x00, 0x01][..], &broken, &example("F-v3-8")[..5], &example("F-v3-4")].concat();
    let mut deframer = Deframer::new();
    deframer.push(&bytes);
    while deframer.next_frame().is_some() {}
    assert_eq!(deframer.dropped(), 2 + 6 + 5);
}

#[test]
fn too_many_bytes_are_dropped_and_told() {
    let mut deframer = Deframer::new();
    deframer.push(&vec![0x00; 100_000]);
    let overflow = FrameError::Overflow { dropped: 100_000 - 65_536, most: 65_536 };
    assert_eq!(deframer.next_frame(), Some(Err(overflow)));
    deframer.push(&example("F-v3-4"));
    assert_eq!(next(&mut deframer), Some(frame(0x01, &[0xA3])));
}

/// Every prefix and every flipped bit of every example, with a good packet behind it: no panic, no
/// more results than bytes, and the good packet is found.
#[test]
fn hostile_bytes_never_hide_the_next_packet() {
    let good = example("F-v3-4");
    for (name, text) in EXAMPLES {
        let bytes = unhex(text);
        let prefixes = (0..bytes.len()).map(|length| bytes[..length].to_vec());
        let flips = (0..bytes.len() * 8).map(|bit| {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        });
        for hostile in prefixes.chain(flips) {
            let all = [&hostile[..], &good].concat();
            let found = results(&all, 3);
            assert!(found.len() <= all.len(), "{name}: {hostile:02X?}");
            assert_eq!(found.last(), Some(&frame(0x01, &[0xA3])), "{name}: {hostile:02X?}");
        }
    }
}
