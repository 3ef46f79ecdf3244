//! One command after the other over the link v3: a state machine without a port and a clock.
//!
//! The caller moves the bytes and tells the time:
//!
//! ```text
//! start(command) ─> poll_transmit() ─> port ─> receive(bytes) ─> poll() = the answer
//!                   poll_timeout() ─> clock ─> handle_timeout()
//! ```
//!
//! How a device answers the Add of a quick command is not known from a device. So all forms are
//! taken that the sources allow: a status (A1, A2, A8) and the result in a packet F0 later, the
//! result at once (A3, A4), and the result only when asked for it (Req).
//!
//! What it never does: send Abort, acknowledge a task that it did not add on this connection, or
//! go on after the task buffer showed that somebody else uses it
//! ([`ExchangeError::Conflict`]).
//!
//! Source: docs/protocols/atol.md sections 4, 5 and 21.

mod error;
mod running;
mod settings;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::v3::frame::{ASYNC_ID, Deframer, Frame, FrameError, LAST_ID};
use crate::v3::task::{self, BufferError, Reply, TaskStatus};
use running::{Purpose, Running, Step};

pub use error::ExchangeError;
pub use settings::{Counters, FIRST_TASK, Settings, Timeouts};

/// Packets and questions that are repeated are repeated this often.
const MAX_RESENDS: u8 = 2;
/// Ids of packets that are remembered after their exchange, so that a late answer is no stranger.
const MAX_LATE: usize = 16;

/// The state machine.
#[derive(Debug)]
pub struct Exchange {
    settings: Settings,
    next_packet: u8,
    next_task: u8,
    deframer: Deframer,
    outgoing: VecDeque<Vec<u8>>,
    running: Option<Running>,
    finished: Option<Result<Vec<u8>, ExchangeError>>,
    /// Our tasks that may still be in the device's buffer: freed when their result comes.
    left_behind: Vec<u8>,
    /// Ids of our packets whose answer may still come, and what they were about.
    late: VecDeque<(u8, u8)>,
    counters: Counters,
}

impl Exchange {
    /// A state machine for a connection that was just opened.
    ///
    /// A first packet id above DF begins with 00, a first task id outside of 80 to DF with 80.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let next_packet =
            if settings.first_packet_id <= LAST_ID { settings.first_packet_id } else { 0 };
        let in_range = (FIRST_TASK..=LAST_ID).contains(&settings.first_task_id);
        Self {
            settings,
            next_packet,
            next_task: if in_range { settings.first_task_id } else { FIRST_TASK },
            deframer: Deframer::new(),
            outgoing: VecDeque::new(),
            running: None,
            finished: None,
            left_behind: Vec::new(),
            late: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// Begins with a command (its code and parameters, without the access password).
    ///
    /// A command that is not finished is given up: its result is acknowledged when it comes, and
    /// otherwise ignored.
    pub fn start(&mut self, command: &[u8], now: Instant) {
        self.give_up();
        let task = self.take_task();
        let mut running = Running::new(task, command, now, &self.settings);
        self.finished = None;
        match self.send(&mut running, Purpose::Add, now) {
            Ok(()) => self.running = Some(running),
            Err(error) => self.finished = Some(Err(error.into())),
        }
    }

    /// Takes bytes from the device, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        if let Some(running) = &mut self.running {
            running.bytes += bytes.len();
        }
        // The frames are lent out of the deframer, so it is not in here meanwhile.
        let mut deframer = std::mem::take(&mut self.deframer);
        deframer.push(bytes);
        while let Some(result) = deframer.next_frame() {
            match result {
                Ok(frame) => self.take_frame(frame, now),
                Err(error) => self.take_error(error, now),
            }
        }
        self.counters.dropped_bytes = deframer.dropped();
        self.deframer = deframer;
    }

    /// Does what is due. To be called when [`poll_timeout`](Self::poll_timeout) is reached; earlier
    /// calls do nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        let Some(mut running) = self.running.take() else { return };
        if now >= running.deadline {
            self.running = Some(running);
            return self.time_out(now);
        }
        if now >= running.timer {
            match running.step {
                Step::Adding | Step::Waiting => {
                    self.counters.polls += 1;
                    let _ = self.send(&mut running, Purpose::Req, now);
                }
                Step::Acknowledging if running.acks < 2 => {
                    let _ = self.send(&mut running, Purpose::Ack, now);
                }
                Step::Acknowledging => {
                    self.running = Some(running);
                    return self.deliver_unacknowledged();
                }
            }
        }
        self.running = Some(running);
    }

    /// Bytes for the device, one packet at a time.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.running.as_ref().map(|running| running.timer.min(running.deadline))
    }

    /// The answer of the KKT command, once it is there: the bytes behind the task's status.
    ///
    /// What [`poll_transmit`](Self::poll_transmit) has left is to be sent all the same.
    pub fn poll(&mut self) -> Option<Result<Vec<u8>, ExchangeError>> {
        self.finished.take()
    }

    /// What was noticed so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn take_frame(&mut self, frame: Frame<'_>, now: Instant) {
        if frame.id == ASYNC_ID {
            return self.take_async(frame.data, now);
        }
        let purpose = self.running.as_ref().and_then(|running| running.purpose(frame.id));
        let Some(purpose) = purpose else { return self.take_late(frame) };
        let Some(mut running) = self.running.take() else { return };
        running.answered = true;
        if frame.data.is_empty() {
            self.send_again(running, frame.id, now);
            return;
        }
        match Reply::decode(frame.id, frame.data) {
            Ok(Reply::BufferError(error)) => self.take_buffer_error(running, purpose, error, now),
            Ok(Reply::Status { status, rest }) => {
                self.take_status(running, purpose, status, rest, now);
            }
            // An answer packet is never asynchronous, and it is not empty here.
            Ok(Reply::Async { .. }) | Err(_) => self.running = Some(running),
        }
    }

    /// The answer to a packet of ours.
    fn take_status(
        &mut self,
        mut running: Running,
        purpose: Purpose,
        status: TaskStatus,
        rest: &[u8],
        now: Instant,
    ) {
        if running.step == Step::Acknowledging {
            // A late answer to Add or Req tells nothing new; whatever is said to the Ack is fine.
            return match purpose {
                Purpose::Ack => self.finish(running),
                Purpose::Add | Purpose::Req => self.running = Some(running),
            };
        }
        running.added = true;
        match status {
            // Finished without an answer: the packet F0 brings it, or asking does.
            TaskStatus::RESULT | TaskStatus::ERROR if rest.is_empty() => self.wait(running, now),
            TaskStatus::RESULT => self.take_result(running, Ok(rest.to_vec()), true, now),
            TaskStatus::ERROR => self.take_result(running, Err(refusal(rest)), true, now),
            status if status.is_unfinished() => self.wait(running, now),
            // A6 and A7 belong into packets F0. Nothing can be read behind them here for sure.
            TaskStatus::ASYNC_RESULT | TaskStatus::ASYNC_ERROR => self.wait(running, now),
            status => self.take_result(running, Err(ExchangeError::Status(status)), true, now),
        }
    }

    fn take_buffer_error(
        &mut self,
        mut running: Running,
        purpose: Purpose,
        error: BufferError,
        now: Instant,
    ) {
        let not_found = error == BufferError::NOT_FOUND;
        match purpose {
            // Whether a task is kept after its result went out at once is not known: it may have
            // been freed already (inferred). So may one whose first Ack got lost.
            Purpose::Ack if not_found && (running.synchronous || running.acks > 1) => {
                self.finish(running);
            }
            // Nobody answered our Add: it got lost, and there is no such task. Add it once more.
            Purpose::Req if not_found && !running.added && running.adds < 2 => {
                running.early = None;
                let _ = self.send(&mut running, Purpose::Add, now);
                self.running = Some(running);
            }
            _ if error.is_conflict() => self.fail(running, ExchangeError::Conflict(error)),
            Purpose::Ack => self.finish(running),
            Purpose::Add | Purpose::Req => self.fail(running, ExchangeError::Buffer(error)),
        }
    }

    /// The device has the task: its result is waited for, or is there already.
    fn wait(&mut self, mut running: Running, now: Instant) {
        running.wait(now, &self.settings.timeouts);
        match running.early.take() {
            Some((status, answer)) => self.deliver(running, status, &answer, now),
            None => self.running = Some(running),
        }
    }

    /// The result of our task from a packet F0.
    fn deliver(&mut self, mut running: Running, status: TaskStatus, answer: &[u8], now: Instant) {
        running.answered = true;
        match status {
            TaskStatus::ASYNC_RESULT => {
                self.take_result(running, Ok(answer.to_vec()), false, now);
            }
            TaskStatus::ASYNC_ERROR => self.take_result(running, Err(refusal(answer)), false, now),
            // Not documented in a packet F0: wait for what is.
            _ => self.running = Some(running),
        }
    }

    /// A packet F0.
    fn take_async(&mut self, data: &[u8], now: Instant) {
        let Ok(Reply::Async { status, task, answer }) = Reply::decode(ASYNC_ID, data) else {
            self.counters.foreign_tasks += 1;
            return;
        };
        let ours = self.running.as_ref().is_some_and(|running| running.task == task);
        if let Some(mut running) = self.running.take_if(|_| ours) {
            match running.step {
                Step::Adding => {
                    running.early = Some((status, answer.to_vec()));
                    self.running = Some(running);
                }
                Step::Waiting => self.deliver(running, status, answer, now),
                Step::Acknowledging => self.running = Some(running),
            }
        } else if !self.free_left_behind(task) {
            self.counters.foreign_tasks += 1;
        }
    }

    fn take_result(
        &mut self,
        mut running: Running,
        outcome: Result<Vec<u8>, ExchangeError>,
        synchronous: bool,
        now: Instant,
    ) {
        running.outcome = Some(outcome);
        running.synchronous = synchronous;
        running.step = Step::Acknowledging;
        let _ = self.send(&mut running, Purpose::Ack, now);
        self.running = Some(running);
    }

    /// The device could not take a packet of ours.
    fn send_again(&mut self, mut running: Running, id: u8, now: Instant) {
        let Some(packet) = running.packet(id) else {
            self.running = Some(running);
            return;
        };
        if packet.times > MAX_RESENDS {
            let times = packet.times;
            if running.step == Step::Acknowledging {
                self.running = Some(running);
                return self.deliver_unacknowledged();
            }
            return self.fail(running, ExchangeError::NotTaken { times });
        }
        packet.times += 1;
        self.outgoing.push_back(packet.bytes.clone());
        running.timer = now + self.settings.timeouts.packet;
        self.counters.resent += 1;
        self.running = Some(running);
    }

    /// Bytes that are no packet. A whole packet of ours with a wrong check byte is asked for again;
    /// a packet F0 cannot be.
    fn take_error(&mut self, error: FrameError, now: Instant) {
        let Some(running) = &mut self.running else { return };
        running.last_error = Some(error);
        let FrameError::Checksum { id, .. } = error else { return };
        let Some(packet) = running.packet(id) else { return };
        if packet.asked_again >= MAX_RESENDS {
            return;
        }
        packet.asked_again += 1;
        running.timer = now + self.settings.timeouts.packet;
        self.counters.asked_again += 1;
        self.queue(id, &[]);
    }

    fn time_out(&mut self, now: Instant) {
        let Some(running) = self.running.take() else { return };
        if running.outcome.is_some() {
            self.running = Some(running);
            return self.deliver_unacknowledged();
        }
        // Whole milliseconds: people read it.
        let after = now.saturating_duration_since(running.started).as_millis();
        let after = Duration::from_millis(u64::try_from(after).unwrap_or(u64::MAX));
        let error = if running.bytes > 0 && !running.answered {
            ExchangeError::Garbage { bytes: running.bytes, after, last: running.last_error }
        } else {
            let waiting_for = if running.added {
                "the result of the command"
            } else {
                "the answer to the command"
            };
            ExchangeError::Timeout { waiting_for, after }
        };
        self.left_behind.push(running.task);
        self.forget(&running);
        self.finished = Some(Err(error));
    }

    /// The result is there, but the device does not answer the Ack: the result counts.
    fn deliver_unacknowledged(&mut self) {
        let Some(running) = self.running.take() else { return };
        self.counters.unacknowledged += 1;
        self.left_behind.push(running.task);
        self.finish(running);
    }

    fn finish(&mut self, mut running: Running) {
        self.forget(&running);
        self.finished = running.outcome.take();
    }

    fn fail(&mut self, running: Running, error: ExchangeError) {
        self.forget(&running);
        self.finished = Some(Err(error));
    }

    fn give_up(&mut self) {
        let Some(running) = self.running.take() else { return };
        self.left_behind.push(running.task);
        self.forget(&running);
    }

    fn forget(&mut self, running: &Running) {
        for id in running.open_ids() {
            self.remember_late(id, running.task);
        }
    }

    fn remember_late(&mut self, id: u8, task: u8) {
        self.late.push_back((id, task));
        if self.late.len() > MAX_LATE {
            self.late.pop_front();
        }
    }

    /// An answer to a packet of an earlier command, or to none of ours.
    fn take_late(&mut self, frame: Frame<'_>) {
        let Some(&(_, task)) = self.late.iter().find(|(id, _)| *id == frame.id) else {
            self.counters.foreign_packets += 1;
            return;
        };
        if let Ok(Reply::Status { status, rest }) = Reply::decode(frame.id, frame.data) {
            let finished = matches!(status, TaskStatus::RESULT | TaskStatus::ERROR);
            if finished && !rest.is_empty() {
                self.free_left_behind(task);
            }
        }
    }

    /// Acknowledges a result of ours that nobody waits for any more; false if it is none.
    fn free_left_behind(&mut self, task: u8) -> bool {
        let Some(index) = self.left_behind.iter().position(|left| *left == task) else {
            return false;
        };
        self.left_behind.swap_remove(index);
        let id = self.take_packet_id();
        self.remember_late(id, task);
        self.queue(id, &task::ack(task));
        true
    }

    /// Sends a packet of the running command under a new id.
    ///
    /// It fails for an Add that is too long, so only at the start.
    fn send(
        &mut self,
        running: &mut Running,
        purpose: Purpose,
        now: Instant,
    ) -> Result<(), FrameError> {
        let id = self.take_packet_id();
        let bytes = running.send(id, purpose, now, &self.settings.timeouts)?;
        self.outgoing.push_back(bytes);
        Ok(())
    }

    fn queue(&mut self, id: u8, data: &[u8]) {
        let mut bytes = Vec::new();
        if crate::v3::frame::encode(id, data, &mut bytes).is_ok() {
            self.outgoing.push_back(bytes);
        }
    }

    fn take_packet_id(&mut self) -> u8 {
        let id = self.next_packet;
        self.next_packet = if id < LAST_ID { id + 1 } else { 0 };
        // The id is in use again: its old answer cannot be told from the new one.
        self.late.retain(|(late, _)| *late != id);
        id
    }

    /// The next task id that is free, as far as we know.
    fn take_task(&mut self) -> u8 {
        let following = |task| if task < LAST_ID { task + 1 } else { FIRST_TASK };
        let mut task = self.next_task;
        for _ in FIRST_TASK..LAST_ID {
            if !self.left_behind.contains(&task) {
                break;
            }
            task = following(task);
        }
        self.left_behind.retain(|left| *left != task);
        self.next_task = following(task);
        task
    }
}

/// Reads the answer of a task that failed: `55 <error> <extended>`, or without the 55 as A5h does.
fn refusal(answer: &[u8]) -> ExchangeError {
    use crate::error::{DecodeError, fault};
    match answer {
        [] | [0x55] => DecodeError::Missing("error code").into(),
        [0x55, code, rest @ ..] => ExchangeError::Refused(fault(*code, rest)),
        [code, ..] => ExchangeError::Refused(fault(*code, &[])),
    }
}

#[cfg(test)]
mod tests;
