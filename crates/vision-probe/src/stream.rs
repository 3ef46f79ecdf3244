//! A connection within the time limit of one try.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::evidence::{Evidence, Meaning};

/// The time limit over one try.
pub(crate) struct Clock {
    began: Instant,
    limit: Duration,
}

/// A connection whose reads and writes end with the time limit.
pub(crate) struct Timed<'c> {
    socket: TcpStream,
    clock: &'c Clock,
}

/// What an HTTP request goes over.
pub(crate) trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

impl Clock {
    pub(crate) fn start(limit: Duration) -> Self {
        Self { began: Instant::now(), limit }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What is left, if anything is.
    fn left(&self) -> io::Result<Duration> {
        let left = self.limit.saturating_sub(self.elapsed());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    /// What an error of the connection shows.
    pub(crate) fn evidence(&self, waiting_for: &'static str, error: &io::Error) -> Evidence {
        match error.kind() {
            ErrorKind::ConnectionRefused => Evidence::Refused,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
                Evidence::Reset
            }
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                Evidence::TimedOut { waiting_for, after: self.elapsed() }
            }
            ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable => Evidence::NoRoute,
            ErrorKind::UnexpectedEof => Evidence::ClosedEarly,
            // No socket says so of itself: it is what TLS makes of the bytes.
            ErrorKind::InvalidData => Evidence::Tls(error.to_string()),
            _ => Evidence::Failed(error.to_string()),
        }
    }

    /// The first address that connects, else what the last one gave, or what was certain. An address
    /// that is silent takes its share of the time only.
    pub(crate) fn connect(&self, addresses: &[SocketAddr]) -> Result<Timed<'_>, Evidence> {
        let mut last = Evidence::NoRoute;
        for (tried, address) in addresses.iter().enumerate() {
            let remaining = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
            let left = self.left().map_err(|error| self.evidence(CONNECTION, &error))?;
            match TcpStream::connect_timeout(address, (left / remaining).max(SHORTEST)) {
                Ok(socket) => return Ok(Timed { socket, clock: self }),
                // What is certain about one address is not hidden by another that is silent.
                Err(_) if last.meaning() == Meaning::Down => {}
                Err(error) => last = self.evidence(CONNECTION, &error),
            }
        }
        Err(last)
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.clock.left()?))?;
        self.socket.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.clock.left()?))?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const CONNECTION: &str = "connection";
/// A time limit of zero is an error of the socket.
const SHORTEST: Duration = Duration::from_millis(1);
