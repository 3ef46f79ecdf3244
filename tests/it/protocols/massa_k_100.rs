//! MASSA-K, Protocol 100.

use scale_proto::protocol::massa_k_100::{Check, Deframer, GET_MASSA, GET_WEIGHT, MassaK100};
use scale_proto::{Client, Error, Reading, Timeouts};
use till_port::{Tape, Transport};

use super::{Protocol, Side, explains, messages};

pub(super) const PROTOCOL: Protocol = Protocol {
    name: "massa-k-100",
    host: "scale-proto",
    explainer: || Box::new(scale_proto::explain::Explainer::new()),
    frames,
    play,
    uncovered,
    blind,
};

explains!(scale_proto);

fn frames(bytes: &[u8], size: usize) -> Vec<String> {
    let mut deframer = Deframer::new(Check::Strict);
    let mut frames = Vec::new();
    for piece in bytes.chunks(size) {
        deframer.push(piece);
        while let Some(frame) = deframer.next_frame() {
            frames.extend(frame.iter().map(|frame| format!("{frame:?}")));
        }
    }
    frames
}

fn play(tape: &Tape, port: &mut dyn Transport) -> Vec<String> {
    let mut client = Client::new(port, Box::new(MassaK100::default()), Timeouts::default());
    let mut lines = Vec::new();
    let mut before = None;
    for (_, request) in messages(tape).filter(|(side, _)| *side == Side::Host) {
        let command = request.get(COMMAND).copied();
        match command {
            // The client itself tries the other request when a scale does not know the first.
            Some(GET_WEIGHT) if before == Some(GET_MASSA) => {}
            Some(GET_MASSA | GET_WEIGHT) => lines.push(text(client.weigh())),
            other => panic!("the client has no command {other:02X?}"),
        }
        before = command;
    }
    lines
}

fn text(answer: Result<Reading, Error>) -> String {
    match answer {
        Ok(reading) => format!("{reading:?}"),
        // How long it took is not the tape's.
        Err(Error::Timeout { waiting_for, .. }) => format!("timeout waiting for {waiting_for}"),
        Err(Error::Garbage { bytes, last, .. }) => format!("garbage: {bytes} bytes, {last:?}"),
        Err(error) => format!("error: {error}"),
    }
}

/// Where the command stands: `F8 55 CE <len u16> <command> … <crc u16>`.
const COMMAND: usize = 5;

/// The check covers what follows the length.
fn uncovered(_: &[u8], place: usize, _: u8) -> Option<&'static str> {
    match place {
        0..3 => Some("header"),
        3 | 4 => Some("length"),
        _ => None,
    }
}

/// The check of this protocol takes its last 16 bits as they are, so it does not see a flipped bit of
/// one of the last two bytes of the body together with the same bit of the check.
fn blind(message: &[u8], one: usize, other: usize) -> Option<&'static str> {
    let from_end = |bit: usize| message.len() - bit / 8;
    let places = [(4, 1), (3, 2)].contains(&(from_end(one), from_end(other)));
    (places && one % 8 == other % 8).then_some("the end of the body and the check")
}
