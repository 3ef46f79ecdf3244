//! A simulated MASSA-K scale: state in, bytes in, bytes out; no port, no clock, no thread.
//!
//! It answers the weight, its name and its limits, understands SET_ZERO and SET_TARE of other
//! programs, and refuses every other command with F0. One connection at a time.
//!
//! Source: docs/protocols/massa-k-100.md.

mod state;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::protocol::massa_k_100::{Check, Deframer, GET_MASSA, GET_WEIGHT, encode};

pub use state::{Misbehaviour, State};

/// Bytes that are no frame and begin none.
const NOISE: &[u8] = &[0x00, 0xF7, 0x55, 0x13, 0xCE, 0x80, 0x0D, 0x0A, 0x44];
/// How often a scale in [`Misbehaviour::Garbage`] sends noise by itself.
const NOISE_PERIOD: Duration = Duration::from_millis(200);
/// Between two pieces of a frame that comes byte by byte.
const BYTE_GAP: Duration = Duration::from_millis(2);

/// The simulated scale. `now` is the time since any moment that all calls share.
#[derive(Debug)]
pub struct Simulator {
    state: State,
    misbehaviour: Misbehaviour,
    deframer: Deframer,
    outgoing: VecDeque<(Duration, Vec<u8>)>,
    requests: BTreeMap<Vec<u8>, u64>,
    connected: bool,
    noise_at: Option<Duration>,
    hang_up: bool,
}

impl Simulator {
    /// A scale in a state. It is not connected.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            state,
            misbehaviour: Misbehaviour::None,
            deframer: Deframer::new(Check::Strict),
            outgoing: VecDeque::new(),
            requests: BTreeMap::new(),
            connected: false,
            noise_at: None,
            hang_up: false,
        }
    }

    /// The scale's state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The scale's state, to be changed.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// How the scale behaves from now on; [`Misbehaviour::None`] puts it right.
    pub fn misbehave(&mut self, misbehaviour: Misbehaviour) {
        self.misbehaviour = misbehaviour;
        let noisy = misbehaviour == Misbehaviour::Garbage && self.connected;
        self.noise_at = noisy.then_some(Duration::ZERO);
    }

    /// Every distinct body of a request that came, and how often.
    #[must_use]
    pub fn requests(&self) -> &BTreeMap<Vec<u8>, u64> {
        &self.requests
    }

    /// How often the weight was asked for.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        let times = |command: u8| self.requests.get(&[command][..]).copied().unwrap_or(0);
        times(GET_MASSA) + times(GET_WEIGHT)
    }

    /// A host connected.
    pub fn connect(&mut self, now: Duration) {
        self.disconnect();
        self.connected = true;
        if self.misbehaviour == Misbehaviour::Garbage {
            self.noise_at = Some(now + NOISE_PERIOD);
        }
    }

    /// The host went away.
    pub fn disconnect(&mut self) {
        self.connected = false;
        self.deframer.clear();
        self.outgoing.clear();
        self.noise_at = None;
        self.hang_up = false;
    }

    /// Bytes from the host, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        for piece in bytes.chunks(4096) {
            self.deframer.push(piece);
            while let Some(result) = self.deframer.next_frame() {
                if let Ok(frame) = result {
                    self.request(&frame.body, now);
                }
            }
        }
    }

    /// The next bytes for the host that are due.
    pub fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        if self.noise_at.is_some_and(|at| now >= at) {
            // However long nobody looked, noise is sent once.
            self.noise_at = Some(now + NOISE_PERIOD);
            return Some(NOISE.to_vec());
        }
        let due = self.outgoing.front().is_some_and(|(due, _)| *due <= now);
        if due { self.outgoing.pop_front().map(|(_, bytes)| bytes) } else { None }
    }

    /// When [`transmit`](Self::transmit) has something, if nothing arrives before.
    #[must_use]
    pub fn wake(&self) -> Option<Duration> {
        let outgoing = self.outgoing.front().map(|(due, _)| *due);
        outgoing.into_iter().chain(self.noise_at).min()
    }

    /// Whether the scale drops the line now; told once.
    pub fn hangs_up(&mut self) -> bool {
        std::mem::take(&mut self.hang_up)
    }

    fn request(&mut self, body: &[u8], now: Duration) {
        *self.requests.entry(body.to_vec()).or_default() += 1;
        let mut frame = encode(&self.state.answer(body));
        match self.misbehaviour {
            Misbehaviour::None => self.queue(frame, now),
            Misbehaviour::Silent => {}
            Misbehaviour::Delay(delay) => self.queue(frame, now + delay),
            Misbehaviour::Garbage => self.queue(NOISE.to_vec(), now),
            Misbehaviour::WrongChecksum => {
                if let Some(last) = frame.last_mut() {
                    *last ^= 0x55;
                }
                self.queue(frame, now);
            }
            Misbehaviour::NoiseBefore => self.queue([NOISE, &frame].concat(), now),
            Misbehaviour::Split => {
                let mut due = now;
                for byte in frame {
                    self.queue(vec![byte], due);
                    due += BYTE_GAP;
                }
            }
            Misbehaviour::HangUp => self.hang_up = true,
        }
    }

    /// What is queued later is never sent earlier.
    fn queue(&mut self, bytes: Vec<u8>, due: Duration) {
        let last = self.outgoing.back().map_or(Duration::ZERO, |(due, _)| *due);
        self.outgoing.push_back((due.max(last), bytes));
    }
}

#[cfg(test)]
mod tests;
