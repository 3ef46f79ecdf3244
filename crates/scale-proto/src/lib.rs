#![doc = include_str!("../README.md")]

pub mod client;
pub mod deframer;
pub mod error;
pub mod explain;
pub mod model;
pub mod protocol;
#[cfg(feature = "sim")]
pub mod sim;
pub mod weight;

pub use client::{Client, Timeouts};
pub use error::{DecodeError, Error, FrameError};
pub use protocol::{Options, Protocol, Said};
pub use weight::{Fault, FaultKind, Reading, Unit, Weight};
