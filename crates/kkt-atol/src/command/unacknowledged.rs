//! A4h 42h: documents without the OFD's receipt.

use super::{Code, Command};
use crate::error::{DecodeError, end, take, take_confirmation};

/// Asks how many documents the OFD has not acknowledged.
///
/// ```text
/// > A4 42
/// < 55 ee cc cc            ee = error; cc = count, binary, least significant byte first
///   0  1  2
/// ```
/// Units: documents.
///
/// # Errors
/// [`DecodeError::Refused`] when the fiscal storage is absent, does not answer, or does not know
/// the question.
///
/// Source: docs/protocols/atol.md section 10, "Further queries"; **one source only**: c-tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadUnacknowledged;

/// Documents that the OFD has not acknowledged. One source only: c-tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Unacknowledged {
    /// How many. [`OfdQueue`](super::OfdQueue) counts those that are not sent.
    pub documents: u16,
}

impl Command for ReadUnacknowledged {
    const CODE: Code = Code::FISCAL_STORAGE;
    type Answer = Unacknowledged;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x42]);
    }

    fn decode(&self, answer: &[u8]) -> Result<Unacknowledged, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        let documents = u16::from_le_bytes(take(&mut bytes, "number of documents")?);
        end(bytes, answer)?;
        Ok(Unacknowledged { documents })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    #[test]
    fn the_count_is_least_significant_byte_first() {
        let decoded = ReadUnacknowledged.decode(&[0x55, 0x00, 0x2C, 0x01]);
        assert_eq!(decoded, Ok(Unacknowledged { documents: 300 }));
    }

    #[test]
    fn refused_short_and_long() {
        let refused = ReadUnacknowledged.decode(&[0x55, 0x7A, 0x00]);
        assert_eq!(refused, Err(DecodeError::Refused(Fault::NOT_SUPPORTED)));
        let short = ReadUnacknowledged.decode(&[0x55, 0x00, 0x2C]);
        assert_eq!(short, Err(DecodeError::Missing("number of documents")));
        let long = ReadUnacknowledged.decode(&[0x55, 0x00, 0x00, 0x00, 0x00]);
        assert_eq!(long, Err(DecodeError::Surplus { got: 5, expected: 4 }));
    }
}
