//! What a till program tells: `POST /till/v1/pos/events`.
//!
//! A batch is one JSON object or an array of them. It is checked whole before anything of it is applied,
//! and a bad one is refused with the element and the key at fault.

mod json;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The most events in one batch.
pub const MAX_EVENTS: usize = 1000;
/// The longest id of an event, of a role or of a user, in bytes.
pub const MAX_ID: usize = 128;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When, by the till program. Default: now.
    pub at: Option<Timestamp>,
    /// Its id. An id that came before is ignored.
    pub id: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// `receipt-opened`
    ReceiptOpened,
    /// `item-added`
    ItemAdded,
    /// `receipt-closed`
    ReceiptClosed,
    /// `receipt-cancelled`
    ReceiptCancelled,
    /// `user-signed-in`
    UserSignedIn(User),
    /// `user-signed-out`
    UserSignedOut,
    /// `kkt-status`
    KktStatus(KktStatus),
    /// `kkt-released`: the till program has let go of the fiscal printer.
    KktReleased,
    /// `kkt-taken`: the till program holds the fiscal printer.
    KktTaken,
    /// `alive`
    Alive,
    /// `hello`: the full present state after a restart of the till program.
    Hello(Hello),
}

impl EventKind {
    /// The names of all kinds.
    pub const NAMES: [&'static str; 11] = [
        "receipt-opened",
        "item-added",
        "receipt-closed",
        "receipt-cancelled",
        "user-signed-in",
        "user-signed-out",
        "kkt-status",
        "kkt-released",
        "kkt-taken",
        "alive",
        "hello",
    ];
}

/// The user who signed in, by role, by person or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The id of the role.
    pub role_id: Option<String>,
    /// The id of the user.
    pub user_id: Option<String>,
}

/// What the till program knows about the fiscal printer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KktStatus {
    /// The paper.
    pub paper: Option<Paper>,
    /// The number of unsent documents.
    pub unsent_documents: Option<u32>,
    /// When the first of them was made.
    pub first_unsent_at: Option<Timestamp>,
}

/// The paper of the fiscal printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paper {
    /// There is paper.
    Present,
    /// There is paper, but not much.
    NearEnd,
    /// There is none.
    Out,
}

impl Paper {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Present, Self::NearEnd, Self::Out];
}

/// The full present state of the till program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// A receipt is open.
    pub open: bool,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When something was last done in a receipt.
    pub last_activity_at: Option<Timestamp>,
    /// When the last receipt was closed.
    pub last_closed_at: Option<Timestamp>,
    /// The user.
    pub user: HelloUser,
}

/// The user in a `hello`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelloUser {
    /// The key is absent: the till program does not say.
    NotTold,
    /// `null`: nobody is signed in.
    Nobody,
    /// Somebody is.
    SignedIn(User),
}

/// Reads a batch: one object or an array, every element and key checked.
///
/// ```
/// let events = status_core::parse_events(br#"{"event":"user-signed-in","role_id":"12"}"#)?;
/// assert_eq!(events.len(), 1);
///
/// let error = status_core::parse_events(br#"[{"event":"alive"},{"event":"alive","at":"noon"}]"#).unwrap_err();
/// assert_eq!(error.to_string(), "element 1, key \"at\": expected an RFC 3339 time with its offset, from the year 2000 on, got \"noon\"");
/// # Ok::<(), status_core::EventError>(())
/// ```
pub fn parse_events(json: &[u8]) -> Result<Vec<Event>, EventError> {
    json::parse(json)
}

/// Why a batch was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EventError {
    /// Not JSON, or cut off.
    #[error("expected JSON, got something else: {0}")]
    NotJson(String),
    /// JSON, but neither an object nor an array.
    #[error("expected one event object or an array of them, got {got}")]
    NotABatch {
        /// What it is.
        got: &'static str,
    },
    /// Too many events at once.
    #[error("expected at most {MAX_EVENTS} events in one batch, got more")]
    TooMany,
    /// An element is no object.
    #[error("element {element}: expected an object, got {got}")]
    NotAnObject {
        /// Its index, from 0.
        element: usize,
        /// What it is.
        got: &'static str,
    },
    /// A required key is absent.
    #[error("element {element}: key {key:?} is missing: expected {expected}")]
    Missing {
        /// The element's index, from 0.
        element: usize,
        /// The key.
        key: String,
        /// What should be there.
        expected: String,
    },
    /// A key that this kind of event does not have.
    #[error("element {element}: unknown key {key:?}: expected one of {expected}")]
    UnknownKey {
        /// The element's index, from 0.
        element: usize,
        /// The key.
        key: String,
        /// The keys that this kind has.
        expected: String,
    },
    /// A key that comes twice.
    #[error("element {element}: key {key:?} comes twice")]
    Repeated {
        /// The element's index, from 0.
        element: usize,
        /// The key.
        key: String,
    },
    /// A value that the key cannot have.
    #[error("element {element}, key {key:?}: expected {expected}, got {got}")]
    Value {
        /// The element's index, from 0.
        element: usize,
        /// The key; `user.role_id` inside an object.
        key: String,
        /// What it may be.
        expected: String,
        /// What it is, shortened.
        got: String,
    },
}

impl EventError {
    /// The index of the element at fault, from 0; 0 also for an object outside an array.
    pub fn element(&self) -> Option<usize> {
        match self {
            Self::NotJson(_) | Self::NotABatch { .. } | Self::TooMany => None,
            Self::NotAnObject { element, .. }
            | Self::Missing { element, .. }
            | Self::UnknownKey { element, .. }
            | Self::Repeated { element, .. }
            | Self::Value { element, .. } => Some(*element),
        }
    }

    /// The key at fault.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::NotJson(_)
            | Self::NotABatch { .. }
            | Self::TooMany
            | Self::NotAnObject { .. } => None,
            Self::Missing { key, .. }
            | Self::UnknownKey { key, .. }
            | Self::Repeated { key, .. }
            | Self::Value { key, .. } => Some(key),
        }
    }
}

#[cfg(test)]
mod tests;
