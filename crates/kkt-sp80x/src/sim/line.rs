//! What both simulators do with their answers: when they are sent, and how they are spoilt.

use std::collections::VecDeque;
use std::time::Duration;

/// How often a device in [`Misbehaviour::Garbage`] sends noise by itself.
const NOISE_PERIOD: Duration = Duration::from_millis(200);
/// Bytes that are no message in any dialect and begin none.
const NOISE: &[u8] = &[0x00, 0x7F, 0xA5, 0x55, 0xFD, 0x13, 0xFF, 0x80, 0x0D, b'<', 0x44];
/// Noise before a message: some bytes, and the beginning of a frame that never goes on.
const NOISE_BEFORE: &[u8] = &[0xFF, 0x00, 0x55, 0x02, 0x20, 0x41];
/// Between two pieces of a message that comes byte by byte.
const BYTE_GAP: Duration = Duration::from_millis(2);

/// How a simulated device misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// Not at all.
    #[default]
    None,
    /// It takes everything and says nothing.
    Silent,
    /// It answers ENQ, where the dialect has it, and nothing else: busy for long.
    Busy,
    /// Everything comes so much later.
    Delay(Duration),
    /// It answers with bytes that are no message, and sends such bytes by itself five times a second.
    Garbage,
    /// Every answer is broken: a wrong checksum, a document that is no sound XML.
    Broken,
    /// Noise stands before every answer.
    NoiseBefore,
    /// Every byte comes by itself.
    Split,
    /// It drops the line when a request comes.
    HangUp,
    /// Every answer is one to something else.
    OtherId,
}

/// The line of a simulated device.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) misbehaviour: Misbehaviour,
    outgoing: VecDeque<(Duration, Vec<u8>)>,
    connected: bool,
    noise_at: Option<Duration>,
    hang_up: bool,
}

impl Line {
    pub(super) fn misbehave(&mut self, misbehaviour: Misbehaviour) {
        self.misbehaviour = misbehaviour;
        let noisy = misbehaviour == Misbehaviour::Garbage && self.connected;
        self.noise_at = noisy.then_some(Duration::ZERO);
    }

    pub(super) fn connect(&mut self, now: Duration) {
        self.disconnect();
        self.connected = true;
        if self.misbehaviour == Misbehaviour::Garbage {
            self.noise_at = Some(now + NOISE_PERIOD);
        }
    }

    pub(super) fn disconnect(&mut self) {
        *self = Self { misbehaviour: self.misbehaviour, ..Self::default() };
    }

    /// Whether a request is answered at all.
    pub(super) fn takes_request(&mut self, now: Duration) -> bool {
        match self.misbehaviour {
            Misbehaviour::Silent | Misbehaviour::Busy => false,
            Misbehaviour::HangUp => {
                self.hang_up = true;
                false
            }
            Misbehaviour::Garbage => {
                self.queue(NOISE.to_vec(), now);
                false
            }
            _ => true,
        }
    }

    /// A single byte that stands for itself.
    pub(super) fn send_byte(&mut self, byte: u8, now: Duration) {
        if self.misbehaviour != Misbehaviour::Silent {
            self.queue(vec![byte], now);
        }
    }

    pub(super) fn send(&mut self, message: Vec<u8>, now: Duration) {
        match self.misbehaviour {
            Misbehaviour::NoiseBefore => self.queue([NOISE_BEFORE, &message].concat(), now),
            Misbehaviour::Split => {
                for (index, byte) in (0..).zip(message) {
                    self.queue(vec![byte], now + BYTE_GAP * index);
                }
            }
            Misbehaviour::Delay(delay) => self.queue(message, now + delay),
            _ => self.queue(message, now),
        }
    }

    pub(super) fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        if let Some(at) = self.noise_at.filter(|at| now >= *at) {
            // However long nobody looked, noise is sent once.
            self.noise_at = Some(now.max(at) + NOISE_PERIOD);
            return Some(NOISE.to_vec());
        }
        let due = self.outgoing.front().is_some_and(|(due, _)| *due <= now);
        if due { self.outgoing.pop_front().map(|(_, bytes)| bytes) } else { None }
    }

    pub(super) fn wake(&self) -> Option<Duration> {
        let outgoing = self.outgoing.front().map(|(due, _)| *due);
        outgoing.into_iter().chain(self.noise_at).min()
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

/// The doors of a simulator that are the same in every dialect.
macro_rules! doors {
    ($simulator:ident, $state:ident) => {
        impl $simulator {
            /// The device's state.
            #[must_use]
            pub fn state(&self) -> &$state {
                &self.state
            }

            /// The device's state, to be changed.
            pub fn state_mut(&mut self) -> &mut $state {
                &mut self.state
            }

            /// How the device behaves from now on; [`Misbehaviour::None`](crate::sim::Misbehaviour::None)
            /// puts it right.
            pub fn misbehave(&mut self, misbehaviour: $crate::sim::Misbehaviour) {
                self.line.misbehave(misbehaviour);
            }

            /// Every distinct request that came, in the notation of the lists of safe ones, and how
            /// often.
            #[must_use]
            pub fn requests(&self) -> &std::collections::BTreeMap<String, u64> {
                &self.requests
            }

            /// A host connected.
            pub fn connect(&mut self, now: std::time::Duration) {
                self.disconnect();
                self.line.connect(now);
            }

            /// The host went away.
            pub fn disconnect(&mut self) {
                self.line.disconnect();
                self.deframer = Self::deframer();
            }

            /// The next bytes for the host that are due: an answer in one piece, as a client needs
            /// it that takes what one read returns for the whole.
            pub fn transmit(&mut self, now: std::time::Duration) -> Option<Vec<u8>> {
                self.line.transmit(now)
            }

            /// When [`transmit`](Self::transmit) has something, if nothing arrives before.
            #[must_use]
            pub fn wake(&self) -> Option<std::time::Duration> {
                self.line.wake()
            }

            /// Whether the device drops the line now; told once.
            pub fn hangs_up(&mut self) -> bool {
                self.line.hangs_up()
            }
        }
    };
}
pub(super) use doors;
