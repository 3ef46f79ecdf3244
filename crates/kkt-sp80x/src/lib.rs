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
#[cfg(feature = "sim")]
pub mod sim;
pub mod text;
pub mod value;
pub mod xml;

pub use client::Client;
pub use command::{ARM_SAFE, Command, PONE_SAFE};
pub use data::{Data, Node};
pub use dialect::{Arm, Dialect, DialectName, Pone};
pub use error::{DecodeError, Error};
pub use exchange::{ArmSettings, Exchange, StxSettings, Timeouts};
pub use fault::{ArmFault, Fault, PoneFault};
pub use model::Model;
pub use profile::Profile;
pub use value::{CivilDate, CivilDateTime, Kopecks};
