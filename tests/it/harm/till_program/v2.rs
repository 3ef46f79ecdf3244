//! One request over the link v2. It repeats nothing: whatever comes that is not the next step of its own
//! exchange is somebody else's doing.

pub(super) use kkt_atol::v2::Deframer;
use kkt_atol::v2::Item;
use kkt_atol::v2::frame::{self, Control};
use till_port::Port;

use super::{TillProgram, command, receive, send};

enum Heard {
    Control(Control),
    Frame(Vec<u8>),
}

impl TillProgram {
    /// ENQ, ACK, the command, ACK, EOT; ENQ, ACK, the answer, ACK, EOT.
    pub(super) fn ask_over_v2(
        &mut self,
        port: &mut Port,
        deframer: &mut Deframer,
    ) -> Option<Vec<u8>> {
        let mut frame = Vec::new();
        frame::encode(&[&[0, 0], command().as_slice()].concat(), &mut frame).unwrap();
        send(port, &[Control::ENQ.0]);
        self.await_control(Control::ACK, port, deframer)?;
        send(port, &frame);
        self.await_control(Control::ACK, port, deframer)?;
        send(port, &[Control::EOT.0]);
        self.await_control(Control::ENQ, port, deframer)?;
        send(port, &[Control::ACK.0]);
        let answer = loop {
            match hear(port, deframer)? {
                Heard::Frame(data) => break data,
                Heard::Control(_) => self.harm.foreign += 1,
            }
        };
        send(port, &[Control::ACK.0]);
        self.await_control(Control::EOT, port, deframer)?;
        Some(answer)
    }

    fn await_control(
        &mut self,
        wanted: Control,
        port: &mut Port,
        deframer: &mut Deframer,
    ) -> Option<()> {
        loop {
            match hear(port, deframer)? {
                Heard::Control(control) if control == wanted => return Some(()),
                Heard::Control(_) | Heard::Frame(_) => self.harm.foreign += 1,
            }
        }
    }
}

/// The next control byte or frame; what is broken is counted by the deframer.
fn hear(port: &mut Port, deframer: &mut Deframer) -> Option<Heard> {
    let next = |deframer: &mut Deframer| {
        loop {
            match deframer.next_item()? {
                Ok(Item::Control(control)) => return Some(Heard::Control(control)),
                Ok(Item::Frame(data)) => return Some(Heard::Frame(data.to_vec())),
                Ok(Item::Noise(_)) | Err(_) => {}
            }
        }
    };
    receive(port, deframer, next, Deframer::push)
}
