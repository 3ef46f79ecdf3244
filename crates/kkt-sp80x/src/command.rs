//! The commands, by dialect. Every one only reads; there are no others.
//!
//! What they send is [`PONE_SAFE`], [`ARM_SAFE`] and, with the feature `pirit`, `PIRIT_SAFE`.
//!
//! Source: docs/protocols/sp80x.md section 9, "What may be sent, and what must never be sent".

pub mod arm;
#[cfg(feature = "pirit")]
pub mod pirit;
pub mod pone;
pub(crate) mod stx;

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

/// Every request of `pirit` that is ever sent: command and fields, `*` for any number. A setting is
/// any but 20, which is the password of the link.
#[cfg(feature = "pirit")]
#[rustfmt::skip]
pub const PIRIT_SAFE: &[&str] = &[
    "00",
    "01 [1]", "01 [2]", "01 [3]", "01 [4]", "01 [5]", "01 [6]", "01 [7]", "01 [8]", "01 [9]",
    "01 [10]", "01 [11]", "01 [12]", "01 [13]", "01 [14]", "01 [15]", "01 [16]", "01 [17]",
    "01 [18]",
    "02 [1]", "02 [2]", "02 [3]", "02 [4]", "02 [5]", "02 [6]", "02 [7]", "02 [8]", "02 [9]",
    "02 [10]", "02 [11]", "02 [12]", "02 [14]", "02 [15]", "02 [16]", "02 [17]", "02 [18]",
    "02 [19]", "02 [20]", "02 [21]", "02 [22]", "02 [23]", "02 [24]", "02 [40]", "02 [70]",
    "02 [71]",
    "03 [1]", "03 [2]",
    "04",
    "05 [1]", "05 [2]", "05 [3]", "05 [4]", "05 [7]", "05 [8]", "05 [9]", "05 [10]", "05 [11]",
    "05 [12]", "05 [13]",
    "06 [1]", "06 [2]",
    "11 [*] [*]",
    "13",
    "78 [1]", "78 [2]", "78 [3]", "78 [4]", "78 [5]", "78 [6]", "78 [7]", "78 [13]", "78 [14]",
    "78 [17]", "78 [18]", "78 [19]", "78 [22]",
    "78 [23] [0] [1]", "78 [23] [0] [2]", "78 [23] [0] [3]", "78 [23] [0] [4]",
    "78 [23] [1] [1]", "78 [23] [1] [2]", "78 [23] [1] [3]", "78 [23] [1] [4]",
    "81",
];
