//! Stand-ins of the same length and form.

/// What a generic mask found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) numbers: bool,
    pub(super) texts: bool,
}

/// A text with so many letters may be a name.
const LETTERS: usize = 4;
/// A text with so many digits may be a taxpayer number, a phone, a marking code.
pub(super) const DIGITS: usize = 8;

/// Replaces every byte by one of its kind: digits by 1234567890…, letters by X and Х, signs by a
/// point, anything else by 00. Blanks and zeros stay.
pub(super) fn whole(bytes: &mut [u8]) {
    let mut digits = stand_in();
    for byte in bytes {
        *byte = match *byte {
            0x00 | b' ' => *byte,
            b'0'..=b'9' => b'0' + digits.next().unwrap_or(0),
            b'A'..=b'Z' | b'a'..=b'z' => b'X',
            0x80..=0xAF | 0xE0..=0xF1 => CYRILLIC,
            0x21..=0x7E => b'.',
            _ => 0x00,
        };
    }
}

/// Replaces the digits of a BCD number by 12 34 56 78 90 …
pub(super) fn bcd(bytes: &mut [u8]) {
    let mut digits = stand_in();
    for byte in bytes {
        let (high, low) = (digits.next().unwrap_or(0), digits.next().unwrap_or(0));
        *byte = high << 4 | low;
    }
}

/// Replaces texts and long numbers where no field is known. A BCD number is long from that many
/// digits on.
pub(super) fn generic(bytes: &mut [u8], bcd_digits: usize) -> Found {
    let mut found = Found::default();
    let mut gap = 0;
    for (start, end) in runs(bytes, is_text) {
        let Some(text) = bytes.get_mut(start..end) else { continue };
        let letters = text.iter().filter(|byte| is_letter(**byte)).count();
        let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
        if letters < LETTERS && digits < DIGITS {
            continue;
        }
        found.texts |= letters >= LETTERS;
        found.numbers |= digits >= DIGITS;
        whole(text);
        found.numbers |= bcd_runs(bytes.get_mut(gap..start), bcd_digits);
        gap = end;
    }
    found.numbers |= bcd_runs(bytes.get_mut(gap..), bcd_digits);
    found
}

/// Replaces long BCD numbers; says whether there was one.
fn bcd_runs(bytes: Option<&mut [u8]>, least: usize) -> bool {
    let Some(bytes) = bytes else { return false };
    let mut any = false;
    for (start, end) in runs(bytes, is_bcd) {
        let Some(run) = bytes.get_mut(start..end) else { continue };
        let zeros = run.iter().take_while(|byte| **byte == 0).count();
        let Some(number) = run.get_mut(zeros..) else { continue };
        let half = number.first().is_some_and(|byte| *byte < 0x10);
        if number.len() * 2 - usize::from(half) >= least.max(1) {
            bcd(number);
            any = true;
        }
    }
    any
}

/// The long numbers in ASCII.
pub(super) fn long_numbers(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| !byte.is_ascii_digit()).filter(|digits| digits.len() >= DIGITS)
}

/// The longest runs of bytes of a kind, as ranges.
fn runs(bytes: &[u8], kind: fn(u8) -> bool) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| kind(**byte)) {
        match found.last_mut() {
            Some((_, end)) if *end == at => *end = at + 1,
            _ => found.push((at, at + 1)),
        }
    }
    found
}

/// The digits of a BCD number as text.
pub(super) fn ascii(bcd: &[u8]) -> Vec<u8> {
    bcd.iter().flat_map(|byte| [b'0' + (byte >> 4), b'0' + (byte & 0x0F)]).collect()
}

/// Digits as BCD, with a zero in front of an odd number of them.
pub(super) fn packed(digits: &[u8]) -> Vec<u8> {
    let odd = digits.len() % 2 == 1;
    let digits = odd.then_some(b'0').into_iter().chain(digits.iter().copied());
    let values: Vec<u8> = digits.map(|digit| digit.wrapping_sub(b'0') & 0x0F).collect();
    let pairs = values.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit));
    pairs.collect()
}

pub(super) fn is_bcd(byte: u8) -> bool {
    byte >> 4 < 10 && byte & 0x0F < 10
}

/// A letter, digit, sign or blank of ATOL's code page.
fn is_text(byte: u8) -> bool {
    is_letter(byte) || matches!(byte, 0x20..=0x7E)
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, 0x80..=0xAF | 0xE0..=0xF1)
}

fn stand_in() -> impl Iterator<Item = u8> {
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 0].into_iter().cycle()
}

/// Х of the code page.
const CYRILLIC: u8 = 0x95;
