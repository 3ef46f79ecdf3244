//! The text form of a tape.

use std::fmt::{self, Display, Formatter};

use super::{Action, Header, Step};

/// The most columns of a line.
const COLUMNS: usize = 100;
/// So many printable characters in a row are written as text.
const TEXT_RUN: usize = 6;

impl Display for Header {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let mut key = |name: &str, value: Option<&str>| match value {
            Some(value) => writeln!(out, "# {name}: {value}"),
            None => Ok(()),
        };
        key("Device", Some(&self.device))?;
        key("Firmware", self.firmware.as_deref())?;
        key("Line", Some(&self.line))?;
        key("Protocol", Some(&self.protocol))?;
        key("Host", self.host.as_deref())?;
        key("Origin", Some(self.origin.name()))?;
        key("Source", Some(&self.source))?;
        key("Date", Some(&self.date))?;
        key("Scrubbed", self.scrubbed.as_deref())?;
        self.notes.iter().try_for_each(|note| key("Note", Some(note)))
    }
}

/// A header to be filled in by a person; refused by the parser until it is.
pub(crate) fn empty_header(out: &mut Formatter<'_>) -> fmt::Result {
    ["Device", "Line", "Protocol", "Origin", "Source", "Date"]
        .into_iter()
        .try_for_each(|key| writeln!(out, "# {key}:"))
}

/// One line for each step, continued where it would be too long.
pub(crate) fn steps(out: &mut Formatter<'_>, steps: &[Step]) -> fmt::Result {
    for step in steps {
        let after = step.after.as_millis();
        match &step.action {
            Action::Host(bytes) => message(out, &format!("> +{after}ms"), bytes)?,
            Action::Device(bytes) => message(out, &format!("< +{after}ms"), bytes)?,
            Action::Close => writeln!(out, "! +{after}ms close")?,
        }
    }
    Ok(())
}

fn message(out: &mut Formatter<'_>, start: &str, bytes: &[u8]) -> fmt::Result {
    let mut line = start.to_owned();
    for word in words(bytes) {
        if line.len() + 1 + word.len() > COLUMNS {
            writeln!(out, "{line}")?;
            line = " ".repeat(start.len());
        }
        line.push(' ');
        line.push_str(&word);
    }
    writeln!(out, "{line}")
}

/// Hexadecimal pairs, and quoted text where many printable characters follow each other.
fn words(mut bytes: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    while let Some((first, rest)) = bytes.split_first() {
        let run = bytes.iter().take(COLUMNS / 2).take_while(|&&byte| is_text(byte)).count();
        if run >= TEXT_RUN {
            let (text, after) = bytes.split_at(run);
            words.push(format!("\"{}\"", String::from_utf8_lossy(text)));
            bytes = after;
        } else {
            words.push(format!("{first:02X}"));
            bytes = rest;
        }
    }
    words
}

/// Whether a byte may stand between quotes: printable ASCII but the quote itself.
pub(super) fn is_text(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) && byte != b'"'
}
