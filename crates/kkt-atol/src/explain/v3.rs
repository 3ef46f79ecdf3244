//! Packets of the link v3 in words.

use std::collections::BTreeMap;

use super::{
    Direction, ExplainError, Field, Fields, Message, answer, bytes, number, password, text,
};
use crate::error::DecodeError;
use crate::link::FrameError;
use crate::v3::frame::{Deframer, Frame};
use crate::v3::task::{Add, Reply, Request, TaskStatus};

/// A dialogue, step by step.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
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

impl Dialogue {
    pub(super) fn explain(
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
                    Err(error) => Err(FrameError::from(error).into()),
                });
            }
        }
        messages.extend(deframer.finish().map(|error| Err(FrameError::from(error).into())));
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

fn add_fields(add: &Add<'_>, tid: &'static str, fields: &mut Fields) -> &'static str {
    fields.push(("flags", number(add.flags.bits())));
    fields.push((tid, number(add.task)));
    fields.push(("access_password", password(add.password)));
    fields.push(("kkt_command", bytes(add.command)));
    answer::name(add.command)
}

fn status_field(status: TaskStatus) -> Field {
    Field::Text(status.name().map_or_else(|| format!("{:02X}", status.0), str::to_owned))
}

#[cfg(test)]
mod tests;
