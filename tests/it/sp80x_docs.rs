//! docs/protocols/sp80x.md against the driver that is written from it.

use std::collections::BTreeSet;

use kkt_sp80x::command::pirit::{EXTENDED_ERRORS, ITEMS};
use kkt_sp80x::command::{arm, pirit, pone};
use kkt_sp80x::envelope::{Envelope, Form, Request, RequestId};
use kkt_sp80x::explain::{Direction, Explainer};
use kkt_sp80x::fault::{PIRIT_FAULTS, PONE_FAULTS};
use kkt_sp80x::frame::{Deframer, Envelope as StxEnvelope, NoData, PacketId, Piece};
use kkt_sp80x::model::MODELS;
use kkt_sp80x::profile::{ArmQuery, PoneQuery, Profile, Query};
use kkt_sp80x::{Arm, CivilDateTime, Command, DialectName, Pirit, Pone, document};

use crate::safety::safe_list;
use crate::support::root;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/protocols/sp80x.md")).unwrap()
}

/// The text below a heading, up to the next one of any level.
fn section(heading: &str) -> String {
    let page = page();
    let start = page.find(&format!("\n{heading}")).unwrap_or_else(|| panic!("no {heading}"));
    let text = &page[start + 1..];
    text[..text.find("\n#").unwrap_or(text.len())].to_owned()
}

/// The cells of every row of every table of a section, headings included.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let text = section(heading);
    let rows = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|-"));
    let cells = |line: &str| {
        let line = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).unwrap();
        line.split('|').map(|cell| cell.trim().replace("**", "")).collect()
    };
    rows.map(cells).collect()
}

fn bytes(text: &str) -> Vec<u8> {
    let digits = text.trim_matches('`').split(' ');
    digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}

/// A document of the page: the requests AQ-n and the answer AA-1 as they stand there, the other
/// answers as AA-1 with the values of their row.
pub(crate) fn document(id: &str) -> String {
    let page = page();
    let mut blocks = page.split("```xml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let blocks: Vec<_> = blocks.by_ref().collect();
    let [status, information, answer] = blocks.as_slice() else {
        panic!("{} blocks", blocks.len())
    };
    match id {
        "AQ-1" => return (*status).to_owned(),
        "AQ-2" => return format!("{information}\0"),
        _ => {}
    }
    let rows = rows("### 10.8");
    let row = rows.iter().find(|row| row[0] == id).unwrap_or_else(|| panic!("no row {id}"));
    let plain = |cell: &str| if cell == "empty" { String::new() } else { cell.replace('`', "") };
    let before = answer.find("<![CDATA[").unwrap() + "<![CDATA[".len();
    let after = answer.find("]]>").unwrap();
    let built = format!("{}{}{}", &answer[..before], plain(&row[5]), &answer[after..]);
    let built = built.replace("<Result>0<", &format!("<Result>{}<", row[1]));
    let built = built.replace("<ErrorCode>0<", &format!("<ErrorCode>{}<", row[2]));
    built.replace("<Command>3<", &format!("<Command>{}<", row[4]))
}

#[test]
fn error_codes_are_those_of_the_table() {
    let mut documented = Vec::new();
    for row in rows("## 7 ").iter().skip(1) {
        let Ok(code) = u8::from_str_radix(&row[0], 16) else { continue };
        let meaning = match row[2].as_str() {
            "" | "see 10" => continue,
            "the same" | "the same; no way to ask why is known" => row[1].clone(),
            other => other.replace("EKLZ: the same", "EKLZ: bad command format or parameter"),
        };
        // 10h..13h are errors of a library on the till, not of the device.
        if meaning.starts_with("10..13") {
            continue;
        }
        documented.push((code, meaning));
    }
    let codes: Vec<_> = documented.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, PONE_FAULTS.iter().map(|(code, _, _)| *code).collect::<Vec<_>>());
    assert_eq!(codes.len(), 33);
    for ((code, meaning), (_, known, russian)) in documented.iter().zip(PONE_FAULTS) {
        assert!(meaning.starts_with(known), "{code:02X}: {meaning} / {known}");
        assert!(!russian.is_ascii(), "{code:02X}");
    }
}

#[test]
fn error_codes_of_pirit_are_those_of_the_table() {
    let mut documented = Vec::new();
    for row in rows("## 7 ").iter().skip(1).filter(|row| row[1] != "-") {
        // Belarus alone has a row of several codes.
        let Ok(code) = u8::from_str_radix(&row[0], 16) else { continue };
        documented.push((code, row[1].clone()));
    }
    let codes: Vec<_> = documented.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, PIRIT_FAULTS.iter().map(|(code, _, _)| *code).collect::<Vec<_>>());
    assert_eq!(codes.len(), 58);
    for ((code, meaning), (_, known, _)) in documented.iter().zip(PIRIT_FAULTS) {
        let meaning = meaning.replace(" [1: QT]", "");
        assert!(meaning.starts_with(known), "{code:02X}: {meaning} / {known}");
    }
}

#[test]
fn extended_errors_are_those_of_the_table() {
    let mut documented = Vec::new();
    for row in rows("### 4.7").iter().filter(|row| row.len() == 4) {
        for pair in row.chunks(2) {
            let codes = pair[0].split(", ").filter_map(|code| code.parse::<u32>().ok());
            documented.extend(codes.map(|code| (code, pair[1].clone())));
        }
    }
    documented.sort();
    let known: Vec<_> =
        EXTENDED_ERRORS.iter().map(|(code, name, _)| (*code, (*name).to_owned())).collect();
    assert_eq!(documented, known);
    assert!(known.len() > 70);
}

#[test]
fn model_ids_are_those_of_the_table() {
    let mut documented = BTreeSet::new();
    for row in rows("### 5.1").iter().filter(|row| row.len() == 2) {
        let ids = row[0].split(", ").filter_map(|id| id.parse::<u32>().ok());
        documented.extend(ids.map(|id| (id, row[1].clone())));
    }
    let known: BTreeSet<_> = MODELS.iter().map(|(id, name)| (*id, (*name).to_owned())).collect();
    assert_eq!(documented, known);
}

/// A complete request of a command.
fn pirit_request(command: &impl Command<Dialect = Pirit>, id: u8) -> Vec<u8> {
    pirit_request_with(NoData::Nothing, command, id)
}

fn pirit_request_with(no_data: NoData, command: &impl Command<Dialect = Pirit>, id: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    command.encode(&StxEnvelope { packet_id: PacketId::new(id).unwrap(), no_data }, &mut bytes);
    bytes
}

fn pone_request(command: &impl Command<Dialect = Pone>, id: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (packet_id, no_data) = (PacketId::new(id).unwrap(), NoData::LoneFs);
    command.encode(&StxEnvelope { packet_id, no_data }, &mut bytes);
    bytes
}

fn arm_request(command: &impl Command<Dialect = Arm>, envelope: &Envelope) -> Vec<u8> {
    let mut bytes = Vec::new();
    command.encode(envelope, &mut bytes);
    bytes
}

/// In the notation of the list of safe requests.
fn stx_said(bytes: &[u8]) -> String {
    let mut deframer = Deframer::requests();
    deframer.push(bytes);
    let Some(Ok(Piece::Frame(frame))) = deframer.next_piece() else { panic!("{bytes:02X?}") };
    let said = frame.request().unwrap().to_string();
    assert_eq!(deframer.next_piece(), None);
    assert_eq!(deframer.finish(), None);
    said
}

/// A setting by any row and column; other requests as they are.
fn general(said: &str) -> String {
    let fields: Vec<_> = said.split(' ').collect();
    let number = |field: &&str| {
        let inner = field.strip_prefix('[').and_then(|field| field.strip_suffix(']'));
        inner.is_some_and(|digits| digits.parse::<u32>().is_ok())
    };
    match fields.as_slice() {
        ["11", row, column] if number(row) && number(column) => "11 [*] [*]".to_owned(),
        ["A1", row, column] if number(row) && number(column) => "A1 [*] [*]".to_owned(),
        _ => said.to_owned(),
    }
}

/// Every request that the crate can make, compared with the list that section 9 gives.
#[test]
fn every_request_that_can_be_built_is_safe() {
    let mut made = vec![
        pone_request(&pone::ReadStatus, 0x20),
        pone_request(&pone::ReadModel, 0x21),
        pone_request(&pone::ReadShiftNumber, 0x22),
        pone_request(&pone::ReadFactoryNumber, 0x23),
        pone_request(&pone::ReadBootVersion, 0x24),
        pone_request(&pone::ReadFlashVersion, 0xF0),
    ];
    for row in (0..100).chain([u32::MAX]) {
        for column in (0..100).chain([u32::MAX]) {
            made.push(pone_request(&pone::ReadSetting { row, column }, 0x20));
        }
    }
    // The same requests as questions of a profile.
    let queries: Vec<_> = PoneQuery::ALL.iter().map(|query| pone_request(query, 0x20)).collect();
    let setting = PoneQuery::Setting { row: 33, column: 0 };
    made.push(pone_request(&setting, 0x20));
    made.extend(queries);
    let said: BTreeSet<_> = made.iter().map(|request| general(&stx_said(request))).collect();
    assert_eq!(said, safe_list("sp80x-pone"));

    let mut said = BTreeSet::new();
    let mut count = 0;
    for form in [Form::Indented, Form::OneLine] {
        let date_time = CivilDateTime::new(2026, 11, 24, 9, 30, 15).unwrap();
        let envelope =
            Envelope { request_id: RequestId(u128::MAX), date_time, ffd_version: 4, form };
        for request in [
            arm_request(&arm::ReadStatus, &envelope),
            arm_request(&arm::ReadClock, &envelope),
            arm_request(&arm::ReadCounters, &envelope),
            arm_request(&arm::ReadShortStatus, &envelope),
            arm_request(&arm::ReadRegistration, &envelope),
            arm_request(&arm::ReadDrawer, &envelope),
            arm_request(&arm::ReadInformation, &envelope),
        ]
        .into_iter()
        .chain(ArmQuery::ALL.iter().map(|query| arm_request(query, &envelope)))
        {
            let mut deframer = document::Deframer::requests();
            deframer.push(&request);
            let parsed = Request::parse(deframer.next_document().unwrap().unwrap()).unwrap();
            assert!(parsed.data.roots.is_empty(), "a request of ours carries no data");
            said.insert(parsed.command.to_string());
            count += 1;
        }
    }
    assert_eq!(said, safe_list("sp80x-arm"));
    assert_eq!((made.len(), count), (6 + 101 * 101 + 7, 28));
    // A command that is not tried above would stand in the sources.
    assert_eq!(commands("pone") + commands("arm"), 7 + 7);
}

/// The same of the sister dialect, whose list is longer.
#[test]
fn every_pirit_request_that_can_be_built_is_safe() {
    let mut made = vec![
        pirit_request(&pirit::ReadStatus, 0x20),
        pirit_request(&pirit::ReadShiftNumber, 0x20),
        pirit_request(&pirit::ReadNextReceipt, 0x20),
        pirit_request(&pirit::ReadFactoryNumber, 0x20),
        pirit_request(&pirit::ReadLastFiscal, 0x20),
        pirit_request(&pirit::ReadFnTerm, 0x20),
        pirit_request(&pirit::ReadShiftOpened, 0x20),
        pirit_request(&pirit::ReadModel, 0x20),
        pirit_request(&pirit::ReadOpenReceipt, 0x20),
        pirit_request(&pirit::ReadLastReceipt, 0x20),
        pirit_request(&pirit::ReadPrinter, 0x20),
        pirit_request(&pirit::ReadExtendedError, 0x20),
        pirit_request(&pirit::ReadFnBlocks, 0x20),
        pirit_request(&pirit::ReadClock, 0x20),
        pirit_request(&pirit::ReadFnStatus, 0x20),
        pirit_request(&pirit::ReadLastDocument, 0x20),
        pirit_request(&pirit::ReadShift, 0x20),
        pirit_request(&pirit::ReadOfdQueue, 0x20),
        pirit_request(&pirit::ReadDrawer, 0x20),
    ];
    // The five questions of 02 are defined by a macro around it; the setting is not in the list.
    assert_eq!(commands("pirit") - 1 + 5, made.len() + 1);
    made.extend(ITEMS.iter().map(|item| pirit_request(item, 0x20)));
    for number in 0..100 {
        match pirit::ReadSetting::new(number, 3) {
            Some(setting) => made.push(pirit_request(&setting, 0x20)),
            None => assert_eq!(number, 20, "the password of the link"),
        }
    }
    let profile = Profile::builtin(DialectName::Pirit);
    for query in profile.queries() {
        let Query::Pirit(query) = query else { panic!("{query}") };
        made.push(pirit_request(&query, 0x20));
    }
    let said: BTreeSet<_> = made.iter().map(|request| general(&stx_said(request))).collect();
    assert_eq!(said, safe_list("sp80x-pirit"));
    assert!(!made.iter().any(|request| stx_said(request).starts_with("11 [20]")));
}

/// How many commands the sources of a dialect define.
fn commands(dialect: &str) -> usize {
    let folder = root().join("crates/kkt-sp80x/src/command").join(dialect);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = files.map(|path| std::fs::read_to_string(path).unwrap()).collect::<String>();
    let impls = text.matches("impl Command for").count() + text.matches("impl Sealed for").count();
    // But for the items of `pirit`, which are tried one by one.
    let expected = if dialect == "pirit" { 2 } else { 0 };
    assert_eq!(impls, expected, "commands are defined by the macro");
    text.lines().filter(|line| line.trim_start().starts_with("command!(")).count()
}

/// The list of section 9 itself.
#[test]
fn the_safe_lists_are_those_of_the_page() {
    let rows = rows("## 9 ");
    let safe = rows.iter().take_while(|row| row[0] != "dialect" || row == &&rows[0]);
    let cell = |dialect: &str| {
        let mut found = safe.clone().filter(|row| row[0] == dialect);
        found.next().unwrap_or_else(|| panic!("no row {dialect}"))[1].clone()
    };
    assert_eq!(cell("`pone`"), "A0; A1; A5 with 0 or 1; A6; AF with 6 or 7");
    let numbers: BTreeSet<_> = cell("`arm`").split(", ").map(str::to_owned).collect();
    assert_eq!(numbers, safe_list("sp80x-arm"));
}

#[test]
fn what_a_monitor_may_ask_is_asked_byte_for_byte() {
    let mut count = 0;
    for row in rows("### 10.4").iter().filter(|row| row[0].starts_with("SQ-")) {
        let frame = bytes(&row[2]);
        let id = frame[5];
        let ours = match row[0].as_str() {
            "SQ-1" => pone_request(&pone::ReadModel, id),
            "SQ-2" => pone_request(&pone::ReadFactoryNumber, id),
            "SQ-3" => pone_request(&pone::ReadShiftNumber, id),
            "SQ-4" => pone_request(&pone::ReadBootVersion, id),
            "SQ-5" => pone_request(&pone::ReadFlashVersion, id),
            "SQ-6" => pone_request(&pone::ReadSetting { row: 33, column: 0 }, id),
            other => panic!("{other} is not tried"),
        };
        assert_eq!(ours, frame, "{}", row[0]);
        count += 1;
    }
    assert_eq!(count, 6);

    let mut count = 0;
    for row in rows("### 10.1").iter().filter(|row| row[0].starts_with("PQ-")) {
        let frame = bytes(&row[2]);
        let id = frame[5];
        let ours = match row[0].as_str() {
            // The other form of the same request.
            "PQ-2" => pirit_request_with(NoData::LoneFs, &pirit::ReadStatus, id),
            "PQ-12" => pirit_request_with(NoData::LoneFs, &pirit::ReadPrinter, id),
            "PQ-14" => pirit_request_with(NoData::LoneFs, &pirit::ReadClock, id),
            "PQ-1" | "PQ-3" => pirit_request(&pirit::ReadStatus, id),
            "PQ-4" => pirit_request(&pirit::ReadShiftNumber, id),
            "PQ-5" => pirit_request(&pirit::ReadNextReceipt, id),
            "PQ-6" => pirit_request(&pirit::ReadFactoryNumber, id),
            "PQ-7" => pirit_request(&pirit::ReadFnTerm, id),
            "PQ-8" => pirit_request(&pirit::ReadShiftOpened, id),
            "PQ-9" | "PQ-10" => pirit_request(&pirit::ReadOpenReceipt, id),
            "PQ-11" => pirit_request(&pirit::ReadPrinter, id),
            "PQ-13" => pirit_request(&pirit::ReadClock, id),
            "PQ-15" | "PQ-16" => pirit_request(&pirit::Item::named("fn-number").unwrap(), id),
            "PQ-17" => pirit_request(&pirit::ReadFnStatus, id),
            "PQ-18" | "PQ-19" => pirit_request(&pirit::ReadShift, id),
            "PQ-20" => pirit_request(&pirit::ReadOfdQueue, id),
            "PQ-21" => pirit_request(&pirit::Item::named("fn-versions").unwrap(), id),
            other => panic!("{other} is not tried"),
        };
        assert_eq!(ours, frame, "{}", row[0]);
        count += 1;
    }
    assert_eq!(count, 21);

    let envelope = |date_time, request_id, ffd_version, form| Envelope {
        request_id: RequestId(request_id),
        date_time,
        ffd_version,
        form,
    };
    let time = CivilDateTime::new(2026, 9, 15, 19, 30, 0).unwrap();
    let ours = arm_request(&arm::ReadStatus, &envelope(time, 1, 4, Form::Indented));
    // That program's own test value is no UUID.
    let ours = String::from_utf8(ours).unwrap().replace(&RequestId(1).to_string(), "{request-id}");
    assert_eq!(ours, document("AQ-1"));
    assert_eq!(ours.len(), 384);
    let time = CivilDateTime::new(2026, 11, 24, 9, 30, 15).unwrap();
    let id = 0x4000_8000_0000_0000_0058;
    let ours = arm_request(&arm::ReadInformation, &envelope(time, id, 2, Form::OneLine));
    assert_eq!(String::from_utf8(ours).unwrap(), document("AQ-2"));
}

#[test]
fn every_frame_is_sound_and_understood() {
    let mut count = 0;
    for (heading, dialect) in [
        ("### 10.1", DialectName::Pirit),
        ("### 10.2", DialectName::Pirit),
        ("### 10.3", DialectName::Pirit),
        ("### 10.4", DialectName::Pone),
        ("### 10.5", DialectName::Pone),
        ("### 10.6", DialectName::Pone),
    ] {
        let mut explainer = Explainer::new(dialect);
        for row in rows(heading).iter().filter(|row| row[2].starts_with('`')) {
            let answer = row[0].starts_with("SA-") || row[0].starts_with("PA-");
            let direction = if answer { Direction::Answer } else { Direction::Request };
            let said = explainer.explain(direction, &bytes(&row[2]));
            assert!(matches!(said.as_slice(), [Ok(_)]), "{}: {said:?}", row[0]);
            count += 1;
        }
    }
    assert_eq!(count, 55);
}
