//! What each side said, cut into packets and put together again.

use std::collections::VecDeque;

use super::{Content, Message, Packets, Piece};
use crate::explain::Direction;

/// Cuts the bytes of a side at their beginning.
type Cut = fn(Direction, &[u8]) -> (Content, usize);

/// The pieces of both sides, in the order in which they began: requests before their answers.
pub(super) fn pieces<'a>(
    cut: Cut,
    steps: impl IntoIterator<Item = (Direction, &'a [u8])>,
) -> Vec<Piece> {
    let mut sides = [Side::new(Direction::Request), Side::new(Direction::Answer)];
    for (step, (direction, bytes)) in steps.into_iter().enumerate() {
        if let Some(side) = sides.iter_mut().find(|side| side.direction == direction) {
            side.bytes.extend(bytes);
            side.steps.push_back((step, bytes.len()));
        }
    }
    let mut pieces: Vec<_> = sides.into_iter().flat_map(|side| side.pieces(cut)).collect();
    pieces.sort_by_key(|piece| piece.steps.first().map(|(step, _)| *step));
    pieces
}

/// A packet stands in the step in which it began, other bytes where they came.
pub(super) fn messages<P: Packets>(piece: Piece) -> Vec<Message> {
    let Piece { direction, steps, content } = piece;
    let step = steps.first().map_or(0, |(step, _)| *step);
    let mut rest = match content {
        Content::Packet(packet) => {
            let mut bytes = Vec::new();
            P::encode(&packet, &mut bytes);
            return vec![Message { step, direction, bytes }];
        }
        Content::Link(byte) => return vec![Message { step, direction, bytes: vec![byte] }],
        Content::Unsound(bytes) if holds_a_packet::<P>(direction, &bytes) => vec![0; bytes.len()],
        Content::Unsound(bytes) => bytes,
    };
    let mut messages = Vec::new();
    for (step, length) in steps {
        let after = rest.split_off(length.min(rest.len()));
        messages.push(Message { step, direction, bytes: std::mem::replace(&mut rest, after) });
    }
    messages
}

/// Whether bytes that were no packet have become one.
fn holds_a_packet<P: Packets>(direction: Direction, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let (content, length) = P::cut(direction, bytes);
        if matches!(content, Content::Packet(_)) {
            return true;
        }
        bytes = bytes.get(length.max(1)..).unwrap_or_default();
    }
    false
}

struct Side {
    direction: Direction,
    bytes: Vec<u8>,
    /// In which steps the bytes came, and how many in each.
    steps: VecDeque<(usize, usize)>,
}

impl Side {
    fn new(direction: Direction) -> Self {
        Self { direction, bytes: Vec::new(), steps: VecDeque::new() }
    }

    fn pieces(mut self, cut: Cut) -> Vec<Piece> {
        let direction = self.direction;
        let all = std::mem::take(&mut self.bytes);
        let (mut rest, mut pieces) = (all.as_slice(), Vec::new());
        let mut unsound = Vec::new();
        while !rest.is_empty() {
            let (content, length) = cut(direction, rest);
            let (here, after) = rest.split_at(length.clamp(1, rest.len()));
            rest = after;
            if let Content::Unsound(_) = content {
                unsound.extend_from_slice(here);
                continue;
            }
            pieces.extend(self.unsound(&mut unsound));
            pieces.push(Piece { direction, steps: self.take(here.len()), content });
        }
        pieces.extend(self.unsound(&mut unsound));
        pieces
    }

    fn unsound(&mut self, bytes: &mut Vec<u8>) -> Option<Piece> {
        let bytes = std::mem::take(bytes);
        let steps = self.take(bytes.len());
        let content = Content::Unsound(bytes);
        (!steps.is_empty()).then_some(Piece { direction: self.direction, steps, content })
    }

    /// The steps of the next bytes.
    fn take(&mut self, mut length: usize) -> Vec<(usize, usize)> {
        let mut taken = Vec::new();
        while length > 0 {
            let Some((step, left)) = self.steps.front_mut() else { break };
            let here = length.min(*left);
            if here > 0 {
                taken.push((*step, here));
            }
            *left -= here;
            length -= here;
            if *left == 0 {
                self.steps.pop_front();
            }
        }
        taken
    }
}
