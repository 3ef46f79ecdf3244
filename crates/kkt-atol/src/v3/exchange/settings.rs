//! What an exchange begins with, and what it counts.

use std::time::Duration;

/// How long to wait. No source tells a time limit of a device on the link v3; these are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the answer to a packet. Defaults to 500 ms.
    pub packet: Duration,
    /// For the result of a task that the device has taken, before it is asked for, and between two
    /// such questions. Defaults to 1 s, which is what one other program waits.
    pub result: Duration,
    /// For everything. Defaults to 3 s: a KKT that prints may be slow, and a monitor may not hold
    /// it for long. (Programs that drive a KKT wait 10 s for a command.)
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            packet: Duration::from_millis(500),
            result: Duration::from_secs(1),
            answer: Duration::from_secs(3),
        }
    }
}

/// What an exchange begins with. Everything that counts is given, so a dialogue can be repeated
/// byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The access password, four BCD digits. Defaults to 0000.
    pub access_password: [u8; 2],
    /// The id of the first packet, 00 to DF. Defaults to 01, as in other programs.
    pub first_packet_id: u8,
    /// The id of the first task, 80 to DF. Defaults to [`FIRST_TASK`].
    ///
    /// Whether a device forgets tasks when the connection ends is not known. A program that
    /// connects often may give each connection another one.
    pub first_task_id: u8,
    /// How long to wait.
    pub timeouts: Timeouts,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_password: [0, 0],
            first_packet_id: 0x01,
            first_task_id: FIRST_TASK,
            timeouts: Timeouts::default(),
        }
    }
}

/// What was noticed and set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Packets with an id that we did not send.
    pub foreign_packets: u64,
    /// Results of tasks that we did not add. They are never acknowledged.
    pub foreign_tasks: u64,
    /// Bytes that belong to no good packet.
    pub dropped_bytes: u64,
    /// Packets that the device asked for again.
    pub resent: u64,
    /// Broken packets that we asked for again.
    pub asked_again: u64,
    /// Times that a result had to be asked for.
    pub polls: u64,
    /// Tasks whose Ack the device did not answer.
    pub unacknowledged: u64,
}

/// The first task id of the range that this crate uses: the upper part, away from the 01 that
/// other programs begin with.
pub const FIRST_TASK: u8 = 0x80;
