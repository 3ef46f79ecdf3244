//! What is a problem: pure rules over what a till said and when. `now` is an argument.

mod findings;
mod store;
mod text;
mod watch;

use jiff::Timestamp;
use status_core::{Moment, Severity};

pub(crate) use store::{Expected, StoreVerdict, verdict};
pub(crate) use text::store_no_answer;
pub use text::{Texts, title, titles};
pub use watch::{Context, Failure, Trouble, Watch};

/// A problem that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable, in English: of the till's own vocabulary, or `no-answer` and its kin.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// `kkt`, `scale`, `vision`, `pos`, `till`, or `link` between the monitor and the till.
    pub source: String,
    /// Since when, by the till's clock, where the till says so.
    pub since: Option<Timestamp>,
    /// Since when the monitor sees it, by its own clocks.
    pub seen: Moment,
    /// A sentence for people.
    pub text: Texts,
}

/// Something that is wrong at this moment; it becomes a problem when it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) code: String,
    pub(crate) severity: Severity,
    pub(crate) source: String,
    pub(crate) since: Option<Timestamp>,
    pub(crate) text: Texts,
}
