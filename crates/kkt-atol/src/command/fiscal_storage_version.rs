//! A4h 33h: the version of the fiscal storage.

use super::{Code, Command, sixteen};
use crate::error::{DecodeError, take, take_confirmation};

/// Asks for the version of the fiscal storage.
///
/// ```text
/// > A4 33
/// < 55 ee v*16 kk          ee = error; v = 16 ASCII characters; kk = 0 debug, 1 serial
///   0  1  2    18
/// ```
/// Units: none.
///
/// # Errors
/// [`DecodeError::Refused`] when the fiscal storage is absent or does not answer.
///
/// Source: docs/protocols/atol.md section 10, "Further queries"; two sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFiscalStorageVersion;

/// The version of the fiscal storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FiscalStorageVersion {
    /// Up to 16 characters.
    pub version: String,
    /// Whether it is a real one.
    pub kind: FiscalStorageKind,
}

/// Whether a fiscal storage is a real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FiscalStorageKind(pub u8);

impl FiscalStorageKind {
    /// For tests of programs: its documents are worth nothing.
    pub const DEBUG: Self = Self(0);
    /// A real one.
    pub const SERIAL: Self = Self(1);
}

impl Command for ReadFiscalStorageVersion {
    const CODE: Code = Code::FISCAL_STORAGE;
    type Answer = FiscalStorageVersion;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x33]);
    }

    fn decode(&self, answer: &[u8]) -> Result<FiscalStorageVersion, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        let version = sixteen(take(&mut bytes, "version")?);
        let [kind] = take(&mut bytes, "kind")?;
        Ok(FiscalStorageVersion { version, kind: FiscalStorageKind(kind) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_and_kind() {
        let answer = [&[0x55, 0x00][..], b"fn_v_1_1_2      ", &[0x01]].concat();
        let version = ReadFiscalStorageVersion.decode(&answer).unwrap();
        assert_eq!(version.version, "fn_v_1_1_2");
        assert_eq!(version.kind, FiscalStorageKind::SERIAL);
        assert!(ReadFiscalStorageVersion.decode(&answer[..18]).is_err());
    }
}
