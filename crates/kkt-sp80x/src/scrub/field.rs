//! What becomes of the values at the places of a dialogue, the same in every dialect.

use std::collections::BTreeSet;
use std::ops::Range;

use super::mask::{self, Code, Sign};
use super::{Replaced, Rule};

/// A text with so many Latin letters may be a name; of Cyrillic ones one is enough.
const LETTERS: usize = 4;
/// A value with so many digits may be a taxpayer number, a phone, a marking code.
const DIGITS: usize = 8;
/// The same where there is no message around it, so that no field is known.
const UNSOUND_DIGITS: usize = 6;
/// Where a state or a sum is described no number in one piece has so many digits: a taxpayer number
/// has ten.
const STRAY_DIGITS: usize = 10;
/// A number of fewer digits is looked for in its field only: it is found by chance elsewhere.
const SIGNIFICANT: usize = 5;
/// Nor is one of more: no number that identifies anything has so many.
const LONGEST: usize = 64;
/// Words of a state, which name nobody: without them nobody could compare two answers.
const STATES: &[&str] =
    &["да", "нет", "есть", "открыта", "закрыта", "открыт", "закрыт", "true", "false"];

/// Replaces, and remembers what and which numbers.
#[derive(Debug)]
pub(super) struct Fields {
    code: Code,
    replaced: BTreeSet<Replaced>,
    /// The numbers that were replaced, as ASCII digits.
    numbers: BTreeSet<Vec<u8>>,
    /// The same, once all of them are there.
    known: Option<Known>,
}

/// Numbers to be looked for.
#[derive(Debug)]
struct Known {
    numbers: BTreeSet<Vec<u8>>,
    /// Their lengths, the greatest first.
    lengths: Vec<usize>,
}

impl Fields {
    pub(super) fn new(code: Code) -> Self {
        Self { code, replaced: BTreeSet::new(), numbers: BTreeSet::new(), known: None }
    }

    /// The value at a place.
    pub(super) fn scrub(&mut self, bytes: &mut [u8], rule: Rule) {
        match rule {
            Rule::Stays => self.strays(bytes),
            Rule::Goes(what) => self.goes(bytes, what),
            Rule::Careful => self.careful(bytes),
            Rule::Unsound => self.unsound(bytes),
        }
    }

    /// Replaces the numbers that were found anywhere, wherever else they stand.
    pub(super) fn known(&mut self, bytes: &mut [u8]) {
        let known = self.known.get_or_insert_with(|| Known::new(&self.numbers));
        for found in known.found(bytes) {
            if let Some(found) = bytes.get_mut(found) {
                mask::whole(found, self.code);
            }
        }
    }

    pub(super) fn replaced(self) -> BTreeSet<Replaced> {
        self.replaced
    }

    fn strays(&mut self, bytes: &mut [u8]) {
        for digits in numbers(bytes, STRAY_DIGITS) {
            self.replace(bytes, digits, Replaced::Numbers);
        }
    }

    fn goes(&mut self, bytes: &mut [u8], what: Replaced) {
        let signs = mask::signs(bytes, self.code);
        // An empty value, or one of blanks and zeros, is none.
        let zero = |range: &Range<usize>| bytes.get(range.clone()) == Some(b"0");
        if signs.iter().all(|(range, sign)| *sign == Sign::Blank || zero(range)) {
            return;
        }
        self.replace(bytes, 0..bytes.len(), what);
    }

    fn careful(&mut self, bytes: &mut [u8]) {
        let word = crate::text::decode(bytes);
        let utf8 = String::from_utf8_lossy(bytes);
        let text = if self.code == Code::Xml { utf8.as_ref() } else { word.as_str() };
        if STATES.contains(&text.trim().to_lowercase().as_str()) {
            return;
        }
        let whole = 0..bytes.len();
        self.suspicious(bytes, whole, DIGITS);
    }

    /// Every text by itself: what is no character is between them.
    fn unsound(&mut self, bytes: &mut [u8]) {
        let signs = mask::signs(bytes, self.code);
        let mut text: Option<Range<usize>> = None;
        let mut texts = Vec::new();
        for (range, sign) in signs {
            match (&mut text, sign) {
                (_, Sign::None) => texts.extend(text.take()),
                (Some(text), _) => text.end = range.end,
                (None, _) => text = Some(range),
            }
        }
        texts.extend(text);
        for text in texts {
            self.suspicious(bytes, text, UNSOUND_DIGITS);
        }
    }

    fn suspicious(&mut self, bytes: &mut [u8], range: Range<usize>, least: usize) {
        let Some(text) = bytes.get(range.clone()) else { return };
        let signs = mask::signs(text, self.code);
        let count = |wanted: Sign| signs.iter().filter(|(_, sign)| *sign == wanted).count();
        let texts = count(Sign::Cyrillic) > 0 || count(Sign::Latin) >= LETTERS;
        let numbers = count(Sign::Digit) >= least;
        let found = [(numbers, Replaced::Numbers), (texts, Replaced::Texts)];
        let found: Vec<_> = found.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
        if let Some(what) = found.first() {
            self.replace(bytes, range, *what);
            self.replaced.extend(found);
        }
    }

    /// Remembers the numbers in a value, and replaces all of it.
    fn replace(&mut self, bytes: &mut [u8], range: Range<usize>, what: Replaced) {
        let Some(value) = bytes.get_mut(range) else { return };
        // A short one is a number only if it is the whole value.
        let plain = value.iter().all(u8::is_ascii_digit);
        let least = if plain { SIGNIFICANT } else { DIGITS };
        let found = numbers(value, least).into_iter();
        let found: Vec<_> =
            found.filter_map(|range| value.get(range).map(<[u8]>::to_vec)).collect();
        self.numbers.extend(found);
        mask::whole(value, self.code);
        self.replaced.insert(what);
    }
}

/// Where numbers of so many digits stand.
fn numbers(bytes: &[u8], least: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        match found.last_mut() {
            Some(range) if range.end == at => range.end = at + 1,
            _ => found.push(at..at + 1),
        }
    }
    found.retain(|range| range.len() >= least);
    found
}

impl Known {
    fn new(numbers: &BTreeSet<Vec<u8>>) -> Self {
        let mut all = BTreeSet::new();
        for digits in numbers {
            let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
            let short = digits.get(zeros..).unwrap_or_default();
            let monotonous = short.windows(2).all(|pair| pair.first() == pair.last());
            if (SIGNIFICANT..=LONGEST).contains(&short.len()) && !monotonous {
                all.extend([digits.clone(), short.to_vec()]);
            }
        }
        let lengths: BTreeSet<_> = all.iter().map(Vec::len).collect();
        Self { numbers: all, lengths: lengths.into_iter().rev().collect() }
    }

    /// Where they stand; of two that overlap the second is what is left of it.
    fn found(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut done = 0;
        for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
            let here = |length: &&usize| {
                bytes.get(at..at + **length).is_some_and(|digits| self.numbers.contains(digits))
            };
            if let Some(length) = self.lengths.iter().find(here) {
                let end = at + length;
                if end > done {
                    found.push(at.max(done)..end);
                    done = end;
                }
            }
        }
        found
    }
}
