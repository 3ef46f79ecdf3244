//! A simulated scale: state in, bytes in, bytes out; no port, no clock, no thread.
//!
//! It speaks any protocol of this crate, answers what the protocol's own page documents, and knows the
//! zero and tare commands of other programs. One connection at a time.
//!
//! It is a test tool and nothing else: what a till gets is built without it. The document of POS2
//! forbids other devices that speak it.
//!
//! Source: docs/protocols/, the page of the protocol.

mod dialect;
mod state;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use dialect::Dialect;
pub use state::{Misbehaviour, Motion, Shown, State};

/// Bytes that are no frame and begin none.
const NOISE: &[u8] = &[0x00, 0xF7, 0x55, 0x13, 0xCE, 0x80, 0x0D, 0x0A, 0x44];
/// How often a scale in [`Misbehaviour::Garbage`] sends noise by itself.
const NOISE_PERIOD: Duration = Duration::from_millis(200);
/// How often a scale that streams sends a frame: some seven times a second.
const STREAM_PERIOD: Duration = Duration::from_millis(143);
/// Between two pieces of a frame that comes byte by byte.
const BYTE_GAP: Duration = Duration::from_millis(2);

/// The simulated scale. `now` is the time since any moment that all calls share.
#[derive(Debug)]
pub struct Simulator {
    protocol: &'static str,
    dialect: Box<dyn Dialect>,
    state: State,
    misbehaviour: Misbehaviour,
    outgoing: VecDeque<(Duration, Vec<u8>)>,
    requests: BTreeMap<Vec<u8>, u64>,
    cycles: u64,
    connected: bool,
    noise_at: Option<Duration>,
    stream_at: Option<Duration>,
    hang_up: bool,
}

impl Simulator {
    /// A scale that speaks the protocol of that name. It is not connected.
    #[must_use]
    pub fn of(protocol: &str, state: State) -> Option<Self> {
        let (protocol, dialect) = dialect::of(protocol)?;
        Some(Self {
            protocol,
            dialect,
            state,
            misbehaviour: Misbehaviour::None,
            outgoing: VecDeque::new(),
            requests: BTreeMap::new(),
            cycles: 0,
            connected: false,
            noise_at: None,
            stream_at: None,
            hang_up: false,
        })
    }

    /// The name of its protocol.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        self.protocol
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

    /// Every distinct request that came, without the frame around it, and how often.
    #[must_use]
    pub fn requests(&self) -> &BTreeMap<Vec<u8>, u64> {
        &self.requests
    }

    /// How often the weight was asked for; of a scale that streams 0.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// A host connected.
    pub fn connect(&mut self, now: Duration) {
        self.disconnect();
        self.connected = true;
        if self.misbehaviour == Misbehaviour::Garbage {
            self.noise_at = Some(now + NOISE_PERIOD);
        }
        self.stream_at = self.dialect.streams().then_some(now + STREAM_PERIOD);
    }

    /// The host went away.
    pub fn disconnect(&mut self) {
        self.connected = false;
        self.dialect.forget();
        self.outgoing.clear();
        (self.noise_at, self.stream_at) = (None, None);
        self.hang_up = false;
    }

    /// Bytes from the host, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        for piece in bytes.chunks(4096) {
            for heard in self.dialect.hear(piece, &mut self.state, now) {
                *self.requests.entry(heard.request).or_default() += 1;
                self.cycles += u64::from(heard.weighs);
                self.answer(heard.answer, now);
            }
        }
    }

    /// The next bytes for the host that are due.
    pub fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        if self.stream_at.is_some_and(|at| now >= at) {
            // However long nobody looked, one frame is sent.
            self.stream_at = Some(now + STREAM_PERIOD);
            let frame = self.dialect.frame(&self.state, now);
            self.answer(frame, now);
        }
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
        outgoing.into_iter().chain(self.noise_at).chain(self.stream_at).min()
    }

    /// Whether the scale drops the line now; told once.
    pub fn hangs_up(&mut self) -> bool {
        std::mem::take(&mut self.hang_up)
    }

    fn answer(&mut self, mut bytes: Vec<u8>, now: Duration) {
        if bytes.is_empty() {
            return;
        }
        match self.misbehaviour {
            Misbehaviour::None => self.queue(bytes, now),
            Misbehaviour::Silent => {}
            Misbehaviour::Delay(delay) => self.queue(bytes, now + delay),
            Misbehaviour::Garbage => self.queue(NOISE.to_vec(), now),
            Misbehaviour::WrongChecksum => {
                self.dialect.spoil(&mut bytes);
                self.queue(bytes, now);
            }
            Misbehaviour::NoiseBefore => self.queue([NOISE, &bytes].concat(), now),
            Misbehaviour::Split => {
                let mut due = now;
                for byte in bytes {
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
