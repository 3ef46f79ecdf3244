#![doc = include_str!("../README.md")]

pub mod client;
pub mod command;
pub mod error;
pub mod exchange;
pub mod explain;
pub mod fault;
pub mod frame;
pub mod mode;
pub mod model;
#[cfg(feature = "sim")]
pub mod sim;
pub mod task;
pub mod text;
pub mod value;

pub use client::Client;
pub use command::{
    Code, Command, ControlPort, DeviceKind, DeviceType, Firmware, FiscalDocument, FiscalPhase,
    FiscalStorage, FiscalStorageKind, FiscalStorageNumber, FiscalStorageTerm, FiscalStorageVersion,
    FiscalWarnings, OfdFlags, OfdQueue, ReceiptState, SAFE, Shift, ShiftState, StateCode,
    StateFlags, Status, StatusFlags,
};
pub use error::{DecodeError, Error};
pub use exchange::{Settings, Timeouts};
pub use fault::{Fault, FaultGroup};
pub use mode::Mode;
pub use model::Model;
pub use value::{CivilDate, CivilDateTime, FactoryNumber};
