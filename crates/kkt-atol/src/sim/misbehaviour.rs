//! The ways in which a simulated device can be wrong.

use std::time::Duration;

use crate::v3::frame::ASYNC_ID;

/// How often a device in [`Misbehaviour::Garbage`] sends noise by itself.
pub(super) const NOISE_PERIOD: Duration = Duration::from_millis(200);

/// Bytes that are no packet or frame of either link, and begin none.
pub(super) const NOISE: &[u8] = &[0x00, 0x7F, 0xA5, 0x55, 0xFD, 0x13, 0xFF, 0x80, 0x0D, 0x0A, 0x44];

/// Between two pieces of a message that comes byte by byte.
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
    /// It answers with bytes that are no packet or frame, and sends such bytes by itself five times a second.
    Garbage,
    /// The check byte of every packet or frame is wrong.
    WrongChecksum,
    /// Noise stands before every packet or frame.
    NoiseBefore,
    /// Every byte comes by itself.
    Split,
    /// It drops the line when a request comes.
    HangUp,
    /// Answers carry the packet id, results the task id of somebody else. The link v2 has no ids.
    OtherId,
    /// The first such byte of every exchange gets lost on its way to the host. Link v2.
    Loses(Lost),
    /// It takes no frame of the host. Link v2.
    Naks,
    /// In every exchange it calls the host at the same moment as the host calls it, as if its last
    /// answer had not been taken. Link v2.
    Collides,
    /// In its answers an ETX is not masked, a defect of some firmware. Link v2.
    UnmaskedEtx,
}

/// A byte of the link v2 that gets lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lost {
    /// The ACK of the host's ENQ.
    AckOfEnq,
    /// The ACK of the host's frame.
    AckOfFrame,
    /// The ENQ that says that the answer is ready.
    Enq,
    /// The EOT behind the answer.
    Eot,
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

    /// The pieces in which a message comes, each with its time, and what all are late by.
    pub(super) fn pieces(
        self,
        message: Vec<u8>,
        noise: &[u8],
    ) -> (Vec<(Duration, Vec<u8>)>, Duration) {
        match self {
            Self::NoiseBefore => {
                (vec![(Duration::ZERO, [noise, &message].concat())], Duration::ZERO)
            }
            Self::Split => {
                let gaps = (0..).map(|index| BYTE_GAP * index);
                (gaps.zip(message.into_iter().map(|byte| vec![byte])).collect(), Duration::ZERO)
            }
            Self::Delay(delay) => (vec![(Duration::ZERO, message)], delay),
            _ => (vec![(Duration::ZERO, message)], Duration::ZERO),
        }
    }
}
