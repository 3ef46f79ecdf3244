//! The scales: what differs between their protocols is what their checks cover.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use scale_proto::explain::Explainer;
use scale_proto::{Client, Error, Reading, Timeouts, protocol};
use till_port::{Tape, Transport};

use super::{NO_CHECK, Protocol, Side, explains, messages};

/// A protocol by its name and what its check does not cover.
macro_rules! protocol {
    ($name:literal, $uncovered:expr) => {
        Protocol {
            name: $name,
            host: "scale-proto",
            explainer: || Box::new(Explainer::of($name).unwrap()),
            frames: |bytes, size| frames($name, bytes, size),
            play: |tape, port| play($name, tape, port),
            uncovered: $uncovered,
        }
    };
}

pub(super) const PROTOCOLS: &[Protocol] = &[
    protocol!("massa-k-100", massa_k_100),
    protocol!("massa-k-2", |_, _, _| Some(NO_CHECK)),
    protocol!("pos2", pos2),
    protocol!("cas-ecr", cas_ecr),
    protocol!("cas-22", |_, _, _| Some(NO_CHECK)),
    protocol!("toledo-8217", |_, _, _| Some(NO_CHECK)),
    protocol!("sasi", |_, _, _| Some(NO_CHECK)),
    protocol!("mt-sics", |_, _, _| Some(NO_CHECK)),
    protocol!("toledo-continuous", toledo_continuous),
];

explains!(scale_proto);

/// What the protocol says of a stream that ends in silence.
fn frames(name: &str, bytes: &[u8], size: usize) -> Vec<String> {
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

/// The check covers what follows the length.
fn massa_k_100(_: &[u8], place: usize, _: u8) -> Option<&'static str> {
    match place {
        0..3 => Some("header"),
        3 | 4 => Some("length"),
        _ => None,
    }
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

/// A frame may have no check, and then the check byte may be the beginning of the next frame.
fn toledo_continuous(message: &[u8], place: usize, _: u8) -> Option<&'static str> {
    let unchecked = message.len().is_multiple_of(17);
    (unchecked || place + 1 == message.len()).then_some(NO_CHECK)
}
