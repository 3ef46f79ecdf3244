//! Makes a recorded dialogue anonymous, before anybody else sees it.
//!
//! [`scrub`] is a function from bytes to bytes. It replaces what tells whose device it was (serial
//! number, number of the fiscal storage, taxpayer numbers, names, phones, marking codes, passwords)
//! by fixed values of the same length and form, writes the check bytes anew and says what it
//! replaced. The same number gets the same stand-in wherever it stands.
//!
//! - In an answer whose layout the protocol page describes, exactly the identifying fields go.
//! - Everywhere else it is careful rather than exact: long numbers (text or BCD) and texts go, what
//!   settings tables and the TLV of documents hold goes whole.
//! - What is no sound packet has no fields; long numbers and texts go there, too, and the bytes are
//!   counted, so that a person can look at them.
//!
//! Each sound packet becomes a message of its own: a recorder knows no protocol and joins what
//! follows closely, or cuts a packet when the line pauses.
//!
//! Source: docs/protocols/atol.md sections 2, 4, 5 and 7 to 12.

mod field;
mod mask;
mod side;
mod v2;
mod v3;

use std::collections::BTreeSet;
use std::fmt;

use crate::Link;
use crate::explain::Direction;
use field::Fields;

/// What was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Replaced {
    /// The factory number of the KKT.
    SerialNumber,
    /// The number of the fiscal storage.
    FiscalStorageNumber,
    /// What registers of factory, fiscal storage and registration hold.
    Registers,
    /// The values of fiscal documents (TLV): names, addresses, taxpayer numbers.
    DocumentValues,
    /// What settings tables hold.
    Settings,
    /// Access and operator passwords.
    Passwords,
    /// Long numbers where no field is known: taxpayer numbers, phones, marking codes.
    Numbers,
    /// Texts where no field is known: names, goods, addresses.
    Texts,
}

impl Replaced {
    /// The words in the header of a tape.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SerialNumber => "serial number",
            Self::FiscalStorageNumber => "FN number",
            Self::Registers => "registers",
            Self::DocumentValues => "TLV values",
            Self::Settings => "settings",
            Self::Passwords => "passwords",
            Self::Numbers => "numbers",
            Self::Texts => "texts",
        }
    }
}

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One message of a scrubbed dialogue: a packet, or bytes that belong to none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The step of the recording in which it began, counted from 0.
    pub step: usize,
    /// Who sent it.
    pub direction: Direction,
    /// Its bytes, with a new check byte.
    pub bytes: Vec<u8>,
}

/// A dialogue that tells nobody's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrubbed {
    /// The messages, in the order of the steps in which they began.
    pub messages: Vec<Message>,
    /// What was replaced.
    pub replaced: BTreeSet<Replaced>,
    /// How many bytes belong to no sound packet. A person should look at them before the tape goes
    /// anywhere.
    pub unsound: usize,
}

/// What was replaced, as the header of a tape says it: `serial number, texts`.
impl fmt::Display for Scrubbed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.replaced.iter().map(|replaced| replaced.name()).collect();
        match names.as_slice() {
            [] => f.write_str("looked through, nothing was found to replace"),
            names => f.write_str(&names.join(", ")),
        }
    }
}

/// Scrubs the steps of a whole recording, in their order.
#[must_use]
pub fn scrub<'a>(link: Link, steps: impl IntoIterator<Item = (Direction, &'a [u8])>) -> Scrubbed {
    match link {
        Link::V2 => through::<v2::Dialogue>(steps),
        Link::V3 => through::<v3::Dialogue>(steps),
    }
}

/// The packets of a recording as they are: each sound packet is a message, wherever the recorder cut
/// the bytes. Nothing is made anonymous.
#[must_use]
pub fn packets<'a>(
    link: Link,
    steps: impl IntoIterator<Item = (Direction, &'a [u8])>,
) -> Vec<Message> {
    match link {
        Link::V2 => messages::<v2::Dialogue>(side::pieces(v2::Dialogue::cut, steps)),
        Link::V3 => messages::<v3::Dialogue>(side::pieces(v3::Dialogue::cut, steps)),
    }
}

/// What a link has to know of itself.
trait Packets: Default {
    /// What stands at the beginning of a side's bytes, which are not empty, and how long it is.
    fn cut(direction: Direction, bytes: &[u8]) -> (Content, usize);

    /// Where in a packet's data the KKT's part stands, in the light of the packets before.
    fn part(&mut self, direction: Direction, id: u8, data: &[u8]) -> Part;

    /// Whether a byte of what is no packet stays, because what follows depends on it.
    fn stays(byte: u8) -> bool;

    /// The bytes of a packet again.
    fn encode(packet: &Packet, out: &mut Vec<u8>);
}

fn through<'a, P: Packets>(steps: impl IntoIterator<Item = (Direction, &'a [u8])>) -> Scrubbed {
    let mut pieces = side::pieces(P::cut, steps);
    let (mut fields, mut dialogue) = (Fields::default(), P::default());
    let mut unsound = 0;
    for piece in &mut pieces {
        match &mut piece.content {
            Content::Link(_) => {}
            Content::Packet(Packet { id, data, .. }) => {
                dialogue.part(piece.direction, *id, data).scrub(data, &mut fields);
            }
            Content::Unsound(bytes) => {
                unsound += bytes.len();
                but::<P>(bytes, |bytes| fields.unsound(bytes));
            }
        }
    }
    // Only now every number is known that must not stand anywhere else either.
    for piece in &mut pieces {
        match &mut piece.content {
            Content::Link(_) => {}
            Content::Packet(packet) => fields.known(&mut packet.data),
            Content::Unsound(bytes) => but::<P>(bytes, |bytes| fields.known(bytes)),
        }
    }
    Scrubbed { messages: messages::<P>(pieces), replaced: fields.replaced(), unsound }
}

/// Changes bytes, but not those that stay.
fn but<P: Packets>(bytes: &mut [u8], change: impl FnOnce(&mut [u8])) {
    let before = bytes.to_vec();
    change(bytes);
    for (byte, before) in bytes.iter_mut().zip(before).filter(|(_, before)| P::stays(*before)) {
        *byte = before;
    }
}

fn messages<P: Packets>(pieces: Vec<Piece>) -> Vec<Message> {
    let mut messages: Vec<_> = pieces.into_iter().flat_map(side::messages::<P>).collect();
    messages.sort_by_key(|message| message.step);
    messages
}

/// A packet of a recording, or bytes that belong to none.
struct Piece {
    direction: Direction,
    /// The steps over which the bytes came, and how many came in each.
    steps: Vec<(usize, usize)>,
    content: Content,
}

enum Content {
    Packet(Packet),
    /// A byte that only the link knows.
    Link(u8),
    Unsound(Vec<u8>),
}

struct Packet {
    /// What the link calls it, if it does.
    id: u8,
    data: Vec<u8>,
    /// Where the data holds bytes that should have been masked and were not.
    unmasked: Vec<usize>,
}

/// What of a packet's data is the KKT's: the rest belongs to the link.
struct Part {
    /// Where the access password stands.
    password: Option<usize>,
    /// Where the command or the answer begins.
    from: usize,
    carries: Carries,
}

enum Carries {
    Command,
    /// An answer, and the command that it answers as far as that is known.
    Answer(Option<Vec<u8>>),
}

impl Part {
    fn scrub(&self, data: &mut [u8], fields: &mut Fields) {
        if let Some(password) = self.password.and_then(|at| data.get_mut(at..at + 2)) {
            fields.password(password);
        }
        let content = data.get_mut(self.from..).unwrap_or_default();
        match &self.carries {
            Carries::Command => fields.command(content),
            Carries::Answer(command) => fields.answer(command.as_deref(), content),
        }
    }
}

#[cfg(test)]
mod tests;
