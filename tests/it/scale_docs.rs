//! The pages of the scales' protocols against the driver that is written from them.

use scale_proto::explain::{Direction, Explainer};
use scale_proto::protocol::massa_k_100::{self, Check, Deframer, crc, crc_aug_ccitt, encode};
use scale_proto::protocol::{self, pos2};
use till_port::Origin;
use xtask::fixtures::tapes;

use crate::support::root;

/// Each page: its name, the section of its frames, and how many frames it prints.
const PAGES: [(&str, u8, usize); 8] = [
    ("massa-k-100", 9, 13),
    ("massa-k-2", 4, 8),
    ("pos2", 8, 15),
    ("cas-ecr", 4, 4),
    ("cas-22", 3, 1),
    ("toledo-8217", 5, 9),
    ("mt-sics", 4, 7),
    ("toledo-continuous", 4, 2),
];

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(format!("docs/protocols/{name}.md"))).unwrap()
}

/// The cells of every row of every table of a section, headings included.
fn rows(name: &str, number: u8) -> Vec<Vec<String>> {
    let page = page(name);
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

/// The bytes that stand in code spans.
fn frames(text: &str) -> Vec<Vec<u8>> {
    let spans = text.split('`').skip(1).step_by(2);
    let bytes =
        |span: &str| span.split(' ').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    spans.filter_map(bytes).collect()
}

#[test]
fn every_printed_frame_is_understood() {
    for (name, section, count) in PAGES {
        let mut counted = 0;
        for row in rows(name, section).iter().filter(|row| row[0].contains("-")) {
            let text = row.join("|");
            let mut explainer = Explainer::of(name).unwrap();
            for (place, frame) in frames(&text).into_iter().enumerate() {
                // Requests and answers take turns, but for a row of answers or of requests.
                let answers = match row[1].as_str() {
                    "exchange" => place % 2 == 1,
                    "request" => false,
                    _ => true,
                };
                // An alternative answer, or what is said after one, is the third.
                let third = place == 2 && name == "massa-k-100";
                let direction =
                    if answers || third { Direction::Answer } else { Direction::Request };
                let said = explainer.explain(direction, &frame);
                let refused = text.contains("AUG");
                assert!(!said.is_empty(), "{name} {}", row[0]);
                assert!(
                    said.iter().all(|it| it.is_err() == refused),
                    "{name} {}: {said:?}",
                    row[0]
                );
                counted += 1;
            }
        }
        assert_eq!(counted, count, "frames of {name}");
    }
}

#[test]
fn every_checksum_of_protocol_100_is_the_one_that_its_row_says() {
    for row in rows("massa-k-100", 9).iter().skip(1) {
        for frame in frames(&row.join("|")) {
            let mut strict = Deframer::new(Check::Strict);
            strict.push(&frame);
            let says_aug = row.join("|").contains("AUG");
            assert_eq!(strict.next_frame().unwrap().is_err(), says_aug, "{}", row[0]);
            let body = &frame[5..frame.len() - 2];
            let sum = u16::from_le_bytes([frame[frame.len() - 2], frame[frame.len() - 1]]);
            assert_eq!(sum, if says_aug { crc_aug_ccitt(body) } else { crc(body) }, "{}", row[0]);
            if !says_aug {
                assert_eq!(encode(body), frame);
            }
        }
    }
}

#[test]
fn the_error_codes_of_protocol_100_are_those_of_the_table() {
    let documented = rows("massa-k-100", 7);
    assert_eq!(documented.len(), 13);
    for row in documented.iter().skip(1) {
        let code = massa_k_100::ErrorCode(u8::from_str_radix(&row[0], 16).unwrap());
        assert_eq!(code.name_en(), Some(row[1].as_str()));
        assert!(code.name_ru().is_some_and(|name| !name.is_ascii()));
    }
    let known =
        (0..=u8::MAX).filter(|code| massa_k_100::ErrorCode(*code).name_en().is_some()).count();
    assert_eq!(known, documented.len() - 1);
}

#[test]
fn the_error_codes_of_pos2_are_those_of_the_table() {
    let mut documented = 0;
    for pair in rows("pos2", 6).iter().skip(1).flat_map(|row| row.chunks(2)) {
        let (code, meaning) = (pair[0].parse::<u8>().unwrap(), pair[1].as_str());
        if code == 0 {
            continue;
        }
        assert_eq!(pos2::ErrorCode(code).name_en(), Some(meaning), "{code}");
        assert!(pos2::ErrorCode(code).name_ru().is_some_and(|name| !name.is_ascii()));
        documented += 1;
    }
    let known = (0..=u8::MAX).filter(|code| pos2::ErrorCode(*code).name_en().is_some()).count();
    assert_eq!((documented, known), (19, 19));
}

type Commands = &'static [(&'static str, &'static str)];

/// The first cell of a row of commands, as the page writes it, and the request that it stands for.
const COMMANDS: [(&str, u8, Commands); 6] = [
    ("massa-k-100", 4, &[("23", "23"), ("A0", "A0"), ("20", "20"), ("75", "75")]),
    ("massa-k-2", 2, &[("4A \"J\"", "4A"), ("45 \"E\"", "45")]),
    ("pos2", 5, &[("3A", "3A"), ("E8", "E8"), ("EA", "EA"), ("FC", "FC")]),
    ("cas-ecr", 3, &[("`05`, then `11`", "05 11")]),
    ("toledo-8217", 2, &[("57 \"W\"", "57")]),
    ("mt-sics", 2, &[("SI", "53 49"), ("S", "53")]),
];

#[test]
fn what_is_sent_is_marked_as_reading() {
    for (name, section, commands) in COMMANDS {
        let table = rows(name, section);
        for (cell, _) in commands {
            let row = table.iter().find(|row| row[0] == *cell);
            let send = row.unwrap_or_else(|| panic!("{name} has no {cell}")).last().unwrap();
            let reads = send == "ident" || send.split(',').next() == Some("yes");
            assert!(reads, "{name} {cell}: {send}");
        }
        // Nothing else is sent, but the bytes of the link layer of POS2.
        let hex = |bytes: &[u8]| {
            bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
        };
        for sent in protocol::safe(name).unwrap().iter().map(|sent| hex(sent)) {
            let link = name == "pos2" && ["05", "06"].contains(&sent.as_str());
            let listed = commands.iter().any(|(_, request)| {
                *request == sent || name == "cas-ecr" && request.contains(&sent)
            });
            assert!(link || listed, "{name} sends {sent}");
        }
    }
    for name in ["cas-22", "toledo-continuous"] {
        assert!(protocol::safe(name).unwrap().is_empty(), "{name} only listens");
    }
}

#[test]
fn the_wrong_checksums_are_those_of_the_table() {
    let text = page("massa-k-100");
    for value in ["BEEF", "31C3", "29B1", "4B37", "E5CC", "7D26", "06D5", "023F", "D89D", "1D0F"] {
        assert!(text.contains(value), "{value}");
    }
}

#[test]
fn what_came_from_a_device_is_five_frames_and_nothing_else() {
    let mut recorded = Vec::new();
    for (name, section, _) in PAGES {
        for row in rows(name, section).iter().filter(|row| row.join("|").contains("[REC]")) {
            recorded.push(row[0].clone());
        }
    }
    assert_eq!(recorded, ["M100-2", "M100-3", "M100-4", "P2-1", "P2-2"]);
    let mut sources: Vec<_> = tapes(&root(), "scale-proto/")
        .unwrap()
        .into_iter()
        .filter(|fixture| fixture.tape.header.origin == Origin::Recorded)
        .map(|fixture| fixture.tape.header.source)
        .collect();
    sources.sort_unstable();
    assert_eq!(sources.len(), recorded.len(), "{sources:#?}");
    for (source, id) in sources.iter().zip(&recorded) {
        assert!(source.contains(&format!(" {id},")), "{source} is not {id}");
    }
}
