//! Simulated devices whose line breaks in the middle of what they say.

use std::time::Duration;

use till_port::Device;

/// A simulator that drops its line after so many bytes, once.
pub(super) struct Breaking<S> {
    pub(super) sim: S,
    /// How many bytes it may still say.
    left: Option<usize>,
    drops: bool,
}

impl<S> Breaking<S> {
    pub(super) fn new(sim: S) -> Self {
        Self { sim, left: None, drops: false }
    }

    /// The line breaks after the next so many bytes.
    pub(super) fn after(&mut self, bytes: usize) {
        self.left = Some(bytes);
    }

    pub(super) fn is_broken(&self) -> bool {
        self.left.is_none()
    }

    fn said(&mut self, mut piece: Vec<u8>) -> Option<Vec<u8>> {
        let Some(left) = self.left else { return Some(piece) };
        if piece.len() < left {
            self.left = Some(left - piece.len());
            return Some(piece);
        }
        piece.truncate(left);
        (self.left, self.drops) = (None, true);
        (!piece.is_empty()).then_some(piece)
    }
}

macro_rules! device {
    ($simulator:ty) => {
        impl Device for Breaking<$simulator> {
            fn connect(&mut self, now: Duration) {
                self.sim.connect(now);
            }
            fn disconnect(&mut self) {
                self.sim.disconnect();
            }
            fn receive(&mut self, bytes: &[u8], now: Duration) {
                self.sim.receive(bytes, now);
            }
            fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
                if self.drops {
                    return None;
                }
                let piece = self.sim.transmit(now)?;
                self.said(piece)
            }
            fn wake(&self) -> Option<Duration> {
                self.sim.wake()
            }
            fn hangs_up(&mut self) -> bool {
                std::mem::take(&mut self.drops) || self.sim.hangs_up()
            }
        }
    };
}

device!(kkt_atol::sim::Simulator);
device!(scale_proto::sim::Simulator);
