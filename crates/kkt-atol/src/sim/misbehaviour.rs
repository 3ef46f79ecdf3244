//! The ways in which a simulated device can be wrong.

use std::time::Duration;

use crate::v3::frame::ASYNC_ID;

/// How often a device in [`Misbehaviour::Garbage`] sends noise by itself.
pub(super) const NOISE_PERIOD: Duration = Duration::from_millis(200);

/// Bytes that are no packet and begin none.
pub(super) const NOISE: &[u8] = &[0x00, 0x7F, 0xA5, 0x55, 0xFD, 0x13, 0xFF, 0x80, 0x0D, 0x0A, 0x44];

/// Noise before a packet: some bytes, and the beginning of a packet that never goes on.
const NOISE_BEFORE: &[u8] = &[0xFF, 0x00, 0x55, 0xFE, 0x03, 0x00];

/// Between two pieces of a packet that comes byte by byte.
const BYTE_GAP: Duration = Duration::from_millis(2);

/// How a simulated device misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// Not at all.
    #[default]
    None,
    /// It takes everything and says nothing.
    Silent,
    /// Everything comes so much later.
    Delay(Duration),
    /// It answers with bytes that are no packet, and sends such bytes by itself five times a second.
    Garbage,
    /// The check byte of every packet is wrong.
    WrongChecksum,
    /// Noise stands before every packet.
    NoiseBefore,
    /// Every byte comes by itself.
    Split,
    /// It drops the line when a request comes.
    HangUp,
    /// Answers carry the packet id, results the task id of somebody else.
    OtherId,
}

impl Misbehaviour {
    /// The packet under the id that the device gives it.
    pub(super) fn renamed(self, id: u8, data: &[u8]) -> (u8, Vec<u8>) {
        let mut data = data.to_vec();
        if self != Self::OtherId {
            return (id, data);
        }
        if id != ASYNC_ID {
            return (id ^ 0x40, data);
        }
        if let Some(task) = data.get_mut(1) {
            *task ^= 0x40;
        }
        (id, data)
    }

    pub(super) fn checksum(self, crc: u8) -> u8 {
        if self == Self::WrongChecksum { crc ^ 0x55 } else { crc }
    }

    /// The pieces in which a packet comes, each with its time, and what all are late by.
    pub(super) fn pieces(self, packet: Vec<u8>) -> (Vec<(Duration, Vec<u8>)>, Duration) {
        match self {
            Self::NoiseBefore => {
                (vec![(Duration::ZERO, [NOISE_BEFORE, &packet].concat())], Duration::ZERO)
            }
            Self::Split => {
                let gaps = (0..).map(|index| BYTE_GAP * index);
                (gaps.zip(packet.into_iter().map(|byte| vec![byte])).collect(), Duration::ZERO)
            }
            Self::Delay(delay) => (vec![(Duration::ZERO, packet)], delay),
            _ => (vec![(Duration::ZERO, packet)], Duration::ZERO),
        }
    }
}
