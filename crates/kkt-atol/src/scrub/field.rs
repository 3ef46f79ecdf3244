//! What identifies in the commands and answers of a KKT, the same over both links.

use std::collections::BTreeSet;

use super::Replaced;
use super::mask;

/// Replaces, and remembers what and which numbers.
#[derive(Debug, Default)]
pub(super) struct Fields {
    replaced: BTreeSet<Replaced>,
    /// The numbers that were replaced, as ASCII digits.
    numbers: BTreeSet<Vec<u8>>,
}

/// What is known of an answer.
struct Layout {
    /// How its command begins.
    command: &'static [u8],
    /// So many bytes from the 55 on (44 in 3Fh) are described.
    described: usize,
    /// Where of these an identifying number stands.
    number: Option<Number>,
    /// What follows.
    beyond: Beyond,
}

struct Number {
    at: usize,
    length: usize,
    /// BCD; else ASCII.
    bcd: bool,
    what: Replaced,
}

enum Beyond {
    /// Nobody knows what that is.
    Unknown,
    /// It goes whole.
    Goes(Replaced),
    /// It tells about the kind of device only.
    Stays,
}

const SERIAL: Number = Number { at: 10, length: 4, bcd: true, what: Replaced::SerialNumber };

const fn fiscal_storage_number(at: usize) -> Option<Number> {
    Some(Number { at, length: 16, bcd: false, what: Replaced::FiscalStorageNumber })
}

const fn plain(command: &'static [u8], described: usize) -> Layout {
    Layout { command, described, number: None, beyond: Beyond::Unknown }
}

const fn goes(command: &'static [u8], described: usize, what: Replaced) -> Layout {
    Layout { command, described, number: None, beyond: Beyond::Goes(what) }
}

/// Source: docs/protocols/atol.md sections 7 to 12.
const ANSWERS: &[Layout] = &[
    Layout { number: Some(SERIAL), ..plain(&[0x3F], 30) },
    plain(&[0x45], 3),
    Layout { beyond: Beyond::Stays, ..plain(&[0xA5], 11) },
    plain(&[0xA4, 0x10], 7),
    plain(&[0xA4, 0x20], 15),
    Layout { number: fiscal_storage_number(12), ..plain(&[0xA4, 0x30], 32) },
    Layout { number: fiscal_storage_number(2), ..plain(&[0xA4, 0x31], 18) },
    plain(&[0xA4, 0x32], 7),
    plain(&[0xA4, 0x33], 19),
    plain(&[0xA4, 0x42], 4),
    // 55, error, tag, length; then the value of a requisite.
    goes(&[0xA4, 0x46], 6, Replaced::DocumentValues),
    plain(&[0x91, 0x12], 9),
    plain(&[0x91, 0x13], 10),
    goes(&[0x91, 0x16], 2, Replaced::Registers),
    goes(&[0x91, 0x1B], 2, Replaced::Registers),
    goes(&[0x91, 0x2F], 2, Replaced::Registers),
    goes(&[0x91, 0x30], 2, Replaced::Registers),
    goes(&[0x46], 2, Replaced::Settings),
];

/// The commands whose parameters name what is asked for, or are secret.
const COMMANDS: &[Layout] = &[
    plain(&[0x3F], 1),
    plain(&[0x45], 1),
    plain(&[0xA5], 1),
    // What the fiscal storage is asked: which document.
    plain(&[0xA4, 0x45], 6),
    plain(&[0xA4], 3),
    plain(&[0x91], 4),
    plain(&[0x46], 5),
    goes(&[0x50], 5, Replaced::Settings),
    goes(&[0x56], 2, Replaced::Passwords),
];

/// Tag 1012, the time of a document, says nothing of anybody.
const DOCUMENT_TIME: [u8; 2] = [0xF4, 0x03];
/// So many bytes follow an error code at most.
const EXTENDED: usize = 2;
/// From so many BCD digits on a number is long: a taxpayer number has ten, the first may be 0.
const BCD_DIGITS: usize = 9;
/// The same where there is no packet around it, so that no field is known.
const UNSOUND_DIGITS: usize = 6;
/// A number of fewer digits is looked for in its field only: it is found by chance elsewhere.
const SIGNIFICANT: usize = 5;

impl Fields {
    /// Two BCD bytes.
    pub(super) fn password(&mut self, bytes: &mut [u8]) {
        if bytes.iter().any(|byte| *byte != 0) {
            bytes.fill(0);
            self.replaced.insert(Replaced::Passwords);
        }
    }

    /// A command without its access password.
    pub(super) fn command(&mut self, bytes: &mut [u8]) {
        let layout = COMMANDS.iter().find(|layout| bytes.starts_with(layout.command));
        self.by(layout.unwrap_or(&plain(&[], 1)), bytes);
    }

    /// An answer, as it stands behind the state of its task.
    pub(super) fn answer(&mut self, command: Option<&[u8]>, bytes: &mut [u8]) {
        // The one answer that shows by itself what it answers.
        let status = bytes.first() == Some(&0x44) && bytes.len() == 30;
        let command = if status { Some(&[0x3F][..]) } else { command };
        let time = bytes.get(2..4) == Some(&DOCUMENT_TIME) && bytes.len() == 10;
        let layout = command
            .and_then(|command| ANSWERS.iter().find(|layout| command.starts_with(layout.command)));
        match (layout, &*bytes) {
            // An error code says nothing of anybody.
            (_, [0x55, code, rest @ ..]) if *code != 0 && rest.len() <= EXTENDED => {}
            (Some(layout), _) if layout.command == [0xA4, 0x46] && time => {}
            (Some(layout), _) => self.by(layout, bytes),
            (None, [0x55, ..]) => self.by(&plain(&[], 2), bytes),
            (None, _) => self.by(&plain(&[], 0), bytes),
        }
    }

    /// Bytes that belong to no sound packet.
    pub(super) fn unsound(&mut self, bytes: &mut [u8]) {
        self.generic(bytes, UNSOUND_DIGITS);
    }

    /// Replaces the numbers that were found anywhere, wherever else they stand.
    pub(super) fn known(&self, bytes: &mut [u8]) {
        for digits in &self.numbers {
            let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
            let short = digits.get(zeros..).unwrap_or_default();
            let monotonous = short.windows(2).all(|pair| pair.first() == pair.last());
            if short.len() < SIGNIFICANT || monotonous {
                continue;
            }
            everywhere(bytes, digits, mask::whole);
            everywhere(bytes, short, mask::whole);
            everywhere(bytes, &mask::packed(digits), mask::bcd);
            everywhere(bytes, &mask::packed(short), mask::bcd);
        }
    }

    pub(super) fn replaced(self) -> BTreeSet<Replaced> {
        self.replaced
    }

    fn by(&mut self, layout: &Layout, bytes: &mut [u8]) {
        let (described, beyond) = bytes.split_at_mut(layout.described.min(bytes.len()));
        let (at, length) = layout.number.as_ref().map_or((0, 0), |it| (it.at, it.length));
        let (before, rest) = described.split_at_mut(at.min(described.len()));
        let (number, after) = rest.split_at_mut(length.min(rest.len()));
        if let Some(Number { bcd, what, .. }) = layout.number {
            self.number(number, bcd, what);
        }
        self.strays(before);
        self.strays(after);
        match layout.beyond {
            Beyond::Unknown => self.generic(beyond, BCD_DIGITS),
            Beyond::Goes(what) => {
                if beyond.iter().any(|byte| *byte != 0) {
                    self.learn(beyond);
                    mask::whole(beyond);
                    self.replaced.insert(what);
                }
            }
            Beyond::Stays => {}
        }
    }

    /// Over link v2 an answer that came late is taken for that of the next command, and its number
    /// stands in other fields: so where no field has digits, digits are one.
    fn strays(&mut self, bytes: &mut [u8]) {
        let digits = bytes.split_mut(|byte| !byte.is_ascii_digit());
        for number in digits.filter(|digits| digits.len() >= mask::DIGITS) {
            self.numbers.insert(number.to_vec());
            mask::whole(number);
            self.replaced.insert(Replaced::Numbers);
        }
    }

    fn number(&mut self, bytes: &mut [u8], bcd: bool, what: Replaced) {
        // FF is a number that is not set, 00 and blanks are none.
        if bytes.iter().all(|byte| matches!(byte, 0x00 | 0xFF | b' ')) {
            return;
        }
        self.replaced.insert(what);
        if bcd {
            if bytes.iter().all(|byte| mask::is_bcd(*byte)) {
                self.numbers.insert(mask::ascii(bytes));
            }
            mask::bcd(bytes);
        } else {
            self.learn(bytes);
            mask::whole(bytes);
        }
    }

    /// Remembers the long numbers of bytes that are about to go. Only those in ASCII: BCD where no
    /// field is known may be a time, which stays where it is one.
    fn learn(&mut self, bytes: &[u8]) {
        self.numbers.extend(mask::long_numbers(bytes).map(<[u8]>::to_vec));
    }

    fn generic(&mut self, bytes: &mut [u8], bcd_digits: usize) {
        self.learn(bytes);
        let found = mask::generic(bytes, bcd_digits);
        if found.numbers {
            self.replaced.insert(Replaced::Numbers);
        }
        if found.texts {
            self.replaced.insert(Replaced::Texts);
        }
    }
}

/// Replaces each occurrence.
fn everywhere(bytes: &mut [u8], wanted: &[u8], mask: fn(&mut [u8])) {
    let mut at = 0;
    while let Some(here) = bytes.get_mut(at..at + wanted.len()) {
        if here == wanted {
            mask(here);
        }
        at += 1;
    }
}
