//! Stand-ins of the same length and form.

use std::ops::Range;

/// How texts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// The STX dialects.
    Cp866,
    /// `arm`, inside of XML.
    Xml,
}

/// What stands at some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Blank,
    Digit,
    Latin,
    /// A letter that only a text for people has.
    Cyrillic,
    /// Any other character, and what an entity of XML may stand for.
    Other,
    /// No character of that code.
    None,
}

/// The signs of some bytes, in their order and without a gap.
pub(super) fn signs(bytes: &[u8], code: Code) -> Vec<(Range<usize>, Sign)> {
    match code {
        Code::Cp866 => {
            bytes.iter().enumerate().map(|(at, byte)| (at..at + 1, cp866(*byte))).collect()
        }
        Code::Xml => xml(bytes),
    }
}

/// Replaces every sign by one of its kind: digits by 1234567890…, letters by X and Х, others by a
/// point. Blanks stay, and so does what is no character.
pub(super) fn whole(bytes: &mut [u8], code: Code) {
    let mut digits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0].into_iter().cycle();
    for (range, sign) in signs(bytes, code) {
        let Some(bytes) = bytes.get_mut(range) else { continue };
        match sign {
            Sign::Blank | Sign::None => {}
            Sign::Digit => bytes.fill(b'0' + digits.next().unwrap_or(0)),
            Sign::Latin => bytes.fill(b'X'),
            Sign::Cyrillic if code == Code::Cp866 => bytes.fill(CP866_KHA),
            Sign::Cyrillic if bytes.len() == UTF8_KHA.len() => bytes.copy_from_slice(&UTF8_KHA),
            Sign::Cyrillic | Sign::Other => bytes.fill(b'.'),
        }
    }
}

fn cp866(byte: u8) -> Sign {
    match byte {
        b' ' => Sign::Blank,
        b'0'..=b'9' => Sign::Digit,
        b'A'..=b'Z' | b'a'..=b'z' => Sign::Latin,
        0x80..=0xAF | 0xE0..=0xF7 => Sign::Cyrillic,
        0x21..=0x7E | 0xB0..=0xDF | 0xF8..=0xFF => Sign::Other,
        _ => Sign::None,
    }
}

fn xml(bytes: &[u8]) -> Vec<(Range<usize>, Sign)> {
    let mut signs: Vec<(Range<usize>, Sign)> = Vec::new();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        let mut entity = false;
        for (place, char) in chunk.valid().char_indices() {
            let rest = chunk.valid().get(place..).unwrap_or_default();
            entity |= begins_an_entity(rest);
            let sign = match char {
                // An entity is what it stands for: by its number that is mostly a letter.
                _ if entity && rest.starts_with("&#") => Sign::Cyrillic,
                _ if entity => Sign::Other,
                ' ' | '\t' | '\r' | '\n' => Sign::Blank,
                '0'..='9' => Sign::Digit,
                'A'..='Z' | 'a'..='z' => Sign::Latin,
                _ if char.is_alphabetic() => Sign::Cyrillic,
                _ if char.is_control() => Sign::None,
                _ => Sign::Other,
            };
            entity &= char != ';';
            let begin = at + place;
            signs.push((begin..begin + char.len_utf8(), sign));
        }
        at += chunk.valid().len();
        let end = at + chunk.invalid().len();
        if end > at {
            signs.push((at..end, Sign::None));
        }
        at = end;
    }
    signs
}

fn begins_an_entity(text: &str) -> bool {
    let Some(name) = text.strip_prefix('&').and_then(|rest| rest.split(';').next()) else {
        return false;
    };
    let ends = text.len() > name.len() + 1;
    ends && (1..=10).contains(&name.len())
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'#')
}

/// Х of the code pages.
const CP866_KHA: u8 = 0x95;
const UTF8_KHA: [u8; 2] = [0xD0, 0xA5];
