//! What each side said, cut into messages and put together again.

use std::collections::VecDeque;

use super::{Content, Dialogue, Message, Piece};
use crate::explain::Direction;

/// The pieces of both sides, in the order in which they began: requests before their answers.
pub(super) fn pieces<'a>(
    dialogue: &dyn Dialogue,
    steps: impl IntoIterator<Item = (Direction, &'a [u8])>,
) -> Vec<Piece> {
    let mut sides = [Side::new(Direction::Request), Side::new(Direction::Answer)];
    for (step, (direction, bytes)) in steps.into_iter().enumerate() {
        if let Some(side) = sides.iter_mut().find(|side| side.direction == direction) {
            side.bytes.extend(bytes);
            side.steps.push_back((step, bytes.len()));
        }
    }
    let mut pieces: Vec<_> = sides.into_iter().flat_map(|side| side.pieces(dialogue)).collect();
    pieces.sort_by_key(|piece| piece.steps.first().map(|(step, _)| *step));
    pieces
}

/// A message stands in the step in which it began, other bytes where they came.
pub(super) fn messages(
    dialogue: &dyn Dialogue,
    pieces: Vec<Piece>,
    scrubbed: bool,
) -> Vec<Message> {
    let mut messages = Vec::new();
    for Piece { direction, steps, content, bytes: mut rest } in pieces {
        let step = steps.first().map_or(0, |(step, _)| *step);
        if content != Content::Unsound {
            messages.push(Message { step, direction, bytes: rest });
            continue;
        }
        if scrubbed && holds_a_message(dialogue, direction, &rest) {
            rest.fill(0);
        }
        for (step, length) in steps {
            let after = rest.split_off(length.min(rest.len()));
            messages.push(Message { step, direction, bytes: std::mem::replace(&mut rest, after) });
        }
    }
    messages.sort_by_key(|message| message.step);
    messages
}

/// Whether bytes that were no message have become one.
fn holds_a_message(dialogue: &dyn Dialogue, direction: Direction, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let (content, length) = dialogue.cut(direction, bytes);
        if content == Content::Message {
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

    fn pieces(mut self, dialogue: &dyn Dialogue) -> Vec<Piece> {
        let all = std::mem::take(&mut self.bytes);
        let (mut rest, mut pieces) = (all.as_slice(), Vec::new());
        let mut unsound = Vec::new();
        while !rest.is_empty() {
            let (content, length) = dialogue.cut(self.direction, rest);
            let (here, after) = rest.split_at(length.clamp(1, rest.len()));
            rest = after;
            if content == Content::Unsound {
                unsound.extend_from_slice(here);
                continue;
            }
            pieces.extend(self.piece(Content::Unsound, std::mem::take(&mut unsound)));
            pieces.extend(self.piece(content, here.to_vec()));
        }
        pieces.extend(self.piece(Content::Unsound, unsound));
        pieces
    }

    fn piece(&mut self, content: Content, bytes: Vec<u8>) -> Option<Piece> {
        let steps = self.take(bytes.len());
        let direction = self.direction;
        (!steps.is_empty()).then_some(Piece { direction, steps, content, bytes })
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
