//! Simulated KKTs, one a dialect: state in, bytes in, bytes out; no port, no clock, no thread.
//!
//! Each answers the commands of this crate in its dialect and refuses all others, but for what a
//! client of other authors needs to begin. One connection at a time.
//!
//! What nobody has seen on a device is decided here as harmlessly as possible, and marked. Fields
//! that nobody has published are absent. Source: docs/protocols/sp80x.md.

mod arm;
mod line;
#[cfg(feature = "pirit")]
mod pirit;
mod pone;
mod stx;

pub use arm::{ArmSimulator, ArmState, ExtraField};
pub use line::Misbehaviour;
#[cfg(feature = "pirit")]
pub use pirit::{PiritSimulator, PiritState};
pub use pone::{PoneSimulator, PoneState};

/// The state of the shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftKind {
    /// Closed.
    Closed,
    /// Open.
    Open,
    /// Open for more than 24 hours.
    Expired,
}

#[cfg(test)]
mod tests;
