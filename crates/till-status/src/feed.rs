//! What a till program tells without being asked to: its log, by rules of the configuration.
//!
//! ```text
//! log ─ follow ─ lines ─ encoding ─ rule, time ─ events ─> Snapshot::follow
//! ```

mod encoding;
pub(crate) mod follow;
mod lines;
mod rule;
mod time;

pub use encoding::Encoding;
pub use follow::files::LogPath;
pub use lines::Lines;
pub use rule::{Found, LogEvent, Rule, Rules, What};
pub use time::{Clock, WrittenTime};
