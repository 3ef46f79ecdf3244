//! The link v2: frames between control bytes, and the command that an answer belongs to.

use super::{Carries, Content, Packet, Packets, Part};
use crate::explain::Direction;
use crate::v2::frame::{Control, DLE, Deframer, ETX, Item, Pending, STX};

/// Remembers the last command: an answer follows it.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    command: Option<Vec<u8>>,
}

impl Packets for Dialogue {
    fn cut(direction: Direction, bytes: &[u8]) -> (Content, usize) {
        match bytes {
            [STX, ..] => frame(direction, bytes),
            [byte, ..] if Control(*byte).name().is_some() => (Content::Link(*byte), 1),
            _ => unsound(bytes, 1),
        }
    }

    fn part(&mut self, direction: Direction, _: u8, data: &[u8]) -> Part {
        match direction {
            Direction::Request => {
                self.command = data.get(2..).map(<[u8]>::to_vec);
                Part { password: Some(0), from: 2, carries: Carries::Command }
            }
            Direction::Answer => {
                Part { password: None, from: 0, carries: Carries::Answer(self.command.clone()) }
            }
        }
    }

    /// They say where a frame ends, also a broken one, and what is said between frames.
    fn stays(byte: u8) -> bool {
        matches!(byte, STX | ETX | DLE) || Control(byte).name().is_some()
    }

    /// Some firmware does not mask every ETX; what it did not mask stays so.
    fn encode(packet: &Packet, out: &mut Vec<u8>) {
        out.push(STX);
        let start = out.len();
        for (at, byte) in packet.data.iter().enumerate() {
            if matches!(*byte, ETX | DLE) && !packet.unmasked.contains(&at) {
                out.push(DLE);
            }
            out.push(*byte);
        }
        out.push(ETX);
        let check = out.iter().skip(start).fold(0, |check, byte| check ^ byte);
        out.push(check);
    }
}

/// The frame with which bytes begin, or what is broken of it.
fn frame(direction: Direction, bytes: &[u8]) -> (Content, usize) {
    let mut deframer = match direction {
        Direction::Request => Deframer::for_commands(),
        Direction::Answer => Deframer::for_answers(),
    };
    // A byte at a time: the one that gives the frame is its last.
    for (last, byte) in bytes.iter().enumerate() {
        deframer.push(&[*byte]);
        match deframer.next_item() {
            None => {}
            Some(Ok(Item::Frame(data))) => {
                let sent = bytes.get(1..last.saturating_sub(1)).unwrap_or_default();
                let packet = Packet { id: 0, data: data.to_vec(), unmasked: unmasked(sent) };
                return (Content::Packet(packet), last + 1);
            }
            Some(_) => break,
        }
    }
    // A wrong check byte is known from the next frame, or when there is none.
    if deframer.pending() == Pending::Mismatch {
        deframer.give_up();
    }
    // What was cut off has no end of its own: what follows it is looked at anew.
    unsound(bytes, usize::try_from(deframer.dropped()).unwrap_or(0))
}

/// Up to the next byte that may begin a frame. Control bytes in between are no sure ones.
fn unsound(bytes: &[u8], least: usize) -> (Content, usize) {
    let next = bytes.iter().skip(least.max(1)).position(|byte| *byte == STX);
    let length = next.map_or(bytes.len(), |next| least.max(1) + next);
    (Content::Unsound(bytes.get(..length).unwrap_or_default().to_vec()), length)
}

/// Where in the data a byte stands without the mask that it needs.
fn unmasked(sent: &[u8]) -> Vec<usize> {
    let (mut found, mut at, mut masked) = (Vec::new(), 0, false);
    for byte in sent {
        if *byte == DLE && !masked {
            masked = true;
            continue;
        }
        if *byte == ETX && !masked {
            found.push(at);
        }
        masked = false;
        at += 1;
    }
    found
}
