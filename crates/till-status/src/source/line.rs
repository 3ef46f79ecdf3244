//! The port of a device: opened with a back-off, and watched for what comes through it.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use status_core::Trouble;
use till_port::{Address, OpenError, OpenOptions, Port};

use super::backoff::Backoff;
use crate::shared::Permit;

/// A port, when it may be opened again, and how many bytes it gave since it was opened.
#[derive(Debug)]
pub(crate) struct Line {
    wire: Wire,
    backoff: Backoff,
    not_before: Option<Instant>,
}

/// An open port, as a driver's client takes it.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    port: Arc<Mutex<Port>>,
    received: Arc<AtomicU64>,
    /// What is asked at every tick; without one the port is held until it is closed.
    permit: Option<Permit>,
    withdrawn: Arc<AtomicBool>,
}

impl Line {
    pub(crate) fn new(address: Address) -> Self {
        Self::opening(address, OpenOptions::default())
    }

    /// A port that is opened in a certain way, or never where that forbids it.
    pub(crate) fn opening(address: Address, options: OpenOptions) -> Self {
        let wire = Wire {
            port: Arc::new(Mutex::new(Port::new(address, options))),
            received: Arc::default(),
            permit: None,
            withdrawn: Arc::default(),
        };
        Self { wire, backoff: Backoff::default(), not_before: None }
    }

    /// When the port may be opened, if not now.
    pub(crate) fn not_before(&self, now: Instant) -> Option<Instant> {
        self.not_before.filter(|instant| *instant > now)
    }

    /// Opens the port anew.
    pub(crate) fn open(&mut self) -> Result<Wire, Trouble> {
        self.wire.received.store(0, Ordering::Relaxed);
        self.wire.port().open().map_err(|error| trouble(&error))?;
        Ok(self.wire.clone())
    }

    /// Opens the port anew, for as long as the permit is given: at the first tick without it the
    /// port is closed, whatever the driver waits for, and its call ends with an error.
    pub(crate) fn open_while(&mut self, permit: Permit) -> Result<Wire, Trouble> {
        self.wire.withdrawn.store(false, Ordering::Relaxed);
        self.wire.permit = Some(permit);
        self.open()
    }

    /// Whether the port was closed because its permit was withdrawn: no trouble of the device.
    pub(crate) fn withdrawn(&self) -> bool {
        self.wire.withdrawn.load(Ordering::Relaxed)
    }

    /// Closes the port.
    pub(crate) fn close(&mut self) {
        self.wire.port().close();
    }

    /// Closes the port and waits a little longer than the last time.
    pub(crate) fn failed(&mut self) {
        let wait = self.backoff.failed();
        self.rest(wait);
    }

    /// Closes the port for `wait`.
    pub(crate) fn rest(&mut self, wait: Duration) {
        self.close();
        self.not_before = Some(Instant::now() + wait);
    }

    /// The device answered: the next failure waits shortly.
    pub(crate) fn worked(&mut self) {
        self.backoff.worked();
        self.not_before = None;
    }

    /// What it means that the other end closed the line.
    pub(crate) fn closed(&self) -> Trouble {
        if self.wire.received.load(Ordering::Relaxed) == 0 {
            let text = "the device closes the connection at once: it serves one connection, so \
                        another program probably holds it";
            return Trouble::Busy(text.to_owned());
        }
        Trouble::CannotOpen("the device closed the connection".to_owned())
    }
}

impl Wire {
    fn port(&self) -> MutexGuard<'_, Port> {
        self.port.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the port at once when it may not be held any more.
    fn may_be_held(&self) -> io::Result<()> {
        if self.permit.as_ref().is_none_or(Permit::given) {
            return Ok(());
        }
        self.port().close();
        self.withdrawn.store(true, Ordering::Relaxed);
        Err(io::Error::new(io::ErrorKind::NotConnected, "the port was let go of"))
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.may_be_held()?;
        let count = self.port().read(buffer)?;
        self.received.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.may_be_held()?;
        self.port().write(bytes)
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
