//! The commands, by dialect. Every one only reads; there are no others.
//!
//! What they send is [`PONE_SAFE`] and [`ARM_SAFE`].
//!
//! Source: docs/protocols/sp80x.md section 9, "What may be sent, and what must never be sent".

pub mod arm;
pub mod pone;

use crate::dialect::{Dialect, sealed::Sealed};
use crate::error::DecodeError;

/// A command of one dialect and its answer. Sealed: the commands of this crate are all there are, so
/// no command can be sent to a device of another dialect, and none that changes anything.
pub trait Command: Sealed {
    /// The dialect that it belongs to.
    type Dialect: Dialect;
    /// What the device answers.
    type Answer;

    /// Writes the request, whole, to the end of `out`.
    fn encode(&self, envelope: &<Self::Dialect as Dialect>::Envelope, out: &mut Vec<u8>);

    /// Whether that answers this command, asked with that envelope.
    fn is_answered_by(
        &self,
        envelope: &<Self::Dialect as Dialect>::Envelope,
        answer: &<Self::Dialect as Dialect>::Answer<'_>,
    ) -> bool;

    /// Reads an answer to it.
    ///
    /// # Errors
    /// [`DecodeError`]; [`DecodeError::Refused`] when the answer is an error of the device.
    fn decode(
        &self,
        answer: &<Self::Dialect as Dialect>::Answer<'_>,
    ) -> Result<Self::Answer, DecodeError>;
}

/// Every request of `pone` that is ever sent: command and fields, `*` for any number.
pub const PONE_SAFE: &[&str] = &["A0", "A1 [*] [*]", "A5 [0]", "A5 [1]", "A6", "AF [6]", "AF [7]"];

/// Every request of `arm` that is ever sent: the command's number; none carries data.
pub const ARM_SAFE: &[&str] = &["2", "22", "40", "44", "50", "52", "58"];
