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
use crate::trace::Trace;

/// A port, when it may be opened again, and how many bytes it gave since it was opened.
#[derive(Debug)]
pub(crate) struct Line {
    tap: Tap,
    open: Option<OpenPort>,
    backoff: Backoff,
    not_before: Option<Instant>,
}

/// An open port, as a driver's client takes it: it fails once it has to be let go of.
pub(crate) type Wire = Leashed<Tap>;

/// The port, which the line can close, and counts of what passed through it.
#[derive(Clone, Debug)]
pub(crate) struct Tap {
    port: Arc<Mutex<Port>>,
    received: Arc<AtomicU64>,
    impact: Arc<Impact>,
    trace: Arc<Mutex<Trace>>,
}

impl Line {
    pub(crate) fn new(address: Address, options: OpenOptions) -> Self {
        let port = Port::new(address, options);
        let tap = Tap {
            port: Arc::new(Mutex::new(port)),
            received: Arc::default(),
            impact: Arc::default(),
            trace: Arc::default(),
        };
        Self { tap, open: None, backoff: Backoff::default(), not_before: None }
    }

    /// Keeps what passes through the port from now on.
    pub(crate) fn trace(&mut self, trace: Trace) {
        *self.tap.trace() = trace;
    }

    /// When the port may be opened, if not now.
    pub(crate) fn not_before(&self, now: Instant) -> Option<Instant> {
        self.not_before.filter(|instant| *instant > now)
    }

    /// Opens the port anew, on a leash; what is done with it counts as an impact on its device.
    pub(crate) fn open(&mut self, leash: Leash, impact: &Arc<Impact>) -> Result<Wire, Trouble> {
        self.open = None;
        self.tap.impact = Arc::clone(impact);
        self.tap.received.store(0, Ordering::Relaxed);
        self.tap.port().open().map_err(|error| trouble(&error))?;
        self.open = Some(OpenPort::new(impact));
        Ok(Leashed::new(self.tap.clone(), leash))
    }

    /// Closes the port.
    pub(crate) fn close(&mut self) {
        self.tap.port().close();
        self.tap.trace().pause(Instant::now());
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

    /// Between two questions to a device whose port stays open: there is time to write the trace.
    pub(crate) fn between(&self) {
        self.tap.trace().pause(Instant::now());
    }

    /// What it means that the other end closed the line.
    pub(crate) fn closed(&self) -> Trouble {
        if self.tap.received.load(Ordering::Relaxed) == 0 {
            let text = "the device closes the connection at once: it serves one connection, so \
                        another program probably holds it";
            return Trouble::Busy(text.to_owned());
        }
        Trouble::CannotOpen("the device closed the connection".to_owned())
    }
}

impl Tap {
    fn port(&self) -> MutexGuard<'_, Port> {
        self.port.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trace(&self) -> MutexGuard<'_, Trace> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.port().read(buffer)?;
        self.received.fetch_add(count as u64, Ordering::Relaxed);
        self.impact.received(count);
        self.trace().received(buffer.get(..count).unwrap_or_default(), Instant::now());
        Ok(count)
    }
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.port().write(bytes)?;
        self.impact.sent(count);
        self.trace().sent(bytes.get(..count).unwrap_or_default(), Instant::now());
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
