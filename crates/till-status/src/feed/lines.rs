//! Bytes of a log into lines, however they are cut.

/// So much of a line is looked at.
const LONGEST: usize = 16 * 1024;

/// Collects bytes until a line is whole.
#[derive(Debug, Default)]
pub struct Lines {
    line: Vec<u8>,
    /// The bytes since the last end of a line, also those that are not kept.
    pending: u64,
}

impl Lines {
    /// Takes more bytes, and gives every line that they end, without its end.
    ///
    /// A line ends with LF or CR LF. NULs are left out: a file that was cut off while it was written
    /// begins with many. Of a line only the first 16 KiB are kept.
    pub fn push(&mut self, bytes: &[u8], mut line: impl FnMut(&[u8])) {
        for byte in bytes {
            self.pending += 1;
            match byte {
                b'\n' => self.end(&mut line),
                0 => {}
                byte if self.line.len() < LONGEST => self.line.push(*byte),
                _ => {}
            }
        }
    }

    /// The file ends here: so does its last line, if it has any.
    pub fn finish(&mut self, mut line: impl FnMut(&[u8])) {
        if !self.line.is_empty() {
            self.end(&mut line);
        }
        self.pending = 0;
    }

    /// How many bytes the line that is not whole has so far.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.pending
    }

    fn end(&mut self, line: &mut impl FnMut(&[u8])) {
        let whole = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        line(whole.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(whole));
        self.line.clear();
        self.pending = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of this, in pieces of that size.
    fn lines(bytes: &[u8], size: usize) -> Vec<String> {
        let (mut lines, mut got) = (Lines::default(), Vec::new());
        let mut take = |line: &[u8]| got.push(String::from_utf8_lossy(line).into_owned());
        for piece in bytes.chunks(size) {
            lines.push(piece, &mut take);
        }
        lines.finish(&mut take);
        assert_eq!(lines.pending(), 0);
        got
    }

    #[test]
    fn wherever_they_are_cut() {
        let bytes = "\u{FEFF}one\r\n\r\nдва\n\0\0\0three\0\nfour".as_bytes();
        for size in 1..=bytes.len() {
            assert_eq!(lines(bytes, size), ["one", "", "два", "three", "four"], "{size}");
        }
    }

    #[test]
    fn a_line_without_end_takes_no_more_than_its_share() {
        let mut lines = Lines::default();
        for _ in 0..100 {
            lines.push(&[b'x'; LONGEST], |_| panic!("no line has ended"));
        }
        assert_eq!(lines.pending(), 100 * 16 * 1024);
        assert!(lines.line.capacity() <= 2 * LONGEST);
        let mut length = 0;
        lines.push(b"yz\n", |line| length = line.len());
        assert_eq!((length, lines.pending()), (LONGEST, 0));
    }
}
