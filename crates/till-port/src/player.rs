//! Plays a tape in memory, at once: a device for the tests of a client.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use crate::{Action, Hex, Step, Tape, Transport};

/// A [`Transport`] that plays the device of a tape, without any waiting.
///
/// - What the host writes must equal the tape, in pieces of any size; otherwise `write` fails with
///   [`ErrorKind::InvalidData`] and a [`Mismatch`].
/// - `read` hands out at most a given number of bytes. When the tape waits for the host, or has
///   ended, it fails with [`ErrorKind::TimedOut`]; a close is `Ok(0)`.
/// - A test asserts [`is_finished`](Self::is_finished) at its end.
#[derive(Debug)]
pub struct Player {
    steps: VecDeque<Step>,
    chunk: usize,
    /// Sent by the device and not yet read by the host, as in an operating system's buffer.
    pending: VecDeque<u8>,
    /// How much of the host's message at the front of `steps` was written.
    written: usize,
    mismatch: Option<Mismatch>,
}

/// The host said something else than the tape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another message.
    #[error("tape has {}, host sent {}", Hex(.tape), Hex(.host))]
    Other {
        /// The whole message of the tape.
        tape: Vec<u8>,
        /// What the host sent in its place, with what was right before it.
        host: Vec<u8>,
    },
    /// A message after the last of the tape.
    #[error("tape has nothing more for the host to say, host sent {}", Hex(.host))]
    Ended {
        /// What the host sent.
        host: Vec<u8>,
    },
}

impl Player {
    /// A player at the beginning of `tape`, which hands out all bytes at once.
    #[must_use]
    pub fn new(tape: &Tape) -> Self {
        Self {
            steps: tape.steps.iter().cloned().collect(),
            chunk: usize::MAX,
            pending: VecDeque::new(),
            written: 0,
            mismatch: None,
        }
    }

    /// Hands out at most `bytes` at a time; 0 counts as 1.
    #[must_use]
    pub fn with_chunk(self, bytes: usize) -> Self {
        Self { chunk: bytes.max(1), ..self }
    }

    /// Whether everything was said and heard; an unnoticed close at the end does not count.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.mismatch.is_none()
            && self.pending.is_empty()
            && self.steps.iter().all(|step| step.action == Action::Close)
    }

    /// The first thing that the host said and the tape did not.
    #[must_use]
    pub const fn mismatch(&self) -> Option<&Mismatch> {
        self.mismatch.as_ref()
    }

    /// Takes the device's messages that stand before the next one of the host.
    fn hear_device(&mut self) {
        while let Some(Step { action: Action::Device(bytes), .. }) = self.steps.front() {
            self.pending.extend(bytes);
            self.steps.pop_front();
        }
    }

    fn fail(&mut self, mismatch: Mismatch) -> io::Error {
        let error = io::Error::new(ErrorKind::InvalidData, mismatch.clone());
        self.mismatch.get_or_insert(mismatch);
        error
    }
}

impl Read for Player {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // In the middle of the host's message nothing new comes from the device.
        if self.written == 0 {
            self.hear_device();
        }
        if !self.pending.is_empty() {
            let most = buf.len().min(self.chunk);
            let (piece, _) = buf.split_at_mut(most);
            return self.pending.read(piece);
        }
        match self.steps.front() {
            Some(Step { action: Action::Close, .. }) => Ok(0),
            _ => Err(ErrorKind::TimedOut.into()),
        }
    }
}

impl Write for Player {
    fn write(&mut self, host: &[u8]) -> io::Result<usize> {
        if self.written == 0 {
            self.hear_device();
        }
        match self.steps.front().map(|step| step.action.clone()) {
            Some(Action::Host(tape)) => {
                let (said, rest) = tape.split_at(self.written.min(tape.len()));
                let taken = rest.len().min(host.len());
                if rest.get(..taken) != host.get(..taken) {
                    let host = [said, host].concat();
                    return Err(self.fail(Mismatch::Other { tape, host }));
                }
                self.written += taken;
                if self.written == tape.len() {
                    self.written = 0;
                    self.steps.pop_front();
                }
                Ok(taken)
            }
            Some(Action::Close) => Err(ErrorKind::BrokenPipe.into()),
            _ => Err(self.fail(Mismatch::Ended { host: host.to_vec() })),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Player {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::is_tick;

    fn player(steps: &str) -> Player {
        let header = "# Device: toy\n# Line: tcp\n# Protocol: toy\n# Origin: synthetic\n\
                      # Source: here\n# Date: 2026-11-24\n";
        Player::new(&format!("{header}{steps}").parse().unwrap())
    }

    #[test]
    fn a_dialogue_at_every_chunk_size() {
        for chunk in [1, 2, 3, usize::MAX] {
            let mut player = player("> +0ms 01 02\n< +9ms 03 04 05\n").with_chunk(chunk);
            assert!(is_tick(&player.read(&mut [0; 8]).unwrap_err()));
            player.write_all(&[1]).unwrap();
            assert!(is_tick(&player.read(&mut [0; 8]).unwrap_err()), "half a request");
            player.write_all(&[2]).unwrap();
            let mut heard: Vec<u8> = Vec::new();
            while heard.len() < 3 {
                let mut buf = [0; 8];
                let count = player.read(&mut buf).unwrap();
                assert!(count <= chunk && count > 0);
                heard.extend(&buf[..count]);
                assert_eq!(player.is_finished(), heard.len() == 3);
            }
            assert_eq!(heard, [3, 4, 5]);
            assert!(is_tick(&player.read(&mut [0; 8]).unwrap_err()), "the end is silence");
        }
    }

    #[test]
    fn unasked_messages_before_a_request_are_kept_for_the_host() {
        let mut player = player("< +0ms AA\n> +0ms 01\n< +9ms 03\n");
        player.write_all(&[1]).unwrap();
        let mut buf = [0; 8];
        assert_eq!(player.read(&mut buf).unwrap(), 2);
        assert_eq!(buf[..2], [0xAA, 3]);
        assert!(player.is_finished());
    }

    #[test]
    fn a_write_of_two_messages_is_taken_message_by_message() {
        let mut player = player("> +0ms 01\n< +0ms 09\n> +0ms 02\n");
        assert_eq!(player.write(&[1, 2]).unwrap(), 1);
        assert_eq!(player.write(&[2]).unwrap(), 1);
        assert!(!player.is_finished(), "09 was not heard");
        assert_eq!(player.read(&mut [0; 8]).unwrap(), 1);
        assert!(player.is_finished());
    }

    #[test]
    fn close_is_the_end_of_the_stream() {
        let mut player = player("< +0ms 01\n! +0ms close\n");
        assert_eq!(player.read(&mut [0; 8]).unwrap(), 1);
        assert!(player.is_finished());
        assert_eq!(player.read(&mut [0; 8]).unwrap(), 0);
        assert_eq!(player.read(&mut [0; 8]).unwrap(), 0);
        assert_eq!(player.write(&[1]).unwrap_err().kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_mismatch_shows_both_sides() {
        let mut player = player("> +0ms 01 02 03\n");
        player.write_all(&[1]).unwrap();
        let error = player.write(&[2, 4]).unwrap_err();
        assert_eq!(error.to_string(), "tape has 01 02 03, host sent 01 02 04");
        assert!(!player.is_finished());
        assert!(player.mismatch().is_some());
    }

    #[test]
    fn more_than_the_tape_has_is_a_mismatch() {
        let mut player = player("> +0ms 01\n");
        player.write_all(&[1]).unwrap();
        let error = player.write(&[7]).unwrap_err();
        let message = "tape has nothing more for the host to say, host sent 07";
        assert_eq!(error.to_string(), message);
        assert!(!player.is_finished());
    }
}
