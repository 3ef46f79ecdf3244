//! Both links behind one face: which one a device speaks is a setting of the device, so it is said
//! and never guessed.
//!
//! A packet of the one link must not be sent to a port that speaks the other: in a message of the
//! KKT the first bytes of a packet may be a command.
//!
//! Source: docs/protocols/atol.md sections 1, 8 and 19.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::command::Code;
use crate::error::{DecodeError, Error, fault};
use crate::{v2, v3};

/// A link. There is no default: the KKT has it in its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// ENQ, ACK and frames: "ATOL 2.4" in the settings of the KKT. Not over TCP.
    V2,
    /// Packets and a task buffer: "ATOL 3.0" in the settings of the KKT, and always over TCP.
    V3,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2 => "v2",
            Self::V3 => "v3",
        })
    }
}

/// A text that names no link.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no such link: got {0:?}, expected \"v2\" or \"v3\"")]
pub struct NoSuchLink(pub String);

impl FromStr for Link {
    type Err = NoSuchLink;

    fn from_str(text: &str) -> Result<Self, NoSuchLink> {
        match text {
            "v2" => Ok(Self::V2),
            "v3" => Ok(Self::V3),
            other => Err(NoSuchLink(other.to_owned())),
        }
    }
}

/// What a client begins with; it says the link too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settings {
    /// The link v2.
    V2(v2::Settings),
    /// The link v3.
    V3(v3::Settings),
}

impl Settings {
    /// The settings that other programs use on a link: access password 0000, the usual time limits.
    #[must_use]
    pub fn of(link: Link) -> Self {
        match link {
            Link::V2 => v2::Settings::default().into(),
            Link::V3 => v3::Settings::default().into(),
        }
    }

    /// The link.
    #[must_use]
    pub fn link(&self) -> Link {
        match self {
            Self::V2(_) => Link::V2,
            Self::V3(_) => Link::V3,
        }
    }

    /// How long the line may take to take a few bytes.
    pub(crate) fn write_limit(&self) -> Duration {
        match self {
            Self::V2(settings) => settings.timeouts.t1,
            Self::V3(settings) => settings.timeouts.packet,
        }
    }
}

impl From<v2::Settings> for Settings {
    fn from(settings: v2::Settings) -> Self {
        Self::V2(settings)
    }
}

impl From<v3::Settings> for Settings {
    fn from(settings: v3::Settings) -> Self {
        Self::V3(settings)
    }
}

/// Why bytes are no frame, on either link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum FrameError {
    /// The link v2.
    #[error(transparent)]
    V2(#[from] v2::FrameError),
    /// The link v3.
    #[error(transparent)]
    V3(#[from] v3::FrameError),
}

/// What was noticed on a connection and set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counters {
    /// The link v2.
    V2(v2::Counters),
    /// The link v3.
    V3(v3::Counters),
}

impl Counters {
    /// Bytes that belong to nothing.
    #[must_use]
    pub fn dropped_bytes(&self) -> u64 {
        match self {
            Self::V2(counters) => counters.dropped_bytes,
            Self::V3(counters) => counters.dropped_bytes,
        }
    }
}

/// One command after the other over either link, without a port and a clock.
///
/// The methods are those of [`v2::Exchange`] and [`v3::Exchange`].
#[derive(Debug)]
pub struct Exchange {
    machine: Machine,
    /// The code of the command that is under way.
    code: Option<Code>,
}

#[derive(Debug)]
enum Machine {
    V2(v2::Exchange),
    V3(v3::Exchange),
}

impl Exchange {
    /// A state machine for a connection that was just opened.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let machine = match settings {
            Settings::V2(settings) => Machine::V2(v2::Exchange::new(settings)),
            Settings::V3(settings) => Machine::V3(v3::Exchange::new(settings)),
        };
        Self { machine, code: None }
    }

    /// Begins with a command (its code and parameters, without the access password).
    pub fn start(&mut self, command: &[u8], now: Instant) {
        self.code = command.first().copied().map(Code);
        match &mut self.machine {
            Machine::V2(exchange) => exchange.start(command, now),
            Machine::V3(exchange) => exchange.start(command, now),
        }
    }

    /// Takes bytes from the device, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        match &mut self.machine {
            Machine::V2(exchange) => exchange.receive(bytes, now),
            Machine::V3(exchange) => exchange.receive(bytes, now),
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        match &mut self.machine {
            Machine::V2(exchange) => exchange.handle_timeout(now),
            Machine::V3(exchange) => exchange.handle_timeout(now),
        }
    }

    /// Bytes for the device.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        match &mut self.machine {
            Machine::V2(exchange) => exchange.poll_transmit(),
            Machine::V3(exchange) => exchange.poll_transmit(),
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.machine {
            Machine::V2(exchange) => exchange.poll_timeout(),
            Machine::V3(exchange) => exchange.poll_timeout(),
        }
    }

    /// The answer, once it is there.
    ///
    /// On the link v3 the device says whether an answer is an error. On v2 the answer itself must,
    /// and that to 45h may not: then it is [`DecodeError::Ambiguous`], see [`state_code`].
    pub fn poll(&mut self) -> Option<Result<Vec<u8>, Error>> {
        Some(match &mut self.machine {
            Machine::V2(exchange) => {
                let answer = exchange.poll()?.map_err(Error::from);
                match self.code {
                    Some(Code::STATE_CODE) => answer.and_then(|answer| Ok(state_code(answer)?)),
                    _ => answer,
                }
            }
            Machine::V3(exchange) => exchange.poll()?.map_err(Error::from),
        })
    }

    /// Until when the device may still want to deliver an answer that nobody waits for any more, see
    /// [`v2::Exchange::owed_until`]. On the link v3 a task waits until it is asked for.
    #[must_use]
    pub fn owed_until(&self, now: Instant) -> Option<Instant> {
        match &self.machine {
            Machine::V2(exchange) => exchange.owed_until(now),
            Machine::V3(_) => None,
        }
    }

    /// What was noticed so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        match &self.machine {
            Machine::V2(exchange) => Counters::V2(exchange.counters()),
            Machine::V3(exchange) => Counters::V3(exchange.counters()),
        }
    }
}

/// Lets an answer to 45h through if it is no error: `55 <mode> <flags>`, where an error would be
/// `55 <error> <extended>`.
///
/// A mode above 7 does not exist, so that is an error. An error below 08 does not exist, so that is
/// a mode, without a submode. Anything else may be both.
///
/// # Errors
/// [`DecodeError::Refused`] and [`DecodeError::Ambiguous`].
///
/// Source: docs/protocols/atol.md sections 8, 13 and 14.
pub fn state_code(answer: Vec<u8>) -> Result<Vec<u8>, DecodeError> {
    match answer.as_slice() {
        [0x55, code, rest @ ..] if code & 0x0F > 7 => Err(DecodeError::Refused(fault(*code, rest))),
        [0x55, code, rest @ ..] if *code > 7 => Err(DecodeError::Ambiguous(fault(*code, rest))),
        _ => Ok(answer),
    }
}

#[cfg(test)]
mod tests;
