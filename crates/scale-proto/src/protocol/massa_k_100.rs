//! MASSA-K Protocol 100.
//!
//! Asked with GET_MASSA (23), or GET_WEIGHT (A0) by the terminals of series "R", a scale answers
//! with a weight, with an error, or that it does not know the command. There is no address and no
//! sequence number: one request at a time.
//!
//! Source: docs/protocols/massa-k-100.md.

mod answer;
mod explain;
mod frame;

use std::collections::VecDeque;

pub use answer::{Answer, ErrorCode, Massa, Parameters};
pub(crate) use explain::explain;
pub use frame::{Check, Deframer, Format, Frame, HEADER, MAX_BODY, crc, crc_aug_ccitt, encode};

use crate::error::DecodeError;
use crate::protocol::{Conversation, Dialogue, Said};

/// The protocol's name.
pub const NAME: &str = "massa-k-100";

/// The commands that may be sent: all they do is read.
///
/// GET_MASSA and GET_WEIGHT ask for the weight, GET_NAME and GET_SCALE_PAR who the scale is.
/// Source: docs/protocols/massa-k-100.md, column "send": yes and ident.
pub const SAFE: &[&[u8]] = &[&[GET_MASSA], &[GET_WEIGHT], &[GET_NAME], &[GET_SCALE_PAR]];

/// Asks for name and number of the scale; answered by 21.
pub const GET_NAME: u8 = 0x20;
/// Asks for the weight; answered by 24, 28 or F0.
pub const GET_MASSA: u8 = 0x23;
/// Asks for the limits of the scale; answered by 76.
pub const GET_SCALE_PAR: u8 = 0x75;
/// Asks a terminal of series "R" for the weight; answered by 10.
pub const GET_WEIGHT: u8 = 0xA0;

/// The dialogue: it begins with GET_MASSA; after "unknown command" (F0, or error 07) it goes over to
/// GET_WEIGHT.
#[derive(Clone, Copy, Debug)]
pub struct MassaK100 {
    request: u8,
}

impl MassaK100 {
    /// A scale whose checksums are checked in that way.
    #[must_use]
    pub fn protocol(check: Check) -> Conversation<Self> {
        Conversation::new(Self { request: GET_MASSA }, Format(check))
    }
}

impl Dialogue for MassaK100 {
    type Format = Format;

    fn name(&self) -> &'static str {
        NAME
    }

    fn ask(&mut self, say: &mut VecDeque<Said>) {
        say.push_back(Said::Send(encode(&[self.request])));
    }

    fn hear(&mut self, frame: Frame, say: &mut VecDeque<Said>) -> Result<(), DecodeError> {
        say.push_back(match Answer::decode(&frame.body)? {
            Answer::Massa(massa) => match massa.doubt() {
                None => Said::Weight(massa.weight()),
                Some(doubt) => return Err(doubt),
            },
            Answer::Error(ErrorCode::UNSUPPORTED) | Answer::Nack => self.other_request(),
            Answer::Error(code) => Said::Fault(code.fault()),
            _ => Said::Other,
        });
        Ok(())
    }
}

impl MassaK100 {
    /// Each request is tried once; the one that is left over is the first of the next time.
    fn other_request(&mut self) -> Said {
        if self.request == GET_MASSA {
            self.request = GET_WEIGHT;
            Said::Send(encode(&[GET_WEIGHT]))
        } else {
            self.request = GET_MASSA;
            Said::Unsupported
        }
    }
}

#[cfg(test)]
mod tests;
