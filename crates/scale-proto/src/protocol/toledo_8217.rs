//! Toledo 8217, the usual language of scanner-scales, and SASI, Datalogic's dialect of it.
//!
//! "W" asks; a number comes, or a byte of state in its place. The two dialects differ in what that
//! byte means, and nothing in a frame tells which is spoken; nor does a frame tell the unit. Both must
//! be said.
//!
//! Source: docs/protocols/toledo-8217.md.

mod answer;
mod explain;
mod frame;

use std::collections::VecDeque;

pub use answer::{Answer, Dialect};
pub(crate) use explain::Explains;
pub use frame::{Deframer, Format, MAX_TEXT};

use crate::error::DecodeError;
use crate::protocol::{Conversation, Dialogue, Said};
use crate::weight::Unit;

/// The protocol's name.
pub const NAME: &str = "toledo-8217";
/// The name of Datalogic's dialect.
pub const SASI_NAME: &str = "sasi";

/// The letter that may be sent: all it does is read. Source: docs/protocols/toledo-8217.md, column
/// "send": yes.
pub const SAFE: &[&[u8]] = &[&[WEIGHT]];

/// "W": the weight.
pub const WEIGHT: u8 = b'W';

/// The dialogue.
#[derive(Clone, Copy, Debug)]
pub struct Toledo8217 {
    dialect: Dialect,
    unit: Unit,
}

impl Toledo8217 {
    /// A scale of a dialect that shows a unit.
    #[must_use]
    pub fn protocol(dialect: Dialect, unit: Unit) -> Conversation<Self> {
        Conversation::new(Self { dialect, unit }, Format)
    }
}

impl Dialogue for Toledo8217 {
    type Format = Format;

    fn name(&self) -> &'static str {
        self.dialect.name()
    }

    fn ask(&mut self, say: &mut VecDeque<Said>) {
        say.push_back(Said::Send(vec![WEIGHT]));
    }

    fn hear(&mut self, frame: Vec<u8>, say: &mut VecDeque<Said>) -> Result<(), DecodeError> {
        say.push_back(Answer::decode(&frame, self.dialect, self.unit)?.said());
        Ok(())
    }
}
