//! What was observed in one try, and what it means by itself.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::resolve::Unresolved;

/// What was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// A connection was made.
    Connected {
        /// How long it took.
        after: Duration,
    },
    /// The HTTP answer is the expected one.
    Answered {
        /// Its status.
        status: u16,
        /// How long it took.
        after: Duration,
    },
    /// A process is alive.
    Running {
        /// Its id, the least when there are several.
        id: u32,
    },
    /// The kernel has an established connection.
    Established {
        /// The end of it that is the Vision host.
        to: SocketAddr,
    },
    /// No such process is alive.
    Gone {
        /// Which one.
        wanted: String,
    },
    /// The kernel has no established connection to the host.
    NotEstablished,
    /// The host refuses connections to this port.
    Refused,
    /// The connection was reset.
    Reset,
    /// The connection was closed before the answer was whole.
    ClosedEarly,
    /// The HTTP answer has another status.
    WrongStatus {
        /// The status.
        got: u16,
        /// The expected one.
        expected: u16,
    },
    /// The expected text is not in the body, or not in the part of it that is read.
    TextMissing {
        /// The text.
        expected: String,
        /// How many bytes of the body were read.
        read: usize,
    },
    /// What answers does not speak HTTP.
    NotHttp {
        /// The beginning of its answer, what is not visible shown as a dot.
        got: String,
    },
    /// TLS failed: the certificate is expired, of another host or of nobody known, or what answers
    /// speaks no TLS.
    Tls(String),
    /// Nothing came in time.
    TimedOut {
        /// What was waited for.
        waiting_for: &'static str,
        /// How long.
        after: Duration,
    },
    /// The name has no address.
    Unresolved(Unresolved),
    /// No way leads to the host.
    NoRoute,
    /// No such process is seen, but those of other users are hidden from this one.
    Hidden {
        /// Which one.
        wanted: String,
    },
    /// This machine could not try.
    Failed(String),
}

/// What a single observation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// The link is up.
    Up,
    /// The link is down, for certain.
    Down,
    /// Nothing answered: down if it happens again.
    Missed,
    /// It tells nothing about the link.
    Nothing,
}

impl Evidence {
    /// What it means by itself.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        match self {
            Self::Connected { .. }
            | Self::Answered { .. }
            | Self::Running { .. }
            | Self::Established { .. } => Meaning::Up,
            Self::Refused
            | Self::Reset
            | Self::ClosedEarly
            | Self::WrongStatus { .. }
            | Self::TextMissing { .. }
            | Self::NotHttp { .. }
            | Self::Tls(_)
            | Self::Gone { .. } => Meaning::Down,
            Self::TimedOut { .. } | Self::NotEstablished => Meaning::Missed,
            Self::Unresolved(_) | Self::NoRoute | Self::Hidden { .. } | Self::Failed(_) => {
                Meaning::Nothing
            }
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { after } => write!(f, "connected in {} ms", after.as_millis()),
            Self::Answered { status, after } => {
                write!(f, "http {status} in {} ms", after.as_millis())
            }
            Self::Running { id } => write!(f, "process {id} is alive"),
            Self::Established { to } => write!(f, "a connection to {to} is established"),
            Self::Gone { wanted } => write!(f, "no process of {wanted} is alive"),
            Self::NotEstablished => f.write_str("no connection to the host is established"),
            Self::Hidden { wanted } => write!(
                f,
                "no process of {wanted} is seen, but those of other users are hidden from this one \
                 (ProtectProc= of the unit, or hidepid= of /proc)"
            ),
            Self::Refused => f.write_str("connection refused"),
            Self::Reset => f.write_str("connection reset"),
            Self::ClosedEarly => f.write_str("connection closed before the answer was whole"),
            Self::WrongStatus { got, expected } => write!(f, "http {got}, expected {expected}"),
            Self::TextMissing { expected, read } => {
                write!(f, "{expected:?} is not in the {read} bytes of the answer that were read")
            }
            Self::NotHttp { got } => write!(f, "expected an HTTP answer, got {got:?}"),
            Self::Tls(why) => write!(f, "TLS failed: {why}"),
            Self::TimedOut { waiting_for, after } => {
                write!(f, "no {waiting_for} in {} ms", after.as_millis())
            }
            Self::Unresolved(why) => write!(f, "the name does not resolve: {why}"),
            Self::NoRoute => f.write_str("no route to the host"),
            Self::Failed(why) => write!(f, "could not try: {why}"),
        }
    }
}
