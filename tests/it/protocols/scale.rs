//! The scales: what differs between their protocols is what their checks cover.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use scale_proto::explain::Explainer;
use scale_proto::protocol::massa_k_100::{Check, Deframer};
use scale_proto::{Client, Error, Reading, Timeouts, protocol};
use till_port::{Tape, Transport};

use super::{NO_CHECK, Protocol, Side, explains, messages};

/// A protocol by its name, what its check does not cover, and which two flipped bits it cannot see.
macro_rules! protocol {
    ($name:literal, $uncovered:expr, $blind:expr) => {
        protocol!($name, |bytes, size| said($name, bytes, size), $uncovered, $blind)
    };
    ($name:literal, $frames:expr, $uncovered:expr, $blind:expr) => {
        Protocol {
            name: $name,
            host: "scale-proto",
            explainer: || Box::new(Explainer::of($name).unwrap()),
            frames: $frames,
            play: |tape, port| play($name, tape, port),
            uncovered: $uncovered,
            blind: $blind,
        }
    };
}

pub(super) const PROTOCOLS: &[Protocol] = &[
    protocol!("massa-k-100", frames_massa_k_100, massa_k_100, blind_massa_k_100),
    protocol!("massa-k-2", |_, _, _| Some(NO_CHECK), |_, _, _| Some(NO_CHECK)),
    protocol!("pos2", pos2, same_bit),
    protocol!("cas-ecr", cas_ecr, blind_cas_ecr),
    protocol!("cas-22", |_, _, _| Some(NO_CHECK), |_, _, _| Some(NO_CHECK)),
    protocol!("toledo-8217", |_, _, _| Some(NO_CHECK), |_, _, _| Some(NO_CHECK)),
    protocol!("sasi", |_, _, _| Some(NO_CHECK), |_, _, _| Some(NO_CHECK)),
    protocol!("mt-sics", |_, _, _| Some(NO_CHECK), |_, _, _| Some(NO_CHECK)),
    protocol!("toledo-continuous", toledo_continuous, same_sum),
];

explains!(scale_proto);

/// What the protocol says of a stream that ends in silence.
fn said(name: &str, bytes: &[u8], size: usize) -> Vec<String> {
    let mut protocol = protocol::by_name(name).unwrap();
    protocol.ask();
    let mut said = Vec::new();
    let mut hear = |protocol: &mut dyn protocol::Protocol| {
        while let Some(next) = protocol.next_said() {
            said.extend(next.iter().map(|said| format!("{said:?}")));
        }
    };
    for piece in bytes.chunks(size) {
        protocol.push(piece);
        hear(protocol.as_mut());
    }
    protocol.quiet();
    hear(protocol.as_mut());
    said
}

/// Weighs until all that the host says on the tape was said.
fn play(name: &str, tape: &Tape, port: &mut dyn Transport) -> Vec<String> {
    let host = messages(tape).filter(|(side, _)| *side == Side::Host);
    let all: usize = host.map(|(_, bytes)| bytes.len()).sum();
    let written = Rc::new(Cell::new(0));
    let port = Counted { port, written: Rc::clone(&written) };
    let mut client = Client::new(port, protocol::by_name(name).unwrap(), Timeouts::default());
    let mut lines = Vec::new();
    while written.get() < all {
        let before = written.get();
        lines.push(text(client.weigh()));
        assert!(written.get() > before, "the client is silent after {lines:#?}");
    }
    lines
}

/// A port that counts what is written to it.
struct Counted<'p> {
    port: &'p mut dyn Transport,
    written: Rc<Cell<usize>>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.port.read(buffer)
    }
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.port.write(bytes)?;
        self.written.set(self.written.get() + count);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.port.flush()
    }
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

/// Also the frames of which the protocol says nothing, such as requests.
fn frames_massa_k_100(bytes: &[u8], size: usize) -> Vec<String> {
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

/// The check covers what follows the length.
fn massa_k_100(_: &[u8], place: usize, _: u8) -> Option<&'static str> {
    match place {
        0..3 => Some("header"),
        3 | 4 => Some("length"),
        _ => None,
    }
}

/// The check of this protocol takes its last 16 bits as they are, so it does not see a flipped bit of
/// one of the last two bytes of the body together with the same bit of the check.
fn blind_massa_k_100(message: &[u8], one: usize, other: usize) -> Option<&'static str> {
    let from_end = |bit: usize| message.len() - bit / 8;
    let places = [(4, 1), (3, 2)].contains(&(from_end(one), from_end(other)));
    (places && one % 8 == other % 8).then_some("the end of the body and the check")
}

/// The check covers what follows the length; single bytes and texts have none. It is only an XOR, so
/// that a changed byte can be the beginning of a sound frame inside of the broken one.
fn pos2(message: &[u8], place: usize, value: u8) -> Option<&'static str> {
    let frame = message.iter().position(|byte| *byte == 0x02);
    match frame.map(|begin| place.checked_sub(begin)) {
        // Without its first byte a frame is noise, in which any byte may be a message by itself.
        None | Some(None | Some(0)) => Some(NO_CHECK),
        Some(Some(1)) => Some("length"),
        _ => (value == 0x02).then_some("a frame inside of the broken one"),
    }
}

/// Both ways of computing the check are taken of a first block, and they differ by 03; 03 for 04 at
/// the end is the layout of seven characters.
fn cas_ecr(message: &[u8], place: usize, value: u8) -> Option<&'static str> {
    let begin = message.iter().position(|byte| byte & 0x7F == 0x01);
    match begin.map(|begin| place.checked_sub(begin)) {
        None | Some(None | Some(0 | 1)) => Some(NO_CHECK),
        Some(Some(2..=13)) if (message[place] ^ value) & 0x7F == 0x03 => Some("the other check"),
        Some(Some(14)) => Some("the other layout"),
        _ => None,
    }
}

/// The two checks of a first block differ by 03, the two lowest bits.
fn blind_cas_ecr(message: &[u8], one: usize, other: usize) -> Option<&'static str> {
    let lowest = |bit: usize| bit % 8 >= 6;
    let unseen = same_bit(message, one, other);
    unseen.or_else(|| (lowest(one) && lowest(other)).then_some("the other check"))
}

/// A frame may have no check, and then the check byte may be the beginning of the next frame.
fn toledo_continuous(message: &[u8], place: usize, _: u8) -> Option<&'static str> {
    let unchecked = message.len().is_multiple_of(17);
    (unchecked || place + 1 == message.len()).then_some(NO_CHECK)
}

/// An XOR does not see two flips of the same bit in two bytes.
fn same_bit(_: &[u8], one: usize, other: usize) -> Option<&'static str> {
    (other - one).is_multiple_of(8).then_some("the same bit of two bytes")
}

/// A sum over seven bits does not see that a bit of one byte comes and of another byte goes; of the
/// highest of the seven it sees only how often it changed.
fn same_sum(message: &[u8], one: usize, other: usize) -> Option<&'static str> {
    let is_set = |bit: usize| message[bit / 8] & (0x80 >> (bit % 8)) != 0;
    let highest = one % 8 == 1;
    let unseen = same_bit(message, one, other).is_some();
    (unseen && (highest || is_set(one) != is_set(other))).then_some("the same sum")
}
