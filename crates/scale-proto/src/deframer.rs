//! Finding frames in a stream of bytes: one way for all protocols.
//!
//! A protocol's [`Format`] looks at the front of what has arrived and says what stands there. All
//! else is the same for all: dropping noise and telling of it once, going on one byte behind a
//! false beginning (so that a frame that begins inside is found), and a bound on what waits.

use crate::error::FrameError;

/// Bytes that wait to be looked at; more than a scale sends in many seconds.
pub const MAX_WAITING: usize = 64 * 1024;

/// How the frames of a protocol look.
pub trait Format {
    /// A frame.
    type Frame;

    /// What a frame begins with, for the error about bytes that do not.
    const BEGINS: &'static str;

    /// What stands at the front of `bytes`, which are never none.
    fn look(&self, bytes: &[u8], front: Front) -> Look<Self::Frame>;

    /// A frame was taken: what it tells about those to come.
    fn took(&mut self, frame: &Self::Frame) {
        let _ = frame;
    }
}

/// Where the front of the waiting bytes is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Front {
    /// No more bytes come for now.
    pub ended: bool,
    /// It is inside of what a broken frame claimed to be.
    pub broken: bool,
}

/// What stands at the front of the waiting bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look<F> {
    /// So many bytes begin no frame.
    Noise(usize),
    /// It may be a frame: more bytes have to come, so many in all as far as is known.
    More(usize),
    /// A frame of so many bytes.
    Frame(usize, F),
    /// What looked like a frame of so many bytes is none.
    Broken(usize, FrameError),
}

/// Finds the frames of a format in bytes as they arrive.
#[derive(Debug, Default)]
pub struct Deframer<F> {
    format: F,
    bytes: Vec<u8>,
    /// Where the waiting bytes begin in `bytes`.
    front: usize,
    dropped: usize,
    /// Bytes at the front that a reported error already told of.
    of_broken: usize,
}

impl<F: Format> Deframer<F> {
    /// A deframer without bytes.
    #[must_use]
    pub fn of(format: F) -> Self {
        Self { format, bytes: Vec::new(), front: 0, dropped: 0, of_broken: 0 }
    }

    /// Adds bytes as they arrived, in pieces of any size. Of more than 64 KiB the oldest are
    /// dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        let surplus = bytes.len().saturating_sub(MAX_WAITING);
        let (old, new) = bytes.split_at(surplus);
        if !old.is_empty() {
            self.drop_bytes(self.waiting());
            self.dropped += old.len();
        }
        // What is used is cleared away when it is as much as what waits, so each byte moves once.
        if self.front >= self.waiting() {
            self.bytes.drain(..self.front);
            self.front = 0;
        }
        self.bytes.extend(new);
        self.drop_bytes(self.waiting().saturating_sub(MAX_WAITING));
    }

    /// The next frame; `None`: more bytes are needed; `Err`: bytes were dropped, call again.
    pub fn next_frame(&mut self) -> Option<Result<F::Frame, FrameError>> {
        self.next(false)
    }

    /// The next frame when no more bytes come after those that wait.
    pub fn next_at_end(&mut self) -> Option<Result<F::Frame, FrameError>> {
        self.next(true)
    }

    /// What the bytes that are left are, when no more come.
    pub fn finish(&mut self) -> Option<FrameError> {
        let got = self.waiting();
        let expected = match self.bytes.get(self.front..) {
            Some(rest @ [_, ..]) => match self.format.look(rest, Front::default()) {
                Look::More(expected) => expected,
                _ => got,
            },
            _ => 0,
        };
        let dropped = std::mem::take(&mut self.dropped);
        self.clear();
        if got > 0 {
            Some(FrameError::Incomplete { got, expected })
        } else {
            (dropped > 0).then_some(FrameError::Noise { dropped, expected: F::BEGINS })
        }
    }

    /// No more bytes come: what stands at the front is no frame, the search goes on behind its first
    /// byte. `false` when nothing is left.
    pub fn give_up(&mut self) -> bool {
        let waiting = self.waiting();
        if waiting > 0 {
            self.break_frame(waiting);
        }
        waiting > 0
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bytes.clear();
        (self.front, self.dropped, self.of_broken) = (0, 0, 0);
    }

    /// How many bytes wait to be looked at; at most [`MAX_WAITING`].
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.bytes.len() - self.front
    }

    /// The format, which may be told what kind of frame comes next.
    pub fn format_mut(&mut self) -> &mut F {
        &mut self.format
    }

    fn next(&mut self, ended: bool) -> Option<Result<F::Frame, FrameError>> {
        loop {
            let Some(bytes @ [_, ..]) = self.bytes.get(self.front..) else {
                return self.noise();
            };
            match self.format.look(bytes, Front { ended, broken: self.of_broken > 0 }) {
                Look::Noise(count) => self.drop_bytes(count.max(1)),
                Look::More(_) => return None,
                // Noise is told of first; then the frame is found again.
                Look::Frame(..) | Look::Broken(..) if self.dropped > 0 => return self.noise(),
                Look::Frame(count, frame) => {
                    self.front += count.min(self.waiting());
                    self.of_broken = 0;
                    self.format.took(&frame);
                    return Some(Ok(frame));
                }
                Look::Broken(claimed, error) => {
                    self.break_frame(claimed);
                    return Some(Err(error));
                }
            }
        }
    }

    fn noise(&mut self) -> Option<Result<F::Frame, FrameError>> {
        let dropped = std::mem::take(&mut self.dropped);
        let expected = F::BEGINS;
        (dropped > 0).then_some(Err(FrameError::Noise { dropped, expected }))
    }

    /// A beginning was false: its claim of so many bytes is told of, and the search goes on behind
    /// its first byte.
    fn break_frame(&mut self, claimed: usize) {
        self.front += 1;
        self.of_broken = self.of_broken.max(claimed).saturating_sub(1);
    }

    fn drop_bytes(&mut self, count: usize) {
        let count = count.min(self.waiting());
        self.front += count;
        let told = count.min(self.of_broken);
        self.of_broken -= told;
        self.dropped += count - told;
    }
}
