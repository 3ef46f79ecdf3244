//! The link v2: single control bytes, and one frame at a time.
//!
//! Spoken over RS-232 and USB by a setting of the KKT.
//! Source: docs/protocols/atol.md sections 1 and 3.

#[cfg(test)]
pub(crate) mod device;
pub mod exchange;
pub mod frame;

pub use exchange::{Counters, Exchange, ExchangeError, Settings, Timeouts};
pub use frame::{Control, Deframer, FrameError, Item};
