//! `[type.NAME]`: how tills of a type are asked, and what is a problem of them.

use std::collections::BTreeSet;

use serde::Deserialize;
use status_core::Endpoint;

use super::Span;

/// A type of till: its poll plan and its thresholds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kind {
    /// How often the combined document is asked for. Of the seven one is asked for each time.
    /// Default and least 1 s.
    pub interval: Span,
    /// A problem has to last so long before it is raised. Default 1 s.
    pub debounce: Span,
    /// A problem has to be gone so long before it is cleared. Default 0 s.
    pub clear: Span,
    /// Without an answer for so long a till is a problem. Default 15 s.
    pub no_answer: Span,
    /// A value that a till does not know for so long is a problem. Default 2 min.
    pub cannot_tell: Span,
    /// So long after the store has opened, or after the monitor has begun, a till may be silent.
    /// Default 3 min and at least `no_answer`; at the begin of the monitor `no_answer` alone counts.
    pub boot_grace: Span,
    /// Values that a till of this type has to have: the others may be 501 and 404. Default none.
    pub needs: BTreeSet<Endpoint>,
    /// So many unsent documents are a warning, where the till has only the seven. Default 100.
    pub ofd_queue: u32,
    /// An open receipt without activity for so long is a warning. Default 15 min.
    pub receipt_open: Span,
    /// Nothing sold for so long within the opening hours is a warning. Off by default.
    pub till_idle: Option<Span>,
    /// Codes of problems that are not shown. Default none.
    pub ignore: BTreeSet<String>,
    /// Codes whose severity is critical, whatever the till says. Default none.
    pub critical: BTreeSet<String>,
    /// Codes whose severity is a warning, whatever the till says. Default none.
    pub warning: BTreeSet<String>,
    /// Codes that are shown outside of the opening hours too. Default none.
    pub outside_hours: BTreeSet<String>,
}

impl Default for Kind {
    fn default() -> Self {
        Self {
            interval: Span::seconds(1),
            debounce: Span::seconds(1),
            clear: Span::seconds(0),
            no_answer: Span::seconds(15),
            cannot_tell: Span::seconds(120),
            boot_grace: Span::seconds(180),
            needs: BTreeSet::new(),
            ofd_queue: 100,
            receipt_open: Span::seconds(900),
            till_idle: None,
            ignore: BTreeSet::new(),
            critical: BTreeSet::new(),
            warning: BTreeSet::new(),
            outside_hours: BTreeSet::new(),
        }
    }
}
