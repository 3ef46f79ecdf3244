//! What a driver of a fiscal printer can tell.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// Values from one or more answers of a KKT. Every `Some` replaces that value; a `None` leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KktReading {
    /// How well the meaning of all these values is known.
    pub evidence: Evidence,
    /// Receipt paper is present; near its end counts as present.
    pub paper_present: Option<bool>,
    /// The paper is near its end.
    pub paper_near_end: Option<bool>,
    /// The printer's cover is open.
    pub cover_open: Option<bool>,
    /// The cash drawer is open.
    pub drawer_open: Option<bool>,
    /// The faults of the printer; empty when it has none.
    pub printer_faults: Option<Vec<PrinterFault>>,
    /// The documents that wait for the OFD.
    pub ofd: Option<OfdQueue>,
    /// The receipt on the KKT.
    pub receipt: Option<KktReceiptState>,
    /// Any document is open in the fiscal storage.
    pub document_open: Option<bool>,
    /// The operator's number.
    pub operator: Option<u8>,
    /// The shift.
    pub shift: Option<Shift>,
    /// The shift is open for more than 24 h.
    pub shift_expired: Option<bool>,
    /// When the shift was opened, by the KKT's clock.
    pub shift_opened_at: Option<DateTime>,
    /// The number of the fiscal storage.
    pub fiscal_storage_number: Option<String>,
    /// The phase of the fiscal storage's life.
    pub fiscal_storage_phase: Option<FiscalStoragePhase>,
    /// The warnings of the fiscal storage; empty when it has none.
    pub fiscal_storage_flags: Option<Vec<FiscalStorageFlag>>,
    /// The last day of the fiscal storage's term.
    pub fiscal_storage_valid_until: Option<Date>,
    /// The model's name.
    pub model: Option<String>,
    /// The factory number.
    pub serial_number: Option<String>,
    /// The firmware's version.
    pub firmware: Option<String>,
    /// The KKT's own clock.
    pub device_time: Option<DateTime>,
    /// Can the KKT work at all?
    pub readiness: Option<Readiness>,
    /// Notifications about marked goods that wait to be sent.
    pub unsent_notifications: Option<u32>,
}

impl KktReading {
    /// No value yet, each to be read on this evidence.
    pub fn new(evidence: Evidence) -> Self {
        Self {
            evidence,
            paper_present: None,
            paper_near_end: None,
            cover_open: None,
            drawer_open: None,
            printer_faults: None,
            ofd: None,
            receipt: None,
            document_open: None,
            operator: None,
            shift: None,
            shift_expired: None,
            shift_opened_at: None,
            fiscal_storage_number: None,
            fiscal_storage_phase: None,
            fiscal_storage_flags: None,
            fiscal_storage_valid_until: None,
            model: None,
            serial_number: None,
            firmware: None,
            device_time: None,
            readiness: None,
            unsent_notifications: None,
        }
    }
}

impl Default for KktReading {
    /// No value, evidence `device`.
    fn default() -> Self {
        Self::new(Evidence::Device)
    }
}

/// The values by name, for refusals and for what a driver cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KktValue {
    /// Paper present.
    Paper,
    /// Paper near its end.
    PaperNearEnd,
    /// Cover.
    Cover,
    /// Cash drawer.
    Drawer,
    /// Printer faults.
    PrinterFaults,
    /// The OFD queue.
    Ofd,
    /// The receipt on the KKT.
    Receipt,
    /// A document open in the fiscal storage.
    DocumentOpen,
    /// The operator's number.
    Operator,
    /// State and number of the shift.
    Shift,
    /// The shift is over 24 h.
    ShiftExpired,
    /// When the shift was opened.
    ShiftOpenedAt,
    /// Number of the fiscal storage.
    FiscalStorageNumber,
    /// Phase of the fiscal storage.
    FiscalStoragePhase,
    /// Flags of the fiscal storage.
    FiscalStorageFlags,
    /// Term of the fiscal storage.
    FiscalStorageValidUntil,
    /// Model.
    Model,
    /// Serial number.
    SerialNumber,
    /// Firmware.
    Firmware,
    /// The KKT's clock.
    DeviceTime,
    /// Can the KKT work at all?
    Readiness,
    /// Notifications about marked goods.
    UnsentNotifications,
}

impl KktValue {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Paper,
        Self::PaperNearEnd,
        Self::Cover,
        Self::Drawer,
        Self::PrinterFaults,
        Self::Ofd,
        Self::Receipt,
        Self::DocumentOpen,
        Self::Operator,
        Self::Shift,
        Self::ShiftExpired,
        Self::ShiftOpenedAt,
        Self::FiscalStorageNumber,
        Self::FiscalStoragePhase,
        Self::FiscalStorageFlags,
        Self::FiscalStorageValidUntil,
        Self::Model,
        Self::SerialNumber,
        Self::Firmware,
        Self::DeviceTime,
        Self::Readiness,
        Self::UnsentNotifications,
    ];
}

/// The documents that wait for the OFD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfdQueue {
    /// How many.
    pub unsent_documents: u32,
    /// The number of the first one.
    pub first_unsent_number: Option<u32>,
    /// When the first one was made, by the KKT's clock.
    pub first_unsent_at: Option<DateTime>,
}

/// The receipt on the KKT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KktReceiptState {
    /// A receipt is open.
    pub open: bool,
    /// The device's own code of the receipt's kind; 0 when none is open.
    pub kind: u8,
    /// The sum so far, in minor units.
    pub sum: Option<u64>,
    /// The receipt's number; `None` when the device's number is none.
    pub number: Option<u32>,
}

/// The shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// It is open.
    pub open: bool,
    /// Its number; that of the last one when none is open.
    pub number: Option<u32>,
}

/// Can the KKT work at all?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// Nothing speaks against it.
    Ready,
    /// It is blocked until somebody acts.
    Blocked {
        /// Why, in English.
        name_en: String,
        /// Why, in Russian.
        name_ru: String,
    },
}

/// A fault of the printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrinterFault {
    /// The KKT has no connection to its printer, so that paper and cover are not known.
    ConnectionLost,
    /// A mechanical or unrecoverable error.
    MechanicalError,
    /// The cutter.
    CutterError,
    /// The print head is too hot.
    Overheated,
    /// A paper jam.
    PaperJam,
    /// The presenter.
    PresenterError,
}

impl PrinterFault {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ConnectionLost,
        Self::MechanicalError,
        Self::CutterError,
        Self::Overheated,
        Self::PaperJam,
        Self::PresenterError,
    ];

    /// The name in the status document.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConnectionLost => "connection-lost",
            Self::MechanicalError => "mechanical-error",
            Self::CutterError => "cutter-error",
            Self::Overheated => "overheated",
            Self::PaperJam => "paper-jam",
            Self::PresenterError => "presenter-error",
        }
    }

    /// The fault of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// The phase of a fiscal storage's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FiscalStoragePhase {
    /// It is being set up.
    Setup,
    /// It is ready to be activated.
    Ready,
    /// It makes fiscal documents: the only phase in which a till sells.
    Fiscal,
    /// The fiscal mode is closed; the last documents go out to the OFD.
    PostFiscal,
    /// Only its archive can be read.
    Archive,
}

/// A warning of the fiscal storage, by the names of the vendor's driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FiscalStorageFlag {
    /// It must be replaced at once.
    NeedReplacement,
    /// Its resource ends within 30 days.
    ResourceExhausted,
    /// Its memory is 90 % full.
    MemoryOverflow,
    /// The OFD's answer is overdue.
    OfdTimeout,
    /// A critical error.
    CriticalError,
}

impl FiscalStorageFlag {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::NeedReplacement,
        Self::ResourceExhausted,
        Self::MemoryOverflow,
        Self::OfdTimeout,
        Self::CriticalError,
    ];

    /// The name in the status document.
    pub fn name(self) -> &'static str {
        match self {
            Self::NeedReplacement => "need-replacement",
            Self::ResourceExhausted => "resource-exhausted",
            Self::MemoryOverflow => "memory-overflow",
            Self::OfdTimeout => "ofd-timeout",
            Self::CriticalError => "critical-error",
        }
    }

    /// The flag of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_serde_writes() {
        for fault in PrinterFault::ALL {
            assert_eq!(serde_json::to_string(&fault).unwrap(), format!("\"{}\"", fault.name()));
            assert_eq!(PrinterFault::from_name(fault.name()), Some(fault));
        }
        for flag in FiscalStorageFlag::ALL {
            assert_eq!(serde_json::to_string(&flag).unwrap(), format!("\"{}\"", flag.name()));
            assert_eq!(FiscalStorageFlag::from_name(flag.name()), Some(flag));
        }
        assert_eq!(PrinterFault::from_name("smoke"), None);
        assert_eq!(FiscalStorageFlag::from_name("smoke"), None);
    }
}
