#![doc = include_str!("../README.md")]

mod check;
mod evidence;
mod resolve;
mod target;
mod verdict;

pub use check::check;
pub use evidence::{Evidence, Meaning};
pub use resolve::{Resolve, SystemResolver, Unresolved};
pub use target::{Kind, Target, TargetError};
pub use verdict::{Hysteresis, Verdict};
