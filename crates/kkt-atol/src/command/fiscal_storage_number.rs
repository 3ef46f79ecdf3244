//! A4h 31h: the number of the fiscal storage.

use super::{Code, Command, sixteen};
use crate::error::{DecodeError, take, take_confirmation};

/// Asks for the number of the fiscal storage.
///
/// ```text
/// > A4 31
/// < 55 ee n*16             ee = error; n = 16 ASCII digits
///   0  1  2
/// ```
/// Units: none.
///
/// # Errors
/// [`DecodeError::Refused`] when the fiscal storage is absent or does not answer.
///
/// Source: docs/protocols/atol.md section 10, "Further queries"; two sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFiscalStorageNumber;

/// The number of the fiscal storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FiscalStorageNumber {
    /// 16 digits.
    pub number: String,
}

impl Command for ReadFiscalStorageNumber {
    const CODE: Code = Code::FISCAL_STORAGE;
    type Answer = FiscalStorageNumber;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x31]);
    }

    fn decode(&self, answer: &[u8]) -> Result<FiscalStorageNumber, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        let number = sixteen(take(&mut bytes, "number of the fiscal storage")?);
        Ok(FiscalStorageNumber { number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_digits() {
        let answer = [&[0x55, 0x00][..], b"9999078900012345"].concat();
        let number = ReadFiscalStorageNumber.decode(&answer).unwrap().number;
        assert_eq!(number, "9999078900012345");
        assert!(ReadFiscalStorageNumber.decode(&answer[..17]).is_err());
    }

    #[test]
    fn blanks_around_are_no_part_of_it() {
        let answer = [&[0x55, 0x00][..], b"99990789        "].concat();
        assert_eq!(ReadFiscalStorageNumber.decode(&answer).unwrap().number, "99990789");
    }
}
