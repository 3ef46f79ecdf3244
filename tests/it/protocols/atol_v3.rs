//! ATOL, link v3.

use kkt_atol::Client;
use kkt_atol::error::Error;
use kkt_atol::v3::Settings;
use kkt_atol::v3::frame::{Deframer, ESCAPE, START};
use kkt_atol::v3::task::Request;
use till_port::{Tape, Transport};

use super::{Protocol, Side, explains, messages};

pub(super) const PROTOCOL: Protocol = Protocol {
    name: "atol-v3",
    host: "kkt-atol",
    explainer: || Box::new(kkt_atol::explain::Explainer::new(kkt_atol::Link::V3)),
    frames,
    play,
    uncovered,
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
        let answer = match command.as_slice() {
            [0x3F] => text(client.status()),
            [0x45] => text(client.state_code()),
            [0xA5] => text(client.device_type()),
            [0xA4, 0x10] => text(client.shift()),
            [0xA4, 0x20] => text(client.ofd_queue()),
            [0xA4, 0x30] => text(client.fiscal_storage()),
            [0xA4, 0x31] => text(client.fiscal_storage_number()),
            [0xA4, 0x32] => text(client.fiscal_storage_term()),
            [0xA4, 0x33] => text(client.fiscal_storage_version()),
            other => panic!("the client has no command {other:02X?}"),
        };
        lines.push(answer);
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

fn text<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        // How long it took is not the tape's.
        Err(Error::Timeout { waiting_for, .. }) => format!("timeout waiting for {waiting_for}"),
        Err(error) => format!("error: {error}"),
    }
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
