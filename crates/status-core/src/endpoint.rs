//! The seven questions.

use serde::{Deserialize, Serialize};

/// One of the seven endpoints under `/api/v1/status/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Time of the last activity in the open receipt.
    LastReceiptTime,
    /// Time the last receipt was closed.
    Downtime,
    /// Id of the current user's role (or of the user, by the settings).
    UserRoleId,
    /// Number of documents not yet sent to the OFD.
    Ofd,
    /// Is there paper in the fiscal printer?
    Paper,
    /// Is the link to SuperMag Vision up?
    Vision,
    /// The weight on the scale while no receipt is open.
    Weight,
}

impl Endpoint {
    /// All seven, in the order of the manual.
    pub const ALL: [Self; 7] = [
        Self::LastReceiptTime,
        Self::Downtime,
        Self::UserRoleId,
        Self::Ofd,
        Self::Paper,
        Self::Vision,
        Self::Weight,
    ];

    /// The last part of the path.
    pub fn name(self) -> &'static str {
        match self {
            Self::LastReceiptTime => "last_receipt_time",
            Self::Downtime => "downtime",
            Self::UserRoleId => "user_role_id",
            Self::Ofd => "ofd",
            Self::Paper => "paper",
            Self::Vision => "vision",
            Self::Weight => "weight",
        }
    }

    /// The endpoint of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.name() == name)
    }
}
