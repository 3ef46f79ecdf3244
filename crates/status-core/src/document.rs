//! The status document: everything about one till, always whole. The names are those of the HTTP
//! contract (docs/api.md).

mod build;
mod stamp;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use build::document;
pub use stamp::{Grams, Stamp};

use crate::{
    condition::DeviceState,
    event::Paper,
    evidence::Evidence,
    kkt::{FiscalStorageFlag, PrinterFault},
    problem::{Overall, Severity},
    unknown::Reason,
};

/// Everything about one till. What is unknown is `None`, and `unknown` of its section says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Document {
    /// The version of this form: 1.
    pub schema: u32,
    pub overall: Overall,
    pub till: Till,
    pub receipt: Receipt,
    pub user: User,
    pub kkt: Kkt,
    pub scale: Scale,
    pub vision: Vision,
    pub problems: Vec<Problem>,
}

/// The till itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Till {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// The till's clock.
    pub time: Stamp,
    pub version: String,
    pub config: String,
    pub started_at: Stamp,
}

/// The till's receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Receipt {
    pub state: ReceiptState,
    /// `events`, `kkt` or `none`.
    pub source: String,
    /// The till program told it before this service was started anew, and nothing since; only then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restored: bool,
    pub opened_at: Option<Stamp>,
    pub last_activity_at: Option<Stamp>,
    pub last_closed_at: Option<Stamp>,
    /// Only where something is unknown.
    #[serde(default, skip_serializing_if = "Unknowns::is_empty")]
    pub unknown: Unknowns,
}

/// Is a receipt open?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum ReceiptState {
    Open,
    Closed,
    Unknown,
}

impl ReceiptState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Closed, Self::Unknown];
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct User {
    pub role_id: Option<String>,
    /// Only where the settings publish it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `events`, `kkt` or `none`.
    pub source: String,
    /// Only where it is unknown; a null without a reason says that nobody is signed in.
    #[serde(default, skip_serializing_if = "Unknowns::is_empty")]
    pub unknown: Unknowns,
}

/// Why a value is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Why {
    #[serde(rename = "type")]
    pub reason: Reason,
    pub detail: String,
}

/// Unknown values of a section, by their path in it.
pub type Unknowns = BTreeMap<String, Why>;

/// The fiscal printer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Kkt {
    pub state: DeviceState,
    /// What is wrong with the device, for a technician.
    pub reason: Option<String>,
    pub driver: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub firmware: Option<String>,
    /// The last good answer.
    pub observed_at: Option<Stamp>,
    pub age_seconds: Option<u64>,
    pub paper: Option<Paper>,
    pub cover: Option<Door>,
    pub drawer: Option<Door>,
    pub printer_faults: Option<Vec<PrinterFault>>,
    pub ofd: Ofd,
    pub shift: ShiftSection,
    pub fiscal_storage: FiscalStorage,
    pub marking: Marking,
    pub device_time: Option<Stamp>,
    /// The KKT's clock minus the till's.
    pub clock_skew_seconds: Option<i64>,
    pub unknown: Unknowns,
}

/// A cover or a drawer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Door {
    Open,
    Closed,
}

impl Door {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Open, Self::Closed];
}

/// The documents that wait for the OFD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Ofd {
    pub unsent_documents: Option<u32>,
    /// Null also when nothing is unsent.
    pub first_unsent_number: Option<u32>,
    pub first_unsent_at: Option<Stamp>,
    pub evidence: Option<Evidence>,
}

/// The shift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ShiftSection {
    pub state: Option<ShiftState>,
    pub number: Option<u32>,
    pub opened_at: Option<Stamp>,
}

/// The state of the shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum ShiftState {
    Closed,
    Open,
    /// Open for more than 24 h.
    Expired,
}

impl ShiftState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::Expired];
}

/// The fiscal storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FiscalStorage {
    pub number: Option<String>,
    pub valid_until: Option<jiff::civil::Date>,
    pub flags: Option<Vec<FiscalStorageFlag>>,
}

/// Marked goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Marking {
    pub unsent_notifications: Option<u32>,
}

/// The scale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Scale {
    pub state: DeviceState,
    pub reason: Option<String>,
    pub protocol: Option<String>,
    pub observed_at: Option<Stamp>,
    pub age_seconds: Option<u64>,
    pub weight_grams: Option<Grams>,
    pub tare_grams: Option<Grams>,
    pub stable: Option<bool>,
    pub zero: Option<bool>,
    pub net: Option<bool>,
    pub unknown: Unknowns,
}

/// The Vision link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Vision {
    pub state: VisionState,
    pub reason: Option<String>,
    pub observed_at: Option<Stamp>,
    pub age_seconds: Option<u64>,
    /// What the verdict rests on.
    pub evidence: Option<String>,
}

/// The state of the Vision link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum VisionState {
    Up,
    Down,
    Stale,
    NotConnected,
    Busy,
    Refused,
    Starting,
    Paused,
    NotConfigured,
}

impl VisionState {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Up,
        Self::Down,
        Self::Stale,
        Self::NotConnected,
        Self::Busy,
        Self::Refused,
        Self::Starting,
        Self::Paused,
        Self::NotConfigured,
    ];
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Problem {
    pub code: String,
    pub severity: Severity,
    pub source: String,
    pub since: Option<Stamp>,
    pub text: String,
}

#[cfg(test)]
mod tests;
