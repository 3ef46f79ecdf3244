//! The commands of `arm`.
//!
//! A neighbouring number acts: 4 opens the shift, 6 is the Z report, 24 sets the clock, 56 writes
//! settings. Settings are read by 54 with the very tree that 56 writes with, so 54 is only decoded.
//!
//! What an answer holds beside the fields named here is not known, so each keeps its whole [`Data`];
//! a field that is absent is `None`.
//!
//! Source: docs/protocols/sp80x.md sections 6.4 and 6.5.

mod clock;
mod counters;
mod drawer;
mod information;
mod registration;
mod short_status;
mod status;

use crate::data::{Data, Node};
use crate::envelope::Number;
use crate::error::DecodeError;

pub use clock::{Clock, ReadClock};
pub use counters::{Counters, ReadCounters, Totals};
pub use drawer::{Drawer, ReadDrawer};
pub use information::{Information, ReadInformation};
pub use registration::{ReadRegistration, Registration};
pub use short_status::{ReadShortStatus, ShortStatus};
pub use status::{ReadStatus, ShiftState, Status};

pub(crate) const STATUS: Number = Number(2);
pub(crate) const CLOCK: Number = Number(22);
pub(crate) const COUNTERS: Number = Number(40);
pub(crate) const SHORT_STATUS: Number = Number(44);
pub(crate) const REGISTRATION: Number = Number(50);
pub(crate) const DRAWER: Number = Number(52);
pub(crate) const INFORMATION: Number = Number(58);

/// The text at a path below the root, if it is there.
fn text(data: &Data, path: &[&str]) -> Result<Option<String>, DecodeError> {
    Ok(data.field(path)?.map(|node| node.text.trim().to_owned()))
}

/// The number at a path below the root, if it is there.
fn unsigned(data: &Data, path: &[&str]) -> Result<Option<u32>, DecodeError> {
    data.field(path)?.map(Node::unsigned).transpose()
}

/// What all commands of the dialect have in common.
macro_rules! command {
    ($command:ty, $number:expr, $answer:ty) => {
        impl $crate::dialect::sealed::Sealed for $command {}

        impl $crate::Command for $command {
            type Dialect = $crate::Arm;
            type Answer = $answer;

            fn encode(&self, envelope: &$crate::envelope::Envelope, out: &mut Vec<u8>) {
                envelope.write($number, out);
            }

            fn is_answered_by(
                &self,
                envelope: &$crate::envelope::Envelope,
                answer: &$crate::envelope::Response,
            ) -> bool {
                answer.answers($number, envelope.request_id)
            }

            fn decode(
                &self,
                answer: &$crate::envelope::Response,
            ) -> Result<$answer, $crate::error::DecodeError> {
                Self::read(answer.data()?)
            }
        }
    };
}
use command;

#[cfg(test)]
mod tests;
