//! Bytes of a dialogue as words, for people, logs and expectations of tapes.
//!
//! An answer does not say which command it answers, so an [`Explainer`] remembers the requests: a
//! packet F0 is read in the light of the Add with its task id, an answer packet in the light of the
//! request with its packet id.

mod answer;
mod marks;

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use crate::error::DecodeError;
use crate::v3::frame::{Deframer, Frame, FrameError};
use crate::v3::task::{Add, Reply, Request, TaskStatus};
use crate::value::hex;

/// Who sent bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the host to the device.
    Request,
    /// From the device to the host.
    Answer,
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Field {
    /// A number.
    Number(i64),
    /// A text; dates as ISO 8601, codes and bytes in hexadecimal ("A4 20").
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Not set, or bytes that are no such value.
    None,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Flag(true) => f.write_str("yes"),
            Self::Flag(false) => f.write_str("no"),
            Self::None => f.write_str("none"),
        }
    }
}

/// One packet in words: `status packet_id=240 status="async-result" tid=2 operator=30 ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is about: the KKT command, if one is carried, else the buffer command or the state.
    pub name: &'static str,
    /// Its fields, in the order of the bytes.
    pub fields: Vec<(&'static str, Field)>,
}

impl Message {
    /// The fields, in the order of the bytes.
    #[must_use]
    pub fn fields(&self) -> &[(&'static str, Field)] {
        &self.fields
    }

    /// The fields that only one source tells: docs/protocols/atol.md section 20.
    #[must_use]
    pub fn single_source(&self) -> Vec<&'static str> {
        marks::single_source(self)
    }

    /// The fields about whose reading the sources disagree, read here as most of them do.
    #[must_use]
    pub fn disputed(&self) -> Vec<&'static str> {
        marks::disputed(self)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.fields.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// The fields as a map in their order; behind them, where there are any, the names of the fields in
/// `single_source` and `disputed`.
#[cfg(feature = "serde")]
impl serde::Serialize for Message {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        for (mark, names) in
            [("single_source", self.single_source()), ("disputed", self.disputed())]
        {
            if !names.is_empty() {
                map.serialize_entry(mark, &names)?;
            }
        }
        map.end()
    }
}

/// Bytes that are no packet, or a packet that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The bytes are no packet.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The packet is sound, but what it says is not.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Explains a dialogue, step by step.
#[derive(Debug, Default)]
pub struct Explainer {
    /// The KKT command of each task.
    tasks: BTreeMap<u8, Vec<u8>>,
    /// What each packet id was last used for.
    packets: BTreeMap<u8, Asked>,
}

/// What a packet of the host asked.
#[derive(Clone, Debug)]
enum Asked {
    /// C1, C3: the answer may hold the answer of this KKT command.
    Command(Vec<u8>),
    /// C2, C4: a status only.
    Status,
    /// C5: two statuses.
    AckAdd(Vec<u8>),
}

impl Explainer {
    /// An explainer that knows no request yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Explains the bytes of one step: one packet, usually. Dropped bytes and an unfinished rest
    /// give an error each.
    pub fn explain(
        &mut self,
        direction: Direction,
        bytes: &[u8],
    ) -> Vec<Result<Message, ExplainError>> {
        let mut deframer = Deframer::new();
        let mut messages = Vec::new();
        // In pieces, so that a long step is no overflow.
        for piece in bytes.chunks(4096) {
            deframer.push(piece);
            while let Some(result) = deframer.next_frame() {
                messages.push(match result {
                    Ok(frame) => self.frame(direction, frame).map_err(ExplainError::from),
                    Err(error) => Err(error.into()),
                });
            }
        }
        messages.extend(deframer.finish().map(|error| Err(error.into())));
        messages
    }

    fn frame(&mut self, direction: Direction, frame: Frame<'_>) -> Result<Message, DecodeError> {
        let mut fields = vec![("packet_id", number(frame.id))];
        if frame.data.is_empty() {
            return Ok(Message { name: "repeat", fields });
        }
        let name = match direction {
            Direction::Request => self.request(frame, &mut fields)?,
            Direction::Answer => self.answer(frame, &mut fields)?,
        };
        Ok(Message { name, fields })
    }

    fn request(
        &mut self,
        frame: Frame<'_>,
        fields: &mut Fields,
    ) -> Result<&'static str, DecodeError> {
        let id = frame.id;
        Ok(match Request::decode(frame.data)? {
            Request::Add(add) => {
                fields.push(("command", text("add")));
                self.tasks.insert(add.task, add.command.to_vec());
                self.packets.insert(id, Asked::Command(add.command.to_vec()));
                add_fields(&add, "tid", fields)
            }
            Request::AckAdd { acknowledged, add } => {
                fields.push(("command", text("ack-add")));
                fields.push(("acknowledged_tid", number(acknowledged)));
                self.tasks.insert(add.task, add.command.to_vec());
                self.packets.insert(id, Asked::AckAdd(add.command.to_vec()));
                add_fields(&add, "tid", fields)
            }
            Request::Ack { task } => {
                fields.push(("command", text("ack")));
                fields.push(("tid", number(task)));
                self.packets.insert(id, Asked::Status);
                "ack"
            }
            Request::Req { task } => {
                fields.push(("command", text("req")));
                fields.push(("tid", number(task)));
                let asked = self.tasks.get(&task).cloned().map_or(Asked::Status, Asked::Command);
                self.packets.insert(id, asked);
                "req"
            }
            Request::Abort => {
                fields.push(("command", text("abort")));
                self.packets.insert(id, Asked::Status);
                "abort"
            }
        })
    }

    fn answer(&self, frame: Frame<'_>, fields: &mut Fields) -> Result<&'static str, DecodeError> {
        match Reply::decode(frame.id, frame.data)? {
            Reply::BufferError(error) => {
                let name = error.name().map_or_else(|| format!("{:02X}", error.0), str::to_owned);
                fields.push(("buffer_error", Field::Text(name)));
                Ok("buffer-error")
            }
            Reply::Async { status, task, answer } => {
                fields.push(("status", status_field(status)));
                fields.push(("tid", number(task)));
                let command = self.tasks.get(&task).map(Vec::as_slice);
                answer::explain(command, status == TaskStatus::ASYNC_ERROR, answer, fields)
            }
            Reply::Status { status, rest } => {
                let (command, rest) = match self.packets.get(&frame.id) {
                    Some(Asked::AckAdd(command)) => {
                        fields.push(("acknowledged_status", status_field(status)));
                        return self.added(command, rest, fields);
                    }
                    Some(Asked::Command(command)) => (Some(command.as_slice()), rest),
                    Some(Asked::Status) | None => (None, rest),
                };
                fields.push(("status", status_field(status)));
                if rest.is_empty() {
                    return Ok("task-state");
                }
                answer::explain(command, status == TaskStatus::ERROR, rest, fields)
            }
        }
    }

    /// The second half of the answer to AckAdd.
    fn added(
        &self,
        command: &[u8],
        rest: &[u8],
        fields: &mut Fields,
    ) -> Result<&'static str, DecodeError> {
        let (code, rest) =
            rest.split_first().ok_or(DecodeError::Missing("status of the added task"))?;
        let status = TaskStatus(*code);
        fields.push(("status", status_field(status)));
        if rest.is_empty() {
            return Ok("task-state");
        }
        answer::explain(Some(command), status == TaskStatus::ERROR, rest, fields)
    }
}

type Fields = Vec<(&'static str, Field)>;

fn add_fields(add: &Add<'_>, tid: &'static str, fields: &mut Fields) -> &'static str {
    fields.push(("flags", number(add.flags.bits())));
    fields.push((tid, number(add.task)));
    let [high, low] = add.password;
    fields.push(("access_password", Field::Text(format!("{high:02X}{low:02X}"))));
    fields.push(("kkt_command", bytes(add.command)));
    answer::name(add.command)
}

fn status_field(status: TaskStatus) -> Field {
    Field::Text(status.name().map_or_else(|| format!("{:02X}", status.0), str::to_owned))
}

fn number(value: impl Into<i64>) -> Field {
    Field::Number(value.into())
}

fn text(value: &str) -> Field {
    Field::Text(value.to_owned())
}

fn bytes(value: &[u8]) -> Field {
    Field::Text(hex(value))
}

fn optional<T>(value: Option<T>, field: impl FnOnce(T) -> Field) -> Field {
    value.map_or(Field::None, field)
}

#[cfg(test)]
mod tests;
