//! What can be wrong with a configuration: every fault of the file at once, each with its line.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;

/// Where a part of a configuration comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A file: the one that was named, or one of its drop-ins.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// A text that is in no file.
    Text,
    /// Nobody said anything.
    Default,
}

/// One fault of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which file, or what else.
    pub origin: Origin,
    /// The line there, from 1.
    pub line: usize,
    /// What is wrong there: section, key, what was got, what is possible.
    pub text: String,
}

/// A configuration that cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Everything was read and has faults: at least one, in the order of the files and lines.
    Faults(Vec<Fault>),
}

impl Origin {
    /// Without the folder.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            other => other.to_string(),
        }
    }

    /// Where in it a line is: `/etc/till-status/till-status.toml:12`, `TILL_STATUS_KKT_ADDRESS`.
    #[must_use]
    pub fn at(&self, line: usize) -> String {
        match self {
            Self::File(path) => format!("{}:{line}", path.display()),
            Self::Text => format!("line {line}"),
            Self::Variable(_) | Self::Default => self.to_string(),
        }
    }
}

impl Display for Origin {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Variable(name) => out.write_str(name),
            Self::Text => out.write_str("text"),
            Self::Default => out.write_str("default"),
        }
    }
}

impl Display for Fault {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.origin.at(self.line), self.text)
    }
}

impl ConfigError {
    /// The faults, empty when a file could not be read.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::File { .. } => &[],
            Self::Faults(faults) => faults,
        }
    }
}

impl Display for ConfigError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(out, "{}: {error}", path.display()),
            Self::Faults(faults) => {
                for (n, fault) in faults.iter().enumerate() {
                    let end = if n > 0 { "\n" } else { "" };
                    write!(out, "{end}{fault}")?;
                }
                Ok(())
            }
        }
    }
}

/// The text holds the cause, so there is no source beside it that would be said twice.
impl std::error::Error for ConfigError {}
