//! The Nagios and Icinga plugin: one till, asked once; one line, performance data, an exit code.
//!
//! Conventions: <https://www.monitoring-plugins.org/doc/guidelines.html>.

mod range;
mod verdict;

pub use range::Range;
pub use verdict::{Limits, Report, Verdict, report};
