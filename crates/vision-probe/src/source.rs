//! What is looked at, by its text in a configuration.

use std::fmt;
use std::str::FromStr;

use crate::target::{Target, TargetError};
use crate::trace::{Trace, TraceError};

/// One thing that shows whether the link is up.
///
/// ```text
/// process:visiond            passive, see Trace
/// unit:visiond.service
/// connection:10.0.0.7:9000
/// tcp://10.0.0.7:9000        active, see Target
/// http://10.0.0.7:8090/health
/// https://vision.example/health
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// What the system shows of the link; nothing is sent.
    Passive(Trace),
    /// An end that is tried.
    Active(Target),
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        match Trace::parse(text) {
            Some(trace) => Ok(Self::Passive(trace?)),
            None => Ok(Self::Active(Target::parse(text)?)),
        }
    }
}

/// A text that names nothing to look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A passive one.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// An active one, or none at all.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passive(trace) => trace.fmt(out),
            Self::Active(target) => target.fmt(out),
        }
    }
}
