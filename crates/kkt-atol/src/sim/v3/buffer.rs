//! The task buffer of a simulated device.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::fault::Fault;
use crate::sim::device::Device;
use crate::sim::state::Respond;
use crate::v3::frame::LAST_ID;
use crate::v3::task::{Add, AddFlags, BufferError, Request, TaskStatus};

/// Tasks that the buffer holds. The size of a real buffer is not known.
const CAPACITY: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Buffer {
    tasks: BTreeMap<u8, Task>,
}

/// A task that waits to be acknowledged.
#[derive(Debug)]
struct Task {
    result: Result<Vec<u8>, Fault>,
    /// It says once more that it is in progress.
    in_progress: bool,
}

/// What the device says.
#[derive(Debug)]
pub(super) struct Outcome {
    /// In the answer packet.
    pub(super) reply: Vec<u8>,
    /// In a packet F0, a little later.
    pub(super) later: Option<Vec<u8>>,
}

/// The KKT command in the data of a host's packet, if it adds one.
pub(super) fn command(data: &[u8]) -> Option<&[u8]> {
    match Request::decode(data) {
        Ok(Request::Add(add) | Request::AckAdd { add, .. }) => Some(add.command),
        _ => None,
    }
}

impl Buffer {
    /// Takes the data of a host's packet.
    pub(super) fn take(&mut self, data: &[u8], device: &mut Device, now: Duration) -> Outcome {
        match Request::decode(data) {
            Ok(Request::Add(add)) => self.add(&add, device.state.respond, device, now),
            Ok(Request::Ack { task }) => only(vec![self.acknowledge(task)]),
            Ok(Request::Req { task }) => only(self.ask(task)),
            Ok(Request::Abort) => {
                self.tasks.clear();
                only(vec![TaskStatus::RESULT.0])
            }
            Ok(Request::AckAdd { acknowledged, add }) => {
                let acknowledged = self.acknowledge(acknowledged);
                // Only two statuses are described here, so no result comes at once.
                let respond = match device.state.respond {
                    Respond::Sync => Respond::Async,
                    respond => respond,
                };
                let Outcome { reply, later } = self.add(&add, respond, device, now);
                only_later([&[acknowledged][..], &reply].concat(), later)
            }
            Err(_) => only(vec![BufferError::ILLEGAL_VALUE.0]),
        }
    }

    fn add(
        &mut self,
        add: &Add<'_>,
        respond: Respond,
        device: &mut Device,
        now: Duration,
    ) -> Outcome {
        if device.state.busy || self.tasks.len() >= CAPACITY {
            return only(vec![BufferError::OVERFLOW.0]);
        }
        if add.task > LAST_ID {
            return only(vec![BufferError::ILLEGAL_VALUE.0]);
        }
        if self.tasks.contains_key(&add.task) {
            return only(vec![BufferError::ALREADY_EXISTS.0]);
        }
        let result = device.execute(add.password, add.command, now);
        let pending = vec![TaskStatus::PENDING.0];
        if !add.flags.contains(AddFlags::NEED_RESULT) {
            return only(pending);
        }
        if respond == Respond::Sync {
            return only(in_answer(&result));
        }
        let later = (respond == Respond::Async).then(|| by_itself(add.task, &result));
        self.tasks.insert(add.task, Task { result, in_progress: respond == Respond::Polled });
        only_later(pending, later)
    }

    fn acknowledge(&mut self, task: u8) -> u8 {
        match self.tasks.remove(&task) {
            Some(Task { result: Ok(_), .. }) => TaskStatus::RESULT.0,
            Some(Task { result: Err(_), .. }) => TaskStatus::ERROR.0,
            None => BufferError::NOT_FOUND.0,
        }
    }

    fn ask(&mut self, task: u8) -> Vec<u8> {
        let Some(task) = self.tasks.get_mut(&task) else {
            return vec![BufferError::NOT_FOUND.0];
        };
        if std::mem::take(&mut task.in_progress) {
            return vec![TaskStatus::IN_PROGRESS.0];
        }
        in_answer(&task.result)
    }
}

fn in_answer(result: &Result<Vec<u8>, Fault>) -> Vec<u8> {
    let (status, answer) = parts(result, TaskStatus::RESULT, TaskStatus::ERROR);
    [&[status.0][..], &answer].concat()
}

fn by_itself(task: u8, result: &Result<Vec<u8>, Fault>) -> Vec<u8> {
    let (status, answer) = parts(result, TaskStatus::ASYNC_RESULT, TaskStatus::ASYNC_ERROR);
    [&[status.0, task][..], &answer].concat()
}

fn parts(
    result: &Result<Vec<u8>, Fault>,
    good: TaskStatus,
    bad: TaskStatus,
) -> (TaskStatus, Vec<u8>) {
    match result {
        Ok(answer) => (good, answer.clone()),
        Err(fault) => (bad, vec![0x55, fault.code, fault.extended]),
    }
}

fn only(reply: Vec<u8>) -> Outcome {
    Outcome { reply, later: None }
}

fn only_later(reply: Vec<u8>, later: Option<Vec<u8>>) -> Outcome {
    Outcome { reply, later }
}
