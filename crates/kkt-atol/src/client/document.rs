//! Reading one document of the fiscal storage: the only exchange of several commands.

use std::io::{Read, Write};
use std::time::Duration;

use super::{Client, clock};
use crate::command::{BeginDocument, DocumentPart, ReadDocumentPart};
use crate::error::Error;
use crate::fault::Fault;

/// The most parts that are read of one document; so the reading ends even if the device never
/// says that it has.
pub const DOCUMENT_PARTS: usize = 256;

/// How long the reading of one document may take: no part is asked for after this time, so the
/// reading ends after it and one exchange at the latest (20 s by default on the link v2). Our own.
pub const DOCUMENT_TIME: Duration = Duration::from_secs(60);

/// Says that no other program talks to this device while this one does.
///
/// Reading a document moves a place that the fiscal storage keeps: a till program that reads one at
/// the same time would get wrong pieces. Only who owns the device may say this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnsDevice;

/// A document of the fiscal storage. One source only: unact.
///
/// Its type is not told: which bytes hold it stands in no source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Document {
    /// Its number (FD).
    pub number: u32,
    /// What the device said to the first command besides "no error"; its layout is not known.
    pub lead: Vec<u8>,
    /// Its parts, in their order.
    pub parts: Vec<DocumentPart>,
    /// The error that ended the reading. Which one says "that was all" is not known. `None` when
    /// [`DOCUMENT_PARTS`] were read and the device had not ended.
    pub ended_by: Option<Fault>,
}

impl Document {
    /// The Unix time of the document: see [`DocumentPart::unix_time`].
    #[must_use]
    pub fn unix_time(&self) -> Option<u32> {
        self.parts.iter().find_map(DocumentPart::unix_time)
    }
}

impl<T: Read + Write> Client<T> {
    /// Reads one document (A4h 45h, then 46h until the device answers with an error, at most
    /// [`DOCUMENT_PARTS`] times and for [`DOCUMENT_TIME`]). The number of the last document is
    /// [`FiscalStorage::last_document`](crate::FiscalStorage::last_document).
    ///
    /// # Errors
    /// [`Error`]; [`Error::Refused`] when there is no such document or the device does not know the
    /// command; [`Error::Timeout`] when it has not ended after [`DOCUMENT_TIME`].
    pub fn document(&mut self, _: OwnsDevice, number: u32) -> Result<Document, Error> {
        self.document_within(DOCUMENT_TIME, number)
    }

    pub(super) fn document_within(
        &mut self,
        limit: Duration,
        number: u32,
    ) -> Result<Document, Error> {
        let began = clock();
        let lead = self.call(&BeginDocument { number })?;
        let mut document = Document { number, lead, parts: Vec::new(), ended_by: None };
        while document.parts.len() < DOCUMENT_PARTS {
            let after = clock() - began;
            if after >= limit {
                return Err(Error::Timeout { waiting_for: "the end of the document", after });
            }
            match self.call(&ReadDocumentPart) {
                Ok(part) => document.parts.push(part),
                Err(Error::Refused(fault)) => {
                    document.ended_by = Some(fault);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(document)
    }
}
