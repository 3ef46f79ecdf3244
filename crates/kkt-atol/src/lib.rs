#![doc = include_str!("../README.md")]

pub mod client;
pub mod command;
pub mod error;
pub mod explain;
pub mod fault;
pub mod link;
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

pub use client::{Client, Document, OwnsDevice};
pub use command::{
    Code, Command, ControlPort, DeviceKind, DeviceType, DocumentPart, Firmware, FiscalDocument,
    FiscalPhase, FiscalStorage, FiscalStorageKind, FiscalStorageNumber, FiscalStorageTerm,
    FiscalStorageVersion, FiscalWarnings, OfdFlags, OfdQueue, Reading, ReceiptRegister,
    ReceiptState, SAFE, SAFE_OWNED, Shift, ShiftRegister, ShiftRegisterState, ShiftState,
    StateCode, StateFlags, Status, StatusFlags, Unacknowledged,
};
pub use error::{DecodeError, Error};
pub use fault::{Fault, FaultGroup};
pub use link::{Counters, Exchange, FrameError, Link, Settings};
pub use mode::Mode;
pub use model::Model;
pub use value::{CivilDate, CivilDateTime, FactoryNumber};
