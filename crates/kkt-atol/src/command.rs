//! KKT commands: the level above the link.
//!
//! Every command here only reads. The trait is open, so that a program that owns the device can
//! carry its own commands over the same link; what this crate's commands send is [`SAFE`].
//!
//! Source: docs/protocols/atol.md sections 2 and 6.

mod device_type;
mod document;
mod fiscal_storage;
mod fiscal_storage_number;
mod fiscal_storage_term;
mod fiscal_storage_version;
mod ofd_queue;
mod reading;
mod receipt_register;
mod shift;
mod shift_register;
mod state_code;
mod status;
mod unacknowledged;

use std::fmt;

use crate::error::DecodeError;

pub use device_type::{DeviceKind, DeviceType, Firmware, ReadDeviceType};
pub use document::{BeginDocument, DocumentPart, ReadDocumentPart};
pub use fiscal_storage::{
    FiscalDocument, FiscalPhase, FiscalStorage, FiscalWarnings, ReadFiscalStorage,
};
pub use fiscal_storage_number::{FiscalStorageNumber, ReadFiscalStorageNumber};
pub use fiscal_storage_term::{FiscalStorageTerm, ReadFiscalStorageTerm};
pub use fiscal_storage_version::{
    FiscalStorageKind, FiscalStorageVersion, ReadFiscalStorageVersion,
};
pub use ofd_queue::{OfdFlags, OfdQueue, ReadOfdQueue};
pub use reading::Reading;
pub use receipt_register::{ReadReceiptRegister, ReceiptRegister};
pub use shift::{ReadShift, Shift, ShiftState};
pub use shift_register::{ReadShiftRegister, ShiftRegister, ShiftRegisterState};
pub use state_code::{ReadStateCode, StateCode, StateFlags};
pub use status::{ControlPort, ReadStatus, ReadStatusAs, ReceiptState, Status, StatusFlags};
pub use unacknowledged::{ReadUnacknowledged, Unacknowledged};

/// Everything that the commands of this crate send, without the access password: whole commands,
/// byte for byte. What a program may send besides that owns the device is [`SAFE_OWNED`].
pub const SAFE: &[&[u8]] = &[
    &[0x3F],
    &[0x45],
    &[0xA5],
    &[0xA4, 0x10],
    &[0xA4, 0x20],
    &[0xA4, 0x30],
    &[0xA4, 0x31],
    &[0xA4, 0x32],
    &[0xA4, 0x33],
    &[0xA4, 0x42],
    &[0x91, 0x12, 0x00, 0x01],
    &[0x91, 0x13, 0x00, 0x00],
];

/// What [`Client::document`](crate::Client::document) sends: the fixed bytes of the command, and how
/// many free bytes follow them, neither more nor fewer.
///
/// Reading a document moves a place that the fiscal storage keeps, so only a program that owns the
/// device does it.
pub const SAFE_OWNED: &[(&[u8], usize)] = &[(&[0xA4, 0x45], 4), (&[0xA4, 0x46], 0)];

/// A command of the KKT and its answer.
pub trait Command {
    /// The command's code.
    const CODE: Code;
    /// What the device answers.
    type Answer;

    /// Writes the command and its parameters, without the access password.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads the answer, as it stands behind the task's status.
    ///
    /// # Errors
    /// [`DecodeError`]; [`DecodeError::Refused`] when the answer is an error of the device.
    fn decode(&self, answer: &[u8]) -> Result<Self::Answer, DecodeError>;
}

/// The code of a command, the byte after the access password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u8);

impl Code {
    /// The state of the KKT.
    pub const STATUS: Self = Self(0x3F);
    /// Mode and printer faults.
    pub const STATE_CODE: Self = Self(0x45);
    /// A register; the next byte says which.
    pub const REGISTER: Self = Self(0x91);
    /// A question to the fiscal storage; the next byte says which.
    pub const FISCAL_STORAGE: Self = Self(0xA4);
    /// What the device is.
    pub const DEVICE_TYPE: Self = Self(0xA5);
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}h", self.0)
    }
}

/// Sixteen characters of the fiscal storage, without the blanks and zero bytes around them.
fn sixteen(bytes: [u8; 16]) -> String {
    crate::text::decode(&bytes).trim_matches([' ', char::REPLACEMENT_CHARACTER]).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(command: &impl Command) -> Vec<u8> {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        bytes
    }

    #[test]
    fn every_encoder_writes_a_safe_command_with_its_code() {
        #[track_caller]
        fn check<C: Command>(command: &C) -> Vec<u8> {
            let bytes = encoded(command);
            assert!(SAFE.contains(&bytes.as_slice()), "{bytes:02X?}");
            assert_eq!(bytes[0], C::CODE.0);
            bytes
        }
        let all = [
            check(&ReadStatus),
            check(&ReadStateCode),
            check(&ReadDeviceType),
            check(&ReadShift),
            check(&ReadOfdQueue),
            check(&ReadFiscalStorage),
            check(&ReadFiscalStorageNumber),
            check(&ReadFiscalStorageTerm),
            check(&ReadFiscalStorageVersion),
            check(&ReadUnacknowledged),
            check(&ReadShiftRegister),
            check(&ReadReceiptRegister),
        ];
        assert_eq!(all.len(), SAFE.len(), "nothing is listed that nobody sends");
    }

    #[test]
    fn a_document_is_read_only_by_what_an_owner_may_send() {
        let [(begin, number), (part, nothing)] = SAFE_OWNED else { panic!("two commands") };
        for document in [0, 1, u32::MAX] {
            let bytes = encoded(&BeginDocument { number: document });
            assert_eq!(bytes.strip_prefix(*begin).map(<[u8]>::len), Some(*number));
            assert!(!SAFE.contains(&bytes.as_slice()));
        }
        let bytes = encoded(&ReadDocumentPart);
        assert_eq!(bytes.strip_prefix(*part).map(<[u8]>::len), Some(*nothing));
        assert!(!SAFE.contains(&bytes.as_slice()));
    }

    /// Every answer of a few random bytes gives a value or an error.
    #[test]
    fn no_answer_panics() {
        fn check<C: Command>(command: &C) {
            for first in [0x00, 0x44, 0x55, 0xFF] {
                for second in [0x00, 0xFF] {
                    for length in 0..40 {
                        for fill in [0x00, 0x0A, 0x7F, 0xFF] {
                            let mut answer = vec![first, second];
                            answer.resize(length, fill);
                            let _ = command.decode(&answer);
                        }
                    }
                }
            }
        }
        check(&ReadStatus);
        check(&ReadStatusAs(Reading::BinaryLowFirst));
        check(&ReadStateCode);
        check(&ReadDeviceType);
        check(&ReadShift);
        check(&ReadOfdQueue);
        check(&ReadFiscalStorage);
        check(&ReadFiscalStorageNumber);
        check(&ReadFiscalStorageTerm);
        check(&ReadFiscalStorageVersion);
        check(&ReadUnacknowledged);
        check(&ReadShiftRegister);
        check(&ReadReceiptRegister);
        check(&BeginDocument { number: 1 });
        check(&ReadDocumentPart);
    }
}
