//! The command that is under way.

use std::time::Instant;

use super::{ExchangeError, Settings, Timeouts};
use crate::v3::frame::{self, FrameError};
use crate::v3::task::{self, Add, AddFlags, TaskStatus};

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The answer to our Add (or to the Req that asks what became of it).
    Adding,
    /// The result of a task that the device has taken.
    Waiting,
    /// The answer to our Ack.
    Acknowledging,
}

/// What a packet of ours was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Add,
    Req,
    Ack,
}

/// A packet of ours.
#[derive(Debug)]
pub(super) struct Packet {
    id: u8,
    purpose: Purpose,
    pub(super) bytes: Vec<u8>,
    /// How often it was sent.
    pub(super) times: u8,
    /// How often we asked for its answer again.
    pub(super) asked_again: u8,
}

#[derive(Debug)]
pub(super) struct Running {
    pub(super) task: u8,
    pub(super) step: Step,
    pub(super) started: Instant,
    /// The end of all waiting.
    pub(super) deadline: Instant,
    /// The end of this step's waiting.
    pub(super) timer: Instant,
    /// The result, while its Ack is under way.
    pub(super) outcome: Option<Result<Vec<u8>, ExchangeError>>,
    /// The result came in an answer packet, not in a packet F0.
    pub(super) synchronous: bool,
    /// The device has said something about the task, so it has it.
    pub(super) added: bool,
    /// A result that came before anything was said to our Add. It is ours only if the device has
    /// taken the task: whether a device forgets the tasks of an earlier connection is not known.
    pub(super) early: Option<(TaskStatus, Vec<u8>)>,
    /// A good packet of ours came back.
    pub(super) answered: bool,
    pub(super) adds: u8,
    pub(super) acks: u8,
    /// Bytes that came since the start.
    pub(super) bytes: usize,
    pub(super) last_error: Option<FrameError>,
    add: Vec<u8>,
    packets: Vec<Packet>,
}

impl Running {
    pub(super) fn new(task: u8, command: &[u8], now: Instant, settings: &Settings) -> Self {
        let password = settings.access_password;
        let add = Add { flags: AddFlags::NEED_RESULT, task, password, command }.encode();
        let deadline = now + settings.timeouts.answer;
        Self {
            task,
            step: Step::Adding,
            started: now,
            deadline,
            timer: deadline,
            outcome: None,
            synchronous: false,
            added: false,
            early: None,
            answered: false,
            adds: 0,
            acks: 0,
            bytes: 0,
            last_error: None,
            add,
            packets: Vec::new(),
        }
    }

    /// Writes a packet and waits for its answer.
    pub(super) fn send(
        &mut self,
        id: u8,
        purpose: Purpose,
        now: Instant,
        timeouts: &Timeouts,
    ) -> Result<Vec<u8>, FrameError> {
        let mut bytes = Vec::new();
        match purpose {
            Purpose::Add => frame::encode(id, &self.add, &mut bytes)?,
            Purpose::Req => frame::encode(id, &task::req(self.task), &mut bytes)?,
            Purpose::Ack => frame::encode(id, &task::ack(self.task), &mut bytes)?,
        }
        match purpose {
            Purpose::Add => self.adds += 1,
            Purpose::Ack => self.acks += 1,
            Purpose::Req => {}
        }
        // Each answer is for the newest packet of this id; ids come round after 224 packets only.
        self.packets.retain(|packet| packet.id != id);
        self.packets.push(Packet { id, purpose, bytes: bytes.clone(), times: 1, asked_again: 0 });
        let wait = if purpose == Purpose::Req { timeouts.result } else { timeouts.packet };
        self.timer = now + wait;
        Ok(bytes)
    }

    /// Waits for the result.
    pub(super) fn wait(&mut self, now: Instant, timeouts: &Timeouts) {
        self.step = Step::Waiting;
        self.timer = now + timeouts.result;
    }

    pub(super) fn purpose(&self, id: u8) -> Option<Purpose> {
        self.packets.iter().find(|packet| packet.id == id).map(|packet| packet.purpose)
    }

    pub(super) fn packet(&mut self, id: u8) -> Option<&mut Packet> {
        self.packets.iter_mut().find(|packet| packet.id == id)
    }

    pub(super) fn open_ids(&self) -> impl Iterator<Item = u8> + '_ {
        self.packets.iter().map(|packet| packet.id)
    }
}
