use super::*;

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}

/// Everything that a device's bytes hold.
pub(crate) fn deframed(bytes: &[u8]) -> Vec<String> {
    pieces(Deframer::answers(), bytes, usize::MAX)
}

fn pieces(mut deframer: Deframer, bytes: &[u8], size: usize) -> Vec<String> {
    let mut found = Vec::new();
    for piece in bytes.chunks(size) {
        deframer.push(piece);
        while let Some(result) = deframer.next_piece() {
            found.push(match result {
                Ok(Piece::Frame(frame)) => String::from_utf8_lossy(frame.body).replace('\x1C', "|"),
                Ok(Piece::Control(byte)) => format!("{byte:02X}"),
                Err(error) => error.to_string(),
            });
        }
    }
    found.extend(deframer.finish().map(|error| error.to_string()));
    found
}

#[track_caller]
fn check(hex: &str, expected: &[&str]) {
    let bytes = unhex(hex);
    for size in [usize::MAX, 3, 1] {
        assert_eq!(pieces(Deframer::answers(), &bytes, size), expected, "{size} bytes at a time");
    }
}

/// SA-1 of the protocol page: id 35, A0, error 00, three fields.
const STATUS: &str = "02 23 41 30 30 30 30 1C 34 1C 30 1C 03 37 39";

#[test]
fn a_frame_in_pieces_and_two_glued_together() {
    check(STATUS, &["#A0000|4|0|"]);
    check(&format!("{STATUS} {STATUS}"), &["#A0000|4|0|", "#A0000|4|0|"]);
}

#[test]
fn check_characters_of_both_cases() {
    check("02 29 30 30 30 30 03 32 61", &[")0000"]);
    check("02 29 30 30 30 30 03 32 41", &[")0000"]);
    // PA-4: the checksum is "00".
    check(
        "02 24 30 32 30 30 35 1C 32 34 31 31 32 36 1C 30 39 32 39 35 39 1C 03 30 30",
        &["$02005|241126|092959|"],
    );
}

#[test]
fn an_ack_stands_for_itself_only_outside_of_a_frame() {
    check(&format!("06 {STATUS} 06"), &["06", "#A0000|4|0|", "06"]);
    let request = unhex("05 02 50 4F 4E 45 22 41 36 1C 03 35 65 0A 18");
    let found = pieces(Deframer::requests(), &request, 1);
    assert_eq!(found, ["05", "PONE\"A6|", "0A", "18"]);
}

#[test]
fn noise_is_counted_and_the_next_frame_found() {
    let noise = "got 1 bytes outside of a frame, expected 02";
    check(&format!("FF {STATUS}"), &[noise, "#A0000|4|0|"]);
    let found = deframed(&unhex(&format!("FF 00 7F {STATUS}")));
    assert_eq!(found, ["got 3 bytes outside of a frame, expected 02", "#A0000|4|0|"]);
}

#[test]
fn a_new_stx_begins_the_frame_anew() {
    let cut = "frame cut short: got 4 bytes before the next 02, expected 03 and a checksum";
    check(&format!("02 23 41 30 {STATUS}"), &[cut, "#A0000|4|0|"]);
    let cut = "frame cut short: got 3 bytes before the next 02, expected 03 and a checksum";
    check(&format!("02 23 03 {STATUS}"), &[cut, "#A0000|4|0|"]);
    let cut = "frame cut short: got 4 bytes before the next 02, expected 03 and a checksum";
    check(&format!("02 23 03 33 {STATUS}"), &[cut, "#A0000|4|0|"]);
    check("02 23", &["incomplete frame: got 2 bytes, expected 03 and a checksum"]);
}

#[test]
fn a_wrong_checksum_says_got_and_expected() {
    check("02 23 41 30 30 30 30 1C 34 1C 30 1C 03 37 38", &["wrong checksum: got 78, expected 79"]);
    check(
        &format!("02 23 41 30 30 30 30 1C 34 1C 30 1C 03 37 1C {STATUS}"),
        &["no checksum: got 37 1C, expected two hex digits", "#A0000|4|0|"],
    );
}

#[test]
fn a_frame_without_an_end_is_bounded() {
    let mut bytes = vec![STX];
    bytes.resize(100 * 1024, b'x');
    bytes.extend(unhex(STATUS));
    for size in [4096, 1] {
        let found = pieces(Deframer::answers(), &bytes, size);
        assert!(found[0].starts_with("frame too long"), "{}", found[0]);
        assert_eq!(found.last().unwrap(), "#A0000|4|0|");
    }
}

#[test]
fn a_flood_of_stx_is_linear_and_the_next_frame_found() {
    let mut deframer = Deframer::answers();
    let mut results = 0;
    for _ in 0..256 {
        deframer.push(&[STX; 4096]);
        while deframer.next_piece().is_some() {
            results += 1;
        }
        assert!(deframer.buffer_len() <= 4 * 4096);
    }
    assert_eq!(results, 256 * 4096 - 1, "one frame is still open");
    deframer.push(&unhex(STATUS));
    assert!(matches!(deframer.next_piece(), Some(Err(FrameError::Cut { got: 1 }))));
    assert!(matches!(deframer.next_piece(), Some(Ok(Piece::Frame(_)))));
}

#[test]
fn more_at_once_than_is_kept() {
    let mut deframer = Deframer::answers();
    deframer.push(&vec![0xFF; 1024 * 1024]);
    let noise = deframer.next_piece().unwrap().unwrap_err();
    assert_eq!(noise, FrameError::Noise { dropped: 64 * 1024 });
    let overflow = deframer.next_piece().unwrap().unwrap_err();
    assert!(matches!(overflow, FrameError::Overflow { .. }), "{overflow}");
    assert!(deframer.next_piece().is_none());
    assert_eq!(deframer.dropped(), 1024 * 1024);
}

fn frame(hex: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let body = unhex(hex);
    write(&body, checksum(&body), Case::Lower, &mut bytes);
    bytes
}

/// What a request with this body says.
fn request(hex: &str) -> String {
    let bytes = frame(hex);
    let mut deframer = Deframer::requests();
    deframer.push(&bytes);
    let Some(Ok(Piece::Frame(frame))) = deframer.next_piece() else { panic!("{hex}") };
    frame.request().map_or_else(|error| error.to_string(), |request| request.to_string())
}

#[test]
fn no_data_and_a_lone_fs_are_the_same_request() {
    assert_eq!(request("50 49 52 49 20 30 30"), "00");
    assert_eq!(request("50 49 52 49 20 30 30 1C"), "00");
    assert_eq!(request("50 4F 4E 45 28 41 31 33 33 1C 30 1C"), "A1 [33] [0]");
    assert_eq!(request("50 4F 4E 45 28 61 31 33 33 1C 30"), "A1 [33] [0]");
    assert_eq!(request("50 4F 4E 45 28 41 31 1C 30 1C"), "A1 [] [0]");
}

#[test]
fn short_frames_say_what_is_missing() {
    assert_eq!(request(""), "password is missing in the message");
    assert_eq!(request("50 4F 4E 45"), "packet id is missing in the message");
    assert_eq!(request("50 4F 4E 45 20 41"), "command is missing in the message");
    let wrong = "command: got \"41 58\", expected two hex digits";
    assert_eq!(request("50 4F 4E 45 20 41 58"), wrong);
    let bytes = frame("20 41 30 30");
    let mut deframer = Deframer::answers();
    deframer.push(&bytes);
    let Some(Ok(Piece::Frame(frame))) = deframer.next_piece() else { panic!() };
    assert_eq!(frame.answer(), Err(DecodeError::Missing("error code")));
}

#[test]
fn fields_end_with_fs_or_with_the_data() {
    let fields = |data| fields(data).collect::<Vec<_>>();
    assert!(fields(b"").is_empty());
    assert_eq!(fields(b"\x1C"), [b""]);
    assert_eq!(fields(b"1\x1C\x1C2"), [&b"1"[..], b"", b"2"]);
}

#[test]
fn ids_go_round() {
    assert_eq!(PacketId::new(0x1F), None);
    assert_eq!(PacketId::new(0xF1), None);
    assert_eq!(PacketId::LAST.next(), PacketId::FIRST);
    assert_eq!(PacketId::FIRST.next().byte(), 0x21);
}
