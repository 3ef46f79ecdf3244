//! A device in the same process, without any port.

use std::collections::VecDeque;
use std::fmt::{self, Debug, Formatter};
use std::io::{self, ErrorKind, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Device, TICK, Transport};

/// A [`Transport`] straight into a [`Device`], in real time: what an address `tape:…` opens.
///
/// Dropping it is the host closing the line.
pub struct Direct<D: Device> {
    device: D,
    started: Instant,
    pending: VecDeque<u8>,
    hung_up: bool,
}

impl<D: Device> Direct<D> {
    /// Switches `device` on and connects to it.
    pub fn new(mut device: D) -> Self {
        device.connect(Duration::ZERO);
        Self { device, started: Instant::now(), pending: VecDeque::new(), hung_up: false }
    }

    /// The device.
    pub const fn device(&self) -> &D {
        &self.device
    }

    fn collect(&mut self) {
        while !self.hung_up {
            let now = self.started.elapsed();
            let piece = self.device.transmit(now);
            self.hung_up = self.device.hangs_up();
            match piece {
                Some(bytes) => self.pending.extend(bytes),
                None => break,
            }
        }
    }
}

impl<D: Device> Read for Direct<D> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let deadline = self.started.elapsed() + TICK;
        loop {
            self.collect();
            if !self.pending.is_empty() {
                return self.pending.read(buf);
            }
            if self.hung_up {
                return Ok(0);
            }
            let now = self.started.elapsed();
            if now >= deadline {
                return Err(ErrorKind::TimedOut.into());
            }
            let until = self.device.wake().unwrap_or(deadline).clamp(now, deadline);
            // At least a moment, also when a device says "now" and then has nothing.
            thread::sleep((until - now).max(Duration::from_micros(100)));
        }
    }
}

impl<D: Device> Write for Direct<D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.hung_up {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.device.receive(bytes, self.started.elapsed());
        self.collect();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<D: Device> Transport for Direct<D> {}

impl<D: Device> Drop for Direct<D> {
    fn drop(&mut self) {
        self.device.disconnect();
    }
}

impl<D: Device> Debug for Direct<D> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.debug_struct("Direct").field("hung_up", &self.hung_up).finish_non_exhaustive()
    }
}
