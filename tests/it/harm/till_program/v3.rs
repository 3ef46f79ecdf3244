//! One request over the link v3.

pub(super) use kkt_atol::v3::frame::Deframer;
use kkt_atol::v3::frame::{self, ASYNC_ID};
use kkt_atol::v3::task::{self, Add, AddFlags, Reply, TaskStatus};
use till_port::Port;

use super::{TillProgram, command, receive};

impl TillProgram {
    /// Add, its answer, the result, Ack, its answer. Ids from 01, as other programs begin.
    pub(super) fn ask_over_v3(
        &mut self,
        port: &mut Port,
        deframer: &mut Deframer,
        number: u8,
    ) -> Option<Vec<u8>> {
        let command = command();
        let add =
            Add { flags: AddFlags::NEED_RESULT, task: number, password: [0, 0], command: &command };
        let (adds, acks) = (number * 2 - 1, number * 2);
        send(port, adds, &add.encode());
        let (mut taken, mut result) = (false, None);
        while !taken || result.is_none() {
            let (id, data) = next_packet(port, deframer)?;
            match Reply::decode(id, &data) {
                Ok(Reply::Status { status: TaskStatus::PENDING, .. }) if id == adds => {
                    taken = true;
                }
                Ok(Reply::Async { status: TaskStatus::ASYNC_RESULT, task, answer })
                    if id == ASYNC_ID && task == number =>
                {
                    result = Some(answer.to_vec());
                }
                _ => self.harm.foreign += 1,
            }
        }
        send(port, acks, &task::ack(number));
        while next_packet(port, deframer)?.0 != acks {
            self.harm.foreign += 1;
        }
        result
    }
}

fn send(port: &mut Port, id: u8, data: &[u8]) {
    let mut packet = Vec::new();
    frame::encode(id, data, &mut packet).unwrap();
    super::send(port, &packet);
}

/// Id and data of the next whole packet; what is broken is counted by the deframer.
fn next_packet(port: &mut Port, deframer: &mut Deframer) -> Option<(u8, Vec<u8>)> {
    let next = |deframer: &mut Deframer| {
        loop {
            if let Ok(frame) = deframer.next_frame()? {
                return Some((frame.id, frame.data.to_vec()));
            }
        }
    };
    receive(port, deframer, next, Deframer::push)
}
