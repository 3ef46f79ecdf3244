//! 91h 13h: the receipt, as a register tells it.

use super::{Code, Command, ReceiptState};
use crate::error::{DecodeError, end, take, take_confirmation};
use crate::mode::Mode;
use crate::value::bcd;

/// Asks register 13h (19) for mode, receipt and document number.
///
/// ```text
/// > 91 13 00 00
/// < 55 ee mm st rr rr dd dd dd dd   ee = error; mm = mode; st = receipt state, as in 3Fh;
///   0  1  2  3  4     6             rr = receipt number, dd = through document number, both BCD
/// ```
/// Over the link v2 the device may take 45 s: 3Fh tells mode and receipt sooner.
///
/// Units: none.
///
/// # Errors
/// [`DecodeError::Refused`], such as [`Fault::WRONG_REGISTER`](crate::Fault::WRONG_REGISTER).
///
/// Source: docs/protocols/atol.md section 11; **one source only**: fprint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadReceiptRegister;

/// Mode, receipt and document number. One source only: fprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ReceiptRegister {
    /// Mode and submode.
    pub mode: Mode,
    /// Whether a receipt is open, and which.
    pub receipt_state: ReceiptState,
    /// The number of the receipt; `None` if the bytes are no BCD.
    pub receipt_number: Option<u16>,
    /// The number of the document, counted through; `None` if the bytes are no BCD.
    pub document_number: Option<u32>,
}

impl Command for ReadReceiptRegister {
    const CODE: Code = Code::REGISTER;
    type Answer = ReceiptRegister;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x13, 0x00, 0x00]);
    }

    fn decode(&self, answer: &[u8]) -> Result<ReceiptRegister, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        let [mode] = take(&mut bytes, "mode")?;
        let [receipt_state] = take(&mut bytes, "receipt state")?;
        let receipt_number = take::<2>(&mut bytes, "receipt number")?;
        let document_number = take::<4>(&mut bytes, "document number")?;
        end(bytes, answer)?;
        Ok(ReceiptRegister {
            mode: Mode(mode),
            receipt_state: ReceiptState(receipt_state),
            receipt_number: bcd(&receipt_number).and_then(|number| u16::try_from(number).ok()),
            document_number: bcd(&document_number).and_then(|number| u32::try_from(number).ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    /// The answer of F-v2-21.
    const OPEN_SALE: [u8; 10] = [0x55, 0x00, 0x01, 0x01, 0x00, 0x42, 0x00, 0x00, 0x12, 0x34];

    #[test]
    fn an_open_sale() {
        let register = ReadReceiptRegister.decode(&OPEN_SALE).unwrap();
        assert_eq!(
            register,
            ReceiptRegister {
                mode: Mode::REGISTRATION,
                receipt_state: ReceiptState::SALE,
                receipt_number: Some(42),
                document_number: Some(1234),
            }
        );
    }

    #[test]
    fn numbers_that_are_no_bcd_are_none() {
        let mut answer = OPEN_SALE;
        (answer[4], answer[9]) = (0xFF, 0x3A);
        let register = ReadReceiptRegister.decode(&answer).unwrap();
        assert_eq!((register.receipt_number, register.document_number), (None, None));
    }

    #[test]
    fn refused_short_and_long() {
        let refused = ReadReceiptRegister.decode(&[0x55, 0x6C, 0x00]);
        assert_eq!(refused, Err(DecodeError::Refused(Fault::WRONG_REGISTER)));
        let short = ReadReceiptRegister.decode(&OPEN_SALE[..9]);
        assert_eq!(short, Err(DecodeError::Missing("document number")));
        let long = ReadReceiptRegister.decode(&[0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(long, Err(DecodeError::Surplus { got: 11, expected: 10 }));
    }
}
