//! Makes a recorded dialogue anonymous, before anybody else sees it.
//!
//! [`scrub`] is a function from bytes to bytes. It replaces what tells whose device it was (factory,
//! registration and fiscal storage numbers, taxpayer numbers, names, addresses, phones, marking
//! codes) by fixed values of the same length and form, writes the check characters anew and says what
//! it replaced. The same number gets the same stand-in wherever it stands, also before its field.
//!
//! - In an answer whose layout the protocol page describes, exactly the identifying fields go.
//! - Everywhere else it is careful rather than exact: long numbers and texts go. What settings hold
//!   goes whole. Of unknown texts only a few words of a state stay, such as `true` and `нет`.
//! - What is no sound frame or document has no fields; long numbers and texts go there, too, and the
//!   bytes are counted, so that a person can look at them.
//!
//! Each sound frame or document becomes a message of its own: a recorder knows no protocol and joins
//! what follows closely, or cuts a message when the line pauses.
//!
//! Source: docs/protocols/sp80x.md sections 2, 4, 5 and 6.

mod arm;
mod field;
mod mask;
mod side;
mod stx;

use std::collections::BTreeSet;
use std::fmt;

use crate::DialectName;
use crate::explain::Direction;
use field::Fields;

/// What was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Replaced {
    /// The factory number of the KKT, or that of a part of it.
    SerialNumber,
    /// The number of the fiscal storage.
    FiscalStorageNumber,
    /// The number under which the KKT is registered.
    RegistrationNumber,
    /// The number of a taxpayer.
    TaxpayerNumbers,
    /// Where the device is in a network.
    NetworkAddresses,
    /// What settings hold.
    Settings,
    /// A password of the link that is not the dialect's usual one.
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
            Self::RegistrationNumber => "registration number",
            Self::TaxpayerNumbers => "INN",
            Self::NetworkAddresses => "network addresses",
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

/// One message of a scrubbed dialogue: a frame or document, or bytes that belong to none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The step of the recording in which it began, counted from 0.
    pub step: usize,
    /// Who sent it.
    pub direction: Direction,
    /// Its bytes, with new check characters.
    pub bytes: Vec<u8>,
}

/// A dialogue that tells nobody's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrubbed {
    /// The messages, in the order of the steps in which they began.
    pub messages: Vec<Message>,
    /// What was replaced.
    pub replaced: BTreeSet<Replaced>,
    /// How many bytes belong to no sound frame or document. A person should look at them before the
    /// tape goes anywhere.
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
pub fn scrub<'a>(
    dialect: DialectName,
    steps: impl IntoIterator<Item = (Direction, &'a [u8])>,
) -> Scrubbed {
    let mut dialogue = dialogue(dialect);
    let mut pieces = side::pieces(&*dialogue, steps);
    let mut fields = Fields::new(dialogue.code());
    let mut unsound = 0;
    let mut places = Vec::new();
    for piece in &mut pieces {
        let here = match piece.content {
            Content::Message => dialogue.places(piece.direction, &piece.bytes),
            Content::Link => Vec::new(),
            Content::Unsound => vec![Place::new(0, piece.bytes.len(), Rule::Unsound)],
        };
        if here.iter().any(|place| place.rule == Rule::Unsound) {
            unsound += piece.bytes.len();
        }
        for Place { begin, end, rule } in &here {
            if let Some(bytes) = piece.bytes.get_mut(*begin..*end) {
                fields.scrub(bytes, *rule);
            }
        }
        places.push(here);
    }
    // Only now every number is known that must not stand anywhere else either.
    for (piece, places) in pieces.iter_mut().zip(places) {
        for Place { begin, end, .. } in places {
            if let Some(bytes) = piece.bytes.get_mut(begin..end) {
                fields.known(bytes);
            }
        }
        if piece.content == Content::Message {
            dialogue.close(piece.direction, &mut piece.bytes);
        }
    }
    let messages = side::messages(&*dialogue, pieces, true);
    Scrubbed { messages, replaced: fields.replaced(), unsound }
}

/// The messages of a recording as they are: each sound one by itself, wherever the recorder cut the
/// bytes. Nothing is made anonymous.
#[must_use]
pub fn messages<'a>(
    dialect: DialectName,
    steps: impl IntoIterator<Item = (Direction, &'a [u8])>,
) -> Vec<Message> {
    let dialogue = dialogue(dialect);
    side::messages(&*dialogue, side::pieces(&*dialogue, steps), false)
}

fn dialogue(dialect: DialectName) -> Box<dyn Dialogue> {
    match dialect {
        DialectName::Arm => Box::new(arm::Arm),
        DialectName::Pone => Box::new(stx::Stx::new(&stx::PONE)),
        #[cfg(feature = "pirit")]
        DialectName::Pirit => Box::new(stx::Stx::new(&stx::PIRIT)),
    }
}

/// What has to be known of a dialect.
trait Dialogue {
    /// How its texts are written.
    fn code(&self) -> mask::Code;

    /// What stands at the beginning of a side's bytes, which are not empty, and how long it is.
    fn cut(&self, direction: Direction, bytes: &[u8]) -> (Content, usize);

    /// Where in a message something stands that may identify, in the light of the messages before.
    fn places(&mut self, direction: Direction, message: &[u8]) -> Vec<Place>;

    /// Makes the message whole again after its contents changed.
    fn close(&self, direction: Direction, message: &mut [u8]);
}

/// What a piece of a side's bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// A sound frame or a document.
    Message,
    /// A byte that only the link knows.
    Link,
    Unsound,
}

/// A piece of a recording.
struct Piece {
    direction: Direction,
    /// The steps over which the bytes came, and how many came in each.
    steps: Vec<(usize, usize)>,
    content: Content,
    bytes: Vec<u8>,
}

/// A place in a message, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    begin: usize,
    end: usize,
    rule: Rule,
}

impl Place {
    fn new(begin: usize, end: usize, rule: Rule) -> Self {
        Self { begin, end, rule }
    }
}

/// What becomes of the value at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// It tells of the kind and the state of a device only; still no number may be very long.
    Stays,
    /// It goes whole.
    Goes(Replaced),
    /// Nobody knows what it is.
    Careful,
    /// The same, in bytes that are no sound message.
    Unsound,
}

#[cfg(test)]
mod tests;
