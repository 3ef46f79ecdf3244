//! Damaged messages: every beginning of every message of every tape, and every other value of each
//! of its bytes, and so every flip of one bit; of long messages the flips and what means something.
//!
//! Nothing panics, and no more messages come out than bytes went in. What is still accepted is
//! counted: with the same meaning, or with another one. Another meaning is only possible where the
//! protocol's check does not reach, and each case stands with its class in
//! `fixtures/hostile.golden`, which `UPDATE_EXPECT=1` writes anew. A protocol without any check
//! accepts whatever is well formed, so there the cases are only counted.

use std::fmt::Write as _;

use xtask::fixtures::{Fixture, tapes};

use crate::protocols::{self, Protocol, Side, UNCHECKED, messages};

#[test]
fn damaged_messages_are_not_taken_for_others() {
    let mut golden = String::new();
    let mut covered = Vec::new();
    let mut mutants = 0;
    for fixture in tapes(&xtask::root(), "").unwrap() {
        let counts = damage(&fixture, &mut covered);
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
    /// How many were, in a protocol without a check.
    unchecked: usize,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, messages, mutants, rejected, same, different, unchecked } = self;
        write!(
            out,
            "{name}: messages {messages}, mutants {mutants}, rejected {rejected}, same value \
             {same}, different value {}",
            different.len() + unchecked
        )?;
        if *unchecked > 0 {
            write!(out, ", all {UNCHECKED}")?;
        }
        different.iter().try_for_each(|line| write!(out, "\n  {line}"))
    }
}

fn damage(fixture: &Fixture, covered: &mut Vec<String>) -> Counts {
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
                    let class = if sound {
                        class(protocol, message, change)
                    } else {
                        Some("damaged before")
                    };
                    if class == Some(UNCHECKED) {
                        counts.unchecked += 1;
                        return;
                    }
                    let name = class.unwrap_or("covered");
                    let text = format!("{mark} message {number}, {change}, {name}: {line}");
                    if class.is_none() {
                        covered.push(format!("{}: {text}", fixture.name));
                    }
                    counts.different.push(text);
                }
            }
        });
        assert_eq!(accepted(explain(message)), whole, "damaged answers were remembered");
        context.explain(side, message);
    }
    counts
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
        Change::Beginning(_) => None,
        Change::Byte { place, to, .. } => (protocol.uncovered)(message, place, to),
    }
}
