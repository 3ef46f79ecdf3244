#![doc = include_str!("../README.md")]

mod check;
mod evidence;
mod http;
mod link;
mod prober;
mod proc;
mod resolve;
mod source;
mod stream;
mod target;
#[cfg(feature = "tls")]
mod tls;
mod trace;
mod verdict;

pub use evidence::{Evidence, Meaning};
pub use link::{Link, Look, Need, Observation};
pub use prober::Prober;
pub use resolve::{Resolve, SystemResolver, Unresolved};
pub use source::{Source, SourceError};
pub use target::{Kind, Target, TargetError};
pub use trace::{Trace, TraceError};
pub use verdict::{Hysteresis, Verdict};
