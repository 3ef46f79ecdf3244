//! What is wrong with a till, for people: stable codes, a severity, since when, a sentence.

mod find;
mod text;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use find::overall;
pub use find::problems;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable, in English: `ofd-queue-old`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where: `kkt`, `scale`, `vision`, `pos`, `till`.
    pub source: &'static str,
    /// Since when, by the till's clock.
    pub since: Option<Timestamp>,
    /// One sentence in the language asked for.
    pub text: String,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The till works; somebody should look.
    Warning,
    /// The till does not work, or soon will not.
    Critical,
}

impl Severity {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Warning, Self::Critical];
}

/// The till in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overall {
    /// Everything that this till can tell is known, and nothing is wrong.
    Ok,
    /// The worst problem is a warning.
    Warning,
    /// There is a critical problem.
    Critical,
    /// No problem is known, but an answer that this till should have is unknown.
    Unknown,
}

impl Overall {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Warning, Self::Critical, Self::Unknown];
}

/// The language of texts for people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Russian.
    #[default]
    Ru,
    /// English.
    En,
}

/// The codes of all problems.
pub fn problem_codes() -> impl Iterator<Item = &'static str> {
    text::SENTENCES.iter().map(|(code, _, _)| *code)
}

#[cfg(test)]
mod tests;
