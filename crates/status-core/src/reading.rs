//! A value together with when, by whom and on what evidence it was observed.

use serde::{Deserialize, Serialize};

use crate::{evidence::Evidence, time::Moment};

/// Who observed a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observer {
    /// The driver of the fiscal printer.
    Kkt,
    /// The driver of the scale.
    Scale,
    /// The probe of the Vision link.
    Vision,
    /// The till program, by its events.
    Events,
}

/// One observed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<T> {
    /// The value.
    pub value: T,
    /// When it was observed.
    pub at: Moment,
    /// By whom.
    pub by: Observer,
    /// How well its meaning is known.
    pub evidence: Evidence,
}
