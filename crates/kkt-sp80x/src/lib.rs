#![doc = include_str!("../README.md")]

pub mod client;
pub mod command;
pub mod data;
pub mod dialect;
pub mod document;
pub mod envelope;
pub mod error;
pub mod exchange;
pub mod explain;
pub mod fault;
pub mod frame;
pub mod model;
pub mod profile;
pub mod scrub;
#[cfg(feature = "sim")]
pub mod sim;
pub mod text;
pub mod value;
pub mod xml;

pub use client::Client;
#[cfg(feature = "pirit")]
pub use command::PIRIT_SAFE;
pub use command::{ARM_SAFE, Command, PONE_SAFE};
pub use data::{Data, Node};
#[cfg(feature = "pirit")]
pub use dialect::Pirit;
pub use dialect::{Arm, Dialect, DialectName, Pone};
pub use error::{DecodeError, Error};
pub use exchange::{ArmSettings, Exchange, StxSettings, Timeouts};
#[cfg(feature = "pirit")]
pub use fault::PiritFault;
pub use fault::{ArmFault, Fault, PoneFault};
pub use model::Model;
pub use profile::Profile;
pub use value::{CivilDate, CivilDateTime, Kopecks};
