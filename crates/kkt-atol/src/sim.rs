//! A simulated KKT: state in, bytes in, bytes out; no port, no clock, no thread.
//!
//! It answers the commands of this crate, and every other command with the error 7Ah, over the link
//! v2 or v3. One connection at a time.
//!
//! What nobody has seen on a device is decided here as harmlessly as possible, and marked.
//! Source: docs/protocols/atol.md.

mod answer;
mod device;
mod misbehaviour;
mod state;
mod v2;
mod v3;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::link::Link;
use device::Device;

pub use misbehaviour::{Lost, Misbehaviour};
pub use state::{FiscalStorageState, Respond, ShiftKind, State, UnsentDocuments};

/// How long the device works on a command before it has the answer.
pub const WORK: Duration = Duration::from_millis(10);

/// The simulated device.
///
/// `now` is the time since any moment that all calls share; the device's clock shows
/// [`State::clock`] when it is zero.
#[derive(Debug)]
pub struct Simulator {
    device: Device,
    side: Side,
    connected: bool,
    /// When noise is due, while the device sends noise by itself.
    noise_at: Option<Duration>,
}

/// The device's side of a link.
#[derive(Debug)]
enum Side {
    V2(v2::Side),
    V3(v3::Side),
}

impl Side {
    fn new(link: Link) -> Self {
        match link {
            Link::V2 => Self::V2(v2::Side::default()),
            Link::V3 => Self::V3(v3::Side::default()),
        }
    }

    fn link(&self) -> Link {
        match self {
            Self::V2(_) => Link::V2,
            Self::V3(_) => Link::V3,
        }
    }
}

impl Simulator {
    /// A device in a state that speaks a link. It is not connected.
    #[must_use]
    pub fn new(state: State, link: Link) -> Self {
        Self { device: Device::new(state), side: Side::new(link), connected: false, noise_at: None }
    }

    /// The link that it speaks.
    #[must_use]
    pub fn link(&self) -> Link {
        self.side.link()
    }

    /// The device's state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.device.state
    }

    /// The device's state, to be changed.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.device.state
    }

    /// How the device behaves from now on; [`Misbehaviour::None`] puts it right.
    pub fn misbehave(&mut self, misbehaviour: Misbehaviour) {
        self.device.misbehaviour = misbehaviour;
        self.noise_at = match misbehaviour {
            Misbehaviour::Garbage if self.connected => Some(Duration::ZERO),
            _ => None,
        };
    }

    /// Every distinct KKT command that came (without the access password), and how often. One that
    /// was only sent again over the link v2 counts once.
    #[must_use]
    pub fn requests(&self) -> &BTreeMap<Vec<u8>, u64> {
        &self.device.requests
    }

    /// Every distinct buffer command (C1 Add, C2 Ack, ...) that came, and how often. The link v2 has
    /// none.
    #[must_use]
    pub fn buffer_commands(&self) -> &BTreeMap<u8, u64> {
        &self.device.buffer_commands
    }

    /// How often the state (3Fh) was asked for.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        self.requests().get(&[0x3F][..]).copied().unwrap_or(0)
    }

    /// A host connected.
    pub fn connect(&mut self, now: Duration) {
        self.disconnect();
        self.connected = true;
        if self.device.misbehaviour == Misbehaviour::Garbage {
            self.noise_at = Some(now + misbehaviour::NOISE_PERIOD);
        }
    }

    /// The host went away. What it asked is dropped: whether a real device does so is not known.
    pub fn disconnect(&mut self) {
        self.connected = false;
        self.side = Side::new(self.link());
        self.device.forget();
        self.noise_at = None;
    }

    /// Bytes from the host, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        // In pieces, so that many bytes at once are no overflow.
        for piece in bytes.chunks(4096) {
            match &mut self.side {
                Side::V2(side) => side.receive(piece, &mut self.device, now),
                Side::V3(side) => side.receive(piece, &mut self.device, now),
            }
        }
    }

    /// The next bytes for the host that are due.
    pub fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        if let Some(at) = self.noise_at.filter(|at| now >= *at) {
            // However long nobody looked, noise is sent once.
            self.noise_at = Some(now.max(at) + misbehaviour::NOISE_PERIOD);
            return Some(misbehaviour::NOISE.to_vec());
        }
        if let Side::V2(side) = &mut self.side {
            side.handle_timeout(&mut self.device, now);
        }
        self.device.transmit(now)
    }

    /// When [`transmit`](Self::transmit) has something, if nothing arrives before.
    #[must_use]
    pub fn wake(&self) -> Option<Duration> {
        let waits = match &self.side {
            Side::V2(side) => side.poll_timeout(),
            Side::V3(_) => None,
        };
        [self.device.wake(), self.noise_at, waits].into_iter().flatten().min()
    }

    /// Whether the device drops the line now; told once.
    pub fn hangs_up(&mut self) -> bool {
        self.device.hangs_up()
    }
}
