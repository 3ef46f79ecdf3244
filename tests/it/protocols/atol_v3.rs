//! ATOL, link v3.

use kkt_atol::Client;
use kkt_atol::v3::Settings;
use kkt_atol::v3::frame::{Deframer, ESCAPE, START};
use kkt_atol::v3::task::Request;
use till_port::{Tape, Transport};

use super::{Protocol, Side, atol, explains, messages};

pub(super) const PROTOCOL: Protocol = Protocol {
    name: "atol-v3",
    host: "kkt-atol",
    explainer: || Box::new(kkt_atol::explain::Explainer::new(kkt_atol::Link::V3)),
    frames,
    play,
    uncovered,
    blind,
};

explains!(kkt_atol);

fn frames(bytes: &[u8], size: usize) -> Vec<String> {
    let mut deframer = Deframer::new();
    let mut frames = Vec::new();
    for piece in bytes.chunks(size) {
        deframer.push(piece);
        while let Some(frame) = deframer.next_frame() {
            frames.extend(frame.iter().map(|frame| format!("{frame:?}")));
        }
    }
    frames
}

fn play(tape: &Tape, port: &mut dyn Transport) -> Vec<String> {
    let (settings, commands) = asked(tape);
    let mut client = Client::new(port, settings);
    let mut lines = Vec::new();
    for command in commands {
        lines.extend(atol::ask(&mut client, &command));
    }
    lines
}

/// The commands of a tape, and what its client began to count with.
fn asked(tape: &Tape) -> (Settings, Vec<Vec<u8>>) {
    let mut settings = Settings::default();
    let mut commands = Vec::new();
    let (mut packets, mut task_ids) = (0, Vec::new());
    let mut deframer = Deframer::new();
    for (_, bytes) in messages(tape).filter(|(side, _)| *side == Side::Host) {
        deframer.push(bytes);
        while let Some(frame) = deframer.next_frame() {
            let frame = frame.unwrap();
            if packets == 0 {
                settings.first_packet_id = frame.id;
            }
            packets += 1;
            if frame.data.is_empty() {
                continue;
            }
            // An Add that is sent again is no new command.
            if let Request::Add(add) = Request::decode(frame.data).unwrap()
                && !task_ids.contains(&add.task)
            {
                settings.access_password = add.password;
                task_ids.push(add.task);
                commands.push(add.command.to_vec());
            }
        }
    }
    settings.first_task_id = *task_ids.first().expect("a dialogue adds a task");
    (settings, commands)
}

/// `FE <len lo> <len hi> <id> <data, stuffed> <crc8, stuffed>`: the check covers id and data, but
/// neither the length nor where a packet begins and how its bytes are stuffed.
fn uncovered(message: &[u8], place: usize, value: u8) -> Option<&'static str> {
    match (place, message.get(place), value) {
        (1 | 2, ..) => Some("length"),
        (_, _, START) => Some("a packet begins inside"),
        (_, _, ESCAPE) | (_, Some(&ESCAPE), _) => Some("stuffing"),
        _ => None,
    }
}

/// A CRC of 8 bits does not see two flips that are as far from each other as its period, here 127
/// bits. It covers what is stuffed before the stuffing.
fn blind(message: &[u8], one: usize, other: usize) -> Option<&'static str> {
    let between = message.get(one / 8..other / 8).unwrap_or_default();
    let stuffed = between.iter().filter(|byte| **byte == ESCAPE).count();
    let apart = (other - one).checked_sub(8 * stuffed).filter(|apart| *apart > 0)?;
    apart.is_multiple_of(127).then_some("127 bits from each other")
}
