//! The device's side of one connection after the other, without any port.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Device, is_tick};

/// A fake looks at what its owner wants at least this often.
pub(super) const GLANCE: Duration = Duration::from_millis(10);
/// A device that always has more to say must not keep the fake from looking.
const MOST_PIECES: usize = 64;

pub(super) struct Session<D: ?Sized> {
    device: Arc<Mutex<D>>,
    started: Instant,
    connected: bool,
    /// The piece that the line has not taken whole.
    piece: Vec<u8>,
    hangs_up: bool,
    sent: Option<Instant>,
}

/// What the line is to do after the device spoke.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spoke {
    /// Go on.
    Well,
    /// The device drops the line.
    HangsUp,
    /// The host is gone.
    HostGone,
}

impl<D: Device + ?Sized> Session<D> {
    /// The device is switched on now.
    pub(super) fn new(device: Arc<Mutex<D>>) -> Self {
        Self {
            device,
            started: Instant::now(),
            connected: false,
            piece: Vec::new(),
            hangs_up: false,
            sent: None,
        }
    }

    pub(super) const fn is_connected(&self) -> bool {
        self.connected
    }

    pub(super) fn connect(&mut self) {
        self.disconnect();
        let now = self.started.elapsed();
        self.device().connect(now);
        self.connected = true;
    }

    pub(super) fn disconnect(&mut self) {
        self.piece.clear();
        self.hangs_up = false;
        self.sent = None;
        if std::mem::take(&mut self.connected) {
            self.device().disconnect();
        }
    }

    pub(super) fn receive(&mut self, bytes: &[u8]) {
        let now = self.started.elapsed();
        self.device().receive(bytes, now);
    }

    /// Writes all that the device has to say now, as far as the line takes it.
    pub(super) fn speak(&mut self, mut write: impl FnMut(&[u8]) -> io::Result<usize>) -> Spoke {
        for _ in 0..MOST_PIECES {
            if self.piece.is_empty() {
                if self.hangs_up {
                    return Spoke::HangsUp;
                }
                let now = self.started.elapsed();
                let mut device = self.device();
                let piece = device.transmit(now);
                let hangs_up = device.hangs_up();
                drop(device);
                self.hangs_up = hangs_up;
                match piece {
                    Some(piece) => self.piece = piece,
                    None if hangs_up => return Spoke::HangsUp,
                    None => return Spoke::Well,
                }
                continue;
            }
            match write(&self.piece) {
                Ok(0) => return Spoke::HostGone,
                Ok(taken) => {
                    self.piece.drain(..taken.min(self.piece.len()));
                    self.sent = Some(Instant::now());
                }
                Err(error) if is_tick(&error) => return Spoke::Well,
                Err(_) => return Spoke::HostGone,
            }
        }
        Spoke::Well
    }

    /// How long nothing will happen but what the host says.
    pub(super) fn idle(&self) -> Duration {
        if !self.piece.is_empty() {
            return Duration::from_millis(1);
        }
        let now = self.started.elapsed();
        let wake = self.device().wake().map(|wake| wake.saturating_sub(now));
        wake.unwrap_or(GLANCE).clamp(Duration::from_millis(1), GLANCE)
    }

    /// How much of `time` has to pass since the last byte was sent.
    #[cfg(unix)]
    pub(super) fn rest_of(&self, time: Duration) -> Duration {
        self.sent.map_or(Duration::ZERO, |sent| time.saturating_sub(sent.elapsed()))
    }

    fn device(&self) -> MutexGuard<'_, D> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
