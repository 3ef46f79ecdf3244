//! Writes down what passes through a port, as the steps of a tape.

use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, Read, Write};
use std::time::Duration;

use crate::{Action, Header, Step, Tape, Transport, is_tick, tape};

/// Bytes of one side that follow each other within this time are one message.
const PAUSE: Duration = Duration::from_millis(30);

/// A port that remembers all that passes through it.
///
/// `clock` gives the time since any fixed moment. Bytes of one side that follow each other within
/// 30 ms become one step; a recorder knows no protocol, so the borders of messages may need a look.
pub struct Recorder<T, C> {
    port: T,
    clock: C,
    steps: Vec<Step>,
    /// When the last step began.
    began: Option<Duration>,
    /// When its last byte passed.
    grown: Duration,
}

/// What a [`Recorder`] heard.
///
/// [`Display`] writes the text of a tape whose header is still to be filled in: a recorder cannot
/// know where its bytes come from, and a tape that claims too much is a defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What was said, in order.
    pub steps: Vec<Step>,
}

impl<T: Transport, C: FnMut() -> Duration + Send> Recorder<T, C> {
    /// Records all that passes through `port`.
    pub const fn new(port: T, clock: C) -> Self {
        Self { port, clock, steps: Vec::new(), began: None, grown: Duration::ZERO }
    }

    /// The port, and what was heard.
    #[must_use]
    pub fn finish(self) -> (T, Recording) {
        (self.port, Recording { steps: self.steps })
    }

    fn heard(&mut self, action: Action) {
        let now = (self.clock)();
        let after = now.saturating_sub(self.began.unwrap_or(now));
        let paused = now.saturating_sub(self.grown) > PAUSE;
        self.grown = now;
        match (self.steps.last_mut().map(|step| &mut step.action), &action) {
            (Some(Action::Close), _) => return,
            (Some(Action::Host(message)), Action::Host(bytes))
            | (Some(Action::Device(message)), Action::Device(bytes))
                if !paused =>
            {
                message.extend_from_slice(bytes);
                return;
            }
            _ => {}
        }
        self.began = Some(now);
        // A tape counts in whole milliseconds.
        let after = Duration::from_millis(u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
        self.steps.push(Step { after, action });
    }
}

impl<T: Transport, C: FnMut() -> Duration + Send> Read for Recorder<T, C> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let result = self.port.read(buf);
        match &result {
            Ok(0) if buf.is_empty() => {}
            Ok(0) => self.heard(Action::Close),
            Ok(count) => self.heard(Action::Device(buf.iter().take(*count).copied().collect())),
            Err(error) if is_tick(error) => {}
            Err(_) => self.heard(Action::Close),
        }
        result
    }
}

impl<T: Transport, C: FnMut() -> Duration + Send> Write for Recorder<T, C> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.port.write(bytes);
        match &result {
            Ok(0) => {}
            Ok(count) => self.heard(Action::Host(bytes.iter().take(*count).copied().collect())),
            Err(error) if is_tick(error) => {}
            Err(_) => self.heard(Action::Close),
        }
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: Transport, C: FnMut() -> Duration + Send> Transport for Recorder<T, C> {}

impl<T: Debug, C> Debug for Recorder<T, C> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.debug_struct("Recorder").field("port", &self.port).field("steps", &self.steps).finish()
    }
}

impl Recording {
    /// The tape, once somebody said where its bytes come from.
    #[must_use]
    pub fn with_header(self, header: Header) -> Tape {
        Tape { header, steps: self.steps }
    }
}

impl Display for Recording {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        tape::empty_header(out)?;
        writeln!(out)?;
        tape::print_steps(out, &self.steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Player;

    const TAPE: &str = "\
# Device: toy
# Line: tcp
# Protocol: toy
# Origin: synthetic
# Source: here
# Date: 2026-11-24

> +0ms 01 02
< +40ms 03 04 05
> +80ms 06
! +40ms close
";

    #[test]
    fn recording_a_played_tape_gives_the_tape() {
        let tape: Tape = TAPE.parse().unwrap();
        // The clock advances 10 ms a look; ticks are not looked at.
        let mut now = Duration::ZERO;
        let clock = || {
            now += Duration::from_millis(10);
            now
        };
        let player = Player::new(&tape).with_chunk(1);
        let mut recorder = Recorder::new(player, clock);
        recorder.write_all(&[1]).unwrap();
        recorder.write_all(&[2]).unwrap();
        let mut buf = [0; 8];
        for _ in 0..3 {
            assert_eq!(recorder.read(&mut buf).unwrap(), 1);
        }
        assert!(is_tick(&recorder.read(&mut buf).unwrap_err()));
        recorder.write_all(&[6]).unwrap();
        assert_eq!(recorder.read(&mut buf).unwrap(), 0);
        let (player, recording) = recorder.finish();
        assert!(player.is_finished());
        let text = recording.to_string();
        let steps = "> +0ms 01 02\n< +20ms 03 04 05\n> +30ms 06\n! +10ms close\n";
        assert!(text.ends_with(&format!("\n\n{steps}")), "{text}");
        let error = text.parse::<Tape>().unwrap_err().to_string();
        assert_eq!(error, "line 1: got Device without a value, expected it filled in");
        let whole = recording.with_header(tape.header);
        assert_eq!(whole.to_string().parse::<Tape>().unwrap(), whole);
    }

    #[test]
    fn a_pause_begins_a_new_message() {
        let tape: Tape = TAPE.replace("> +80ms 06\n! +40ms close\n", "").parse().unwrap();
        let mut times = [0, 5, 100, 150, 160].map(Duration::from_millis).into_iter();
        let player = Player::new(&tape).with_chunk(1);
        let mut recorder = Recorder::new(player, || times.next().unwrap());
        recorder.write_all(&[1, 2]).unwrap();
        for _ in 0..3 {
            assert_eq!(recorder.read(&mut [0; 8]).unwrap(), 1);
        }
        let text = recorder.finish().1.to_string();
        assert!(text.ends_with("> +0ms 01 02\n< +5ms 03\n< +95ms 04\n< +50ms 05\n"), "{text}");
    }
}
