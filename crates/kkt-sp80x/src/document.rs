//! Finding the XML documents of `arm` in what arrives.
//!
//! There is no length and no checksum. A document ends with `</ArmResponse>`; one NUL may follow,
//! even long after it. A document that begins inside another one shows that the first was cut short.
//!
//! Source: docs/protocols/sp80x.md section 6.1; three independent programs.

use thiserror::Error;

use crate::xml::MAX_DOCUMENT;

/// Bytes before a document that are kept until it is clear whether they are its declaration.
const MAX_LEAD: usize = 1024;

/// Why bytes are no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Bytes that belong to no document.
    #[error("got {dropped} bytes outside of a document, expected <{root}>")]
    Noise {
        /// How many bytes were dropped.
        dropped: usize,
        /// The name of the element that a document is.
        root: &'static str,
    },
    /// A new document began inside a document.
    #[error("document cut short: got {got} bytes before the next one, expected </{root}>")]
    Cut {
        /// Bytes of the document that came.
        got: usize,
        /// The name of the element that a document is.
        root: &'static str,
    },
    /// The bytes end inside a document (told by [`Deframer::finish`] only).
    #[error("incomplete document: got {got} bytes, expected </{root}>")]
    Incomplete {
        /// Bytes of the document that came.
        got: usize,
        /// The name of the element that a document is.
        root: &'static str,
    },
    /// The document is longer than 1 MiB.
    #[error("document too long: got {got} bytes without its end, expected at most {most}")]
    TooLong {
        /// Bytes that came, all dropped.
        got: usize,
        /// The limit.
        most: usize,
    },
    /// More bytes were pushed than are kept.
    #[error("got {dropped} bytes too many at once, expected at most {most}")]
    Overflow {
        /// How many bytes were dropped.
        dropped: usize,
        /// How many bytes are kept.
        most: usize,
    },
}

/// Finds documents of one direction.
///
/// It keeps at most 1 MiB and a little, lends a document out where it lies, and looks at each byte
/// once.
#[derive(Debug)]
pub struct Deframer {
    root: &'static str,
    buffer: Vec<u8>,
    /// Bytes before this are done with.
    begin: usize,
    /// Bytes from `begin` that were searched in vain.
    searched: usize,
    /// A document begins at `begin`.
    inside: bool,
    overflow: usize,
    dropped: u64,
}

enum Found {
    Nothing,
    Document { length: usize },
    Error(DocumentError),
}

impl Deframer {
    /// For what a device says.
    #[must_use]
    pub fn answers() -> Self {
        Self::new("ArmResponse")
    }

    /// For what a host says.
    #[must_use]
    pub fn requests() -> Self {
        Self::new("ArmRequest")
    }

    fn new(root: &'static str) -> Self {
        let (buffer, begin, searched) = (Vec::new(), 0, 0);
        Self { root, buffer, begin, searched, inside: false, overflow: 0, dropped: 0 }
    }

    /// Adds bytes as they arrived, in pieces of any size.
    pub fn push(&mut self, bytes: &[u8]) {
        // What is done with is given up when it is the greater part, so moving costs little.
        if self.begin > self.buffer.len() / 2 {
            self.buffer.drain(..self.begin);
            self.begin = 0;
        }
        let room = (MAX_DOCUMENT + MAX_LEAD).saturating_sub(self.waiting().len());
        self.buffer.extend(bytes.iter().take(room));
        self.overflow += bytes.len().saturating_sub(room);
    }

    /// The next document, from its root's tag to its closing one; `None`: more bytes are needed;
    /// `Err`: bytes were dropped, call again.
    ///
    /// The results do not depend on the pieces in which the bytes came, unless they overflow, and
    /// but for noise that is told in several parts.
    pub fn next_document(&mut self) -> Option<Result<&[u8], DocumentError>> {
        match self.search() {
            Found::Nothing => None,
            Found::Error(error) => Some(Err(error)),
            Found::Document { length } => {
                let document = self.buffer.get(self.begin - length..self.begin);
                Some(Ok(document.unwrap_or_default()))
            }
        }
    }

    /// What is left when no more bytes will come, and is dropped: noise or an unfinished document.
    ///
    /// To be called when [`next_document`](Self::next_document) said `None`.
    pub fn finish(&mut self) -> Option<DocumentError> {
        let (got, root) = (self.waiting().len(), self.root);
        let inside = self.inside;
        let dropped = if inside { got } else { noise(self.waiting()) };
        self.leave(got);
        match (inside, dropped) {
            (true, _) => Some(DocumentError::Incomplete { got, root }),
            (false, 0) => None,
            (false, dropped) => Some(DocumentError::Noise { dropped, root }),
        }
    }

    /// How many bytes were dropped so far, declarations and NULs included.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn waiting(&self) -> &[u8] {
        self.buffer.get(self.begin..).unwrap_or_default()
    }

    fn search(&mut self) -> Found {
        loop {
            match self.next_tag() {
                Tag::Nothing => return self.nothing(),
                Tag::Begin(at) if self.inside => {
                    self.leave(at);
                    return Found::Error(DocumentError::Cut { got: at, root: self.root });
                }
                Tag::Begin(at) => {
                    let dropped = noise(self.waiting().get(..at).unwrap_or_default());
                    self.leave(at);
                    self.inside = true;
                    self.searched = 1;
                    if dropped > 0 {
                        let root = self.root;
                        return Found::Error(DocumentError::Noise { dropped, root });
                    }
                }
                Tag::End(at) => {
                    let length = at + self.root.len() + 3;
                    let inside = self.inside;
                    self.inside = false;
                    self.searched = 0;
                    self.begin += length;
                    if !inside {
                        self.dropped += u64::try_from(length).unwrap_or(u64::MAX);
                        let root = self.root;
                        return Found::Error(DocumentError::Noise { dropped: length, root });
                    }
                    return Found::Document { length };
                }
            }
        }
    }

    /// The next tag of the root, looking at what was not searched yet.
    fn next_tag(&mut self) -> Tag {
        loop {
            let waiting = self.waiting();
            let fresh = waiting.get(self.searched..).unwrap_or_default();
            let Some(place) = fresh.iter().position(|byte| *byte == b'<') else {
                self.searched = waiting.len();
                return Tag::Nothing;
            };
            let at = self.searched + place;
            match tag(waiting.get(at + 1..).unwrap_or_default(), self.root) {
                None => {
                    self.searched = at;
                    return Tag::Nothing;
                }
                Some(Which::Begin) => return Tag::Begin(at),
                Some(Which::End) => return Tag::End(at),
                Some(Which::Other) => self.searched = at + 1,
            }
        }
    }

    /// No tag of the root is there; what is too long is dropped.
    fn nothing(&mut self) -> Found {
        let got = self.waiting().len();
        if self.inside && got > MAX_DOCUMENT {
            self.leave(got);
            return Found::Error(DocumentError::TooLong { got, most: MAX_DOCUMENT });
        }
        if !self.inside && got > MAX_LEAD {
            // The beginning of a tag may stand at its end.
            let dropped = self.searched.min(got);
            self.leave(dropped);
            return Found::Error(DocumentError::Noise { dropped, root: self.root });
        }
        let overflow = std::mem::take(&mut self.overflow);
        if overflow == 0 {
            return Found::Nothing;
        }
        // What followed is lost, so an unfinished document can only be finished with wrong bytes.
        self.leave(got);
        self.dropped += u64::try_from(overflow).unwrap_or(u64::MAX);
        Found::Error(DocumentError::Overflow { dropped: overflow, most: MAX_DOCUMENT })
    }

    /// Drops bytes; what is left begins outside of a document.
    fn leave(&mut self, count: usize) {
        self.begin += count;
        self.searched = 0;
        self.inside = false;
        self.dropped += u64::try_from(count).unwrap_or(u64::MAX);
    }
}

/// A tag of the root, and where its `<` stands.
enum Tag {
    Nothing,
    Begin(usize),
    End(usize),
}

enum Which {
    Begin,
    End,
    Other,
}

/// Which tag goes on so behind its `<`; `None`: that is not to be seen yet.
fn tag(rest: &[u8], root: &str) -> Option<Which> {
    let (closing, name) = match rest.first()? {
        b'/' => (true, rest.get(1..).unwrap_or_default()),
        _ => (false, rest),
    };
    let root = root.as_bytes();
    let seen = name.len().min(root.len());
    if name.get(..seen) != root.get(..seen) {
        return Some(Which::Other);
    }
    match (closing, name.get(root.len())?) {
        (true, b'>') => Some(Which::End),
        (false, b'>' | b' ' | b'\t' | b'\r' | b'\n') => Some(Which::Begin),
        _ => Some(Which::Other),
    }
}

/// How many of the bytes before a document are neither NUL, blank nor its declaration.
fn noise(lead: &[u8]) -> usize {
    let blank = |byte: &u8| [0, b' ', b'\t', b'\r', b'\n'].contains(byte);
    let mut rest = lead;
    while let Some((_, after)) = rest.split_first().filter(|(first, _)| blank(first)) {
        rest = after;
    }
    while let Some((_, before)) = rest.split_last().filter(|(last, _)| blank(last)) {
        rest = before;
    }
    let declaration = rest.starts_with(b"<?xml ") && rest.ends_with(b"?>");
    // One declaration, and nothing behind it.
    let alone = rest.iter().filter(|byte| **byte == b'<').count() == 1;
    if declaration && alone { 0 } else { rest.len() }
}

#[cfg(test)]
mod tests;
