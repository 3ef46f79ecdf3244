//! MASSA-K Protocol 100.
//!
//! Asked with GET_MASSA (23), or GET_WEIGHT (A0) by the terminals of series "R", a scale answers
//! with a weight, with an error, or that it does not know the command. There is no address and no
//! sequence number: one request at a time.
//!
//! Source: docs/protocols/massa-k-100.md.

mod answer;
mod frame;

pub use answer::{Answer, ErrorCode, Massa, Parameters};
pub use frame::{Check, Deframer, Frame, HEADER, MAX_BODY, crc, crc_aug_ccitt, encode};

use crate::protocol::{Protocol, Said, SaidError};

/// The protocol's name.
pub const NAME: &str = "massa-k-100";

/// The commands that may be sent: all they do is read.
///
/// GET_MASSA and GET_WEIGHT ask for the weight, GET_NAME and GET_SCALE_PAR who the scale is.
/// Source: docs/protocols/massa-k-100.md, column "send": yes and ident.
pub const SAFE: [u8; 4] = [GET_MASSA, GET_WEIGHT, GET_NAME, GET_SCALE_PAR];

/// Asks for name and number of the scale; answered by 21.
pub const GET_NAME: u8 = 0x20;
/// Asks for the weight; answered by 24, 28 or F0.
pub const GET_MASSA: u8 = 0x23;
/// Asks for the limits of the scale; answered by 76.
pub const GET_SCALE_PAR: u8 = 0x75;
/// Asks a terminal of series "R" for the weight; answered by 10.
pub const GET_WEIGHT: u8 = 0xA0;

/// The protocol with its deframer.
///
/// It begins with GET_MASSA; after "unknown command" (F0, or error 07) it goes over to GET_WEIGHT.
#[derive(Debug)]
pub struct MassaK100 {
    deframer: Deframer,
    request: u8,
}

impl MassaK100 {
    /// A scale whose checksums are checked in that way.
    #[must_use]
    pub fn new(check: Check) -> Self {
        Self { deframer: Deframer::new(check), request: GET_MASSA }
    }
}

impl Default for MassaK100 {
    fn default() -> Self {
        Self::new(Check::Strict)
    }
}

impl Protocol for MassaK100 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn request(&self) -> Option<Vec<u8>> {
        Some(encode(&[self.request]))
    }

    fn other_request(&mut self) -> bool {
        let first = self.request == GET_MASSA;
        self.request = if first { GET_WEIGHT } else { GET_MASSA };
        first
    }

    fn push(&mut self, bytes: &[u8]) {
        self.deframer.push(bytes);
    }

    fn next_said(&mut self) -> Option<Result<Said, SaidError>> {
        let frame = match self.deframer.next_frame()? {
            Ok(frame) => frame,
            Err(error) => return Some(Err(error.into())),
        };
        Some(match Answer::decode(&frame.body) {
            Ok(Answer::Massa(massa)) => match massa.doubt() {
                None => Ok(Said::Weight(massa.weight())),
                Some(doubt) => Err(doubt.into()),
            },
            Ok(Answer::Error(ErrorCode::UNSUPPORTED) | Answer::Nack) => Ok(Said::Unsupported),
            Ok(Answer::Error(code)) => Ok(Said::Fault(code.fault())),
            Ok(_) => Ok(Said::Other),
            Err(error) => Err(error.into()),
        })
    }

    fn give_up(&mut self) -> bool {
        self.deframer.give_up()
    }

    fn forget(&mut self) {
        self.deframer.clear();
    }
}

#[cfg(test)]
mod tests;
