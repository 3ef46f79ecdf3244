//! A4h 45h and 46h: one document of the fiscal storage, in pieces.

use super::{Code, Command};
use crate::error::{DecodeError, end, take, take_confirmation};

/// Begins to read a document of the fiscal storage.
///
/// ```text
/// > A4 45 nn nn nn nn      n = number (FD), binary, least significant byte first
/// < 55 ee [..]             ee = error; what follows stands in no source
///   0  1
/// ```
/// Units: none. The reading goes on with [`ReadDocumentPart`]. The fiscal storage keeps the place,
/// so two programs that read at once disturb each other: only a program that owns the device sends
/// this ([`Client::document`](crate::Client::document)).
///
/// # Errors
/// [`DecodeError::Refused`] when there is no such document, or the device does not know the command.
///
/// Source: docs/protocols/atol.md section 10, "Further queries"; **one source only**: unact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeginDocument {
    /// The number of the document (FD); that of the last one is in
    /// [`FiscalStorage::last_document`](super::FiscalStorage::last_document).
    pub number: u32,
}

/// Asks for the next piece of the document that [`BeginDocument`] chose.
///
/// ```text
/// > A4 46
/// < 55 ee tt tt ll ll v*l  ee = error; tt = tag, ll = length of the value, both binary, least
///   0  1  2     4     6    significant byte first; v = value
/// ```
/// Units: none.
///
/// # Errors
/// [`DecodeError::Refused`] at the end: which code says so is not known, so any refusal ends the
/// document.
///
/// Source: docs/protocols/atol.md section 10, "Further queries"; **one source only**: unact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadDocumentPart;

/// One piece of a document: a tag and its value. One source only: unact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DocumentPart {
    /// The tag, such as [`DocumentPart::TIME`].
    pub tag: u16,
    /// The value, as it came.
    pub value: Vec<u8>,
}

impl DocumentPart {
    /// The tag of the document's date and time. One source only: c-tool.
    pub const TIME: u16 = 1012;

    /// The Unix time in a part with the tag 1012: seconds since 1970, which are the device's civil
    /// time taken as UTC or a real instant; no source says which. `None` for another tag or length,
    /// and for zero, which is no time.
    #[must_use]
    pub fn unix_time(&self) -> Option<u32> {
        let bytes = <[u8; 4]>::try_from(self.value.as_slice()).ok();
        let bytes = bytes.filter(|_| self.tag == Self::TIME);
        bytes.map(u32::from_le_bytes).filter(|seconds| *seconds != 0)
    }
}

impl Command for BeginDocument {
    const CODE: Code = Code::FISCAL_STORAGE;
    /// What stands behind the error code; no source says what it is.
    type Answer = Vec<u8>;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x45]);
        out.extend(self.number.to_le_bytes());
    }

    fn decode(&self, answer: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        Ok(bytes.to_vec())
    }
}

impl Command for ReadDocumentPart {
    const CODE: Code = Code::FISCAL_STORAGE;
    type Answer = DocumentPart;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x46]);
    }

    fn decode(&self, answer: &[u8]) -> Result<DocumentPart, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        let tag = u16::from_le_bytes(take(&mut bytes, "tag")?);
        let length = usize::from(u16::from_le_bytes(take(&mut bytes, "length of the value")?));
        let Some((value, surplus)) = bytes.split_at_checked(length) else {
            return Err(DecodeError::Missing("value"));
        };
        end(surplus, answer)?;
        Ok(DocumentPart { tag, value: value.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    /// Tag 1012 with 2026-11-24 01:56:07 as UTC.
    const TIME: [u8; 10] = [0x55, 0x00, 0xF4, 0x03, 0x04, 0x00, 0xB7, 0xEE, 0x04, 0x6B];

    #[test]
    fn the_number_is_least_significant_byte_first() {
        let mut bytes = Vec::new();
        BeginDocument { number: 0x0102_0304 }.encode(&mut bytes);
        assert_eq!(bytes, [0xA4, 0x45, 0x04, 0x03, 0x02, 0x01]);
    }

    #[test]
    fn what_follows_the_confirmation_is_kept() {
        let begin = BeginDocument { number: 1 };
        assert_eq!(begin.decode(&[0x55, 0x00]), Ok(vec![]));
        assert_eq!(begin.decode(&[0x55, 0x00, 0x03, 0x00]), Ok(vec![0x03, 0x00]));
        let refused = begin.decode(&[0x55, 0xDA, 0x00]);
        assert_eq!(refused, Err(DecodeError::Refused(Fault::new(0xDA))));
    }

    #[test]
    fn a_time_is_one_only_with_its_tag_and_length() {
        let part = ReadDocumentPart.decode(&TIME).unwrap();
        assert_eq!((part.tag, part.unix_time()), (1012, Some(1_795_485_367)));
        let with = |tag, value: &[u8]| DocumentPart { tag, value: value.to_vec() }.unix_time();
        assert_eq!(with(1020, &[1, 0, 0, 0]), None);
        assert_eq!(with(1012, &[1, 0, 0]), None);
        assert_eq!(with(1012, &[0, 0, 0, 0]), None, "1970 is no time of a document");
    }

    #[test]
    fn the_length_must_be_true() {
        assert_eq!(ReadDocumentPart.decode(&TIME[..9]), Err(DecodeError::Missing("value")));
        let long = [&TIME[..], &[0x00]].concat();
        let expected = DecodeError::Surplus { got: 11, expected: 10 };
        assert_eq!(ReadDocumentPart.decode(&long), Err(expected));
        assert_eq!(
            ReadDocumentPart.decode(&TIME[..5]),
            Err(DecodeError::Missing("length of the value"))
        );
        let empty = ReadDocumentPart.decode(&[0x55, 0x00, 0x01, 0x00, 0x00, 0x00]).unwrap();
        assert_eq!(empty, DocumentPart { tag: 1, value: vec![] });
    }
}
