//! Lines of MT-SICS, each closed by CR LF.
//!
//! Source: docs/protocols/mt-sics.md.

use crate::deframer::{self, Front, Look};

/// The longest line that is read, without its end.
pub const MAX_LINE: usize = 80;

/// Finds lines in a stream of bytes.
pub type Deframer = deframer::Deframer<Format>;

/// How lines look: printable ASCII up to CR LF.
#[derive(Clone, Copy, Debug, Default)]
pub struct Format;

impl deframer::Format for Format {
    type Frame = Vec<u8>;
    const BEGINS: &'static str = "a line of ASCII that ends with 0D 0A";

    fn look(&self, bytes: &[u8], _: Front) -> Look<Vec<u8>> {
        let printable = |byte: &&u8| matches!(byte, 0x20..=0x7E);
        let length = bytes.iter().take(MAX_LINE + 1).take_while(printable).count();
        match bytes.get(length..).unwrap_or_default() {
            _ if length > MAX_LINE => Look::Noise(length),
            [] | [b'\r'] => Look::More(length + 2),
            [b'\r', b'\n', ..] if length > 0 => {
                let line = bytes.get(..length).unwrap_or_default();
                Look::Frame(length + 2, line.to_vec())
            }
            // What came before it is no line, and it begins none.
            _ => Look::Noise(length + 1),
        }
    }
}
