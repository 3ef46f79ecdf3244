//! ATOL, link v2.

use kkt_atol::v2::frame::{Control, DLE, ETX, STX};
use kkt_atol::v2::{Deframer, Item, Settings};
use kkt_atol::{Client, Link};
use till_port::{Tape, Transport};

use super::{NO_CHECK, Protocol, Side, atol, messages};

pub(super) const PROTOCOL: Protocol = Protocol {
    name: "atol-v2",
    host: "kkt-atol",
    explainer: || Box::new(kkt_atol::explain::Explainer::new(Link::V2)),
    frames,
    play,
    uncovered,
    blind,
};

fn frames(bytes: &[u8], size: usize) -> Vec<String> {
    let mut deframer = Deframer::for_answers();
    let mut frames = Vec::new();
    let mut take = |deframer: &mut Deframer| {
        while let Some(item) = deframer.next_item() {
            match item {
                Ok(Item::Noise(_)) | Err(_) => {}
                Ok(item) => frames.push(format!("{item:02X?}")),
            }
        }
    };
    for piece in bytes.chunks(size) {
        deframer.push(piece);
        take(&mut deframer);
    }
    while deframer.give_up().is_some() {
        take(&mut deframer);
    }
    frames
}

fn play(tape: &Tape, port: &mut dyn Transport) -> Vec<String> {
    let (settings, commands) = asked(tape);
    let mut client = Client::new(port, settings);
    commands.iter().filter_map(|command| atol::ask(&mut client, command)).collect()
}

/// The commands of a tape, and their access password.
fn asked(tape: &Tape) -> (Settings, Vec<Vec<u8>>) {
    let mut settings = Settings::default();
    let mut commands = Vec::new();
    let mut deframer = Deframer::for_commands();
    // A frame that is sent again, without an ENQ before it, is no new command.
    let mut begun = false;
    for (_, bytes) in messages(tape).filter(|(side, _)| *side == Side::Host) {
        deframer.push(bytes);
        while let Some(item) = deframer.next_item() {
            match item.unwrap() {
                Item::Control(Control::ENQ) => begun = true,
                Item::Frame(data) if std::mem::take(&mut begun) => {
                    let (password, command) = data.split_first_chunk().expect("a password");
                    settings.access_password = *password;
                    commands.push(command.to_vec());
                }
                _ => {}
            }
        }
    }
    (settings, commands)
}

/// `02 <data, masked> 03 <xor>`, and control bytes by themselves. The check covers the data, but not
/// where a frame begins and ends.
fn uncovered(message: &[u8], place: usize, value: u8) -> Option<&'static str> {
    let inside = message.get(1..message.len().saturating_sub(2)).unwrap_or_default();
    match (place, message.get(place), value) {
        _ if message.first() != Some(&STX) => Some(NO_CHECK),
        (0, ..) => Some("no frame begins"),
        _ if ends_inside(inside) => Some("an unmasked ETX inside"),
        (_, _, ETX) | (_, Some(&ETX), _) => Some("end of the frame"),
        (_, _, DLE) | (_, Some(&DLE), _) => Some("masking"),
        _ => None,
    }
}

fn ends_inside(masked: &[u8]) -> bool {
    let mut bytes = masked.iter();
    while let Some(byte) = bytes.next() {
        match *byte {
            DLE => bytes.next(),
            ETX => return true,
            _ => None,
        };
    }
    false
}

/// An XOR does not see two flips of the same bit in two bytes.
fn blind(_: &[u8], one: usize, other: usize) -> Option<&'static str> {
    (other - one).is_multiple_of(8).then_some("the same bit of two bytes")
}
