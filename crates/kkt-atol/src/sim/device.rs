//! What a simulated device is, whatever link it speaks.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::answer;
use super::misbehaviour::{Misbehaviour, NOISE};
use super::state::State;
use crate::fault::Fault;

#[derive(Debug)]
pub(super) struct Device {
    pub(super) state: State,
    pub(super) misbehaviour: Misbehaviour,
    pub(super) requests: BTreeMap<Vec<u8>, u64>,
    pub(super) buffer_commands: BTreeMap<u8, u64>,
    outgoing: VecDeque<(Duration, Vec<u8>)>,
    hang_up: bool,
    /// The document that is being read.
    reading: answer::Reading,
}

impl Device {
    pub(super) fn new(state: State) -> Self {
        Self {
            state,
            misbehaviour: Misbehaviour::None,
            requests: BTreeMap::new(),
            buffer_commands: BTreeMap::new(),
            outgoing: VecDeque::new(),
            hang_up: false,
            reading: answer::Reading::default(),
        }
    }

    /// Nobody listens any more.
    pub(super) fn forget(&mut self) {
        self.outgoing.clear();
        self.hang_up = false;
    }

    /// A command came.
    pub(super) fn count(&mut self, command: &[u8]) {
        *self.requests.entry(command.to_vec()).or_default() += 1;
    }

    /// The answer to a command, or the error with which it fails.
    pub(super) fn execute(
        &mut self,
        password: [u8; 2],
        command: &[u8],
        now: Duration,
    ) -> Result<Vec<u8>, Fault> {
        answer::answer(&self.state, &mut self.reading, password, command, now)
    }

    /// Whether the device does something else than to answer what came, and does it.
    pub(super) fn ignores(&mut self, now: Duration) -> bool {
        match self.misbehaviour {
            Misbehaviour::Silent => {}
            Misbehaviour::HangUp => self.hang_up = true,
            Misbehaviour::Garbage => self.queue(NOISE.to_vec(), now),
            _ => return false,
        }
        true
    }

    /// Sends a message, as the device behaves now; says when its last byte goes out.
    ///
    /// `noise` is what may stand before a message of this link.
    pub(super) fn send(&mut self, bytes: Vec<u8>, noise: &[u8], now: Duration) -> Duration {
        if self.misbehaviour != Misbehaviour::Silent {
            let (pieces, delay) = self.misbehaviour.pieces(bytes, noise);
            for (after, piece) in pieces {
                self.queue(piece, now + delay + after);
            }
        }
        self.outgoing.back().map_or(now, |(due, _)| now.max(*due))
    }

    /// The next bytes that are due.
    pub(super) fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        let due = self.outgoing.front().is_some_and(|(due, _)| *due <= now);
        if due { self.outgoing.pop_front().map(|(_, bytes)| bytes) } else { None }
    }

    pub(super) fn wake(&self) -> Option<Duration> {
        self.outgoing.front().map(|(due, _)| *due)
    }

    pub(super) fn hangs_up(&mut self) -> bool {
        std::mem::take(&mut self.hang_up)
    }

    /// What is queued later is never sent earlier.
    fn queue(&mut self, bytes: Vec<u8>, due: Duration) {
        let last = self.outgoing.back().map_or(Duration::ZERO, |(due, _)| *due);
        self.outgoing.push_back((due.max(last), bytes));
    }
}
