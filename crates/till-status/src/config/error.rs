//! What can be wrong with a configuration: every fault of the file at once, each with its line.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;

/// One fault of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
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
    /// The file was read and has faults; all of them are listed.
    Faults {
        /// Which file; `None` when the text came from elsewhere.
        path: Option<PathBuf>,
        /// At least one, in the order of the file.
        faults: Vec<Fault>,
    },
}

impl ConfigError {
    /// The faults of the file, empty when it could not be read.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::File { .. } => &[],
            Self::Faults { faults, .. } => faults,
        }
    }
}

impl Display for ConfigError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(out, "{}: {error}", path.display()),
            Self::Faults { path, faults } => {
                for (n, fault) in faults.iter().enumerate() {
                    if n > 0 {
                        out.write_str("\n")?;
                    }
                    match path {
                        Some(path) => write!(out, "{}:", path.display())?,
                        None => out.write_str("line ")?,
                    }
                    write!(out, "{}: {}", fault.line, fault.text)?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { error, .. } => Some(error),
            Self::Faults { .. } => None,
        }
    }
}
