//! Reading frames allocates nothing: each deframer keeps its buffer and lends the frame out of it.

use kkt_atol::{v2, v3};

/// Frames that a device sends in a minute or so.
const FRAMES: usize = 1_000;
/// As long as the answer to 3Fh, with bytes that are masked on each link.
const ANSWER: [u8; 60] = {
    let mut answer = [0x44; 60];
    answer[9] = 0x10;
    answer[30] = 0x03;
    answer[31] = 0xFE;
    answer[59] = 0xFD;
    answer
};

/// What is read, in the pieces in which a port gives it: with noise, and with a broken frame.
fn read_all(bytes: &[u8], mut read: impl FnMut(&[u8]) -> usize) -> usize {
    let wrong = bytes.split_last().map_or(bytes, |(_, without_check)| without_check);
    (0..FRAMES).map(|_| read(&[0x00]) + read(wrong) + read(&[0x00]) + read(bytes)).sum()
}

#[test]
fn reading_frames_of_the_link_v2() {
    let mut bytes = Vec::new();
    v2::frame::encode(&ANSWER, &mut bytes).unwrap();
    let mut deframer = v2::Deframer::for_answers();
    let mut read = |piece: &[u8]| {
        let mut found = 0;
        deframer.push(piece);
        loop {
            while let Some(item) = deframer.next_item() {
                found += usize::from(item == Ok(v2::Item::Frame(&ANSWER)));
            }
            if piece.len() > 1 || deframer.give_up().is_none() {
                return found;
            }
        }
    };
    read(&[0x00; 1024]);
    let mut found = 0;
    let allocated = allocation_counter::measure(|| found = read_all(&bytes, &mut read));
    assert_eq!((found, allocated.count_total), (FRAMES, 0));
}

#[test]
fn reading_packets_of_the_link_v3() {
    let mut bytes = Vec::new();
    v3::frame::encode(0xF0, &ANSWER, &mut bytes).unwrap();
    let mut deframer = v3::Deframer::new();
    let mut read = |piece: &[u8]| {
        let mut found = 0;
        deframer.push(piece);
        while let Some(packet) = deframer.next_frame() {
            found += usize::from(packet == Ok(v3::Frame { id: 0xF0, data: &ANSWER }));
        }
        found
    };
    read(&[0x00; 1024]);
    read(&bytes);
    let mut found = 0;
    let allocated = allocation_counter::measure(|| found = read_all(&bytes, &mut read));
    assert_eq!((found, allocated.count_total), (FRAMES, 0));
}
