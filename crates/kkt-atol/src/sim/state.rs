//! What a simulated device is and knows.

use crate::command::{
    ControlPort, DocumentPart, Firmware, FiscalPhase, FiscalStorageKind, FiscalWarnings, OfdFlags,
    ReceiptState, StateFlags,
};
use crate::fault::Fault;
use crate::mode::Mode;
use crate::model::Model;
use crate::value::{CivilDate, CivilDateTime, FactoryNumber};

/// The state of a simulated device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The access password, BCD; another one is refused with 8Ch.
    pub access_password: [u8; 2],
    /// Who works, 0 to 30.
    pub operator: u8,
    /// The number in the hall.
    pub till_number: u8,
    /// What the device's clock shows when `now` is zero.
    pub clock: CivilDateTime,
    /// There is paper.
    pub paper: bool,
    /// The paper is near its end.
    pub paper_near_end: bool,
    /// The cover is open.
    pub cover_open: bool,
    /// The cash drawer is open.
    pub drawer_open: bool,
    /// The battery is absent or low.
    pub battery_low: bool,
    /// The KKT is fiscalised.
    pub fiscalised: bool,
    /// The FN is activated.
    pub fn_activated: bool,
    /// What is wrong with the printer besides paper (which 45h tells from the fields above).
    pub printer_faults: StateFlags,
    /// The factory number, if it is set.
    pub factory_number: Option<FactoryNumber>,
    /// The model.
    pub model: Model,
    /// The name that A5h tells.
    pub name: String,
    /// The firmware that A5h tells.
    pub firmware: Firmware,
    /// Mode and submode.
    pub mode: Mode,
    /// The number of the next receipt of the shift.
    pub receipt_number: u16,
    /// The open receipt.
    pub receipt_state: ReceiptState,
    /// Its sum in kopecks.
    pub receipt_sum: u64,
    /// The shift.
    pub shift: ShiftKind,
    /// The time in register 12h, whose meaning nobody knows; `None` is sent as zeros.
    pub shift_time: Option<CivilDateTime>,
    /// The number of the last closed shift; an open one is the next.
    pub last_closed_shift: u16,
    /// The port by which the device says it is spoken to.
    pub port: ControlPort,
    /// The exchange with the OFD.
    pub unsent: UnsentDocuments,
    /// Documents that the OFD has not acknowledged.
    pub unacknowledged: u16,
    /// The fiscal storage.
    pub fiscal_storage: FiscalStorageState,
    /// Commands that this model does not know, by their first bytes: they fail with 7Ah.
    pub unknown_commands: Vec<Vec<u8>>,
    /// Every command fails with this error.
    pub error: Option<Fault>,
    /// Somebody else's work fills the device: every Add gets B1, on the link v2 every ENQ a NAK.
    pub busy: bool,
    /// How results come.
    pub respond: Respond,
}

impl Default for State {
    /// A device in a shift without an open receipt, with paper, and with nothing unsent.
    fn default() -> Self {
        Self {
            access_password: [0, 0],
            operator: 30,
            till_number: 1,
            clock: CivilDateTime { year: 2026, month: 11, day: 24, hour: 1, minute: 56, second: 7 },
            paper: true,
            paper_near_end: false,
            cover_open: false,
            drawer_open: false,
            battery_low: false,
            fiscalised: true,
            fn_activated: true,
            printer_faults: StateFlags::empty(),
            factory_number: Some(FactoryNumber(106_543)),
            model: Model(57),
            name: "АТОЛ 25Ф".to_owned(),
            firmware: Firmware { version: 3, subversion: 0, language: 0, build: 7534 },
            mode: Mode::REGISTRATION,
            receipt_number: 42,
            receipt_state: ReceiptState::NONE,
            receipt_sum: 0,
            shift: ShiftKind::Open,
            shift_time: CivilDateTime::new(2026, 11, 25, 1, 56, 7),
            last_closed_shift: 17,
            port: ControlPort::ETHERNET,
            unsent: UnsentDocuments::default(),
            unacknowledged: 0,
            fiscal_storage: FiscalStorageState::default(),
            unknown_commands: Vec::new(),
            error: None,
            busy: false,
            respond: Respond::Async,
        }
    }
}

/// The state of the shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftKind {
    /// Closed.
    Closed,
    /// Open.
    Open,
    /// Open for more than 24 hours: register 12h tells it, the other answers say "open".
    Expired,
}

/// The documents that wait to be sent to the OFD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnsentDocuments {
    /// What the exchange is doing.
    pub flags: OfdFlags,
    /// Whether a message is being read.
    pub message_being_read: bool,
    /// How many documents wait.
    pub count: u16,
    /// The number of the first one.
    pub first_number: u32,
    /// Its date and time; `None` is sent as zeros.
    pub first_at: Option<CivilDateTime>,
}

/// The fiscal storage of a simulated device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiscalStorageState {
    /// Its number, 16 digits.
    pub number: String,
    /// The phase of its life.
    pub phase: FiscalPhase,
    /// What it warns of.
    pub warnings: FiscalWarnings,
    /// The number of the last document.
    pub last_document: u32,
    /// The parts of the last document; no other one can be read.
    pub document: Vec<DocumentPart>,
    /// The date and time of the last document.
    pub last_document_at: Option<CivilDateTime>,
    /// The last day on which it may be used.
    pub valid_until: Option<CivilDate>,
    /// Re-registrations left.
    pub registrations_left: u8,
    /// Re-registrations done.
    pub registrations_done: u8,
    /// Its version, up to 16 characters.
    pub version: String,
    /// Whether it is a real one.
    pub kind: FiscalStorageKind,
}

impl Default for FiscalStorageState {
    fn default() -> Self {
        let last = CivilDateTime { year: 2026, month: 11, day: 24, hour: 1, minute: 56, second: 0 };
        Self {
            number: "9999078900012345".to_owned(),
            phase: FiscalPhase::FISCAL,
            warnings: FiscalWarnings::empty(),
            last_document: 4660,
            document: vec![DocumentPart {
                tag: DocumentPart::TIME,
                value: vec![0x90, 0xEE, 0x04, 0x6B],
            }],
            last_document_at: Some(last),
            valid_until: Some(CivilDate { year: 2028, month: 2, day: 29 }),
            registrations_left: 11,
            registrations_done: 1,
            version: "fn debug v 1.32".to_owned(),
            kind: FiscalStorageKind::DEBUG,
        }
    }
}

/// How the result of a task comes. What a real device does is not known, so a client must take all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Respond {
    /// Pending first, then a packet F0 with the result.
    #[default]
    Async,
    /// At once, in the answer to the Add. The task is free then, so its Ack gets B3.
    Sync,
    /// Pending first; asked by Req it is in progress once, then the result comes.
    Polled,
}
