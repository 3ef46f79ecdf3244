//! docs/protocols/atol.md against the driver that is written from it.

use std::collections::BTreeSet;
use std::time::Duration;

use kkt_atol::explain::{Direction, Explainer};
use kkt_atol::fault::{EXTENDED_F6, FAULTS, Fault, FaultGroup};
use kkt_atol::mode::Mode;
use kkt_atol::model::{MODELS, Model};
use kkt_atol::v2;
use kkt_atol::v3::frame::{self, Deframer};
use kkt_atol::v3::task::{BufferError, TaskStatus};

use crate::support::root;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/protocols/atol.md")).unwrap()
}

/// The text of a section, from its heading to the next one of its level.
fn section(number: u8) -> String {
    let page = page();
    let heading = format!("\n## {number} ");
    let start = page.find(&heading).unwrap_or_else(|| panic!("no section {number}"));
    let text = &page[start + 1..];
    text[..text.find("\n## ").unwrap_or(text.len())].to_owned()
}

/// The cells of every row of every table of a section, headings included.
pub(crate) fn rows(number: u8) -> Vec<Vec<String>> {
    let text = section(number);
    let rows = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|-"));
    let cells = |line: &str| {
        let line = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).unwrap();
        line.split('|').map(|cell| cell.trim().replace("**", "")).collect()
    };
    rows.map(cells).collect()
}

pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    text.split(' ').map(|digits| u8::from_str_radix(digits, 16).ok()).collect()
}

#[test]
fn error_codes_are_those_of_the_table() {
    let mut documented = Vec::new();
    for row in rows(14) {
        let Some(codes) = bytes(&row[0].replace(',', "")) else { continue };
        // B4 to B8 share a row, whose names share their first word.
        let names = row[1].split("; ").enumerate().map(|(place, name)| match place {
            0 => name.to_owned(),
            _ => format!("wrong {name}"),
        });
        let names = if codes.len() == 1 { vec![row[1].clone()] } else { names.collect() };
        assert_eq!(names.len(), codes.len(), "{row:?}");
        let group = row[2].clone();
        documented
            .extend(codes.into_iter().zip(names).map(|(code, name)| (code, name, group.clone())));
    }
    let codes: Vec<_> = documented.iter().map(|(code, ..)| *code).collect();
    let known: Vec<_> = FAULTS.iter().map(|(code, _, _)| *code).collect();
    assert_eq!(codes, known);
    assert_eq!(codes.len(), 150);
    for (code, name, group) in documented {
        let fault = Fault::new(code);
        let known = fault.name_en().unwrap();
        assert!(fault.name_ru().is_some_and(|name| !name.is_ascii()), "{code:02X}");
        assert!(name == known || code == 0xF6 && name.starts_with(known), "{name} / {known}");
        assert_eq!(fault.group().map_or("", FaultGroup::name), group, "{code:02X}");
    }
    let shared = section(14);
    for (extended, name, _) in EXTENDED_F6 {
        assert!(shared.contains(&format!("{extended:02X} {name}")), "F6 {extended:02X}");
    }
}

#[test]
fn model_ids_are_those_of_the_table() {
    let mut documented = BTreeSet::new();
    for row in rows(15).iter().skip(1) {
        for pair in row.iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>().chunks(2) {
            if let [id, name] = pair {
                documented.insert((id.parse::<u8>().unwrap(), (*name).clone()));
            }
        }
    }
    assert_eq!(documented.len(), MODELS.len());
    for (id, name) in documented {
        let known = Model(id).name().unwrap_or_else(|| panic!("model {id} has no name"));
        assert!(name == known || name.starts_with(&format!("{known} (")), "{id}: {name} / {known}");
    }
}

#[test]
fn modes_and_submodes_are_those_of_the_tables() {
    let rows = rows(13);
    let modes = rows.iter().filter(|row| row[0].len() == 1);
    let modes = modes.filter_map(|row| Some((row[0].parse::<u8>().ok()?, &row[1])));
    let mut count = 0;
    for (mode, meaning) in modes {
        // The byte 07 has a submode of its own: none of the high nibble's.
        let name = Mode(mode).name_en().split(": ").next().unwrap().to_owned();
        assert!(
            meaning.starts_with(&name) || mode == 7 && meaning.contains(&name),
            "{mode}: {name}"
        );
        count += 1;
    }
    assert_eq!(count, 8);
    let mut submodes = 0;
    for row in rows.iter().filter(|row| row.len() > 2) {
        for (codes, meaning) in [(&row[0], row.get(1)), (&row[3], row.get(4))] {
            for code in bytes(&codes.replace(',', "")).unwrap_or_default() {
                let name = Mode(code).name_en();
                assert!(name.ends_with(meaning.unwrap().as_str()), "{code:02X}: {name}");
                submodes += 1;
            }
        }
    }
    assert_eq!(submodes, 33);
}

#[test]
fn statuses_and_buffer_errors_are_those_of_the_table() {
    let mut count = 0;
    for row in rows(5) {
        for pair in row.windows(2) {
            let Some([code]) =
                bytes(&pair[0]).as_deref().and_then(|it| <[u8; 1]>::try_from(it).ok())
            else {
                continue;
            };
            let known = TaskStatus(code).name().or_else(|| BufferError(code).name());
            let Some(known) = known else { continue };
            let plain = |name: &str| name.to_lowercase().replace(['-', ' '], "");
            assert_eq!(plain(&pair[1]), plain(known), "{code:02X}");
            count += 1;
        }
    }
    assert_eq!(count, 12);
}

#[test]
fn every_frame_is_sound_and_understood() {
    let mut explainer = Explainer::new(kkt_atol::Link::V3);
    let mut count = 0;
    for row in rows(17).iter().filter(|row| row[0].starts_with("F-v3-")) {
        let name = &row[0];
        let frame = bytes(row[1].trim_matches('`')).unwrap_or_else(|| panic!("{name}: {}", row[1]));
        let mut deframer = Deframer::new();
        deframer.push(&frame);
        let found =
            deframer.next_frame().unwrap().unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut again = Vec::new();
        frame::encode(found.id, found.data, &mut again).unwrap();
        assert_eq!(again, frame, "{name}");
        let request = matches!(found.data.first(), Some(0xC1..=0xC5) | None);
        assert_eq!(deframer.next_frame(), None, "{name}");
        assert_eq!(deframer.finish(), None, "{name}");
        let direction = if request { Direction::Request } else { Direction::Answer };
        let said = explainer.explain(direction, &frame);
        assert!(matches!(said.as_slice(), [Ok(_)]), "{name}: {said:?}");
        count += 1;
    }
    assert_eq!(count, 39);
}

#[test]
fn every_frame_of_the_link_v2_is_read_and_written() {
    let mut count = 0;
    for row in rows(17).iter().filter(|row| row[0].starts_with("F-v2-")) {
        let name = &row[0];
        let sent = bytes(row[1].trim_matches('`')).unwrap_or_else(|| panic!("{name}: {}", row[1]));
        for mut deframer in [v2::Deframer::for_answers(), v2::Deframer::for_commands()] {
            deframer.push(&sent);
            let Some(Ok(v2::Item::Frame(data))) = deframer.next_item() else {
                panic!("{name} is a frame");
            };
            let mut again = Vec::new();
            v2::frame::encode(data, &mut again).unwrap();
            assert_eq!(again, sent, "{name}");
            assert_eq!(deframer.next_item(), None, "{name}");
            assert_eq!(deframer.give_up(), None, "{name}");
        }
        count += 1;
    }
    assert_eq!(count, 16);
}

#[test]
fn time_limits_of_the_link_v2_are_those_of_the_tables() {
    let limits = v2::Timeouts::default();
    let named = [
        ("T1", limits.t1),
        ("T2", limits.t2),
        ("T3", limits.t3),
        ("T4", limits.t4),
        ("T5", limits.t5),
        ("T6", limits.t6),
        ("T7", limits.t7),
    ];
    let rows = rows(3);
    for (name, limit) in named {
        let row = rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("no {name}"));
        let milliseconds: u64 = row[1].split(',').next().unwrap().parse().unwrap();
        assert_eq!(limit, Duration::from_millis(milliseconds), "{name}");
    }
    let mut named = BTreeSet::new();
    for row in rows.iter().filter(|row| row.len() == 3) {
        let (Some(codes), Ok(seconds)) = (bytes(&row[0].replace(',', "")), row[1].parse()) else {
            continue;
        };
        for code in codes {
            assert_eq!(limits.execution(&[code]), Duration::from_secs(seconds), "{code:02X}");
            named.insert(code);
        }
    }
    assert_eq!(named.len(), 13);
    for code in (0..=0xFF).filter(|code| !named.contains(code)) {
        assert_eq!(limits.execution(&[code]), limits.t5, "{code:02X}");
    }
}

#[test]
fn what_may_be_sent_is_what_is_sent() {
    let mut documented = BTreeSet::new();
    for row in rows(6).iter().filter(|row| row[1].starts_with("yes")) {
        documented.extend(row[0].split(", ").map(|command| bytes(command).unwrap()));
    }
    let sent: BTreeSet<_> = kkt_atol::SAFE.iter().map(|command| command.to_vec()).collect();
    assert_eq!(documented, sent);
    let mut for_owners = BTreeSet::new();
    for row in rows(6).iter().filter(|row| row[1].starts_with("only by an owner")) {
        for command in row[0].split(", ") {
            let fixed: Vec<_> = command.split(' ').filter(|byte| *byte != "??").collect();
            let free = command.split(' ').count() - fixed.len();
            for_owners.insert((bytes(&fixed.join(" ")).unwrap(), free));
        }
    }
    let sent = kkt_atol::SAFE_OWNED.iter().map(|(fixed, free)| (fixed.to_vec(), *free));
    assert_eq!(for_owners, sent.collect());
}
