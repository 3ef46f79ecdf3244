//! What lies around the reads and writes of an open port, so that it is let go of in time.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use till_port::{TICK, Transport};

use super::Watch;

/// How long an exchange with a KKT that is under way may still take once the port is to be let go of: a task that is
/// not acknowledged would stay in the KKT. A scale is let go of at once: it keeps nothing. With the tick of a port and its closing that is well below the
/// second within which every device is let go of.
const GRACE: Duration = Duration::from_millis(300);

/// Ends the use of a port. Clones end together.
#[derive(Clone, Debug)]
pub struct Leash(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    watch: Watch,
    device: Device,
    /// Since when it is open, and how long it may be.
    since: Instant,
    hold: Option<Duration>,
    /// Since when it must not be open any more.
    barred: Mutex<Option<Instant>>,
    revoked: Mutex<Option<Revoked>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Device {
    Kkt,
    Scale,
}

/// Why a port is not read or written any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Revoked {
    /// The time that it may be held is over.
    #[error("the KKT is held for a short time only, and it is over")]
    Budget,
    /// It must not be open any more.
    #[error("the device has to be let go of now")]
    Barred,
}

impl Leash {
    pub(super) fn of_the_kkt(watch: Watch, since: Instant, hold: Option<Duration>) -> Self {
        Self::new(watch, Device::Kkt, since, hold)
    }

    /// The scale has no gate; it is let go of by the same means.
    pub(crate) fn of_the_scale(watch: Watch) -> Self {
        Self::new(watch, Device::Scale, Instant::now(), None)
    }

    fn new(watch: Watch, device: Device, since: Instant, hold: Option<Duration>) -> Self {
        let (barred, revoked) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { watch, device, since, hold, barred, revoked }))
    }

    /// May another question begin? It must have some time left.
    #[must_use]
    pub fn may_ask(&self, now: Instant) -> bool {
        let asks_until = self.0.hold.map(|hold| self.0.since + hold * 2 / 3);
        self.barred_since(now).is_none() && asks_until.is_none_or(|until| now < until)
    }

    /// Why the port was not read or written any more, if that was so.
    #[must_use]
    pub fn revoked(&self) -> Option<Revoked> {
        *self.0.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// May the port be read or written at `now`? A read may take a [`TICK`], so the answer is no when the
    /// time would be over before it ends.
    ///
    /// # Errors
    /// [`Revoked`]; from then on always.
    pub fn check(&self, now: Instant) -> Result<(), Revoked> {
        if let Some(revoked) = self.revoked() {
            return Err(revoked);
        }
        let end = now + TICK;
        let barred = self.barred_since(now);
        let why = match (self.0.hold, barred) {
            (Some(hold), _) if end > self.0.since + hold => Revoked::Budget,
            (_, Some(since)) if end > since + self.grace() => Revoked::Barred,
            _ => return Ok(()),
        };
        *self.0.revoked.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        Err(why)
    }

    /// Once it must not be open, this pass is over, whatever is allowed later.
    fn barred_since(&self, now: Instant) -> Option<Instant> {
        let mut since = self.0.barred.lock().unwrap_or_else(PoisonError::into_inner);
        if since.is_none() && self.is_barred() {
            *since = Some(now);
        }
        *since
    }

    fn grace(&self) -> Duration {
        match self.0.device {
            Device::Kkt => GRACE,
            Device::Scale => Duration::ZERO,
        }
    }

    fn is_barred(&self) -> bool {
        let watch = &self.0.watch;
        let now = watch.now();
        watch.stopping()
            || match self.0.device {
                Device::Kkt => !watch.snapshot().kkt_allowed(now),
                Device::Scale => !watch.snapshot().scale_allowed(now),
            }
    }
}

/// A port on a leash: its reads and writes fail once it has to be let go of.
#[derive(Clone, Debug)]
pub struct Leashed<T> {
    io: T,
    leash: Leash,
}

impl<T> Leashed<T> {
    /// Puts an open port on the leash of its pass.
    pub fn new(io: T, leash: Leash) -> Self {
        Self { io, leash }
    }
}

impl<T: Read> Read for Leashed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.leash.check(Instant::now()).map_err(io::Error::other)?;
        self.io.read(buffer)
    }
}

impl<T: Transport> Transport for Leashed<T> {}

impl<T: Write> Write for Leashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.leash.check(Instant::now()).map_err(io::Error::other)?;
        self.io.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.io.flush()
    }
}
