//! Bytes for people: `FE 01 00`.

use std::fmt::{self, Display, Formatter};

/// Shows bytes as two hexadecimal digits each, with blanks between: `FE 01 00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex<'a>(pub &'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            let blank = if position == 0 { "" } else { " " };
            write!(out, "{blank}{byte:02X}")?;
        }
        Ok(())
    }
}
