//! Frames and control bytes of the link v2 in words.

use super::{Direction, ExplainError, Field, Fields, Message, answer, bytes, number, optional};
use super::{password, text};
use crate::command::Code;
use crate::error::{DecodeError, take};
use crate::fault::Fault;
use crate::link::{self, FrameError};
use crate::v2::frame::{Control, Deframer, Item};

/// A dialogue, step by step: an answer belongs to the last command before it.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    /// The last command, without its password.
    command: Option<Vec<u8>>,
}

impl Dialogue {
    pub(super) fn explain(
        &mut self,
        direction: Direction,
        bytes: &[u8],
    ) -> Vec<Result<Message, ExplainError>> {
        let mut deframer = match direction {
            Direction::Request => Deframer::for_commands(),
            Direction::Answer => Deframer::for_answers(),
        };
        let mut messages = Vec::new();
        // In pieces, so that a long step is no overflow.
        for piece in bytes.chunks(4096) {
            deframer.push(piece);
            self.items(direction, &mut deframer, &mut messages);
        }
        while let Some(error) = deframer.give_up() {
            messages.push(Err(FrameError::from(error).into()));
            self.items(direction, &mut deframer, &mut messages);
        }
        messages
    }

    fn items(
        &mut self,
        direction: Direction,
        deframer: &mut Deframer,
        messages: &mut Vec<Result<Message, ExplainError>>,
    ) {
        while let Some(item) = deframer.next_item() {
            let message = match item {
                Ok(Item::Control(control)) => Ok(control_byte(control)),
                Ok(Item::Frame(data)) => self.frame(direction, data).map_err(ExplainError::from),
                Ok(Item::Noise(_)) => {
                    if let Some(Err(ExplainError::Noise { bytes })) = messages.last_mut() {
                        *bytes += 1;
                        continue;
                    }
                    Err(ExplainError::Noise { bytes: 1 })
                }
                Err(error) => Err(FrameError::from(error).into()),
            };
            messages.push(message);
        }
    }

    fn frame(&mut self, direction: Direction, data: &[u8]) -> Result<Message, DecodeError> {
        let mut fields = Vec::new();
        let name = match direction {
            Direction::Request => self.request(data, &mut fields)?,
            Direction::Answer => self.answer(data, &mut fields)?,
        };
        Ok(Message { name, fields })
    }

    fn request(&mut self, data: &[u8], fields: &mut Fields) -> Result<&'static str, DecodeError> {
        let mut command = data;
        let access_password = take(&mut command, "access password")?;
        if command.is_empty() {
            return Err(DecodeError::Missing("command"));
        }
        fields.push(("access_password", password(access_password)));
        fields.push(("kkt_command", bytes(command)));
        self.command = Some(command.to_vec());
        Ok(answer::name(command))
    }

    fn answer(&self, data: &[u8], fields: &mut Fields) -> Result<&'static str, DecodeError> {
        let command = self.command.as_deref();
        match (command, data) {
            (Some(command), data) if command == [Code::STATE_CODE.0] => {
                state_code(command, data, fields)
            }
            // What a plain confirmation and an error look like, whatever was asked.
            (None, [0x55, code, extended]) => {
                fields.push(("error", Field::Text(format!("{code:02X}"))));
                fields.push(("error_extended", Field::Text(format!("{extended:02X}"))));
                fields.push(("error_name", optional(Fault::new(*code).name_en(), text)));
                Ok("result")
            }
            _ => answer::explain(command, false, data, fields),
        }
    }
}

/// The answer to 45h, of which nothing may tell whether it is a state or an error.
fn state_code(
    command: &[u8],
    data: &[u8],
    fields: &mut Fields,
) -> Result<&'static str, DecodeError> {
    let read = link::state_code(data.to_vec());
    let refused = matches!(read, Err(DecodeError::Refused(_)));
    let name = answer::explain(Some(command), refused, data, fields)?;
    if let Err(DecodeError::Ambiguous(fault)) = read {
        fields.push(("or_error", Field::Text(format!("{:02X}", fault.code))));
        fields.push(("or_error_name", optional(fault.name_en(), text)));
    }
    Ok(name)
}

fn control_byte(control: Control) -> Message {
    let name = match control {
        Control::EOT => "eot",
        Control::ENQ => "enq",
        Control::ACK => "ack",
        _ => "nak",
    };
    Message { name, fields: vec![("byte", number(control.0))] }
}

#[cfg(test)]
mod tests;
