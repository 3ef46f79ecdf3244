//! The CAS ECR block, also of MERTECH (CAS-M), ACLAS and Pinnacle (OS2) and Elicom scales.
//!
//! The host sends ENQ; the scale answers ACK, or NAK when ENQ shall come again; DC1 within 3 s asks
//! for the block with the weight.
//!
//! Source: docs/protocols/cas-ecr.md.

mod answer;
mod explain;
mod frame;

use std::collections::VecDeque;

pub use answer::Answer;
pub(crate) use explain::explain;
pub use frame::{ACK, Block, Convention, DC1, Deframer, ENQ, Format, NAK, Token, encode};

use crate::error::DecodeError;
use crate::protocol::{Conversation, Dialogue, Said};

/// The protocol's name.
pub const NAME: &str = "cas-ecr";

/// The bytes that may be sent: all they do is read. Source: docs/protocols/cas-ecr.md, column
/// "send": yes.
pub const SAFE: &[&[u8]] = &[&[ENQ], &[DC1]];

/// ENQ is sent so many times in all.
const TRIES: u8 = 3;

/// The dialogue.
#[derive(Clone, Copy, Debug)]
pub struct CasEcr {
    tries: u8,
    /// DC1 was sent.
    asked: bool,
}

impl CasEcr {
    /// A scale whose check convention is not known yet.
    #[must_use]
    pub fn protocol() -> Conversation<Self> {
        Conversation::new(Self { tries: 0, asked: false }, Format::default())
    }
}

impl Dialogue for CasEcr {
    type Format = Format;

    fn name(&self) -> &'static str {
        NAME
    }

    fn ask(&mut self, say: &mut VecDeque<Said>) {
        (self.tries, self.asked) = (1, false);
        say.push_back(Said::Send(vec![ENQ]));
    }

    fn hear(&mut self, token: Token, say: &mut VecDeque<Said>) -> Result<(), DecodeError> {
        match token {
            Token::Ack if !self.asked => {
                self.asked = true;
                say.push_back(Said::Send(vec![DC1]));
            }
            Token::Nak if !self.asked && self.tries < TRIES => {
                self.tries += 1;
                say.push_back(Said::Send(vec![ENQ]));
            }
            // A block before DC1 answers somebody else, or an earlier request.
            Token::Block(block) if self.asked => {
                say.push_back(Answer::decode(&block)?.said());
            }
            _ => {}
        }
        Ok(())
    }
}
