//! What a till answers, whichever API told it: bytes become an [`Observation`]. No I/O.

mod combined;
mod seven;

use jiff::Timestamp;
use status_core::{Endpoint, Severity, Value};

pub use combined::combined;
pub use seven::{Reply, seven};

/// What one till says now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// The seven values, as far as they have been told, in the order of [`Endpoint::ALL`].
    pub values: [Option<Said>; 7],
    /// The problems that the till itself names. Only a combined document has any.
    pub problems: Vec<Named>,
    /// What else a combined document tells.
    pub details: Option<Box<Details>>,
}

impl Observation {
    /// What it says about one of the seven.
    pub fn value(&self, endpoint: Endpoint) -> Option<&Said> {
        self.values.get(index(endpoint)).and_then(Option::as_ref)
    }

    /// Takes one of the seven.
    pub fn tell(&mut self, endpoint: Endpoint, said: Said) {
        if let Some(value) = self.values.get_mut(index(endpoint)) {
            *value = Some(said);
        }
    }
}

fn index(endpoint: Endpoint) -> usize {
    Endpoint::ALL.iter().position(|one| *one == endpoint).unwrap_or_default()
}

/// What a till says about one of the seven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// 200: the value.
    Value(Value),
    /// 204: there is none: no open receipt, no paper, no link.
    None,
    /// It does not know now. Never to be read as "no".
    Unknown(Why),
    /// This till never knows it: 501, or 404 at a till that has only the seven.
    Lacking(Why),
    /// It said something that is no answer to this question.
    Nonsense(String),
}

/// Why a value is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The kind, as in `urn:till-status:problem:…`; empty where the till gives none.
    pub reason: String,
    /// For a technician; at most 300 characters.
    pub detail: String,
}

impl Why {
    fn new(reason: impl Into<String>, detail: &str) -> Self {
        Self { reason: reason.into(), detail: short(detail) }
    }
}

/// A problem that a till names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Stable, in English.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// `kkt`, `scale`, `vision`, `pos`, `till`.
    pub source: String,
    /// Since when, by the till's clock.
    pub since: Option<Timestamp>,
    /// A sentence, in the language that was asked for.
    pub text: String,
}

/// What a combined document tells beside the seven values and the problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The till's clock.
    pub time: Option<Timestamp>,
    /// The version of its service.
    pub version: String,
    /// The hash of its configuration.
    pub config: String,
    /// The state of each device: `kkt`, `scale`, `vision`.
    pub devices: Vec<(String, String)>,
    /// Model, serial number and firmware of the KKT, as far as they are known.
    pub kkt: String,
    /// Since when the first document has waited for the OFD.
    pub first_unsent: Option<Timestamp>,
    /// Is a receipt open?
    pub receipt: Option<bool>,
}

/// At most 300 characters of a text that came from outside, without control characters.
fn short(text: &str) -> String {
    let mut short: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

const LONGEST: usize = 300;

#[cfg(test)]
mod tests;
