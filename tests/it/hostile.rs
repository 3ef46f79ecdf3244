//! Damaged messages: every beginning of every message of every tape, every other value of each of
//! its bytes, and so every flip of one bit, and of every distinct message every two flipped bits. Of
//! long messages only the flips and what means something are tried.
//!
//! Nothing panics, and no more messages come out than bytes went in. What is still accepted is
//! counted: with the same meaning, or with another one. Another meaning is only possible where the
//! protocol's check does not reach, and each case stands with its class in
//! `fixtures/hostile.golden`, which `UPDATE_EXPECT=1` writes anew. What no check covers at all is
//! too much for a list, and is counted by the byte; single bytes, documents and two flipped bits by
//! their class.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use xtask::fixtures::{Fixture, tapes};

use crate::protocols::{self, DOCUMENT, NO_CHECK, Protocol, Side, messages};

#[test]
fn damaged_messages_are_not_taken_for_others() {
    let mut golden = String::new();
    let mut covered = Vec::new();
    let mut mutants = 0;
    let mut known = BTreeSet::new();
    for fixture in tapes(&xtask::root(), "").unwrap() {
        let counts = damage(&fixture, &mut known, &mut covered);
        mutants += counts.mutants;
        writeln!(golden, "{counts}").unwrap();
    }
    assert!(mutants > 1000, "{mutants} mutants: nothing was tried");
    assert!(covered.is_empty(), "accepted although the check covers it:\n{}", covered.join("\n"));

    let path = xtask::root().join("fixtures/hostile.golden");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, golden).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    let fresh: Vec<_> = golden.lines().filter(|line| !expected.contains(line)).collect();
    assert!(golden == expected, "fixtures/hostile.golden differs; new lines: {fresh:#?}");
}

/// What became of the damaged messages of a tape.
#[derive(Default)]
struct Counts {
    name: String,
    messages: usize,
    mutants: usize,
    rejected: usize,
    same: usize,
    /// Each damage that was accepted with another meaning.
    different: Vec<String>,
    /// How many more such damages there are of a place or class.
    unlisted: BTreeMap<String, usize>,
    /// How many pairs of bits were flipped, and of those that were accepted how many of a class.
    pairs: usize,
    unseen: BTreeMap<&'static str, usize>,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, messages, mutants, rejected, same, different, .. } = self;
        let all = different.len() + self.unlisted.values().sum::<usize>();
        write!(
            out,
            "{name}: messages {messages}, mutants {mutants}, rejected {rejected}, same value \
             {same}, different value {all}"
        )?;
        self.unlisted.iter().try_for_each(|(what, count)| write!(out, "\n  {what}: {count}"))?;
        for (class, count) in &self.unseen {
            write!(out, "\n  two flipped bits, {class}: {count} of {}", self.pairs)?;
        }
        different.iter().try_for_each(|line| write!(out, "\n  {line}"))
    }
}

fn damage(fixture: &Fixture, known: &mut BTreeSet<Vec<u8>>, covered: &mut Vec<String>) -> Counts {
    let protocol = protocols::of(&fixture.tape).unwrap();
    let mut counts = Counts { name: fixture.name.clone(), ..Counts::default() };
    let mut context = (protocol.explainer)();
    for (side, message) in messages(&fixture.tape) {
        counts.messages += 1;
        // A request is understood by itself, and would be remembered; an answer is not.
        let fresh = || (protocol.explainer)();
        let mut explain = |bytes: &[u8]| match side {
            Side::Host => fresh().explain(side, bytes),
            Side::Device => context.explain(side, bytes),
        };
        let said = explain(message);
        let sound = said.iter().all(Result::is_ok);
        let whole = accepted(said);
        mutate(message, |mutant, change| {
            let said = explain(mutant);
            assert!(said.len() <= mutant.len(), "more results than bytes: {mutant:02X?}");
            counts.mutants += 1;
            let taken = accepted(said);
            match taken.iter().find(|line| !whole.contains(line)) {
                None if !taken.is_empty() && taken.len() == whole.len() => counts.same += 1,
                None => counts.rejected += 1,
                Some(line) => {
                    let mark = if side == Side::Host { '>' } else { '<' };
                    let number = counts.messages;
                    // One more damage may be the repair of a message that is damaged on the tape.
                    let class = match class(protocol, message, change) {
                        Some(class @ (NO_CHECK | DOCUMENT)) => Some(class),
                        _ if !sound => Some("damaged before"),
                        class => class,
                    };
                    let name = class.unwrap_or("covered");
                    let text = format!("{mark} message {number}, {change}, {name}: {line}");
                    if class.is_none() {
                        covered.push(format!("{}: {text}", fixture.name));
                    }
                    // A single byte has no check; of a frame that is none such bytes may be left.
                    let unlisted = if message.len() == 1 || line.contains(" byte=") {
                        format!("single bytes, {name}")
                    } else if name == DOCUMENT {
                        name.to_owned()
                    } else if name == NO_CHECK {
                        let place = match change {
                            Change::Beginning(_) => "beginnings".to_owned(),
                            Change::Byte { place, .. } => format!("byte {place}"),
                        };
                        format!("{mark} message {number}, {place}, {name}")
                    } else {
                        counts.different.push(text);
                        return;
                    };
                    *counts.unlisted.entry(unlisted).or_default() += 1;
                }
            }
        });
        assert_eq!(accepted(explain(message)), whole, "damaged answers were remembered");
        context.explain(side, message);
        // Two flipped bits of a document without a check tell no more than one.
        let checked = (protocol.blind)(message, 0, 1) != Some(DOCUMENT);
        if sound && checked && known.insert(message.to_vec()) {
            flip_pairs(fixture, protocol, message, &mut counts, covered);
        }
    }
    counts
}

/// Flips every two bits of a message; what is still a good frame, and another one, is of a class that
/// the check cannot see.
fn flip_pairs(
    fixture: &Fixture,
    protocol: &Protocol,
    message: &[u8],
    counts: &mut Counts,
    covered: &mut Vec<String>,
) {
    let flip = |bytes: &mut [u8], bit: usize| bytes[bit / 8] ^= 0x80 >> (bit % 8);
    let whole = (protocol.frames)(message, usize::MAX);
    let mut mutant = message.to_vec();
    let bits = message.len() * 8;
    for (one, other) in (0..bits).flat_map(|one| (one + 1..bits).map(move |other| (one, other))) {
        flip(&mut mutant, one);
        flip(&mut mutant, other);
        let taken = (protocol.frames)(&mutant, usize::MAX);
        counts.pairs += 1;
        if taken.iter().any(|frame| !whole.contains(frame)) {
            let framing = [one / 8, other / 8].map(|place| {
                let alone = (protocol.uncovered)(message, place, mutant[place]);
                alone.or_else(|| (protocol.uncovered)(&mutant, place, message[place]))
            });
            let class =
                (protocol.blind)(message, one, other).or(framing.into_iter().flatten().next());
            let class = class.unwrap_or_else(|| {
                covered.push(format!("{}: bits {one} and {other}: {taken:?}", fixture.name));
                "covered"
            });
            *counts.unseen.entry(class).or_default() += 1;
        }
        flip(&mut mutant, one);
        flip(&mut mutant, other);
    }
}

/// How a message was damaged.
#[derive(Clone, Copy)]
enum Change {
    /// Only so many bytes of it.
    Beginning(usize),
    /// The byte at a place has another value.
    Byte { place: usize, from: u8, to: u8 },
}

impl std::fmt::Display for Change {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Beginning(length) => write!(out, "first {length} bytes"),
            Self::Byte { place, from, to } => write!(out, "byte {place} {from:02X} -> {to:02X}"),
        }
    }
}

fn mutate(message: &[u8], mut each: impl FnMut(&[u8], Change)) {
    for length in 1..message.len() {
        each(&message[..length], Change::Beginning(length));
    }
    let mut mutant = message.to_vec();
    for (place, &from) in message.iter().enumerate() {
        let values =
            (0..=255).filter(|&to| to != from && (message.len() < LONG || tried(from, to)));
        for to in values {
            mutant[place] = to;
            each(&mutant, Change::Byte { place, from, to });
        }
        mutant[place] = from;
    }
}

/// From here on not every value of a byte is tried.
const LONG: usize = 256;

/// In a long message: one flipped bit, or a byte that means something in text.
fn tried(from: u8, to: u8) -> bool {
    (from ^ to).is_power_of_two() || b"\0\x02\x03\n <>&\"'/;]![\x80\xFF".contains(&to)
}

fn accepted(said: Vec<Result<String, String>>) -> Vec<String> {
    said.into_iter().filter_map(Result::ok).collect()
}

fn class(protocol: &Protocol, message: &[u8], change: Change) -> Option<&'static str> {
    match change {
        // What stands behind it is lost, which is no wonder where nothing is checked; or nothing of
        // the message was changed, as if a byte behind it was.
        Change::Beginning(length) => (protocol.uncovered)(message, length, 0)
            .filter(|class| *class == NO_CHECK)
            .or_else(|| (protocol.uncovered)(message, message.len(), 0)),
        Change::Byte { place, to, .. } => (protocol.uncovered)(message, place, to),
    }
}
