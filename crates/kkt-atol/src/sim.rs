//! A simulated KKT: state in, bytes in, bytes out; no port, no clock, no thread.
//!
//! It answers the commands of this crate, and every other command with the error 7Ah. It keeps
//! a task buffer and takes all five buffer commands, so that clients of other authors work with it
//! too. One connection at a time.
//!
//! What nobody has seen on a device is decided here as harmlessly as possible, and marked.
//! Source: docs/protocols/atol.md.

mod answer;
mod buffer;
mod misbehaviour;
mod state;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::v3::frame::{self, ASYNC_ID, Deframer, FrameError};
use buffer::{Buffer, Outcome};

pub use misbehaviour::Misbehaviour;
pub use state::{FiscalStorageState, Respond, ShiftKind, State, UnsentDocuments};

/// How long the device works on a task before it sends the result.
pub const WORK: Duration = Duration::from_millis(10);

/// Packets that are remembered, to be sent again when the host asks for it.
const REMEMBERED: usize = 8;

/// The simulated device.
///
/// `now` is the time since any moment that all calls share; the device's clock shows
/// [`State::clock`] when it is zero.
#[derive(Debug)]
pub struct Simulator {
    state: State,
    misbehaviour: Misbehaviour,
    deframer: Deframer,
    buffer: Buffer,
    outgoing: VecDeque<(Duration, Vec<u8>)>,
    /// Answers by packet id.
    sent: VecDeque<(u8, Vec<u8>)>,
    requests: BTreeMap<Vec<u8>, u64>,
    buffer_commands: BTreeMap<u8, u64>,
    connected: bool,
    /// When noise is due, while the device sends noise by itself.
    noise_at: Option<Duration>,
    hang_up: bool,
    /// The document that is being read.
    reading: answer::Reading,
}

impl Simulator {
    /// A device in a state. It is not connected.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            state,
            misbehaviour: Misbehaviour::None,
            deframer: Deframer::new(),
            buffer: Buffer::default(),
            outgoing: VecDeque::new(),
            sent: VecDeque::new(),
            requests: BTreeMap::new(),
            buffer_commands: BTreeMap::new(),
            connected: false,
            noise_at: None,
            hang_up: false,
            reading: answer::Reading::default(),
        }
    }

    /// The device's state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The device's state, to be changed.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// How the device behaves from now on; [`Misbehaviour::None`] puts it right.
    pub fn misbehave(&mut self, misbehaviour: Misbehaviour) {
        self.misbehaviour = misbehaviour;
        self.noise_at = match misbehaviour {
            Misbehaviour::Garbage if self.connected => Some(Duration::ZERO),
            _ => None,
        };
    }

    /// Every distinct KKT command that came (without the access password), and how often.
    #[must_use]
    pub fn requests(&self) -> &BTreeMap<Vec<u8>, u64> {
        &self.requests
    }

    /// Every distinct buffer command (C1 Add, C2 Ack, ...) that came, and how often.
    #[must_use]
    pub fn buffer_commands(&self) -> &BTreeMap<u8, u64> {
        &self.buffer_commands
    }

    /// How often the state (3Fh) was asked for.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        self.requests.get(&[0x3F][..]).copied().unwrap_or(0)
    }

    /// A host connected.
    pub fn connect(&mut self, now: Duration) {
        self.disconnect();
        self.connected = true;
        if self.misbehaviour == Misbehaviour::Garbage {
            self.noise_at = Some(now + misbehaviour::NOISE_PERIOD);
        }
    }

    /// The host went away. Its tasks are dropped: whether a real device does so is not known.
    pub fn disconnect(&mut self) {
        self.connected = false;
        self.deframer = Deframer::new();
        self.buffer = Buffer::default();
        self.outgoing.clear();
        self.sent.clear();
        self.noise_at = None;
        self.hang_up = false;
    }

    /// Bytes from the host, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        // In pieces, so that many bytes at once are no overflow.
        let mut deframer = std::mem::take(&mut self.deframer);
        for piece in bytes.chunks(4096) {
            deframer.push(piece);
            while let Some(result) = deframer.next_frame() {
                match result {
                    Ok(frame) if frame.data.is_empty() => self.send_again(frame.id, now),
                    Ok(frame) => self.request(frame.id, frame.data, now),
                    // "I could not take your packet, send it again."
                    Err(FrameError::Checksum { id, .. }) if id != ASYNC_ID => {
                        self.send(id, &[], now);
                    }
                    Err(_) => {}
                }
            }
        }
        self.deframer = deframer;
    }

    /// The next bytes for the host that are due.
    pub fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        if let Some(at) = self.noise_at.filter(|at| now >= *at) {
            // However long nobody looked, noise is sent once.
            self.noise_at = Some(now.max(at) + misbehaviour::NOISE_PERIOD);
            return Some(misbehaviour::NOISE.to_vec());
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

    /// Whether the device drops the line now; told once.
    pub fn hangs_up(&mut self) -> bool {
        std::mem::take(&mut self.hang_up)
    }

    fn request(&mut self, id: u8, data: &[u8], now: Duration) {
        if let Some(code) = data.first() {
            *self.buffer_commands.entry(*code).or_default() += 1;
        }
        if let Some(command) = buffer::command(data) {
            *self.requests.entry(command.to_vec()).or_default() += 1;
        }
        match self.misbehaviour {
            Misbehaviour::Silent => return,
            Misbehaviour::HangUp => {
                self.hang_up = true;
                return;
            }
            Misbehaviour::Garbage => {
                self.queue(misbehaviour::NOISE.to_vec(), now);
                return;
            }
            _ => {}
        }
        let (state, reading) = (&self.state, &mut self.reading);
        let Outcome { reply, later } = self.buffer.take(data, state, |password, command| {
            answer::answer(state, reading, password, command, now)
        });
        self.send(id, &reply, now);
        if let Some(result) = later {
            self.send(ASYNC_ID, &result, now + WORK);
        }
    }

    /// The host could not take an answer.
    fn send_again(&mut self, id: u8, now: Duration) {
        let data =
            self.sent.iter().rev().find(|(sent, _)| *sent == id).map(|(_, data)| data.clone());
        if let (Some(data), false) = (data, self.misbehaviour == Misbehaviour::Silent) {
            self.send(id, &data, now);
        }
    }

    fn send(&mut self, id: u8, data: &[u8], now: Duration) {
        if self.misbehaviour == Misbehaviour::Silent {
            return;
        }
        if id != ASYNC_ID && !data.is_empty() {
            self.sent.retain(|(sent, _)| *sent != id);
            self.sent.push_back((id, data.to_vec()));
            if self.sent.len() > REMEMBERED {
                self.sent.pop_front();
            }
        }
        let mut bytes = Vec::new();
        let (id, data) = self.misbehaviour.renamed(id, data);
        let crc = self.misbehaviour.checksum(frame::crc(id, &data));
        if frame::write(id, &data, crc, &mut bytes).is_err() {
            return;
        }
        let (pieces, delay) = self.misbehaviour.pieces(bytes);
        for (after, piece) in pieces {
            self.queue(piece, now + delay + after);
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
