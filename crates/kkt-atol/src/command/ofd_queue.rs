//! A4h 20h: the exchange with the OFD.

use bitflags::bitflags;

use super::{Code, Command};
use crate::error::{DecodeError, end, take, take_confirmation};
use crate::value::CivilDateTime;

/// Asks how many documents wait to be sent to the OFD, and since when.
///
/// ```text
/// > A4 20
/// < 55 ee st rd cc cc nn nn nn nn YY MM DD hh mm   all binary, least significant byte first
///   0  1  2  3  4     6           10
/// ```
/// ee error, st status bits, rd 1 = a message is being read, cc count, nn number (FD) of the first
/// unsent document, then its date and time. A date that does not exist, 2000-01-01 00:00 and year 70
/// (1970) at that moment are no date.
///
/// Units: documents. 0 means everything was sent; number and date are `None` then (what the date
/// bytes hold in that case is not documented).
///
/// # Errors
/// [`DecodeError::Refused`] when the fiscal storage is absent or does not answer.
///
/// Source: docs/protocols/atol.md section 10, "A4 20"; three sources, status bits two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOfdQueue;

/// The exchange with the OFD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OfdQueue {
    /// What the exchange is doing.
    pub flags: OfdFlags,
    /// Whether a message is being read: 1 yes, 0 no.
    pub message_being_read: u8,
    /// How many documents are not sent yet.
    pub unsent_documents: u16,
    /// The number (FD) of the first of them.
    pub first_unsent_number: Option<u32>,
    /// Its date and time, to the minute.
    pub first_unsent_at: Option<CivilDateTime>,
}

bitflags! {
    /// What the exchange with the OFD is doing.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(transparent))]
    pub struct OfdFlags: u8 {
        /// The transport connection is up.
        const CONNECTED = 1;
        /// There is a message for the OFD.
        const MESSAGE_WAITING = 1 << 1;
        /// The OFD's receipt is awaited.
        const AWAITING_RECEIPT = 1 << 2;
        /// There is a command from the OFD.
        const COMMAND_FROM_OFD = 1 << 3;
        /// The OFD settings were changed.
        const SETTINGS_CHANGED = 1 << 4;
        /// The answer to the OFD's command is awaited.
        const AWAITING_COMMAND_ANSWER = 1 << 5;
    }
}

impl Command for ReadOfdQueue {
    const CODE: Code = Code::FISCAL_STORAGE;
    type Answer = OfdQueue;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([Self::CODE.0, 0x20]);
    }

    fn decode(&self, answer: &[u8]) -> Result<OfdQueue, DecodeError> {
        let mut bytes = answer;
        take_confirmation(&mut bytes)?;
        let [flags] = take(&mut bytes, "exchange status")?;
        let [message_being_read] = take(&mut bytes, "message being read")?;
        let unsent_documents = u16::from_le_bytes(take(&mut bytes, "number of unsent documents")?);
        let first = u32::from_le_bytes(take(&mut bytes, "number of the first unsent document")?);
        let date = take::<5>(&mut bytes, "date of the first unsent document")?;
        end(bytes, answer)?;
        let some = unsent_documents > 0;
        Ok(OfdQueue {
            flags: OfdFlags::from_bits_retain(flags),
            message_being_read,
            unsent_documents,
            first_unsent_number: (some && first != 0).then_some(first),
            first_unsent_at: fiscal_date_time(date).filter(|at| some && is_real(*at)),
        })
    }
}

/// A fiscal storage that has no date may write the beginning of its count or of Unix time: neither is
/// when a document was made. Inferred; no source says what it writes.
fn is_real(at: CivilDateTime) -> bool {
    let beginning = (at.month, at.day, at.hour, at.minute) == (1, 1, 0, 0);
    !(beginning && [2000, 2070].contains(&at.year))
}

/// A date and time of the fiscal storage: YY MM DD HH MM, binary.
pub(super) fn fiscal_date_time([year, month, day, hour, minute]: [u8; 5]) -> Option<CivilDateTime> {
    if year > 99 {
        return None;
    }
    CivilDateTime::from_numbers([year, month, day, hour, minute, 0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    #[track_caller]
    fn check(answer: &[u8], count: u16, number: Option<u32>, at: Option<&str>) {
        let queue = ReadOfdQueue.decode(answer).unwrap();
        assert_eq!(queue.unsent_documents, count);
        assert_eq!(queue.first_unsent_number, number);
        assert_eq!(queue.first_unsent_at.map(|at| at.to_string()).as_deref(), at);
    }

    #[test]
    fn some_documents_wait() {
        let answer = [
            0x55, 0x00, // no error
            0x03, 0x00, // connected, message waiting; nothing is being read
            0x2C, 0x01, // 300 documents
            0x34, 0x12, 0x00, 0x00, // from FD 4660
            26, 11, 23, 21, 15, // since
        ];
        check(&answer, 300, Some(4660), Some("2026-11-23T21:15:00"));
        let flags = ReadOfdQueue.decode(&answer).unwrap().flags;
        assert_eq!(flags, OfdFlags::CONNECTED | OfdFlags::MESSAGE_WAITING);
    }

    #[test]
    fn nothing_waits() {
        check(&[0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0, None, None);
        check(&[0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 26, 11, 23, 21, 15], 0, None, None);
        check(&[0x55, 0, 0, 0, 0, 0, 9, 0, 0, 0, 26, 11, 23, 21, 15], 0, None, None);
    }

    #[test]
    fn an_impossible_date_loses_no_count() {
        check(&[0x55, 0, 0, 0, 2, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0], 2, Some(9), None);
        check(&[0x55, 0, 0, 0, 2, 0, 9, 0, 0, 0, 0xFF, 1, 1, 0, 0], 2, Some(9), None);
        check(&[0x55, 0, 0, 0, 2, 0, 9, 0, 0, 0, 0, 1, 1, 0, 0], 2, Some(9), None);
        check(&[0x55, 0, 0, 0, 2, 0, 9, 0, 0, 0, 70, 1, 1, 0, 0], 2, Some(9), None);
        let new_year = Some("2027-01-01T00:00:00");
        check(&[0x55, 0, 0, 0, 2, 0, 9, 0, 0, 0, 27, 1, 1, 0, 0], 2, Some(9), new_year);
    }

    #[test]
    fn a_number_above_7f_is_not_negative() {
        check(
            &[0x55, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0x80, 26, 1, 1, 0, 0],
            128,
            Some(0x8000_0080),
            Some("2026-01-01T00:00:00"),
        );
    }

    #[test]
    fn refused_and_short() {
        let refused = ReadOfdQueue.decode(&[0x55, 0xD2, 0x00]);
        assert_eq!(refused, Err(DecodeError::Refused(Fault::FN_EXCHANGE)));
        let short = ReadOfdQueue.decode(&[0x55, 0, 0, 0, 0]);
        assert_eq!(short, Err(DecodeError::Missing("number of unsent documents")));
    }

    #[test]
    fn a_longer_answer_is_no_empty_queue() {
        let mut answer = [0; 42];
        answer[0] = 0x55;
        let error = ReadOfdQueue.decode(&answer).unwrap_err();
        assert_eq!(error, DecodeError::Surplus { got: 42, expected: 15 });
        assert_eq!(ReadOfdQueue.decode(&answer[..15]).unwrap().unsent_documents, 0);
    }
}
