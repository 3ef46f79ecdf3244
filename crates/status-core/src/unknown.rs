//! Why a value cannot be told. "Unknown" is never "no".

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::answer::Value;

/// The kind of reason; its name is the problem type `urn:till-status:problem:<name>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nobody has been asked yet.
    Starting,
    /// The service is paused and has let go of every device.
    Paused,
    /// This till has no such device or source in its configuration.
    NotConfigured,
    /// This device or source cannot say it.
    NotSupported,
    /// The port cannot be opened, nothing ever answered, or only garbage comes.
    NotConnected,
    /// Another program holds the device, or we may not open it.
    Busy,
    /// The last observation is older than its maximum age.
    Stale,
    /// The device answered with an error.
    Refused,
    /// A fault makes the value meaningless.
    DeviceFault,
    /// It is not known now whether a receipt is open.
    ReceiptStateUnknown,
    /// The event in question has not been seen since we began to watch.
    NeverSeen,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Starting,
        Self::Paused,
        Self::NotConfigured,
        Self::NotSupported,
        Self::NotConnected,
        Self::Busy,
        Self::Stale,
        Self::Refused,
        Self::DeviceFault,
        Self::ReceiptStateUnknown,
        Self::NeverSeen,
    ];

    /// The name, as in problem types and in the `unknown` of the status document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Paused => "paused",
            Self::NotConfigured => "not-configured",
            Self::NotSupported => "not-supported",
            Self::NotConnected => "not-connected",
            Self::Busy => "busy",
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::DeviceFault => "device-fault",
            Self::ReceiptStateUnknown => "receipt-state-unknown",
            Self::NeverSeen => "never-seen",
        }
    }

    /// 501 when asking again is of no use, else 503.
    pub fn http_status(self) -> u16 {
        match self {
            Self::NotConfigured | Self::NotSupported => 501,
            _ => 503,
        }
    }

    /// A short English title, the same for every occurrence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Starting => "Not asked yet",
            Self::Paused => "Paused",
            Self::NotConfigured => "Not configured on this till",
            Self::NotSupported => "Not supported",
            Self::NotConnected => "Device not connected",
            Self::Busy => "Device busy",
            Self::Stale => "Last observation is too old",
            Self::Refused => "Device refused",
            Self::DeviceFault => "Device fault",
            Self::ReceiptStateUnknown => "Receipt state unknown",
            Self::NeverSeen => "Never seen",
        }
    }

    /// When to ask again: 1..60 s for a 503, nothing for a 501.
    pub fn retry_after(self) -> Option<Duration> {
        let seconds = match self {
            Self::NotConfigured | Self::NotSupported => return None,
            Self::Starting => 1,
            Self::Stale | Self::DeviceFault | Self::ReceiptStateUnknown => 5,
            Self::NotConnected | Self::Busy => 10,
            Self::Paused | Self::Refused | Self::NeverSeen => 30,
        };
        Some(Duration::from_secs(seconds))
    }
}

/// The last value that was known, shown beside the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastKnown {
    /// The value.
    pub value: Value,
    /// When it was observed.
    pub at: Timestamp,
}

/// An unknown value: why, and what a technician should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The kind of reason.
    pub reason: Reason,
    /// English text for a shop technician.
    pub detail: String,
    /// Which source: `kkt`, `scale`, `vision`, `pos`.
    pub device: Option<String>,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// The last value that was known.
    pub last_known: Option<LastKnown>,
    /// When to ask again, 1..60 s; none when asking again is of no use.
    pub retry_after: Option<Duration>,
}

impl Unknown {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
            device: None,
            since: None,
            last_known: None,
            retry_after: reason.retry_after(),
        }
    }

    pub(crate) fn of(mut self, device: &str) -> Self {
        self.device = Some(device.to_owned());
        self
    }

    pub(crate) fn since(mut self, since: Option<Timestamp>) -> Self {
        self.since = since;
        self
    }

    pub(crate) fn last_known(mut self, value: Option<Value>, at: Timestamp) -> Self {
        self.last_known = value.map(|value| LastKnown { value, at });
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(Duration::from_secs(seconds.clamp(1, 60)));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_serde_writes() {
        for reason in Reason::ALL {
            let written = serde_json::to_string(&reason).unwrap();
            assert_eq!(written, format!("\"{}\"", reason.name()));
        }
    }

    #[test]
    fn a_503_says_when_to_come_back_and_a_501_does_not() {
        for reason in Reason::ALL {
            match reason.http_status() {
                501 => assert_eq!(reason.retry_after(), None, "{reason:?}"),
                503 => {
                    let seconds = reason.retry_after().unwrap().as_secs();
                    assert!((1..=60).contains(&seconds), "{reason:?}: {seconds}");
                }
                other => panic!("{reason:?}: {other}"),
            }
        }
    }
}
