//! The port of a device: opened with a back-off, and watched for what comes through it.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use status_core::Trouble;
use till_port::{Address, OpenError, OpenOptions, Port};

use super::backoff::Backoff;
use crate::gate::{Leash, Leashed};
use crate::impact::{Impact, OpenPort};

/// A port, when it may be opened again, and how many bytes it gave since it was opened.
#[derive(Debug)]
pub(crate) struct Line {
    port: Arc<Mutex<Port>>,
    received: Arc<AtomicU64>,
    open: Option<OpenPort>,
    backoff: Backoff,
    not_before: Option<Instant>,
}

/// An open port, as a driver's client takes it: it fails once it has to be let go of.
pub(crate) type Wire = Leashed<Tap>;

/// The port, which the line can close, and counts of what goes through it.
#[derive(Clone, Debug)]
pub(crate) struct Tap {
    port: Arc<Mutex<Port>>,
    received: Arc<AtomicU64>,
    impact: Arc<Impact>,
}

impl Line {
    pub(crate) fn new(address: Address, options: OpenOptions) -> Self {
        let port = Arc::new(Mutex::new(Port::new(address, options)));
        let (received, backoff) = (Arc::default(), Backoff::default());
        Self { port, received, open: None, backoff, not_before: None }
    }

    /// When the port may be opened, if not now.
    pub(crate) fn not_before(&self, now: Instant) -> Option<Instant> {
        self.not_before.filter(|instant| *instant > now)
    }

    /// Opens the port anew, on a leash; what it does counts as an impact.
    pub(crate) fn open(&mut self, leash: Leash, impact: &Arc<Impact>) -> Result<Wire, Trouble> {
        self.open = None;
        self.received.store(0, Ordering::Relaxed);
        locked(&self.port).open().map_err(|error| trouble(&error))?;
        self.open = Some(OpenPort::new(impact));
        let (port, received) = (Arc::clone(&self.port), Arc::clone(&self.received));
        Ok(Leashed::new(Tap { port, received, impact: Arc::clone(impact) }, leash))
    }

    /// Closes the port.
    pub(crate) fn close(&mut self) {
        locked(&self.port).close();
        self.open = None;
    }

    /// Closes the port and waits a little longer than the last time.
    pub(crate) fn failed(&mut self) {
        let wait = self.backoff.failed();
        self.rest(wait);
    }

    /// Closes the port for `wait`, or for longer if that was said before.
    pub(crate) fn rest(&mut self, wait: Duration) {
        self.close();
        self.not_before = self.not_before.max(Some(Instant::now() + wait));
    }

    /// The device answered: the next failure waits shortly.
    pub(crate) fn worked(&mut self) {
        self.backoff.worked();
        self.not_before = None;
    }

    /// What it means that the other end closed the line.
    pub(crate) fn closed(&self) -> Trouble {
        if self.received.load(Ordering::Relaxed) == 0 {
            let text = "the device closes the connection at once: it serves one connection, so \
                        another program probably holds it";
            return Trouble::Busy(text.to_owned());
        }
        Trouble::CannotOpen("the device closed the connection".to_owned())
    }
}

fn locked(port: &Mutex<Port>) -> MutexGuard<'_, Port> {
    port.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = locked(&self.port).read(buffer)?;
        self.received.fetch_add(count as u64, Ordering::Relaxed);
        self.impact.received(count);
        Ok(count)
    }
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = locked(&self.port).write(bytes)?;
        self.impact.sent(count);
        Ok(count)
    }

    /// Does nothing: waiting for a serial line to drain has no bound.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn trouble(error: &OpenError) -> Trouble {
    match error {
        OpenError::Busy { .. } => Trouble::Busy(error.to_string()),
        _ => Trouble::CannotOpen(error.to_string()),
    }
}
