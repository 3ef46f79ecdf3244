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

pub use client::{Client, Document, OwnsDevice};
pub use command::{
    BareStateCode, Code, Command, ControlPort, DeviceKind, DeviceType, DocumentPart, Firmware,
    FiscalDocument, FiscalPhase, FiscalStorage, FiscalStorageKind, FiscalStorageNumber,
    FiscalStorageTerm, FiscalStorageVersion, FiscalWarnings, OfdFlags, OfdQueue, Reading,
    ReceiptRegister, ReceiptState, SAFE, SAFE_OWNED, Shift, ShiftRegister, ShiftRegisterState,
    ShiftState, StateCode, StateFlags, Status, StatusFlags, Unacknowledged,
};
pub use error::{DecodeError, Error};
pub use exchange::{Settings, Timeouts};
pub use fault::{Fault, FaultGroup};
pub use mode::Mode;
pub use model::Model;
pub use value::{CivilDate, CivilDateTime, FactoryNumber};
