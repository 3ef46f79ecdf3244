//! How well the meaning of a value is known.

use serde::{Deserialize, Serialize};

/// What the reading of a value rests on, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Seen on a real device.
    Device,
    /// Printed in the maker's documentation, or in ours for what a till program tells.
    Documented,
    /// Taken from other programs that speak to the device.
    Implementation,
    /// An inference that nobody has confirmed. The seven answers do not serve it
    /// unless the settings accept it by name.
    Assumed,
}

impl Evidence {
    /// All of them, best first.
    pub const ALL: [Self; 4] =
        [Self::Device, Self::Documented, Self::Implementation, Self::Assumed];

    /// The name in documents and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Documented => "documented",
            Self::Implementation => "implementation",
            Self::Assumed => "assumed",
        }
    }
}
