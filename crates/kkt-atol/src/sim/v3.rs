//! The device's side of the link v3: packets and the task buffer.
//!
//! It takes all five buffer commands, so that clients of other authors work with it too.
//! Source: docs/protocols/atol.md sections 4 and 5.

mod buffer;

use std::collections::VecDeque;
use std::time::Duration;

use super::WORK;
use super::device::Device;
use crate::v3::frame::{self, ASYNC_ID, Deframer, FrameError};
use buffer::{Buffer, Outcome};

/// Packets that are remembered, to be sent again when the host asks for it.
const REMEMBERED: usize = 8;

/// Noise before a packet: some bytes, and the beginning of a packet that never goes on.
const NOISE: &[u8] = &[0xFF, 0x00, 0x55, 0xFE, 0x03, 0x00];

#[derive(Debug, Default)]
pub(super) struct Side {
    deframer: Deframer,
    answers: Answers,
}

impl Side {
    pub(super) fn receive(&mut self, bytes: &[u8], device: &mut Device, now: Duration) {
        self.deframer.push(bytes);
        while let Some(result) = self.deframer.next_frame() {
            match result {
                Ok(frame) if frame.data.is_empty() => {
                    self.answers.send_again(frame.id, device, now);
                }
                Ok(frame) => self.answers.request(frame.id, frame.data, device, now),
                // "I could not take your packet, send it again."
                Err(FrameError::Checksum { id, .. }) if id != ASYNC_ID => {
                    self.answers.send(id, &[], device, now);
                }
                Err(_) => {}
            }
        }
    }
}

/// What packets are answered with.
#[derive(Debug, Default)]
struct Answers {
    buffer: Buffer,
    /// Answers by packet id.
    sent: VecDeque<(u8, Vec<u8>)>,
}

impl Answers {
    fn request(&mut self, id: u8, data: &[u8], device: &mut Device, now: Duration) {
        if let Some(code) = data.first() {
            *device.buffer_commands.entry(*code).or_default() += 1;
        }
        if let Some(command) = buffer::command(data) {
            device.count(command);
        }
        if device.ignores(now) {
            return;
        }
        let Outcome { reply, later } = self.buffer.take(data, device, now);
        self.send(id, &reply, device, now);
        if let Some(result) = later {
            self.send(ASYNC_ID, &result, device, now + WORK);
        }
    }

    /// The host could not take an answer.
    fn send_again(&mut self, id: u8, device: &mut Device, now: Duration) {
        let data =
            self.sent.iter().rev().find(|(sent, _)| *sent == id).map(|(_, data)| data.clone());
        if let Some(data) = data {
            self.send(id, &data, device, now);
        }
    }

    fn send(&mut self, id: u8, data: &[u8], device: &mut Device, now: Duration) {
        if id != ASYNC_ID && !data.is_empty() {
            self.sent.retain(|(sent, _)| *sent != id);
            self.sent.push_back((id, data.to_vec()));
            if self.sent.len() > REMEMBERED {
                self.sent.pop_front();
            }
        }
        let mut bytes = Vec::new();
        let (id, data) = device.misbehaviour.renamed(id, data);
        let crc = device.misbehaviour.checksum(frame::crc(id, &data));
        if frame::write(id, &data, crc, &mut bytes).is_ok() {
            device.send(bytes, NOISE, now);
        }
    }
}

#[cfg(test)]
mod tests;
