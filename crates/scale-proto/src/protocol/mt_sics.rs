//! MT-SICS of Mettler-Toledo, and scales that speak like it.
//!
//! "SI" asks for the weight at once; a scale that does not know it is asked "S", which waits until
//! the weight is stable.
//!
//! Source: docs/protocols/mt-sics.md.

mod answer;
mod explain;
mod frame;

use std::collections::VecDeque;

pub use answer::Answer;
pub(crate) use explain::explain;
pub use frame::{Deframer, Format, MAX_LINE};

use crate::error::DecodeError;
use crate::protocol::{Conversation, Dialogue, Said};

/// The protocol's name.
pub const NAME: &str = "mt-sics";

/// The commands that may be sent: all they do is read. Source: docs/protocols/mt-sics.md, column
/// "send": yes.
pub const SAFE: &[&[u8]] = &[b"SI", b"S"];

/// The weight at once.
pub const WEIGHT_AT_ONCE: &[u8] = b"SI\r\n";
/// The weight when it is stable.
pub const STABLE_WEIGHT: &[u8] = b"S\r\n";

/// The dialogue.
#[derive(Clone, Copy, Debug)]
pub struct MtSics {
    request: &'static [u8],
}

impl MtSics {
    /// A scale that is asked "SI" first.
    #[must_use]
    pub fn protocol() -> Conversation<Self> {
        Conversation::new(Self { request: WEIGHT_AT_ONCE }, Format)
    }
}

impl Dialogue for MtSics {
    type Format = Format;

    fn name(&self) -> &'static str {
        NAME
    }

    fn ask(&mut self, say: &mut VecDeque<Said>) {
        say.push_back(Said::Send(self.request.to_vec()));
    }

    fn hear(&mut self, line: Vec<u8>, say: &mut VecDeque<Said>) -> Result<(), DecodeError> {
        let answer = Answer::decode(&line)?;
        say.push_back(match answer {
            Answer::Syntax if self.request == WEIGHT_AT_ONCE => {
                self.request = STABLE_WEIGHT;
                Said::Send(STABLE_WEIGHT.to_vec())
            }
            Answer::Syntax => {
                self.request = WEIGHT_AT_ONCE;
                Said::Unsupported
            }
            answer => answer.said(),
        });
        Ok(())
    }
}
