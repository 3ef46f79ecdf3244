//! The STX dialects: frames, and which field of which answer identifies.

use std::collections::BTreeMap;

use super::mask::Code as TextCode;
use super::{Content, Dialogue, Place, Replaced, Rule};
use crate::dialect::{Pone, Stx as _};
use crate::explain::Direction;
use crate::frame::{ACK, CAN, Case, ENQ, ETX, FS, LF, MAX_FRAME, STX, checksum, hex_byte};

/// What is known of a dialect's fields.
pub(super) struct Layout {
    password: [u8; 4],
    case: Case,
    /// What becomes of a field of an answer: by command, the fields of its request, and its index.
    answer: fn(u8, &[String], usize) -> Rule,
    /// What becomes of a field of a request: by command and its index.
    request: fn(u8, usize) -> Rule,
    /// Answers repeat the number of the question as their first field.
    repeats: fn(u8) -> bool,
}

pub(super) const PONE: Layout = Layout {
    password: Pone::PASSWORD,
    case: Pone::CASE,
    answer: pone,
    request: |code, index| if code == 0xA2 && index >= 2 { SETTING } else { Rule::Careful },
    repeats: |_| false,
};

#[cfg(feature = "pirit")]
pub(super) const PIRIT: Layout = Layout {
    password: crate::dialect::Pirit::PASSWORD,
    case: crate::dialect::Pirit::CASE,
    answer: pirit,
    request: |code, index| if code == 0x12 && index >= 2 { SETTING } else { Rule::Careful },
    repeats: |code| crate::command::pirit::repeats_number(crate::frame::Code(code)),
};

const SETTING: Rule = Rule::Goes(Replaced::Settings);

/// Source: docs/protocols/sp80x.md section 5.1.
fn pone(code: u8, asked: &[String], index: usize) -> Rule {
    let asked: Vec<_> = asked.iter().map(String::as_str).collect();
    match (code, asked.as_slice(), index) {
        (0xA0, _, 0..=2) | (0xA5, ["0" | "1"], 0) | (0xAF, ["6" | "7"], 0) => Rule::Stays,
        // How QR codes are printed.
        (0xA1, ["33", "0"], 0) => Rule::Stays,
        (0xA1, ..) => SETTING,
        (0xA6, _, 0) => Rule::Goes(Replaced::SerialNumber),
        _ => Rule::Careful,
    }
}

/// Source: docs/protocols/sp80x.md sections 4.1 to 4.10.
#[cfg(feature = "pirit")]
fn pirit(code: u8, asked: &[String], index: usize) -> Rule {
    use Replaced::{FiscalStorageNumber, RegistrationNumber, SerialNumber, TaxpayerNumbers};
    let number = asked.first().map_or("", String::as_str);
    match (code, number, index) {
        (0x00 | 0x04 | 0x06 | 0x13 | 0x81, ..) => Rule::Stays,
        // The number of the question.
        (0x01 | 0x02 | 0x03 | 0x05 | 0x78, _, 0) => Rule::Stays,
        (0x02, "1" | "19" | "20", _) | (0x05, "12", _) => Rule::Goes(SerialNumber),
        (0x02, "3", _) => Rule::Goes(TaxpayerNumbers),
        (0x02, "4", _) => Rule::Goes(RegistrationNumber),
        (0x78, "1", _) => Rule::Goes(FiscalStorageNumber),
        // A counter of operations, fiscal signs, documents.
        (0x01, "12", _) | (0x02, "11", _) | (0x03, "2", _) | (0x78, "11" | "12" | "13", _) => {
            Rule::Careful
        }
        (0x78, "15" | "16" | "19" | "20" | "21", _) => Rule::Careful,
        (0x01 | 0x02 | 0x03 | 0x05 | 0x78, number, _) if !number.is_empty() => Rule::Stays,
        (0x11, ..) => SETTING,
        _ => Rule::Careful,
    }
}

/// Frames of a dialect; it remembers requests, and how each side writes its check characters.
pub(super) struct Stx {
    layout: &'static Layout,
    /// Command and fields of each request, by packet id.
    asked: BTreeMap<u8, (u8, Vec<String>)>,
    /// The first letter that each side wrote in a check.
    cases: Vec<(Direction, Case)>,
}

impl Stx {
    pub(super) fn new(layout: &'static Layout) -> Self {
        Self { layout, asked: BTreeMap::new(), cases: Vec::new() }
    }

    fn case(&self, direction: Direction) -> Case {
        let said = self.cases.iter().find(|(side, _)| *side == direction);
        said.map_or(self.layout.case, |(_, case)| *case)
    }
}

/// What stands before the fields: STX, password, id, command; STX, id, command, error.
const OF_REQUEST: usize = 8;
const OF_ANSWER: usize = 6;
/// ETX and the two check characters.
const TAIL: usize = 3;

impl Dialogue for Stx {
    fn code(&self) -> TextCode {
        TextCode::Cp866
    }

    fn cut(&self, direction: Direction, bytes: &[u8]) -> (Content, usize) {
        let single: &[u8] = match direction {
            Direction::Request => &[ENQ, LF, CAN],
            Direction::Answer => &[ACK],
        };
        match bytes {
            [STX, ..] => match frame(bytes) {
                Some(length) => (Content::Message, length),
                None => unsound(bytes),
            },
            [byte, ..] if single.contains(byte) => (Content::Link, 1),
            _ => unsound(bytes),
        }
    }

    fn places(&mut self, direction: Direction, message: &[u8]) -> Vec<Place> {
        let request = direction == Direction::Request;
        let (command, begin) = if request { (6, OF_REQUEST) } else { (2, OF_ANSWER) };
        let end = message.len().saturating_sub(TAIL);
        let letter = message.iter().skip(end + 1).find(|byte| byte.is_ascii_alphabetic());
        if let Some(letter) = letter.filter(|_| !self.cases.iter().any(|(it, _)| *it == direction))
        {
            let case = if letter.is_ascii_lowercase() { Case::Lower } else { Case::Upper };
            self.cases.push((direction, case));
        }
        let byte = |at: usize| message.get(at).copied().unwrap_or(0);
        let code = hex_byte(byte(command), byte(command + 1));
        let fields = fields(message, begin, end);
        // Without a command nothing is known of it.
        let Some(code) = code.filter(|_| begin <= end) else {
            return vec![Place::new(1, end, Rule::Unsound)];
        };
        let text = |(begin, end): &(usize, usize)| {
            crate::text::decode(message.get(*begin..*end).unwrap_or_default())
        };
        let places = |rule: &dyn Fn(usize) -> Rule| {
            let fields = fields.iter().enumerate();
            fields.map(|(index, (begin, end))| Place::new(*begin, *end, rule(index))).collect()
        };
        if request {
            self.asked.insert(byte(5), (code, fields.iter().map(text).collect()));
            let mut places: Vec<_> = places(&|index| (self.layout.request)(code, index));
            if message.get(1..5) != Some(&self.layout.password) {
                places.push(Place::new(1, 5, Rule::Goes(Replaced::Passwords)));
            }
            return places;
        }
        let asked = self.asked.get(&byte(1)).filter(|(known, _)| *known == code);
        let asked = asked.map(|(_, fields)| fields.clone());
        let first = || fields.first().map(text).filter(|_| (self.layout.repeats)(code));
        let asked = asked.unwrap_or_else(|| first().into_iter().collect());
        places(&|index| (self.layout.answer)(code, &asked, index))
    }

    fn close(&self, direction: Direction, message: &mut [u8]) {
        let end = message.len().saturating_sub(TAIL);
        let check = checksum(message.get(1..end).unwrap_or_default());
        let digits = match message.get(end + 1..) {
            Some([high, low]) if hex_byte(*high, *low) == Some(check) => return,
            _ if self.case(direction) == Case::Lower => format!("{check:02x}"),
            _ => format!("{check:02X}"),
        };
        if let Some(place) = message.get_mut(end + 1..) {
            place.copy_from_slice(digits.as_bytes());
        }
    }
}

/// How long the frame is with which bytes begin, if it is a sound one.
fn frame(bytes: &[u8]) -> Option<usize> {
    let within = bytes.get(..MAX_FRAME).unwrap_or(bytes);
    let mark = within.iter().skip(1).position(|byte| matches!(*byte, STX | ETX))? + 1;
    let [ETX, high, low] = bytes.get(mark..mark + TAIL)? else { return None };
    let check = checksum(bytes.get(1..mark)?);
    (hex_byte(*high, *low) == Some(check)).then_some(mark + TAIL)
}

/// Up to the next byte that may begin a frame. Single bytes in between are no sure ones.
fn unsound(bytes: &[u8]) -> (Content, usize) {
    let next = bytes.iter().skip(1).position(|byte| *byte == STX);
    (Content::Unsound, next.map_or(bytes.len(), |next| next + 1))
}

/// Where the fields stand; the last one may lack its FS.
fn fields(message: &[u8], begin: usize, end: usize) -> Vec<(usize, usize)> {
    let mut fields = Vec::new();
    let mut from = begin;
    for (at, _) in message.iter().enumerate().take(end).skip(begin).filter(|(_, it)| **it == FS) {
        fields.push((from, at));
        from = at + 1;
    }
    if from < end {
        fields.push((from, end));
    }
    fields
}
