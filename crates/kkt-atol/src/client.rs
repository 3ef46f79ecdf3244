//! The blocking client: the only file that moves bytes and reads the clock.

mod document;

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use crate::command::{
    Command, DeviceType, FiscalStorage, FiscalStorageNumber, FiscalStorageTerm,
    FiscalStorageVersion, OfdQueue, ReadDeviceType, ReadFiscalStorage, ReadFiscalStorageNumber,
    ReadFiscalStorageTerm, ReadFiscalStorageVersion, ReadOfdQueue, ReadReceiptRegister, ReadShift,
    ReadShiftRegister, ReadStateCode, ReadStatus, ReadStatusAs, ReadUnacknowledged, Reading,
    ReceiptRegister, Shift, ShiftRegister, StateCode, Status, Unacknowledged,
};
use crate::error::Error;
use crate::link::{Counters, Exchange, Settings};

pub use document::{DOCUMENT_PARTS, DOCUMENT_TIME, Document, OwnsDevice};

/// Asks a device over an open port.
///
/// The port is anything that reads and writes. Each `read` and `write` must return within about
/// 50 ms: open it with such a time-out. The errors `TimedOut`, `WouldBlock` and `Interrupted` say
/// that nothing happened yet; the client then compares the clock with its own limits
/// ([v2](crate::v2::Timeouts), [v3](crate::v3::Timeouts)), which cover whole messages and answers. `Ok(0)` from `read`
/// says that the other end closed the line. The client never calls `flush`.
///
/// After [`Error::Io`], [`Error::Closed`] or [`Error::Conflict`] let go of the port.
#[derive(Debug)]
pub struct Client<T> {
    io: T,
    exchange: Exchange,
    settings: Settings,
}

impl<T: Read + Write> Client<T> {
    /// A client for a port that was just opened.
    ///
    /// The settings are those of [`v2`](crate::v2::Settings) or [`v3`](crate::v3::Settings): they
    /// say which link the device speaks.
    pub fn new(io: T, settings: impl Into<Settings>) -> Self {
        let settings = settings.into();
        Self { io, exchange: Exchange::new(settings), settings }
    }

    /// The state of the KKT: operator, clock, paper, shift, receipt (3Fh).
    ///
    /// # Errors
    /// [`Error`]
    pub fn status(&mut self) -> Result<Status, Error> {
        self.call(&ReadStatus)
    }

    /// The state of the KKT, with another reading of the numbers of which the sources disagree.
    ///
    /// # Errors
    /// [`Error`]
    pub fn status_as(&mut self, reading: Reading) -> Result<Status, Error> {
        self.call(&ReadStatusAs(reading))
    }

    /// Mode and printer faults (45h).
    ///
    /// # Errors
    /// [`Error`]
    pub fn state_code(&mut self) -> Result<StateCode, Error> {
        self.call(&ReadStateCode)
    }

    /// What the device is (A5h).
    ///
    /// # Errors
    /// [`Error`]
    pub fn device_type(&mut self) -> Result<DeviceType, Error> {
        self.call(&ReadDeviceType)
    }

    /// The current shift (A4h 10h).
    ///
    /// # Errors
    /// [`Error`]
    pub fn shift(&mut self) -> Result<Shift, Error> {
        self.call(&ReadShift)
    }

    /// How many documents wait to be sent to the OFD (A4h 20h).
    ///
    /// # Errors
    /// [`Error`]
    pub fn ofd_queue(&mut self) -> Result<OfdQueue, Error> {
        self.call(&ReadOfdQueue)
    }

    /// The state of the fiscal storage (A4h 30h).
    ///
    /// # Errors
    /// [`Error`]
    pub fn fiscal_storage(&mut self) -> Result<FiscalStorage, Error> {
        self.call(&ReadFiscalStorage)
    }

    /// The number of the fiscal storage (A4h 31h).
    ///
    /// # Errors
    /// [`Error`]
    pub fn fiscal_storage_number(&mut self) -> Result<FiscalStorageNumber, Error> {
        self.call(&ReadFiscalStorageNumber)
    }

    /// How long the fiscal storage may be used (A4h 32h).
    ///
    /// # Errors
    /// [`Error`]
    pub fn fiscal_storage_term(&mut self) -> Result<FiscalStorageTerm, Error> {
        self.call(&ReadFiscalStorageTerm)
    }

    /// The version of the fiscal storage (A4h 33h).
    ///
    /// # Errors
    /// [`Error`]
    pub fn fiscal_storage_version(&mut self) -> Result<FiscalStorageVersion, Error> {
        self.call(&ReadFiscalStorageVersion)
    }

    /// How many documents the OFD has not acknowledged (A4h 42h). One source only.
    ///
    /// # Errors
    /// [`Error`]
    pub fn unacknowledged(&mut self) -> Result<Unacknowledged, Error> {
        self.call(&ReadUnacknowledged)
    }

    /// Whether the shift is over 24 hours (register 12h). Ask rarely: it may take long.
    ///
    /// # Errors
    /// [`Error`]
    pub fn shift_register(&mut self) -> Result<ShiftRegister, Error> {
        self.call(&ReadShiftRegister)
    }

    /// Mode, receipt and document number (register 13h). One source only; it may take long.
    ///
    /// # Errors
    /// [`Error`]
    pub fn receipt_register(&mut self) -> Result<ReceiptRegister, Error> {
        self.call(&ReadReceiptRegister)
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// [`Error`]
    pub fn call<C: Command>(&mut self, command: &C) -> Result<C::Answer, Error> {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        Ok(command.decode(&self.ask(&bytes)?)?)
    }

    /// Sends the bytes of a command, without the access password, and waits for the bytes of its
    /// answer: for programs that list answers rather than understand them. An answer in these bytes
    /// may still be a refusal (55 and a code) where the link does not tell it.
    ///
    /// # Errors
    /// [`Error`], and of [`Error::Decode`] only that an answer to 45h may be either.
    pub fn ask(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        self.exchange.start(command, Instant::now());
        self.run()
    }

    /// For how long nobody should open this port again, if it is closed now: the device may still want
    /// to deliver the answer to a command that was given up, and whoever opens the port meets that
    /// (link v2). `None` when it has nothing to deliver; a client that goes on waits by itself.
    pub fn owed(&self) -> Option<Duration> {
        let now = Instant::now();
        self.exchange.owed_until(now).map(|until| until - now)
    }

    /// What was noticed on this connection and set aside.
    pub fn counters(&self) -> Counters {
        self.exchange.counters()
    }

    /// Gives the port back.
    pub fn into_inner(self) -> T {
        self.io
    }

    fn run(&mut self) -> Result<Vec<u8>, Error> {
        let mut buffer = [0; 512];
        loop {
            // The Ack of a result is sent before the result is handed out.
            while let Some(bytes) = self.exchange.poll_transmit() {
                self.write(&bytes)?;
            }
            if let Some(result) = self.exchange.poll() {
                return result;
            }
            match self.io.read(&mut buffer) {
                Ok(0) => return Err(Error::Closed),
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or(&buffer);
                    self.exchange.receive(bytes, Instant::now());
                }
                Err(error) if is_tick(&error) => {}
                Err(error) => return Err(closed_or(error)),
            }
            let now = Instant::now();
            if self.exchange.poll_timeout().is_some_and(|due| now >= due) {
                self.exchange.handle_timeout(now);
            }
        }
    }

    /// Writes a whole packet within one limit.
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        let started = Instant::now();
        while !bytes.is_empty() {
            match self.io.write(bytes) {
                Ok(0) => return Err(Error::Closed),
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if is_tick(&error) => {
                    let after = started.elapsed();
                    if after >= self.settings.write_limit() {
                        let waiting_for = "the line to take a packet";
                        return Err(Error::Timeout { waiting_for, after });
                    }
                }
                Err(error) => return Err(closed_or(error)),
            }
        }
        Ok(())
    }
}

/// What the parts of the client know the time from.
fn clock() -> Instant {
    Instant::now()
}

fn is_tick(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// A line that the other end closed fails in several ways by platform.
fn closed_or(error: std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::BrokenPipe
        | ErrorKind::ConnectionAborted
        | ErrorKind::ConnectionReset
        | ErrorKind::UnexpectedEof => Error::Closed,
        _ => Error::Io(error),
    }
}

#[cfg(test)]
mod tests;
