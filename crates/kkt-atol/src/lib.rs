#![doc = include_str!("../README.md")]

pub mod client;
pub mod command;
pub mod error;
pub mod explain;
pub mod fault;
pub mod mode;
pub mod model;
pub mod scrub;
#[cfg(feature = "sim")]
pub mod sim;
pub mod text;
pub mod v2;
pub mod v3;
pub mod value;
mod waiting;

pub use client::Client;
pub use command::{
    Code, Command, ControlPort, DeviceKind, DeviceType, Firmware, FiscalDocument, FiscalPhase,
    FiscalStorage, FiscalStorageKind, FiscalStorageNumber, FiscalStorageTerm, FiscalStorageVersion,
    FiscalWarnings, OfdFlags, OfdQueue, ReceiptState, SAFE, Shift, ShiftState, StateCode,
    StateFlags, Status, StatusFlags,
};
pub use error::{DecodeError, Error};
pub use fault::Fault;
pub use mode::Mode;
pub use model::Model;
pub use value::{CivilDate, CivilDateTime, FactoryNumber};
