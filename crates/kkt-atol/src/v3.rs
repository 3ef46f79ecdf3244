//! The link v3: packets, and a task buffer in the device.
//!
//! Spoken over TCP, and over RS-232 and USB by a setting of the KKT.
//! Source: docs/protocols/atol.md sections 1, 4 and 5.

pub mod exchange;
pub mod frame;
pub mod task;

pub use exchange::{Counters, Exchange, ExchangeError, FIRST_TASK, Settings, Timeouts};
pub use frame::{Deframer, Frame, FrameError};
