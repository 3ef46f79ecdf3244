//! The grammar of a tape, see docs/tapes.md.

use std::time::Duration;

use super::print::is_text;
use super::{Action, Header, Origin, Step, Tape, TapeError};

const KEYS: &str = "Device, Firmware, Line, Protocol, Host, Origin, Source, Date, Scrubbed or Note";

pub(super) fn tape(text: &str) -> Result<Tape, TapeError> {
    let (header, steps, last) = parts(text)?;
    let header = header.finish(last)?;
    if steps.is_empty() {
        return Err(wrong(last, "the end", "at least one step"));
    }
    Ok(Tape { header, steps })
}

/// Steps alone. A header may stand before them, and a step may leave out its time.
pub(super) fn steps(text: &str) -> Result<Vec<Step>, TapeError> {
    let timed = |line: &str| match line.split_at_checked(1) {
        Some((direction @ ("<" | ">"), rest)) if !rest.trim_start().starts_with('+') => {
            format!("{direction} +0ms {rest}\n")
        }
        _ => format!("{line}\n"),
    };
    parts(&text.lines().map(timed).collect::<String>()).map(|(_, steps, _)| steps)
}

/// The header as far as it goes, the steps, and the last line that holds something.
fn parts(text: &str) -> Result<(Keys, Vec<Step>, usize), TapeError> {
    let mut header = Keys::default();
    let mut steps = Vec::new();
    // The step that more lines may continue, and the line it began on.
    let mut open: Option<(usize, Step)> = None;
    let mut last = 0;

    for (line, text) in (1..).zip(text.split('\n')) {
        if text.contains('\r') {
            return Err(wrong(line, "a carriage return", "lines that end with LF alone"));
        }
        if !text.trim().is_empty() {
            last = line;
        }
        let before_steps = steps.is_empty() && open.is_none();
        match text.chars().next() {
            None => {}
            Some('#') if before_steps => header.comment(line, text)?,
            Some('#') => {}
            Some('>' | '<' | '!') => {
                close(open.take(), &mut steps)?;
                if let Some(Step { action: Action::Close, .. }) = steps.last() {
                    return Err(wrong(line, "a step", "nothing after a close"));
                }
                open = Some((line, step(line, text)?));
            }
            Some(blank) if blank.is_whitespace() => match &mut open {
                Some((_, Step { action: Action::Host(into) | Action::Device(into), .. })) => {
                    bytes(line, text, into)?;
                }
                _ => nothing(line, text)?,
            },
            Some(other) => {
                let expected = "a line that begins with >, <, !, # or a blank";
                return Err(wrong(line, &format!("'{other}'"), expected));
            }
        }
    }
    close(open.take(), &mut steps)?;
    Ok((header, steps, last.max(1)))
}

/// A step is complete when the next one begins.
fn close(open: Option<(usize, Step)>, steps: &mut Vec<Step>) -> Result<(), TapeError> {
    let Some((line, step)) = open else { return Ok(()) };
    if let Action::Host(bytes) | Action::Device(bytes) = &step.action {
        if bytes.is_empty() {
            return Err(wrong(line, "a step without bytes", BYTES));
        }
    }
    steps.push(step);
    Ok(())
}

/// `dir " +" n "ms " bytes`
fn step(line: usize, text: &str) -> Result<Step, TapeError> {
    let expected = "> +<n>ms <bytes>, < +<n>ms <bytes> or ! +<n>ms close";
    let malformed = || wrong(line, &format!("`{}`", text.trim_end()), expected);
    let (direction, rest) = text.split_at_checked(1).ok_or_else(malformed)?;
    let (number, rest) =
        rest.strip_prefix(" +").and_then(|rest| rest.split_once("ms")).ok_or_else(malformed)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong(line, &format!("`+{number}ms`"), "whole milliseconds, such as +12ms"));
    }
    let number: u32 = number
        .parse()
        .map_err(|_| wrong(line, &format!("`+{number}ms`"), "at most +4294967295ms"))?;
    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return Err(malformed());
    }
    let after = Duration::from_millis(number.into());
    let mut message = Vec::new();
    let action = match direction {
        "!" => match rest.split('#').next().map(str::trim) {
            Some("close") => Action::Close,
            got => return Err(wrong(line, &format!("`{}`", got.unwrap_or_default()), "close")),
        },
        ">" => {
            bytes(line, rest, &mut message)?;
            Action::Host(message)
        }
        _ => {
            bytes(line, rest, &mut message)?;
            Action::Device(message)
        }
    };
    Ok(Step { after, action })
}

/// `{ two hex digits | "text" }`, to the end of the line or to a comment.
fn bytes(line: usize, text: &str, into: &mut Vec<u8>) -> Result<(), TapeError> {
    let mut rest = text.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        rest = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (text, after) = quoted
                    .split_once('"')
                    .ok_or_else(|| wrong(line, &format!("`\"{quoted}`"), "a closing quote"))?;
                if let Some(other) = text.chars().find(|&c| !u8::try_from(c).is_ok_and(is_text)) {
                    let got = format!("{other:?} between quotes");
                    return Err(wrong(line, &got, "printable ASCII there, all else in hex"));
                }
                into.extend_from_slice(text.as_bytes());
                after
            }
            None => {
                let end = rest.find(|c: char| c.is_whitespace() || c == '#').unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                into.push(hex(word).ok_or_else(|| wrong(line, &format!("`{word}`"), BYTES))?);
                after
            }
        };
        if !rest.is_empty() && !rest.starts_with(|c: char| c.is_whitespace() || c == '#') {
            return Err(wrong(line, &format!("`{rest}`"), "a blank between bytes"));
        }
        rest = rest.trim_start();
    }
    Ok(())
}

fn hex(word: &str) -> Option<u8> {
    let digits = word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u8::from_str_radix(word, 16).ok()).flatten()
}

/// An indented line that continues nothing may only hold a comment.
fn nothing(line: usize, text: &str) -> Result<(), TapeError> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(());
    }
    Err(wrong(line, &format!("`{text}`"), "a step before the bytes that continue it"))
}

/// The header as it is being read.
#[derive(Default)]
struct Keys {
    device: Option<String>,
    firmware: Option<String>,
    line: Option<String>,
    protocol: Option<String>,
    host: Option<String>,
    origin: Option<Origin>,
    source: Option<String>,
    date: Option<String>,
    scrubbed: Option<String>,
    notes: Vec<String>,
}

impl Keys {
    /// A comment before the first step is a header if its key has no blank.
    fn comment(&mut self, line: usize, text: &str) -> Result<(), TapeError> {
        let Some((key, value)) = text.strip_prefix("# ").and_then(|rest| rest.split_once(':'))
        else {
            return Ok(());
        };
        let is_key = !key.is_empty() && !key.contains(char::is_whitespace);
        if !is_key || !(value.is_empty() || value.starts_with(' ')) {
            return Ok(());
        }
        let value = value.trim();
        if value.is_empty() {
            return Err(wrong(line, &format!("{key} without a value"), "it filled in"));
        }
        let place = match key {
            "Device" => &mut self.device,
            "Firmware" => &mut self.firmware,
            "Line" => &mut self.line,
            "Protocol" => &mut self.protocol,
            "Host" => &mut self.host,
            "Source" => &mut self.source,
            "Scrubbed" => &mut self.scrubbed,
            "Date" if !is_date(value) => {
                return Err(wrong(line, &format!("Date `{value}`"), "YYYY-MM-DD"));
            }
            "Date" => &mut self.date,
            "Origin" => {
                let origin = Origin::from_name(value).ok_or_else(|| {
                    let expected = "recorded, documented, derived or synthetic";
                    wrong(line, &format!("Origin `{value}`"), expected)
                })?;
                return once(line, key, &mut self.origin, origin);
            }
            "Note" => {
                self.notes.push(value.to_owned());
                return Ok(());
            }
            _ => return Err(wrong(line, &format!("the key `{key}`"), KEYS)),
        };
        once(line, key, place, value.to_owned())
    }

    fn finish(self, line: usize) -> Result<Header, TapeError> {
        let missing = |key: &str| {
            wrong(line, "the end of the header", &format!("the key {key} before the first step"))
        };
        Ok(Header {
            device: self.device.ok_or_else(|| missing("Device"))?,
            firmware: self.firmware,
            line: self.line.ok_or_else(|| missing("Line"))?,
            protocol: self.protocol.ok_or_else(|| missing("Protocol"))?,
            host: self.host,
            origin: self.origin.ok_or_else(|| missing("Origin"))?,
            source: self.source.ok_or_else(|| missing("Source"))?,
            date: self.date.ok_or_else(|| missing("Date"))?,
            scrubbed: self.scrubbed,
            notes: self.notes,
        })
    }
}

fn once<T>(line: usize, key: &str, place: &mut Option<T>, value: T) -> Result<(), TapeError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(wrong(line, &format!("{key} a second time"), "each key once, but Note")),
    }
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut part = |length: usize, most: u16| {
        parts.next().is_some_and(|part| {
            part.len() == length
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && part.parse().is_ok_and(|number: u16| (1..=most).contains(&number))
        })
    };
    part(4, 9999) && part(2, 12) && part(2, 31) && parts.next().is_none()
}

fn wrong(line: usize, got: &str, expected: &str) -> TapeError {
    TapeError { line, got: got.to_owned(), expected: expected.to_owned() }
}

const BYTES: &str = "two hex digits, a \"text\" or a # comment";
