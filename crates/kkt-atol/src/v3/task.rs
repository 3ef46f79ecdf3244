//! The task buffer of the link v3: what the data of a packet says.
//!
//! The host adds a task (a KKT command), the device works on it, sends the result by itself or when
//! asked, and frees it when the host acknowledges it.
//!
//! There is no way here to write C4 Abort: it drops the tasks of every program, and a monitor has
//! no right to do that. It is recognised, to explain the traffic of other programs.
//!
//! Source: docs/protocols/atol.md section 5; three independent sources.

use std::fmt;

use bitflags::bitflags;

use crate::error::{DecodeError, rest, take};

/// A buffer command, the first byte of the data of a host's packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BufferCommand(pub u8);

impl BufferCommand {
    /// `C1 <flags> <tid> <password 2> <command> ...`: put a task into the buffer.
    pub const ADD: Self = Self(0xC1);
    /// `C2 <tid>`: the result has been taken, free the task.
    pub const ACK: Self = Self(0xC2);
    /// `C3 <tid>`: how far is the task, and what is its result?
    pub const REQ: Self = Self(0xC3);
    /// `C4`: drop all tasks. Never sent by this crate.
    pub const ABORT: Self = Self(0xC4);
    /// `C5 <tid> <flags> <new tid> <password 2> <command> ...`: Ack and Add in one packet.
    pub const ACK_ADD: Self = Self(0xC5);
}

/// The state of a task, the first byte of the data of a device's packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskStatus(pub u8);

impl TaskStatus {
    /// The task waits for its turn.
    pub const PENDING: Self = Self(0xA1);
    /// The device works on the task.
    pub const IN_PROGRESS: Self = Self(0xA2);
    /// Done; in an answer packet the answer follows, without a task id.
    pub const RESULT: Self = Self(0xA3);
    /// Failed; in an answer packet the answer follows, without a task id.
    pub const ERROR: Self = Self(0xA4);
    /// The task was stopped.
    pub const STOPPED: Self = Self(0xA5);
    /// Packet F0: `A6 <tid> <answer>`.
    pub const ASYNC_RESULT: Self = Self(0xA6);
    /// Packet F0: `A7 <tid> <error answer>`.
    pub const ASYNC_ERROR: Self = Self(0xA7);
    /// The task waits for data of an external device. One source only: atol4j.
    pub const WAITING: Self = Self(0xA8);

    /// The documented name; `None` for an unknown status.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::PENDING => "pending",
            Self::IN_PROGRESS => "in-progress",
            Self::RESULT => "result",
            Self::ERROR => "error",
            Self::STOPPED => "stopped",
            Self::ASYNC_RESULT => "async-result",
            Self::ASYNC_ERROR => "async-error",
            Self::WAITING => "waiting",
            _ => return None,
        })
    }

    /// Whether the device has the task and has not finished it.
    #[must_use]
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::PENDING | Self::IN_PROGRESS | Self::WAITING)
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{:02X} ({name})", self.0),
            None => write!(f, "{:02X}", self.0),
        }
    }
}

/// The task buffer refused: the only byte of the data of a device's packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BufferError(pub u8);

impl BufferError {
    /// The buffer is full.
    pub const OVERFLOW: Self = Self(0xB1);
    /// There is a task with this id already.
    pub const ALREADY_EXISTS: Self = Self(0xB2);
    /// There is no task with this id.
    pub const NOT_FOUND: Self = Self(0xB3);
    /// The device does not accept what the packet says.
    pub const ILLEGAL_VALUE: Self = Self(0xB4);

    /// The documented name; `None` for an unknown code.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::OVERFLOW => "overflow",
            Self::ALREADY_EXISTS => "already-exists",
            Self::NOT_FOUND => "not-found",
            Self::ILLEGAL_VALUE => "illegal-value",
            _ => return None,
        })
    }

    /// Whether it shows that the buffer is not ours alone: overflow, already exists, not found.
    #[must_use]
    pub fn is_conflict(self) -> bool {
        matches!(self, Self::OVERFLOW | Self::ALREADY_EXISTS | Self::NOT_FOUND)
    }
}

impl fmt::Display for BufferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{:02X} ({name})", self.0),
            None => write!(f, "{:02X}", self.0),
        }
    }
}

bitflags! {
    /// How a task is to be treated.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct AddFlags: u8 {
        /// Keep the result and send it.
        const NEED_RESULT = 1;
        /// Go on with the next task when this one fails.
        const IGNORE_ERROR = 1 << 1;
        /// The task waits for data.
        const WAIT_ASYNC_DATA = 1 << 2;
    }
}

/// What a host's packet asks of the task buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request<'a> {
    /// C1: put a task into the buffer.
    Add(Add<'a>),
    /// C2: free a task.
    Ack {
        /// The task id.
        task: u8,
    },
    /// C3: ask for a task's state and result.
    Req {
        /// The task id.
        task: u8,
    },
    /// C4: drop all tasks.
    Abort,
    /// C5: free a task and put another one into the buffer.
    AckAdd {
        /// The task to free.
        acknowledged: u8,
        /// The task to add.
        add: Add<'a>,
    },
}

/// A task for the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Add<'a> {
    /// How it is to be treated.
    pub flags: AddFlags,
    /// The task id, 00 to DF.
    pub task: u8,
    /// The access password, BCD.
    pub password: [u8; 2],
    /// The KKT command with its parameters.
    pub command: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads the data of a host's packet.
    ///
    /// # Errors
    /// [`DecodeError::Missing`] when it is too short, [`DecodeError::Value`] for an unknown buffer
    /// command.
    pub fn decode(data: &'a [u8]) -> Result<Self, DecodeError> {
        let mut data = data;
        let [code] = take(&mut data, "buffer command")?;
        match BufferCommand(code) {
            BufferCommand::ADD => Ok(Self::Add(decode_add(data)?)),
            BufferCommand::ACK => Ok(Self::Ack { task: task_id(&mut data)? }),
            BufferCommand::REQ => Ok(Self::Req { task: task_id(&mut data)? }),
            BufferCommand::ABORT => Ok(Self::Abort),
            BufferCommand::ACK_ADD => {
                let acknowledged = task_id(&mut data)?;
                Ok(Self::AckAdd { acknowledged, add: decode_add(data)? })
            }
            _ => {
                Err(DecodeError::Value { field: "buffer command", got: code, expected: "C1 to C5" })
            }
        }
    }
}

impl Add<'_> {
    /// The data of an Add packet.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut data = vec![BufferCommand::ADD.0, self.flags.bits(), self.task];
        data.extend(self.password);
        data.extend(self.command);
        data
    }
}

/// The data of an Ack packet.
#[must_use]
pub fn ack(task: u8) -> Vec<u8> {
    vec![BufferCommand::ACK.0, task]
}

/// The data of a Req packet.
#[must_use]
pub fn req(task: u8) -> Vec<u8> {
    vec![BufferCommand::REQ.0, task]
}

/// What a device's packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply<'a> {
    /// The state of a task, with its answer behind it when it is finished. Behind the state of a
    /// task that was freed by AckAdd stands the state of the added one.
    Status {
        /// The state.
        status: TaskStatus,
        /// What follows it.
        rest: &'a [u8],
    },
    /// The buffer refused.
    BufferError(BufferError),
    /// Packet F0: a task is finished.
    Async {
        /// [`TaskStatus::ASYNC_RESULT`] or [`TaskStatus::ASYNC_ERROR`]; any other is a value.
        status: TaskStatus,
        /// The task id.
        task: u8,
        /// The answer of the KKT command.
        answer: &'a [u8],
    },
}

impl<'a> Reply<'a> {
    /// Reads the data of a device's packet, which must not be empty.
    ///
    /// # Errors
    /// [`DecodeError::Missing`] when it is too short.
    pub fn decode(id: u8, data: &'a [u8]) -> Result<Self, DecodeError> {
        let mut data = data;
        let [code] = take(&mut data, "status")?;
        if id == crate::v3::frame::ASYNC_ID {
            let task = task_id(&mut data)?;
            return Ok(Self::Async { status: TaskStatus(code), task, answer: data });
        }
        Ok(match code {
            0xB0..=0xBF => Self::BufferError(BufferError(code)),
            _ => Self::Status { status: TaskStatus(code), rest: data },
        })
    }
}

fn decode_add(mut data: &[u8]) -> Result<Add<'_>, DecodeError> {
    let [flags] = take(&mut data, "flags")?;
    let task = task_id(&mut data)?;
    let password = take(&mut data, "access password")?;
    let command = rest(data, "command")?;
    Ok(Add { flags: AddFlags::from_bits_retain(flags), task, password, command })
}

fn task_id(data: &mut &[u8]) -> Result<u8, DecodeError> {
    let [task] = take(data, "task id")?;
    Ok(task)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_add_there_and_back() {
        let add = Add {
            flags: AddFlags::NEED_RESULT,
            task: 2,
            password: [0x12, 0x34],
            command: &[0xA4, 0x10],
        };
        let data = add.encode();
        assert_eq!(data, [0xC1, 0x01, 0x02, 0x12, 0x34, 0xA4, 0x10]);
        assert_eq!(Request::decode(&data), Ok(Request::Add(add)));
    }

    #[test]
    fn every_buffer_command_is_read() {
        assert_eq!(Request::decode(&ack(3)), Ok(Request::Ack { task: 3 }));
        assert_eq!(Request::decode(&req(3)), Ok(Request::Req { task: 3 }));
        assert_eq!(Request::decode(&[0xC4]), Ok(Request::Abort));
        let Ok(Request::AckAdd { acknowledged, add }) =
            Request::decode(&[0xC5, 0x01, 0x05, 0x02, 0x00, 0x00, 0x3F])
        else {
            panic!("C5 is AckAdd");
        };
        assert_eq!((acknowledged, add.task, add.command), (1, 2, &[0x3F][..]));
        assert_eq!(add.flags, AddFlags::NEED_RESULT | AddFlags::WAIT_ASYNC_DATA);
    }

    #[test]
    fn short_and_unknown_requests_are_errors() {
        assert_eq!(Request::decode(&[]), Err(DecodeError::Missing("buffer command")));
        assert_eq!(Request::decode(&[0xC1, 1, 2, 0, 0]), Err(DecodeError::Missing("command")));
        assert!(Request::decode(&[0xC6]).is_err());
    }

    #[test]
    fn names_of_the_statuses_and_the_buffer_errors() {
        let names = (0xA1..=0xA8).filter_map(|code| TaskStatus(code).name());
        assert_eq!(names.count(), 8);
        assert_eq!((0xB1..=0xB4).filter_map(|code| BufferError(code).name()).count(), 4);
        assert_eq!(TaskStatus(0xA9).to_string(), "A9");
        assert_eq!(BufferError(0xB3).to_string(), "B3 (not-found)");
    }
}
