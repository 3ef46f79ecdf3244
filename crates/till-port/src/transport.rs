//! What every open port is: a pair of reads and writes that never wait long.

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

/// The longest that one `read` or `write` of a [`Transport`] waits.
pub const TICK: Duration = Duration::from_millis(50);

/// An open port to a device.
///
/// The contract on top of [`Read`] and [`Write`]:
/// - A call returns within about [`TICK`]. When nothing happened by then it fails with
///   [`ErrorKind::TimedOut`], [`ErrorKind::WouldBlock`] or [`ErrorKind::Interrupted`]: a **tick**,
///   which is not an error ([`is_tick`]). The caller compares the clock with its own deadline.
/// - `write` may take a part of the bytes; [`write_by`](Transport::write_by) sends them all.
/// - `Ok(0)` from `read` says that the other end closed the line.
/// - `flush` does nothing: waiting for the line to drain has no bound on a serial port.
///
/// The driver crates ask for no more than `Read + Write` with this contract, so they need no crate
/// of ours and any port of a POS program will do.
pub trait Transport: Read + Write + Send {
    /// Reads what is there into `buf`, or waits for it until `deadline`.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] when nothing came by `deadline`, or what the port reports.
    fn read_by(&mut self, buf: &mut [u8], deadline: Instant) -> io::Result<usize> {
        loop {
            match self.read(buf) {
                Err(error) if is_tick(&error) => tick_until(deadline)?,
                done => return done,
            }
        }
    }

    /// Writes all of `bytes` by `deadline`: one deadline over the whole message.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] when the line took only a part of them by `deadline`,
    /// [`ErrorKind::WriteZero`] when it takes no more, or what the port reports.
    fn write_by(&mut self, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => bytes = bytes.get(taken..).unwrap_or_default(),
                Err(error) if is_tick(&error) => tick_until(deadline)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {}

/// Whether an error of `read` or `write` only says that nothing happened yet.
#[must_use]
pub fn is_tick(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

fn tick_until(deadline: Instant) -> io::Result<()> {
    if Instant::now() >= deadline { Err(ErrorKind::TimedOut.into()) } else { Ok(()) }
}
