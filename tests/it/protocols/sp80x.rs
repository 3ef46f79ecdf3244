//! Service Plus KKT: `pone`, `arm` and their relative `pirit`.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::Mutex;

use kkt_sp80x::command::pone::ReadSetting;
use kkt_sp80x::envelope::{Form, Request, RequestId};
use kkt_sp80x::error::Error;
use kkt_sp80x::explain::Explainer;
use kkt_sp80x::frame::{Deframer, ETX, PacketId, Piece};
use kkt_sp80x::profile::{PiritQuery, Query};
use kkt_sp80x::{
    Arm, ArmSettings, CivilDateTime, Client, DialectName, Pirit, Pone, StxSettings, document,
};
use till_port::{Tape, Transport};

use super::{DOCUMENT, Protocol, Side, messages};

pub(super) const PONE: Protocol = Protocol {
    name: "sp80x-pone",
    host: "kkt-sp80x",
    explainer: || Box::new(Explainer::new(DialectName::Pone)),
    frames: pone_frames,
    play: play_pone,
    uncovered: pone_uncovered,
    blind: pone_blind,
};

pub(super) const ARM: Protocol = Protocol {
    name: "sp80x-arm",
    host: "kkt-sp80x",
    explainer: || Box::new(Explainer::new(DialectName::Arm)),
    frames: arm_documents,
    play: play_arm,
    uncovered: |_, _, _| Some(DOCUMENT),
    blind: |_, _, _| Some(DOCUMENT),
};

pub(super) const PIRIT: Protocol = Protocol {
    name: "sp80x-pirit",
    explainer: || Box::new(Explainer::new(DialectName::Pirit)),
    play: play_pirit,
    ..PONE
};

super::explains!(kkt_sp80x);

fn pone_frames(bytes: &[u8], size: usize) -> Vec<String> {
    let mut deframer = Deframer::answers();
    let mut frames = Vec::new();
    for piece in bytes.chunks(size) {
        deframer.push(piece);
        while let Some(found) = deframer.next_piece() {
            if let Ok(piece @ Piece::Frame(_)) = found {
                frames.push(format!("{piece:?}"));
            }
        }
    }
    frames
}

fn arm_documents(bytes: &[u8], size: usize) -> Vec<String> {
    let mut documents = Vec::new();
    for mut deframer in [document::Deframer::answers(), document::Deframer::requests()] {
        for piece in bytes.chunks(size) {
            deframer.push(piece);
            while let Some(found) = deframer.next_document() {
                documents.extend(found.iter().map(|it| String::from_utf8_lossy(it).into_owned()));
            }
        }
    }
    documents
}

/// The requests of a tape without those by which the client asks again for itself: no tape of ours
/// asks the same twice on purpose.
fn asked<T: PartialEq>(requests: Vec<T>) -> Vec<T> {
    let mut asked: Vec<T> = Vec::new();
    for request in requests {
        if asked.last() != Some(&request) {
            asked.push(request);
        }
    }
    asked
}

/// The first packet id of a tape and its requests, in the notation of the lists of safe ones.
fn stx_asked(tape: &Tape) -> (StxSettings, Vec<String>) {
    let mut ids = Vec::new();
    let mut requests = Vec::new();
    let mut deframer = Deframer::requests();
    for (_, bytes) in messages(tape).filter(|(side, _)| *side == Side::Host) {
        deframer.push(bytes);
        while let Some(Ok(Piece::Frame(frame))) = deframer.next_piece() {
            let request = frame.request().unwrap();
            ids.push(request.packet_id);
            requests.push(request.to_string());
        }
    }
    let first_packet_id = PacketId::new(ids[0]).unwrap();
    (StxSettings { first_packet_id, ..StxSettings::default() }, asked(requests))
}

fn play_pone(tape: &Tape, port: &mut dyn Transport) -> Vec<String> {
    let (settings, requests) = stx_asked(tape);
    let mut client = Client::<_, Pone>::new(port, settings);
    let answers = requests.into_iter().map(|request| match request.as_str() {
        "A0" => text(client.status()),
        "A1 [33] [0]" => text(client.call(&ReadSetting { row: 33, column: 0 })),
        "A5 [0]" => text(client.model()),
        "A5 [1]" => text(client.shift_number()),
        "A6" => text(client.factory_number()),
        "AF [6]" => text(client.boot_version()),
        "AF [7]" => text(client.flash_version()),
        other => panic!("the client has no command {other}"),
    });
    answers.collect()
}

fn play_pirit(tape: &Tape, port: &mut dyn Transport) -> Vec<String> {
    let (settings, requests) = stx_asked(tape);
    let mut client = Client::<_, Pirit>::new(port, settings);
    let answers = requests.into_iter().map(|request| match request.as_str() {
        "00" => text(client.status()),
        "01 [2]" => text(client.next_receipt()),
        "02 [1]" => text(client.factory_number()),
        "02 [5]" => text(client.last_fiscal()),
        "04" => text(client.printer()),
        "13" => text(client.clock()),
        "78 [2]" => text(client.fn_status()),
        "78 [6]" => text(client.shift()),
        "78 [7]" => text(client.ofd_queue()),
        other => text(client.call(&pirit_query(other))),
    });
    answers.collect()
}

/// What has no command of its own is a question of a profile, and on the safe list.
fn pirit_query(request: &str) -> PiritQuery {
    let mut words = request.split([' ', '[', ']']).filter(|word| !word.is_empty());
    let (command, fields): (_, Vec<_>) =
        (words.next().unwrap(), words.map(str::to_owned).collect());
    match Query::new(DialectName::Pirit, command, &fields) {
        Ok(Query::Pirit(query)) => query,
        other => panic!("{request}: {other:?}"),
    }
}

fn play_arm(tape: &Tape, port: &mut dyn Transport) -> Vec<String> {
    let mut deframer = document::Deframer::requests();
    let mut requests = Vec::new();
    let mut nul = false;
    for (_, bytes) in messages(tape).filter(|(side, _)| *side == Side::Host) {
        nul |= bytes.contains(&0);
        deframer.push(bytes);
        while let Some(document) = deframer.next_document() {
            requests.push(Request::parse(document.unwrap()).unwrap());
        }
    }
    let first = requests.first().expect("a dialogue asks something");
    let hex = first.request_id.as_ref().unwrap().replace(['{', '}', '-'], "");
    let id = RequestId(u128::from_str_radix(&hex, 16).unwrap());
    // Each request says the host's time.
    let times: VecDeque<_> = requests.iter().map(|it| it.date_time.as_deref().map(time)).collect();
    let times = Mutex::new(times);
    let time = move || times.lock().unwrap().pop_front().flatten().unwrap();
    let settings = ArmSettings {
        first_request_id: id,
        form: if nul { Form::OneLine } else { Form::Indented },
        ..ArmSettings::new(time)
    };
    let mut client = Client::<_, Arm>::new(port, settings);
    let commands = requests.iter().map(|request| request.command.to_string()).collect();
    let answers = asked(commands).into_iter().map(|command: String| match command.as_str() {
        "2" => text(client.status()),
        "22" => text(client.clock()),
        "40" => text(client.counters_of_shift()),
        "44" => text(client.short_status()),
        "50" => text(client.registration()),
        "52" => text(client.drawer()),
        "58" => text(client.information()),
        other => panic!("the client has no command {other}"),
    });
    answers.collect()
}

/// `2026-11-24 09:30:15`
fn time(text: &str) -> CivilDateTime {
    let time: jiff::civil::DateTime = text.replace(' ', "T").parse().unwrap();
    let small = |number: i8| u8::try_from(number).unwrap();
    CivilDateTime::new(
        u16::try_from(time.year()).unwrap(),
        small(time.month()),
        small(time.day()),
        small(time.hour()),
        small(time.minute()),
        small(time.second()),
    )
    .unwrap()
}

fn text<T: Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        // How long it took is not the tape's.
        Err(Error::Timeout { waiting_for, .. }) => format!("timeout waiting for {waiting_for}"),
        Err(Error::Garbage { bytes, last, .. }) => format!("garbage: {bytes} bytes, {last:?}"),
        Err(error) => format!("error: {error}"),
    }
}

/// The check covers everything between STX and itself, and its own letters may be of either case.
/// Single bytes stand for themselves outside of a frame, so they may appear where a frame is broken;
/// and where a byte becomes ETX, the two behind it may be the right checksum by chance.
fn pone_uncovered(message: &[u8], place: usize, value: u8) -> Option<&'static str> {
    const ALONE: [u8; 4] = [0x05, 0x06, 0x0A, 0x18];
    let holds = |byte: &u8| ALONE.contains(byte);
    if value == ETX {
        return Some("ends early");
    }
    (holds(&value) || message.get(place).is_some_and(holds)).then_some("a byte for itself")
}

/// The check is an XOR in two hex digits. It does not see two flips of the same bit in two bytes, nor
/// one flip together with that of the bit of its own digit.
fn pone_blind(message: &[u8], one: usize, other: usize) -> Option<&'static str> {
    let digit = (other / 8 + 2).checked_sub(message.len());
    let of_half = digit.is_some_and(|digit| (one % 8) / 4 == digit);
    if of_half && one % 4 == other % 4 && other % 8 >= 4 {
        return Some("a bit and its digit of the check");
    }
    (other - one).is_multiple_of(8).then_some("the same bit of two bytes")
}
