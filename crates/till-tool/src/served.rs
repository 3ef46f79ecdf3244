//! The simulators of the drivers, as devices that till-port can serve.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kkt_atol::sim::{Simulator, State};
use kkt_atol::{CivilDateTime, Link};
use till_port::Device;

use crate::control::kkt::civil;
use crate::scale::ScaleProtocol;

/// A simulator that can be served; the state of its line lies with the server.
#[derive(Debug)]
pub(crate) struct Served<S> {
    simulator: S,
    began: Timestamp,
}

/// A simulated ATOL KKT.
pub(crate) type ServedKkt = Served<kkt_atol::sim::Simulator>;
/// A simulated KKT that speaks `pone`.
pub(crate) type ServedPone = Served<kkt_sp80x::sim::PoneSimulator>;
/// A simulated KKT that speaks `arm`.
pub(crate) type ServedArm = Served<kkt_sp80x::sim::ArmSimulator>;
/// A simulated KKT that speaks `pirit`.
pub(crate) type ServedPirit = Served<kkt_sp80x::sim::PiritSimulator>;
/// A simulated scale.
pub(crate) type ServedScale = Served<scale_proto::sim::Simulator>;

impl ServedKkt {
    /// A KKT whose clock shows this machine's time.
    pub(crate) fn new(link: Link) -> Self {
        let simulator = Simulator::new(State::default(), link);
        let mut kkt = Self { simulator, began: Timestamp::now() };
        let clock = kkt.began_with_skew(0);
        let state = kkt.state_mut();
        state.clock = civil(clock);
        state.fiscal_storage.last_document_at = Some(civil(clock));
        kkt
    }

    /// What the KKT's clock showed at its start, had it been so many seconds ahead.
    pub(crate) fn began_with_skew(&self, seconds: i64) -> DateTime {
        let began = self.began.saturating_add(SignedDuration::from_secs(seconds));
        TimeZone::system().to_datetime(began.unwrap_or(self.began))
    }
}

impl ServedPone {
    pub(crate) fn new() -> Self {
        let state = kkt_sp80x::sim::PoneState::default();
        Self { simulator: kkt_sp80x::sim::PoneSimulator::new(state), began: Timestamp::now() }
    }
}

impl ServedArm {
    /// A KKT whose clock shows this machine's time.
    pub(crate) fn new() -> Self {
        let began = Timestamp::now();
        let mut state = kkt_sp80x::sim::ArmState::default();
        state.clock = shown(began).unwrap_or(state.clock);
        Self { simulator: kkt_sp80x::sim::ArmSimulator::new(state), began }
    }
}

impl ServedPirit {
    /// A KKT whose clock shows this machine's time.
    pub(crate) fn new() -> Self {
        let began = Timestamp::now();
        let mut state = kkt_sp80x::sim::PiritState::default();
        state.clock = shown(began).unwrap_or(state.clock);
        (state.last_fiscal, state.shift_opened) = (state.clock, state.clock);
        Self { simulator: kkt_sp80x::sim::PiritSimulator::new(state), began }
    }
}

/// What this machine's clock shows, as a KKT keeps it.
fn shown(at: Timestamp) -> Option<kkt_sp80x::CivilDateTime> {
    let CivilDateTime { year, month, day, hour, minute, second } =
        civil(TimeZone::system().to_datetime(at));
    kkt_sp80x::CivilDateTime::new(year, month, day, hour, minute, second)
}

impl ServedScale {
    /// A scale that speaks that protocol.
    pub(crate) fn of(protocol: ScaleProtocol) -> Self {
        let (name, state) = (protocol.name(), scale_proto::sim::State::default());
        let simulator = scale_proto::sim::Simulator::of(name, state);
        // The names of the enum are those of the driver; a test holds them together.
        let simulator = simulator.unwrap_or_else(|| unreachable!("no simulator of {name}"));
        Self { simulator, began: Timestamp::now() }
    }
}

impl<S> Deref for Served<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.simulator
    }
}

impl<S> DerefMut for Served<S> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.simulator
    }
}

/// Forwards a simulator's own methods, which know no crate of ours.
macro_rules! device {
    ($simulator:ty) => {
        impl Device for Served<$simulator> {
            fn connect(&mut self, now: Duration) {
                self.simulator.connect(now);
            }
            fn disconnect(&mut self) {
                self.simulator.disconnect();
            }
            fn receive(&mut self, bytes: &[u8], now: Duration) {
                self.simulator.receive(bytes, now);
            }
            fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
                self.simulator.transmit(now)
            }
            fn wake(&self) -> Option<Duration> {
                self.simulator.wake()
            }
            fn hangs_up(&mut self) -> bool {
                self.simulator.hangs_up()
            }
        }
    };
}

device!(kkt_atol::sim::Simulator);
device!(kkt_sp80x::sim::PoneSimulator);
device!(kkt_sp80x::sim::ArmSimulator);
device!(kkt_sp80x::sim::PiritSimulator);
device!(scale_proto::sim::Simulator);
