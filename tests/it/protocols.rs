//! The decoders and clients of all protocols, by the name in a tape's header.

use till_port::{Action, Tape, Transport};

mod atol;
mod atol_v2;
mod atol_v3;
mod scale;
mod sp80x;

/// What the tests have to know of a protocol.
pub(crate) struct Protocol {
    /// Its name in the header of a tape.
    pub(crate) name: &'static str,
    /// Who the host of a tape is when our client spoke.
    pub(crate) host: &'static str,
    /// A new explainer, which knows no request yet.
    pub(crate) explainer: fn() -> Box<dyn Explains>,
    /// The good frames in bytes that arrive in pieces of that size.
    pub(crate) frames: fn(bytes: &[u8], size: usize) -> Vec<String>,
    /// Says the host's side of a tape through our client; gives what it made of each answer.
    pub(crate) play: fn(&Tape, &mut dyn Transport) -> Vec<String>,
    /// Why another value of the byte at that place of a message is no wonder; `None`: the check
    /// covers it.
    pub(crate) uncovered: fn(message: &[u8], place: usize, value: u8) -> Option<&'static str>,
    /// Why the check does not see that two bits of a message are flipped, counted from the first bit
    /// of the message; `None`: it sees it.
    pub(crate) blind: fn(message: &[u8], one: usize, other: usize) -> Option<&'static str>,
}

/// The class of bytes that no check covers, for the protocol has none.
pub(crate) const NO_CHECK: &str = "no check";
/// The class of every damage of a document that no check covers: counted only.
pub(crate) const DOCUMENT: &str = "a document without a check";

/// Who sent bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Host,
    Device,
}

/// The explainer of any driver.
pub(crate) trait Explains {
    /// A line per message or error.
    fn explain(&mut self, side: Side, bytes: &[u8]) -> Vec<Result<String, String>>;
}

/// The protocol of a tape.
pub(crate) fn of(tape: &Tape) -> Result<&'static Protocol, String> {
    const KKT: &[Protocol] =
        &[atol_v2::PROTOCOL, atol_v3::PROTOCOL, sp80x::PONE, sp80x::ARM, sp80x::PIRIT];
    let all = || KKT.iter().chain(scale::PROTOCOLS);
    let name = &tape.header.protocol;
    let names = || all().map(|protocol| protocol.name).collect::<Vec<_>>().join(" or ");
    all()
        .find(|protocol| protocol.name == name)
        .ok_or_else(|| format!("protocol {name}, expected {}", names()))
}

impl Protocol {
    /// Whether our client can say the host's side of the tape.
    pub(crate) fn speaks(&self, tape: &Tape) -> bool {
        tape.header.host.as_deref() == Some(self.host)
    }
}

/// The messages of a tape, and who sent them.
pub(crate) fn messages(tape: &Tape) -> impl Iterator<Item = (Side, &[u8])> {
    tape.steps.iter().filter_map(|step| match &step.action {
        Action::Host(bytes) => Some((Side::Host, bytes.as_slice())),
        Action::Device(bytes) => Some((Side::Device, bytes.as_slice())),
        Action::Close => None,
    })
}

/// The explainers of both crates have the same names and shape.
macro_rules! explains {
    ($driver:ident) => {
        impl crate::protocols::Explains for $driver::explain::Explainer {
            fn explain(
                &mut self,
                side: crate::protocols::Side,
                bytes: &[u8],
            ) -> Vec<Result<String, String>> {
                use $driver::explain::Direction;
                let direction = match side {
                    crate::protocols::Side::Host => Direction::Request,
                    crate::protocols::Side::Device => Direction::Answer,
                };
                let lines = $driver::explain::Explainer::explain(self, direction, bytes);
                let text = |line: Result<$driver::explain::Message, _>| match line {
                    Ok(message) => Ok(message.to_string()),
                    Err(error) => Err($driver::explain::ExplainError::to_string(&error)),
                };
                lines.into_iter().map(text).collect()
            }
        }
    };
}
use explains;
