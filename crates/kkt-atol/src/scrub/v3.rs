//! The link v3: packets in a stream, and where in them a command or an answer stands.

use std::collections::{BTreeMap, VecDeque};

use super::{Carries, Content, Message, Packets, Part, Piece};
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
    fn pieces<'a>(steps: impl IntoIterator<Item = (Direction, &'a [u8])>) -> Vec<Piece> {
        let mut sides = [Side::new(Direction::Request), Side::new(Direction::Answer)];
        for (step, (direction, bytes)) in steps.into_iter().enumerate() {
            if let Some(side) = sides.iter_mut().find(|side| side.direction == direction) {
                side.bytes.extend(bytes);
                side.steps.push((step, bytes.len()));
            }
        }
        let mut pieces: Vec<_> = sides.into_iter().flat_map(Side::cut).collect();
        // Requests are read before the answers to them.
        pieces.sort_by_key(|piece| piece.steps.first().map(|(step, _)| *step));
        pieces
    }

    fn part(&mut self, direction: Direction, id: u8, data: &[u8]) -> Part {
        match direction {
            Direction::Request => self.request(id, data),
            Direction::Answer => self.answer(id, data),
        }
    }

    /// A packet stands in the step in which it began, other bytes where they came.
    fn messages(piece: Piece) -> Vec<Message> {
        let Piece { direction, steps, content } = piece;
        let first = steps.first().map_or(0, |(step, _)| *step);
        let mut rest = match content {
            Content::Packet { id, data } => {
                let mut bytes = Vec::new();
                // What was a packet is one: neither its id nor its length has changed.
                let _ = frame::encode(id, &data, &mut bytes);
                return vec![Message { step: first, direction, bytes }];
            }
            Content::Unsound(bytes) if holds_a_packet(&bytes) => vec![0; bytes.len()],
            Content::Unsound(bytes) => bytes,
        };
        let mut messages = Vec::new();
        for (step, length) in steps {
            let after = rest.split_off(length.min(rest.len()));
            messages.push(Message { step, direction, bytes: std::mem::replace(&mut rest, after) });
        }
        messages
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

struct Side {
    direction: Direction,
    bytes: Vec<u8>,
    steps: Vec<(usize, usize)>,
}

impl Side {
    fn new(direction: Direction) -> Self {
        Self { direction, bytes: Vec::new(), steps: Vec::new() }
    }

    /// An FE begins a packet wherever it stands, so between two of them there is one at most.
    fn cut(self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut steps = Steps(self.steps.into());
        let mut add = |content, length| {
            if length > 0 {
                let steps = steps.take(length);
                pieces.push(Piece { direction: self.direction, steps, content });
            }
        };
        let mut rest = self.bytes.as_slice();
        while !rest.is_empty() {
            let end = rest.iter().skip(1).position(|byte| *byte == START);
            let (chunk, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
            rest = after;
            let mut unsound = chunk;
            if let Some((id, data, length)) = packet(chunk) {
                add(Content::Packet { id, data }, length);
                unsound = chunk.get(length..).unwrap_or_default();
            }
            add(Content::Unsound(unsound.to_vec()), unsound.len());
        }
        pieces
    }
}

/// The steps in which the bytes of a side came, and how many in each are left.
struct Steps(VecDeque<(usize, usize)>);

impl Steps {
    fn take(&mut self, mut length: usize) -> Vec<(usize, usize)> {
        let mut taken = Vec::new();
        while length > 0 {
            let Some((step, left)) = self.0.front_mut() else { break };
            let here = length.min(*left);
            taken.push((*step, here));
            *left -= here;
            length -= here;
            if *left == 0 {
                self.0.pop_front();
            }
        }
        taken
    }
}

/// The packet with which bytes begin, and how long it is as it was sent.
fn packet(bytes: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let mut deframer = Deframer::new();
    deframer.push(bytes);
    let frame = deframer.next_frame()?.ok()?;
    let mut sent = Vec::new();
    frame::encode(frame.id, frame.data, &mut sent).ok()?;
    bytes.starts_with(&sent).then(|| (frame.id, frame.data.to_vec(), sent.len()))
}

fn holds_a_packet(bytes: &[u8]) -> bool {
    let mut chunks = bytes.iter().enumerate().filter(|(_, byte)| **byte == START);
    chunks.any(|(at, _)| bytes.get(at..).and_then(packet).is_some())
}
