//! Every tape: what the explainer makes of it, and for dialogues of ours the client.
//!
//! `UPDATE_EXPECT=1` writes the `.expect` files anew. `REPLAY_FILTER` chooses tapes by their path,
//! `REPLAY_REPORT` is a file for `cargo xtask replay`, which prints it.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;

use till_port::{Action, Player, Tape};
use xtask::fixtures::{Fixture, tapes};

use crate::protocols::{self, Protocol, Side};

#[test]
fn every_tape_is_understood_as_expected() {
    let results = selected().into_iter().map(|fixture| {
        let (how, outcome) = replay(&fixture);
        Played { fixture, how, outcome }
    });
    finish(results.collect());
}

/// Guards the guard: one bit of a tape's first check byte is not lost on the way to `.expect`.
#[test]
fn a_changed_bit_is_noticed() {
    for Fixture { name, mut tape, .. } in selected() {
        let protocol = protocols::of(&tape).unwrap();
        let before = explained(&tape, protocol);
        let message = tape.steps.iter_mut().find_map(|step| match &mut step.action {
            Action::Host(bytes) | Action::Device(bytes) => bytes.last_mut(),
            Action::Close => None,
        });
        *message.expect("a message") ^= 1;
        assert_ne!(explained(&tape, protocol), before, "{name}");
    }
}

/// How a tape did.
pub(crate) struct Played {
    pub(crate) fixture: Fixture,
    pub(crate) how: String,
    pub(crate) outcome: Result<(), String>,
}

/// The tapes to play: all, unless `cargo xtask replay` was asked for some.
pub(crate) fn selected() -> Vec<Fixture> {
    let filter = std::env::var("REPLAY_FILTER").unwrap_or_default();
    tapes(&xtask::root(), &filter).unwrap()
}

/// Writes the report, and fails if any tape did.
#[track_caller]
pub(crate) fn finish(results: Vec<Played>) {
    let mut report = String::new();
    let mut failures = String::new();
    for Played { fixture: Fixture { name, tape, .. }, how, outcome } in results {
        let (result, trouble) = match outcome {
            Ok(()) => ("ok", String::new()),
            Err(trouble) => ("FAILED", trouble),
        };
        if result != "ok" {
            writeln!(failures, "{name}, {how}:\n{trouble}\n").unwrap();
        }
        let trouble = trouble.replace('\t', " ").replace('\n', "\\n");
        let (origin, messages) = (tape.header.origin, tape.messages());
        writeln!(report, "{result}\t{name}\t{origin}\t{messages}\t{how}\t{trouble}").unwrap();
    }
    if let Some(path) = std::env::var_os("REPLAY_REPORT") {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(report.as_bytes()).unwrap();
    }
    assert!(failures.is_empty(), "\n{failures}");
}

fn replay(fixture: &Fixture) -> (String, Result<(), String>) {
    let protocol = match protocols::of(&fixture.tape) {
        Ok(protocol) => protocol,
        Err(trouble) => return ("not at all".into(), Err(trouble)),
    };
    let mut lines = explained(&fixture.tape, protocol);
    let mut how = "frames at 1, 3, all".to_owned();
    if let Err(trouble) = frames_at_chunk_sizes(&fixture.tape, protocol) {
        return (how, Err(trouble));
    }
    if protocol.speaks(&fixture.tape) {
        how += "; client at 1, 3, all";
        match client_at_chunk_sizes(&fixture.tape, protocol) {
            Ok(all) => all.iter().for_each(|line| writeln!(lines, "= {line}").unwrap()),
            Err(trouble) => return (how, Err(trouble)),
        }
    }
    (how, expect(fixture, &lines))
}

/// What the explainer says of each message.
fn explained(tape: &Tape, protocol: &Protocol) -> String {
    let mut explainer = (protocol.explainer)();
    let mut lines = String::new();
    for step in &tape.steps {
        let (mark, said) = match &step.action {
            Action::Host(bytes) => ('>', explainer.explain(Side::Host, bytes)),
            Action::Device(bytes) => ('<', explainer.explain(Side::Device, bytes)),
            Action::Close => ('!', vec![Ok("close".to_owned())]),
        };
        for line in said {
            match line {
                Ok(line) => writeln!(lines, "{mark} {line}").unwrap(),
                Err(error) => writeln!(lines, "{mark} error: {error}").unwrap(),
            }
        }
    }
    lines
}

/// The good frames of each side, which must not depend on how bytes arrive.
fn frames_at_chunk_sizes(tape: &Tape, protocol: &Protocol) -> Result<(), String> {
    for side in [Side::Host, Side::Device] {
        let said = protocols::messages(tape).filter(|(who, _)| *who == side);
        let bytes = said.flat_map(|(_, message)| message).copied().collect::<Vec<_>>();
        let whole = (protocol.frames)(&bytes, usize::MAX);
        for size in [3, 1] {
            let frames = (protocol.frames)(&bytes, size);
            if frames != whole {
                return Err(format!("{size} bytes at a time give {frames:#?}, all {whole:#?}"));
            }
        }
    }
    Ok(())
}

/// What the client makes of the tape, which must not depend on how bytes arrive.
fn client_at_chunk_sizes(tape: &Tape, protocol: &Protocol) -> Result<Vec<String>, String> {
    let mut all: Option<Vec<String>> = None;
    for (chunk, name) in [(usize::MAX, "all bytes"), (3, "3 bytes"), (1, "1 byte")] {
        let mut player = Player::new(tape).with_chunk(chunk);
        let lines = (protocol.play)(tape, &mut player);
        if let Some(mismatch) = player.mismatch() {
            return Err(format!("the client at {name} a read: {mismatch}"));
        }
        if !player.is_finished() {
            return Err(format!("the client at {name} a read left some of the tape: {lines:#?}"));
        }
        match &all {
            Some(all) if *all != lines => {
                return Err(format!("the client at {name} a read says {lines:#?}, else {all:#?}"));
            }
            _ => all = Some(lines),
        }
    }
    Ok(all.unwrap_or_default())
}

fn expect(fixture: &Fixture, lines: &str) -> Result<(), String> {
    let path = fixture.expect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return std::fs::write(&path, lines).map_err(|error| error.to_string());
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if lines == expected {
        return Ok(());
    }
    let mut trouble = "the driver makes something else of it than its .expect:".to_owned();
    let (mut got, mut wanted) = (lines.lines(), expected.lines());
    loop {
        match (wanted.next(), got.next()) {
            (None, None) => return Err(trouble),
            (wanted, got) if wanted == got => {}
            (wanted, got) => {
                wanted.iter().for_each(|line| write!(trouble, "\n- {line}").unwrap());
                got.iter().for_each(|line| write!(trouble, "\n+ {line}").unwrap());
            }
        }
    }
}
