//! What an exchange begins with, and what it counts.

use std::time::Duration;

/// The longest data of a command that one program sends, with the access password. One source:
/// dant.
pub const LONGEST_COMMAND: usize = 255;

/// How long to wait. The names are those of the vendor's manual.
///
/// T8 is missing: no program waits for it, it is probably the device's own.
/// Source: docs/protocols/atol.md section 3, "Time limits".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For ACK after our ENQ. Defaults to 500 ms.
    pub t1: Duration,
    /// For STX after our ACK. Defaults to 2 s.
    pub t2: Duration,
    /// For ACK after our frame. Defaults to 500 ms.
    pub t3: Duration,
    /// For EOT after our ACK to a frame. Defaults to 500 ms.
    pub t4: Duration,
    /// For the device to carry out a command that [`execution`](Self::execution) does not name.
    /// Defaults to 10 s.
    pub t5: Duration,
    /// For the next byte inside a frame. Defaults to 500 ms.
    pub t6: Duration,
    /// The pause after a collision, and after a NAK to our ENQ. Defaults to 500 ms.
    pub t7: Duration,
    /// For more of a frame whose check byte is wrong: some firmware does not mask an ETX. Defaults
    /// to 100 ms, many bytes at any speed and less than a device waits for our ACK. Our own.
    pub mismatch: Duration,
    /// For all that is not the work of the device: asking, repeats, the answer. Our own, because
    /// the limits on repeats allow minutes. Defaults to 10 s.
    ///
    /// So an exchange ends after this and T5 at the latest: after 20 s by default, after 55 s for
    /// 91h. Silence is told after five ENQ, so after 2.5 s.
    pub talk: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let half_a_second = Duration::from_millis(500);
        Self {
            t1: half_a_second,
            t2: Duration::from_secs(2),
            t3: half_a_second,
            t4: half_a_second,
            t5: Duration::from_secs(10),
            t6: half_a_second,
            t7: half_a_second,
            mismatch: Duration::from_millis(100),
            talk: Duration::from_secs(10),
        }
    }
}

impl Timeouts {
    /// How long a device may work on a command, T5: what its code has in the table, else
    /// [`t5`](Self::t5).
    #[must_use]
    pub fn execution(&self, command: &[u8]) -> Duration {
        let row = T5.iter().find(|(codes, _)| command.first().is_some_and(|it| codes.contains(it)));
        row.map_or(self.t5, |(_, seconds)| Duration::from_secs(*seconds))
    }
}

/// Commands that take longer, and how many seconds. One source for 8E, EA and EB: atol4j.
const T5: &[(&[u8], u64)] = &[
    (&[0x4A, 0xA7, 0x8D, 0x8E], 20),
    (&[0x5A], 40),
    (&[0x91], 45),
    (&[0xA6, 0xE6, 0xEA, 0xEB], 50),
    (&[0xA8, 0xAB], 120),
];

/// What an exchange begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The access password, four BCD digits. Defaults to 0000.
    pub access_password: [u8; 2],
    /// The longest command that the device takes, with the password. Defaults to
    /// [`LONGEST_COMMAND`]; old models such as the FPrint-5200K take 66 bytes (one source: fprint).
    pub longest_command: usize,
    /// How long to wait.
    pub timeouts: Timeouts,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_password: [0, 0],
            longest_command: LONGEST_COMMAND,
            timeouts: Timeouts::default(),
        }
    }
}

/// What was noticed and set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Bytes that belong to no good frame and are no control bytes.
    pub dropped_bytes: u64,
    /// ENQ that were sent again.
    pub asked_again: u64,
    /// Commands that were sent again.
    pub resent: u64,
    /// Answers that were refused, because they came damaged.
    pub refused: u64,
    /// Times that both sides wanted to send.
    pub collisions: u64,
    /// Answers to earlier commands, taken off the device and dropped.
    pub earlier: u64,
    /// Answers that the device sent more than once.
    pub repeated: u64,
    /// Answers whose end (EOT) did not come.
    pub unended: u64,
}
