//! What lies around the reads and writes of an open port, so that it is let go of in time.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kkt_atol::Link;
use kkt_atol::v2::Control;
use kkt_atol::v2::frame::STX;
use till_port::{TICK, Transport};

use super::Watch;

/// How long an exchange with a KKT that is under way may still take once the port is to be let go of: a
/// task that is not acknowledged would stay in the KKT. A scale is let go of at once: it keeps nothing.
/// With the tick of a port and its closing that is well below the second within which every device is
/// let go of.
const GRACE: Duration = Duration::from_millis(300);

/// The same over the link v2, where a KKT that has taken a command wants to deliver its answer: whoever
/// opened the port meanwhile would get it. So it is taken off the KKT also when the time that the port
/// may be held is over; and before the command went out there is no grace at all.
///
/// Source: docs/protocols/atol.md section 3.
const FINISH: Duration = Duration::from_millis(700);

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
    /// Over the link v2: a command went out, and its answer has to be taken off the KKT.
    owed: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Device {
    /// The link is that of an ATOL KKT; others take no part in what is said of the link v2.
    Kkt(Option<Link>),
    Scale,
}

impl Device {
    /// The name of its source.
    fn name(self) -> &'static str {
        match self {
            Self::Kkt(_) => "kkt",
            Self::Scale => "scale",
        }
    }
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
    pub(super) fn of_the_kkt(
        watch: Watch,
        link: Option<Link>,
        since: Instant,
        hold: Option<Duration>,
    ) -> Self {
        Self::new(watch, Device::Kkt(link), since, hold)
    }

    /// The scale has no gate; it is let go of by the same means.
    pub(crate) fn of_the_scale(watch: Watch) -> Self {
        Self::new(watch, Device::Scale, Instant::now(), None)
    }

    fn new(watch: Watch, device: Device, since: Instant, hold: Option<Duration>) -> Self {
        let (barred, revoked) = (Mutex::default(), Mutex::default());
        let owed = AtomicBool::new(false);
        Self(Arc::new(Inner { watch, device, since, hold, barred, revoked, owed }))
    }

    /// May another question begin? It must have some time left.
    #[must_use]
    pub fn may_ask(&self, now: Instant) -> bool {
        let asks_until = self.0.hold.map(|hold| self.0.since + hold * 2 / 3);
        self.barred_since(now).is_none() && asks_until.is_none_or(|until| now < until)
    }

    /// Is there time for a question that takes so long?
    #[must_use]
    pub fn has_time_for(&self, span: Duration, now: Instant) -> bool {
        self.0.hold.is_none_or(|hold| now + span + TICK <= self.0.since + hold)
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
        self.0.watch.pulses().beats(self.0.device.name(), now);
        if let Some(revoked) = self.revoked() {
            return Err(revoked);
        }
        let end = now + TICK;
        let barred = self.barred_since(now);
        let why = match (self.0.hold, barred) {
            (Some(hold), _) if end > self.0.since + hold + self.finish() => Revoked::Budget,
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
            Device::Kkt(Some(Link::V2)) => self.finish(),
            Device::Kkt(_) => GRACE,
            Device::Scale => Duration::ZERO,
        }
    }

    fn finish(&self) -> Duration {
        if self.0.owed.load(Ordering::Relaxed) { FINISH } else { Duration::ZERO }
    }

    /// Over the link v2 every exchange begins with an ENQ, and the command follows in a frame.
    fn will_write(&self, bytes: &[u8]) {
        if bytes == [Control::ENQ.0] {
            self.0.owed.store(false, Ordering::Relaxed);
        }
    }

    fn wrote(&self, bytes: &[u8]) {
        if self.0.device == Device::Kkt(Some(Link::V2)) && bytes.first() == Some(&STX) {
            self.0.owed.store(true, Ordering::Relaxed);
        }
    }

    fn is_barred(&self) -> bool {
        let watch = &self.0.watch;
        let now = watch.now();
        watch.stopping()
            || match self.0.device {
                Device::Kkt(_) => !watch.snapshot().kkt_allowed(now),
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
        self.leash.will_write(bytes);
        self.leash.check(Instant::now()).map_err(io::Error::other)?;
        let written = self.io.write(bytes)?;
        self.leash.wrote(bytes);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.io.flush()
    }
}
