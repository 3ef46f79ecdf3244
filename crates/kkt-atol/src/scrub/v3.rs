//! The link v3: packets in a stream, and where in them a command or an answer stands.

use std::collections::BTreeMap;

use super::{Carries, Content, Packet, Packets, Part};
use crate::explain::Direction;
use crate::v3::frame::{self, ASYNC_ID, Deframer, START};
use crate::v3::task::{BufferCommand, Request};

/// Remembers which command each task and each packet carried.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    tasks: BTreeMap<u8, Vec<u8>>,
    packets: BTreeMap<u8, Asked>,
}

/// What a packet of the host asked for.
#[derive(Clone, Debug)]
struct Asked {
    command: Option<Vec<u8>>,
    /// Its answer has two states in front.
    ack_add: bool,
}

impl Packets for Dialogue {
    /// An FE begins a packet wherever it stands, so between two of them there is one at most.
    fn cut(_: Direction, bytes: &[u8]) -> (Content, usize) {
        let next = bytes.iter().skip(1).position(|byte| *byte == START);
        let chunk = next.and_then(|next| bytes.get(..=next)).unwrap_or(bytes);
        match packet(chunk) {
            Some((packet, length)) => (Content::Packet(packet), length),
            None => (Content::Unsound(chunk.to_vec()), chunk.len()),
        }
    }

    fn part(&mut self, direction: Direction, id: u8, data: &[u8]) -> Part {
        match direction {
            Direction::Request => self.request(id, data),
            Direction::Answer => self.answer(id, data),
        }
    }

    fn stays(_: u8) -> bool {
        false
    }

    fn encode(packet: &Packet, out: &mut Vec<u8>) {
        // What was a packet is one: neither its id nor its length has changed.
        let _ = frame::encode(packet.id, &packet.data, out);
    }
}

impl Dialogue {
    fn request(&mut self, id: u8, data: &[u8]) -> Part {
        let mut asked = Asked { command: None, ack_add: false };
        let (password, from) = match data.first().map(|code| BufferCommand(*code)) {
            Some(BufferCommand::ADD) => (Some(3), 5),
            Some(BufferCommand::ACK_ADD) => (Some(4), 6),
            _ => (None, 2),
        };
        match Request::decode(data) {
            Ok(Request::Add(add)) => {
                self.tasks.insert(add.task, add.command.to_vec());
                asked.command = Some(add.command.to_vec());
            }
            Ok(Request::AckAdd { add, .. }) => {
                self.tasks.insert(add.task, add.command.to_vec());
                asked = Asked { command: Some(add.command.to_vec()), ack_add: true };
            }
            Ok(Request::Req { task }) => asked.command = self.tasks.get(&task).cloned(),
            _ => {}
        }
        // An empty packet asks for a repetition of what was asked.
        if !data.is_empty() {
            self.packets.insert(id, asked);
        }
        Part { password, from, carries: Carries::Command }
    }

    fn answer(&self, id: u8, data: &[u8]) -> Part {
        if id == ASYNC_ID {
            let task = data.get(1);
            let command = task.and_then(|task| self.tasks.get(task)).cloned();
            return Part { password: None, from: 2, carries: Carries::Answer(command) };
        }
        let (command, from) = match self.packets.get(&id) {
            Some(asked) => (asked.command.clone(), if asked.ack_add { 2 } else { 1 }),
            None => (None, 1),
        };
        Part { password: None, from, carries: Carries::Answer(command) }
    }
}

/// The packet with which bytes begin, and how long it is as it was sent.
fn packet(bytes: &[u8]) -> Option<(Packet, usize)> {
    let mut deframer = Deframer::new();
    deframer.push(bytes);
    let frame = deframer.next_frame()?.ok()?;
    let mut sent = Vec::new();
    frame::encode(frame.id, frame.data, &mut sent).ok()?;
    let packet = Packet { id: frame.id, data: frame.data.to_vec(), unmasked: Vec::new() };
    bytes.starts_with(&sent).then_some((packet, sent.len()))
}
