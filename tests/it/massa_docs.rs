//! docs/protocols/massa-k-100.md against the driver that is written from it.

use scale_proto::protocol::massa_k_100::{
    Check, Deframer, ErrorCode, SAFE, crc, crc_aug_ccitt, encode,
};

use crate::support::root;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/protocols/massa-k-100.md")).unwrap()
}

/// The cells of every row of every table of a section, headings included.
fn rows(number: u8) -> Vec<Vec<String>> {
    let page = page();
    let start = page.find(&format!("\n## {number} ")).unwrap() + 1;
    let text = &page[start..];
    let text = &text[..text.find("\n## ").unwrap_or(text.len())];
    let rows = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|-"));
    let cells = |line: &str| {
        let line = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).unwrap();
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

/// The frames that stand in code spans.
fn frames(text: &str) -> Vec<Vec<u8>> {
    let spans = text.split('`').skip(1).step_by(2);
    let bytes =
        |span: &str| span.split(' ').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    spans.filter_map(bytes).filter(|frame: &Vec<u8>| frame.len() > 7).collect()
}

#[test]
fn every_printed_frame_has_the_checksum_that_its_row_says() {
    let mut counted = 0;
    for row in rows(9).iter().skip(1) {
        for frame in frames(&row.join("|")) {
            let mut strict = Deframer::new(Check::Strict);
            strict.push(&frame);
            let found = strict.next_frame().unwrap();
            let says_aug = row.join("|").contains("AUG");
            assert_eq!(found.is_err(), says_aug, "{}", row[0]);
            let body = &frame[5..frame.len() - 2];
            let sum = u16::from_le_bytes([frame[frame.len() - 2], frame[frame.len() - 1]]);
            assert_eq!(sum, if says_aug { crc_aug_ccitt(body) } else { crc(body) }, "{}", row[0]);
            if !says_aug {
                assert_eq!(encode(body), frame);
            }
            counted += 1;
        }
    }
    assert_eq!(counted, 13, "frames in the table");
}

#[test]
fn error_codes_are_those_of_the_table() {
    let documented = rows(7);
    assert_eq!(documented.len(), 13);
    for row in documented.iter().skip(1) {
        let code = ErrorCode(u8::from_str_radix(&row[0], 16).unwrap());
        assert_eq!(code.name_en(), Some(row[1].as_str()));
        assert!(code.name_ru().is_some_and(|name| !name.is_ascii()));
    }
    let known = (0..=u8::MAX).filter(|code| ErrorCode(*code).name_en().is_some()).count();
    assert_eq!(known, documented.len() - 1);
}

#[test]
fn what_is_sent_is_marked_as_reading() {
    let commands = rows(4);
    let send = |code: u8| {
        let row = commands.iter().find(|row| row[0] == format!("{code:02X}")).unwrap();
        row.last().unwrap().clone()
    };
    for code in SAFE {
        assert!(matches!(send(code).as_str(), "yes" | "ident"), "{code:02X}");
    }
    for code in [0x22, 0x72, 0xA3] {
        assert_eq!(send(code), "no");
    }
}

#[test]
fn the_wrong_checksums_are_those_of_the_table() {
    let text = page();
    for value in ["BEEF", "31C3", "29B1", "4B37", "E5CC", "7D26", "06D5", "023F", "D89D", "1D0F"] {
        assert!(text.contains(value), "{value}");
    }
    let mut recorded = 0;
    for row in rows(9).iter().filter(|row| row.join("|").contains("[REC]")) {
        recorded += frames(&row.join("|")).len();
    }
    assert_eq!(recorded, 3, "M100-2, M100-3, M100-4 and nothing else");
}
