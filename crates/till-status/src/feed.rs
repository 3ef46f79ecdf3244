//! What a till program tells without being changed: its log, by rules of the configuration, or the seven
//! endpoints of its own.
//!
//! ```text
//! log ─ follow ─ lines ─ encoding ─ rule, time ─ events ─> Snapshot::follow
//! endpoints ─ client ─ seven, time ─ what they said ─> Snapshot::seven_said
//! ```

pub(crate) mod client;
mod encoding;
pub(crate) mod follow;
mod lines;
mod rule;
pub(crate) mod seven;
mod time;

pub use encoding::Encoding;
pub use follow::files::LogPath;
pub use lines::Lines;
pub use rule::{Found, LogEvent, Rule, Rules, What};
pub use seven::Written;
pub use time::{Clock, WrittenTime};
