//! The blocking client: the only file that moves bytes and reads the clock.

use std::io::{ErrorKind, Read, Write};
use std::time::Instant;

#[cfg(feature = "pirit")]
use crate::command::pirit;
use crate::command::{Command, arm, pone};
#[cfg(feature = "pirit")]
use crate::dialect::Pirit;
use crate::dialect::{Arm, Dialect, Pone};
use crate::error::{BadMessage, Error};
use crate::exchange::{Counters, Exchange};
use crate::model::Model;

/// How often a request is asked again when its answer came broken. All our requests only read.
const REPEATS: u64 = 1;

/// Asks a device over an open port, in one dialect.
///
/// The port is anything that reads and writes. Each `read` and `write` must return within about
/// 50 ms: open it with such a time-out. The errors `TimedOut`, `WouldBlock` and `Interrupted` say
/// that nothing happened yet; the client then compares the clock with its own limits
/// ([`Timeouts`](crate::exchange::Timeouts)), which cover whole messages and answers. `Ok(0)` from
/// `read` says that the other end closed the line. The client never calls `flush`.
///
/// After [`Error::Io`] or [`Error::Closed`] let go of the port.
#[derive(Debug)]
pub struct Client<T, D: Dialect> {
    io: T,
    exchange: D::Exchange,
    counters: Counters,
}

type SettingsOf<D> = <<D as Dialect>::Exchange as Exchange<D>>::Settings;

impl<T: Read + Write, D: Dialect> Client<T, D> {
    /// A client for a port that was just opened.
    pub fn new(io: T, settings: SettingsOf<D>) -> Self {
        Self { io, exchange: D::Exchange::new(settings), counters: Counters::default() }
    }

    /// Sends a command of this dialect and waits for its answer.
    ///
    /// An answer that comes broken is asked for once more, under a new number.
    ///
    /// # Errors
    /// [`Error`]
    pub fn call<C: Command<Dialect = D>>(&mut self, command: &C) -> Result<C::Answer, Error> {
        let mut repeats = REPEATS;
        let mut heard = Heard::default();
        loop {
            let envelope = self.exchange.next_envelope();
            let mut request = Vec::new();
            command.encode(&envelope, &mut request);
            self.write(&request)?;
            match self.listen(command, &envelope, repeats > 0, &mut heard)? {
                Some(answer) => return Ok(answer),
                None => {
                    repeats -= 1;
                    self.counters.repeats += 1;
                }
            }
        }
    }

    /// What was noticed on this connection and set aside.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Gives the port back.
    pub fn into_inner(self) -> T {
        self.io
    }

    /// Waits for the answer; `None`: it came broken, and may be asked for again.
    fn listen<C: Command<Dialect = D>>(
        &mut self,
        command: &C,
        envelope: &D::Envelope,
        again: bool,
        heard: &mut Heard,
    ) -> Result<Option<C::Answer>, Error> {
        let limits = self.exchange.timeouts();
        let began = Instant::now();
        let (mut heard_at, mut asked) = (began, false);
        let mut buffer = [0; 4096];
        loop {
            match self.io.read(&mut buffer) {
                Ok(0) => return Err(Error::Closed),
                Ok(count) => {
                    heard.bytes += count;
                    (heard_at, asked) = (Instant::now(), false);
                    self.exchange.receive(buffer.get(..count).unwrap_or(&buffer));
                }
                Err(error) if is_tick(&error) => {}
                Err(error) => return Err(closed_or(error)),
            }
            while let Some(result) = self.exchange.next_answer() {
                let bad = match result {
                    Ok(answer) if command.is_answered_by(envelope, &answer) => {
                        return Ok(Some(command.decode(&answer)?));
                    }
                    Ok(_) => BadMessage::Late,
                    Err(bad) => bad,
                };
                match bad {
                    BadMessage::Late => self.counters.late += 1,
                    _ => self.counters.broken += 1,
                }
                let message = bad.was_a_message();
                // Noise behind a broken answer tells less than the answer does.
                if message || !heard.last.as_ref().is_some_and(BadMessage::was_a_message) {
                    heard.last = Some(bad);
                }
                if again && message {
                    return Ok(None);
                }
            }
            let after = began.elapsed();
            let silent = heard_at.elapsed() >= limits.silence;
            if after >= limits.answer || silent && (asked || self.exchange.probe().is_none()) {
                let dialect = D::NAME;
                let Heard { bytes, last } = std::mem::take(heard);
                return Err(match bytes {
                    0 => Error::Timeout { waiting_for: "an answer", after },
                    _ => Error::Garbage { dialect, bytes, after, last },
                });
            }
            if let Some(probe) = self.exchange.probe().filter(|_| silent) {
                self.write(&[probe])?;
                (heard_at, asked) = (Instant::now(), true);
            }
        }
    }

    /// Writes a whole request within one limit.
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        let began = Instant::now();
        while !bytes.is_empty() {
            match self.io.write(bytes) {
                Ok(0) => return Err(Error::Closed),
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if is_tick(&error) => {
                    let after = began.elapsed();
                    if after >= self.exchange.timeouts().write {
                        let waiting_for = "the line to take a request";
                        return Err(Error::Timeout { waiting_for, after });
                    }
                }
                Err(error) => return Err(closed_or(error)),
            }
        }
        Ok(())
    }
}

impl<T: Read + Write> Client<T, Pone> {
    /// The state of the device, the shift and the document (A0).
    ///
    /// # Errors
    /// [`Error`]
    pub fn status(&mut self) -> Result<pone::Status, Error> {
        self.call(&pone::ReadStatus)
    }

    /// The number of the current shift (`A5 [1]`).
    ///
    /// # Errors
    /// [`Error`]
    pub fn shift_number(&mut self) -> Result<u32, Error> {
        self.call(&pone::ReadShiftNumber)
    }

    /// Which model it is (`A5 [0]`).
    ///
    /// # Errors
    /// [`Error`]
    pub fn model(&mut self) -> Result<Model, Error> {
        self.call(&pone::ReadModel)
    }

    /// The factory number (A6).
    ///
    /// # Errors
    /// [`Error`]
    pub fn factory_number(&mut self) -> Result<String, Error> {
        self.call(&pone::ReadFactoryNumber)
    }

    /// The version of the printer's boot loader (`AF [6]`).
    ///
    /// # Errors
    /// [`Error`]
    pub fn boot_version(&mut self) -> Result<String, Error> {
        self.call(&pone::ReadBootVersion)
    }

    /// The version in the printer's flash memory (`AF [7]`).
    ///
    /// # Errors
    /// [`Error`]
    pub fn flash_version(&mut self) -> Result<String, Error> {
        self.call(&pone::ReadFlashVersion)
    }
}

#[cfg(feature = "pirit")]
impl<T: Read + Write> Client<T, Pirit> {
    /// The state of the device, the shift and the document (00).
    ///
    /// # Errors
    /// [`Error`]
    pub fn status(&mut self) -> Result<pirit::Status, Error> {
        self.call(&pirit::ReadStatus)
    }

    /// The state of the printer, paper included (04).
    ///
    /// # Errors
    /// [`Error`]
    pub fn printer(&mut self) -> Result<pirit::Printer, Error> {
        self.call(&pirit::ReadPrinter)
    }

    /// How many documents wait to be sent to the OFD (`78 [7]`).
    ///
    /// # Errors
    /// [`Error`]
    pub fn ofd_queue(&mut self) -> Result<pirit::OfdQueue, Error> {
        self.call(&pirit::ReadOfdQueue)
    }

    /// The shift in the fiscal storage (`78 [6]`).
    ///
    /// # Errors
    /// [`Error`]
    pub fn shift(&mut self) -> Result<pirit::Shift, Error> {
        self.call(&pirit::ReadShift)
    }

    /// Date and time of the last fiscal operation (`02 [5]`).
    ///
    /// # Errors
    /// [`Error`]
    pub fn last_fiscal(&mut self) -> Result<crate::CivilDateTime, Error> {
        self.call(&pirit::ReadLastFiscal)
    }

    /// The device's clock (13).
    ///
    /// # Errors
    /// [`Error`]
    pub fn clock(&mut self) -> Result<crate::CivilDateTime, Error> {
        self.call(&pirit::ReadClock)
    }

    /// The state of the fiscal storage (`78 [2]`).
    ///
    /// # Errors
    /// [`Error`]
    pub fn fn_status(&mut self) -> Result<pirit::FnStatus, Error> {
        self.call(&pirit::ReadFnStatus)
    }

    /// The number of the next receipt (`01 [2]`).
    ///
    /// # Errors
    /// [`Error`]
    pub fn next_receipt(&mut self) -> Result<u32, Error> {
        self.call(&pirit::ReadNextReceipt)
    }

    /// The factory number (`02 [1]`).
    ///
    /// # Errors
    /// [`Error`]
    pub fn factory_number(&mut self) -> Result<String, Error> {
        self.call(&pirit::ReadFactoryNumber)
    }
}

impl<T: Read + Write> Client<T, Arm> {
    /// The status (2).
    ///
    /// # Errors
    /// [`Error`]
    pub fn status(&mut self) -> Result<arm::Status, Error> {
        self.call(&arm::ReadStatus)
    }

    /// The short status of the fiscal storage (44).
    ///
    /// # Errors
    /// [`Error`]
    pub fn short_status(&mut self) -> Result<arm::ShortStatus, Error> {
        self.call(&arm::ReadShortStatus)
    }

    /// The counters (40).
    ///
    /// # Errors
    /// [`Error`]
    pub fn counters_of_shift(&mut self) -> Result<arm::Counters, Error> {
        self.call(&arm::ReadCounters)
    }

    /// The device's clock (22).
    ///
    /// # Errors
    /// [`Error`]
    pub fn clock(&mut self) -> Result<arm::Clock, Error> {
        self.call(&arm::ReadClock)
    }

    /// The registration (50).
    ///
    /// # Errors
    /// [`Error`]
    pub fn registration(&mut self) -> Result<arm::Registration, Error> {
        self.call(&arm::ReadRegistration)
    }

    /// The cash drawer (52).
    ///
    /// # Errors
    /// [`Error`]
    pub fn drawer(&mut self) -> Result<arm::Drawer, Error> {
        self.call(&arm::ReadDrawer)
    }

    /// What the KKT is (58).
    ///
    /// # Errors
    /// [`Error`]
    pub fn information(&mut self) -> Result<arm::Information, Error> {
        self.call(&arm::ReadInformation)
    }
}

/// What came during a call besides its answer.
#[derive(Debug, Default)]
struct Heard {
    bytes: usize,
    /// What was wrong with it last.
    last: Option<BadMessage>,
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
