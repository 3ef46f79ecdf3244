//! One command after the other over the link v2: a state machine without a port and a clock.
//!
//! The caller moves the bytes and tells the time:
//!
//! ```text
//! start(command) ─> poll_transmit() ─> port ─> receive(bytes) ─> poll() = the answer
//!                   poll_timeout() ─> clock ─> handle_timeout()
//! ```
//!
//! What is done in which state stands in one table, [`action`]. An exchange ends in an answer or an
//! error within [`Timeouts::talk`] and T5 of its command.
//!
//! An answer does not say which command it answers. So when a command was given up after it went
//! out, its answer is waited for, acknowledged and dropped before the next command is sent, until
//! the time limits of the protocol say that none will come. And what comes before a command was
//! sent is never its answer.
//!
//! Source: docs/protocols/atol.md section 3.

mod act;
mod error;
mod running;
mod settings;
mod table;

use std::collections::VecDeque;
use std::time::Instant;

use super::frame::{self, Control, Deframer, FrameError, Item, Pending};
use running::Running;

pub use error::ExchangeError;
pub use settings::{Counters, LONGEST_COMMAND, Settings, Timeouts};
pub use table::{Action, Event, State, action};

/// ENQ in a round. One source: dant.
pub const MAX_ASKS: u8 = 5;
/// Sendings of a command, and of an answer. One source: dant.
pub const MAX_SENDS: u8 = 10;
/// Rounds of ENQ. One source: dant.
pub const MAX_ROUNDS: u8 = 100;
/// Bytes that are ignored in an exchange. One source: dant.
pub const MAX_IGNORED: u8 = 100;

/// The state machine.
#[derive(Debug)]
pub struct Exchange {
    settings: Settings,
    deframer: Deframer,
    outgoing: VecDeque<Vec<u8>>,
    running: Option<Running>,
    finished: Option<Result<Vec<u8>, ExchangeError>>,
    /// Until when the answer to a command that was given up may come.
    earlier: Option<Instant>,
    counters: Counters,
}

impl Exchange {
    /// A state machine for a line that was just opened.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            deframer: Deframer::for_answers(),
            outgoing: VecDeque::new(),
            running: None,
            finished: None,
            earlier: None,
            counters: Counters::default(),
        }
    }

    /// Begins with a command (its code and parameters, without the access password).
    ///
    /// A command that is not finished is given up. If it went out, its answer is waited for first.
    pub fn start(&mut self, command: &[u8], now: Instant) {
        if let Some(running) = self.running.take() {
            self.leave_behind(&running, now);
        }
        self.outgoing.clear();
        self.deframer.clear();
        self.finished = None;
        match self.frame(command) {
            Ok(frame) => {
                let work = self.settings.timeouts.execution(command);
                let mut running = Running::new(frame, work, now, self.settings.timeouts.talk);
                match self.ask(&mut running, now) {
                    Ok(()) => self.running = Some(running),
                    Err(error) => self.finished = Some(Err(error)),
                }
            }
            Err(error) => self.finished = Some(Err(error.into())),
        }
        self.counters.dropped_bytes = self.deframer.dropped();
    }

    /// Takes bytes from the device, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        if let Some(running) = &mut self.running {
            running.bytes += bytes.len();
        }
        // Frames are lent out of the deframer, so it is not in here meanwhile.
        let mut deframer = std::mem::take(&mut self.deframer);
        // In pieces, so that many bytes at once are no overflow.
        for piece in bytes.chunks(4096) {
            deframer.push(piece);
            self.take_items(&mut deframer, now);
        }
        self.counters.dropped_bytes = deframer.dropped();
        self.deframer = deframer;
    }

    /// Does what is due. To be called when [`poll_timeout`](Self::poll_timeout) is reached; earlier
    /// calls do nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        let Some(running) = &self.running else { return };
        if now >= running.deadline {
            self.act(Event::Deadline, &[], now);
        } else if now >= running.timer {
            self.act(Event::Timeout, &[], now);
        }
    }

    /// Bytes for the device.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.running.as_ref().map(|running| running.timer.min(running.deadline))
    }

    /// The data of the answer, once it is there.
    ///
    /// What [`poll_transmit`](Self::poll_transmit) has left is to be sent all the same.
    pub fn poll(&mut self) -> Option<Result<Vec<u8>, ExchangeError>> {
        self.finished.take()
    }

    /// Until when the device may still want to deliver an answer that nobody waits for any more, if this
    /// line is left now: T5 of a command that went out and whose answer has not come with its EOT (an
    /// ACK may be lost). `None` when it has nothing to deliver.
    ///
    /// Whoever opens the line before that meets an ENQ that is not for him. An exchange that is begun
    /// here waits by itself.
    #[must_use]
    pub fn owed_until(&self, now: Instant) -> Option<Instant> {
        let out = self.running.as_ref().filter(|running| running.state.is_out());
        let until = out.map(|running| now + running.work).or(self.earlier);
        until.filter(|until| *until > now)
    }

    /// Where the exchange stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.running.as_ref().map_or(State::Idle, |running| running.state)
    }

    /// What was noticed so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn frame(&self, command: &[u8]) -> Result<Vec<u8>, FrameError> {
        let message = [&self.settings.access_password, command].concat();
        let most = self.settings.longest_command;
        if message.len() > most {
            return Err(FrameError::TooLong { got: message.len(), most });
        }
        let mut bytes = Vec::new();
        frame::encode(&message, &mut bytes)?;
        Ok(bytes)
    }

    /// Lets everything happen that the bytes at hand say.
    fn take_items(&mut self, deframer: &mut Deframer, now: Instant) {
        loop {
            let item = if self.state().takes_frames() {
                deframer.next_item()
            } else {
                deframer.next_byte().map(Ok)
            };
            match item {
                Some(Ok(Item::Control(control))) => self.act(control_event(control), &[], now),
                Some(Ok(Item::Noise(_))) => {
                    self.take_noise();
                    self.act(Event::Noise, &[], now);
                }
                Some(Ok(Item::Frame(data))) => self.act(Event::Frame, data, now),
                Some(Err(error)) => self.take_error(error, now),
                None => break,
            }
        }
        let wait = match deframer.pending() {
            Pending::Nothing => return,
            Pending::Frame => self.settings.timeouts.t6,
            Pending::Mismatch => self.settings.timeouts.mismatch,
        };
        if !self.state().reads() {
            self.act(Event::Begin, &[], now);
        }
        if let Some(running) = &mut self.running {
            running.timer = now + wait;
        }
    }

    fn take_noise(&mut self) {
        if let Some(running) = &mut self.running {
            running.noise += 1;
        }
    }

    fn take_error(&mut self, error: FrameError, now: Instant) {
        if let Some(running) = &mut self.running {
            running.take_error(error);
        }
        self.act(frame_event(error), &[], now);
    }

    /// The line is silent inside a frame. Behind a wrong ETX there may still be a sound frame.
    fn end_frame(&mut self, now: Instant) {
        let mut deframer = std::mem::take(&mut self.deframer);
        let mut first = None;
        while let Some(error) = deframer.give_up() {
            first.get_or_insert(error);
            while let Some(item) = deframer.next_item() {
                if let Ok(Item::Frame(data)) = item {
                    first = None;
                    self.act(Event::Frame, data, now);
                }
            }
        }
        self.counters.dropped_bytes = deframer.dropped();
        self.deframer = deframer;
        if let Some(error) = first {
            self.take_error(error, now);
        }
    }
}

fn control_event(control: Control) -> Event {
    match control {
        Control::ENQ => Event::Enq,
        Control::ACK => Event::Ack,
        Control::NAK => Event::Nak,
        Control::EOT => Event::Eot,
        _ => Event::Noise,
    }
}

fn frame_event(error: FrameError) -> Event {
    match error {
        FrameError::Checksum { .. } => Event::Broken,
        _ => Event::Incomplete,
    }
}

#[cfg(test)]
mod tests;
