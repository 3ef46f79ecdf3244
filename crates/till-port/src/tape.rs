//! A tape: a readable dialogue of bytes, with timing and provenance.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

mod parse;
mod print;

/// A dialogue between a host and a device.
///
/// [`FromStr`] reads the text form and [`Display`] writes it; comments are not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tape {
    /// Where the bytes come from.
    pub header: Header,
    /// What was said, in order.
    pub steps: Vec<Step>,
}

/// The provenance of a tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `Device`: maker and model, or whose understanding of it.
    pub device: String,
    /// `Firmware`: its version, where it is known.
    pub firmware: Option<String>,
    /// `Line`: what carried the bytes, such as `tcp` or `serial 57600 8E1`.
    pub line: String,
    /// `Protocol`: the name of the decoder, such as `atol-v3`.
    pub protocol: String,
    /// `Host`: who spoke the host's side; `None` on a one-sided tape.
    pub host: Option<String>,
    /// `Origin`: what the tape can prove.
    pub origin: Origin,
    /// `Source`: where exactly the bytes were found.
    pub source: String,
    /// `Date`: when the tape was made, `YYYY-MM-DD`.
    pub date: String,
    /// `Scrubbed`: what was made anonymous.
    pub scrubbed: Option<String>,
    /// `Note`: anything else, in order.
    pub notes: Vec<String>,
}

/// What a tape can prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The device's bytes came from a real device.
    Recorded,
    /// The bytes are printed in a manual or protocol description.
    Documented,
    /// The bytes are published in other software or its tests, or another program produced them.
    Derived,
    /// The bytes are ours, whoever accepted them: proves plumbing, never the protocol.
    Synthetic,
}

/// One message, or the end of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Time since the previous step, in whole milliseconds.
    ///
    /// Before a device's message it is the device's thinking time; before a host's it informs.
    pub after: Duration,
    /// What happened.
    pub action: Action,
}

/// What happens at a step of a tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `>`: the host said this.
    Host(Vec<u8>),
    /// `<`: the device said this.
    Device(Vec<u8>),
    /// `! close`: the line was closed or unplugged.
    Close,
}

/// A text that is no tape: the line, what stands there, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: got {got}, expected {expected}")]
pub struct TapeError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What stands there.
    pub got: String,
    /// What should stand there.
    pub expected: String,
}

/// A file that cannot be read as a tape.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the tape {path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is no tape.
    #[error("{path}, {cause}")]
    Tape {
        /// The file.
        path: PathBuf,
        /// Where and why.
        cause: TapeError,
    },
}

impl Tape {
    /// Reads a tape from a file.
    ///
    /// # Errors
    /// [`LoadError`] when the file cannot be read, or is no tape.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|cause| LoadError::File { path: path.to_owned(), cause })?;
        text.parse().map_err(|cause| LoadError::Tape { path: path.to_owned(), cause })
    }

    /// Reads the steps of a dialogue that need not be a whole tape: the header may be missing, and
    /// so may the time of a step.
    ///
    /// # Errors
    /// [`TapeError`] with the line, what stands there and what was expected.
    pub fn parse_steps(text: &str) -> Result<Vec<Step>, TapeError> {
        parse::steps(text)
    }

    /// How many messages the tape has, from both sides.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.steps.iter().filter(|step| step.action != Action::Close).count()
    }
}

impl FromStr for Tape {
    type Err = TapeError;

    fn from_str(text: &str) -> Result<Self, TapeError> {
        parse::tape(text)
    }
}

impl Display for Tape {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.header)?;
        print::steps(out, &self.steps)
    }
}

impl Origin {
    /// All origins, the strongest first.
    pub const ALL: [Self; 4] = [Self::Recorded, Self::Documented, Self::Derived, Self::Synthetic];

    /// The word in the header of a tape.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Documented => "documented",
            Self::Derived => "derived",
            Self::Synthetic => "synthetic",
        }
    }

    /// The origin with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.name() == name)
    }
}

impl Display for Origin {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

pub(crate) use print::{empty_header, steps as print_steps};

#[cfg(test)]
mod tests;
