//! Tapes and what stands beside them.

use std::path::Path;

use till_port::{Tape, TapeError};

const COLUMNS: usize = 100;

pub(super) fn check(path: &Path, content: &str, add: &mut impl FnMut(usize, String)) {
    let beside = match super::extension(path) {
        "tape" => "expect",
        "expect" => "tape",
        _ => return,
    };
    if !path.with_extension(beside).exists() {
        add(0, format!("has no .{beside} beside it"));
    }
    if beside == "tape" {
        return;
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let parts: Vec<_> = stem.split("--").collect();
    if parts.len() != 2 || parts.iter().any(|part| !is_kebab(part)) {
        add(0, "is named otherwise than <what>--<circumstance>.tape".into());
    }
    if let Err(TapeError { line, got, expected }) = content.parse::<Tape>() {
        add(line, format!("got {got}, expected {expected}"));
    }
    for (line, text) in (1..).zip(content.lines()) {
        let columns = text.chars().count();
        if columns > COLUMNS {
            add(line, format!("{columns} columns, expected at most {COLUMNS}"));
        }
    }
}

fn is_kebab(part: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !part.is_empty() && part.bytes().all(allowed)
}
