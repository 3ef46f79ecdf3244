//! The blocking client: the only file that moves bytes and reads the clock.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use crate::error::{Error, FrameError};
use crate::protocol::{Protocol, Said, SaidError};
use crate::weight::Reading;

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the answer to a request, or for the next weight of a scale that streams. Defaults to
    /// 1.5 s, the shortest that a program for these scales waits.
    pub answer: Duration,
    /// For the line to take a request. Defaults to 500 ms.
    pub write: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { answer: Duration::from_millis(1500), write: Duration::from_millis(500) }
    }
}

/// Asks a scale over an open port.
///
/// The port is anything that reads and writes. Each `read` and `write` must return within about
/// 50 ms: open it with such a time-out. The errors `TimedOut`, `WouldBlock` and `Interrupted` say
/// that nothing happened yet; the client then compares the clock with its own limits
/// ([`Timeouts`]), which cover whole messages and answers. `Ok(0)` from `read` says that the other
/// end closed the line. The client never calls `flush`.
///
/// After [`Error::Io`] or [`Error::Closed`] let go of the port.
#[derive(Debug)]
pub struct Client<T> {
    io: T,
    protocol: Box<dyn Protocol>,
    timeouts: Timeouts,
}

impl<T: Read + Write> Client<T> {
    /// A client for a port that was just opened.
    pub fn new(io: T, protocol: Box<dyn Protocol>, timeouts: Timeouts) -> Self {
        Self { io, protocol, timeouts }
    }

    /// Asks for the weight.
    ///
    /// # Errors
    /// [`Error`]; a scale that answers without a weight is no error but a [`Reading::Fault`].
    pub fn weigh(&mut self) -> Result<Reading, Error> {
        self.discard()?;
        self.protocol.ask();
        match self.answer()? {
            Said::Weight(weight) => Ok(Reading::Weight(weight)),
            Said::Fault(fault) => Ok(Reading::Fault(fault)),
            _ => Err(Error::Unsupported),
        }
    }

    /// How long it waits, to be changed.
    pub fn timeouts_mut(&mut self) -> &mut Timeouts {
        &mut self.timeouts
    }

    /// Gives the port back.
    pub fn into_inner(self) -> T {
        self.io
    }

    /// What the dialogue ends with. Each message to the scale has its own time for an answer.
    fn answer(&mut self) -> Result<Said, Error> {
        let mut started = Instant::now();
        let (mut bytes, mut sent, mut last) = (0, 0, None);
        let mut buffer = [0; 256];
        loop {
            while let Some(said) = self.protocol.next_said() {
                match said {
                    Ok(Said::Other) => {}
                    Ok(Said::Send(_)) if sent == MOST_MESSAGES => {
                        return Err(no_answer(bytes, started.elapsed(), last));
                    }
                    Ok(Said::Send(message)) => {
                        self.write(&message)?;
                        sent += 1;
                        started = Instant::now();
                    }
                    Ok(said) => return Ok(said),
                    Err(SaidError::Frame(error)) => last = Some(error),
                    Err(SaidError::Decode(error)) => return Err(error.into()),
                }
            }
            let after = started.elapsed();
            if after >= self.timeouts.answer {
                // A whole answer may lie behind a false beginning, or there is another way to ask.
                if self.protocol.give_up() {
                    continue;
                }
                return Err(no_answer(bytes, after, last));
            }
            match self.io.read(&mut buffer) {
                Ok(0) => return Err(Error::Closed),
                Ok(count) => {
                    bytes += count;
                    self.protocol.push(buffer.get(..count).unwrap_or(&buffer));
                }
                Err(error) if is_tick(&error) => self.protocol.quiet(),
                Err(error) => return Err(closed_or(error)),
            }
        }
    }

    /// Throws away what has arrived before the request, until the line is quiet for a tick.
    ///
    /// Nothing in an answer tells its request. A single late one would else be taken for the next
    /// answer, and every later weight would be the one of the poll before.
    fn discard(&mut self) -> Result<(), Error> {
        let end = Instant::now() + MOST_DISCARDING;
        let mut buffer = [0; 256];
        while Instant::now() < end {
            match self.io.read(&mut buffer) {
                Ok(0) => return Err(Error::Closed),
                Ok(_) => {}
                Err(error) if is_tick(&error) => break,
                Err(error) => return Err(closed_or(error)),
            }
        }
        Ok(())
    }

    /// Writes a whole request within one limit.
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        let started = Instant::now();
        while !bytes.is_empty() {
            match self.io.write(bytes) {
                Ok(0) => return Err(Error::Closed),
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if is_tick(&error) => {
                    let after = started.elapsed();
                    if after >= self.timeouts.write {
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

/// No dialogue has as many messages, whatever a scale answers.
const MOST_MESSAGES: usize = 32;
/// A scale that streams by itself is never quiet.
const MOST_DISCARDING: Duration = Duration::from_millis(100);

fn no_answer(bytes: usize, after: Duration, last: Option<FrameError>) -> Error {
    if bytes == 0 {
        Error::Timeout { waiting_for: "a weight", after }
    } else {
        Error::Garbage { bytes, after, last }
    }
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
