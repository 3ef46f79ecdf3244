//! A4h 32h: how long the fiscal storage may be used.

use super::{Code, Command};
use crate::error::{DecodeError, take, take_confirmation};
use crate::value::CivilDate;

/// Asks how long the fiscal storage may be used.
///
/// ```text
/// > A4 32
/// < 55 ee YY MM DD ll dd   ee = error; then the last day; ll, dd = re-registrations left and done
///   0  1  2        5  6    all binary
/// ```
/// Units: re-registrations.
///
/// # Errors
/// [`DecodeError::Refused`] when the fiscal storage is absent or does not answer.
///
/// Source: docs/protocols/atol.md section 10, "Further queries"; two sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFiscalStorageTerm;

/// How long the fiscal storage may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FiscalStorageTerm {
    /// The last day; `None` if that is no date.
    pub valid_until: Option<CivilDate>,
    /// Re-registrations that are left.
    pub registrations_left: u8,
    /// Re-registrations that were done.
    pub registrations_done: u8,
}

impl Command for ReadFiscalStorageTerm {
    const CODE: Code = Code::FISCAL_STORAGE;
    type Answer = FiscalStorageTerm;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x32]);
    }

    fn decode(&self, answer: &[u8]) -> Result<FiscalStorageTerm, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        let [year, month, day] = take(&mut bytes, "last day")?;
        let [registrations_left] = take(&mut bytes, "re-registrations left")?;
        let [registrations_done] = take(&mut bytes, "re-registrations done")?;
        let valid_until = CivilDate::new(2000 + u16::from(year), month, day);
        Ok(FiscalStorageTerm { valid_until, registrations_left, registrations_done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_and_two_counts() {
        let term = ReadFiscalStorageTerm.decode(&[0x55, 0, 28, 2, 29, 11, 1]).unwrap();
        assert_eq!(term.valid_until.unwrap().to_string(), "2028-02-29");
        assert_eq!((term.registrations_left, term.registrations_done), (11, 1));
    }

    #[test]
    fn no_date_and_a_short_answer() {
        let term = ReadFiscalStorageTerm.decode(&[0x55, 0, 0, 0, 0, 12, 0]).unwrap();
        assert_eq!(term.valid_until, None);
        assert!(ReadFiscalStorageTerm.decode(&[0x55, 0, 28, 2, 29, 11]).is_err());
    }
}
