//! Writes down what passes through a port, as the steps of a tape.

use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, Read, Write};
use std::time::Duration;

use crate::{Action, Header, Step, Tape, Transport, is_tick, tape};

/// The pause that ends a message, when nobody says another one.
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
    /// What follows is a new message, however soon it comes.
    marked: bool,
    /// How much more is kept.
    room: usize,
    /// Bytes of one side that follow each other within this time are one message.
    pause: Duration,
}

/// What a [`Recorder`] heard.
///
/// [`Display`] writes the text of a tape whose header is still to be filled in: a recorder cannot
/// know where its bytes come from, and a tape that claims too much is a defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What was said, in order.
    pub steps: Vec<Step>,
    /// More was said than the recorder was to keep: this is how it began.
    pub cut: bool,
}

impl<T: Transport, C: FnMut() -> Duration + Send> Recorder<T, C> {
    /// Records all that passes through `port`.
    pub const fn new(port: T, clock: C) -> Self {
        Self {
            port,
            clock,
            steps: Vec::new(),
            began: None,
            grown: Duration::ZERO,
            marked: false,
            room: usize::MAX,
            pause: PAUSE,
        }
    }

    /// Keeps about so many bytes of memory and then hears no more, though all still passes.
    #[must_use]
    pub fn with_room(self, bytes: usize) -> Self {
        Self { room: bytes, ..self }
    }

    /// Joins bytes of one side only when they follow each other within `pause`: zero keeps the time
    /// of every piece, for a caller who puts the messages together by
    /// [`regrouped`](Recording::regrouped).
    #[must_use]
    pub fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Lets the next byte begin a new step, and gives that step's number.
    pub fn mark(&mut self) -> usize {
        self.marked = true;
        self.steps.len()
    }

    /// Whether more was said than is kept.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.room == 0
    }

    /// What was heard so far.
    #[must_use]
    pub fn recording(&self) -> Recording {
        Recording { steps: self.steps.clone(), cut: self.is_full() }
    }

    /// The port, and what was heard.
    #[must_use]
    pub fn finish(self) -> (T, Recording) {
        (self.port, Recording { steps: self.steps, cut: self.room == 0 })
    }

    fn heard(&mut self, action: Action) {
        let bytes = match &action {
            Action::Host(bytes) | Action::Device(bytes) => bytes.len(),
            Action::Close => 0,
        };
        // A step costs memory by itself.
        match self.room.checked_sub(bytes + size_of::<Step>()) {
            Some(room) if room > 0 => self.room = room,
            _ => self.room = 0,
        }
        if self.room == 0 {
            return;
        }
        let now = (self.clock)();
        let after = now.saturating_sub(self.began.unwrap_or(now));
        let paused =
            now.saturating_sub(self.grown) > self.pause || std::mem::take(&mut self.marked);
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
        // A tape counts in whole milliseconds; what is cut off counts for the next step.
        let after = Duration::from_millis(u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
        self.began = Some(self.began.map_or(now, |began| began + after));
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
    /// The same with other messages in place of the steps, such as the packets of a protocol: each
    /// with the number of the step in which it began, in that order. A message whose step is none,
    /// or is the close, is left out; the close stays.
    #[must_use]
    pub fn regrouped(&self, messages: impl IntoIterator<Item = (usize, Vec<u8>)>) -> Self {
        let times: Vec<_> = self
            .steps
            .iter()
            .scan(Duration::ZERO, |time, step| {
                *time += step.after;
                Some(*time)
            })
            .collect();
        let mut steps: Vec<Step> = Vec::new();
        let mut last = times.first().copied().unwrap_or_default();
        let mut add = |at: usize, action| {
            let time = times.get(at).copied().unwrap_or(last);
            steps.push(Step { after: time.saturating_sub(last), action });
            last = time.max(last);
        };
        for (at, bytes) in messages {
            match self.steps.get(at).map(|step| &step.action) {
                Some(Action::Host(_)) => add(at, Action::Host(bytes)),
                Some(Action::Device(_)) => add(at, Action::Device(bytes)),
                Some(Action::Close) | None => {}
            }
        }
        if self.steps.last().is_some_and(|step| step.action == Action::Close) {
            add(self.steps.len() - 1, Action::Close);
        }
        Self { steps, cut: self.cut }
    }

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
    fn messages_in_place_of_steps_keep_their_times() {
        let steps = Tape::parse_steps("> +0ms 01\n< +20ms 02 03\n< +30ms 04\n! +40ms close\n");
        let recording = Recording { steps: steps.unwrap(), cut: false };
        // The second message ends in the third step, where a further one begins.
        let messages = [(0, vec![1]), (1, vec![2]), (1, vec![3, 4]), (2, vec![5]), (9, vec![6])];
        let text = recording.regrouped(messages).to_string();
        let steps = "> +0ms 01\n< +20ms 02\n< +0ms 03 04\n< +30ms 05\n! +40ms close\n";
        assert!(text.ends_with(steps), "{text}");
        let text = recording.regrouped([(0, vec![1]), (2, vec![2])]).to_string();
        assert!(text.ends_with("> +0ms 01\n< +50ms 02\n! +40ms close\n"), "{text}");
    }

    #[test]
    fn what_is_marked_is_a_step_of_its_own() {
        let tape: Tape = TAPE.parse().unwrap();
        let mut recorder = Recorder::new(Player::new(&tape), || Duration::ZERO);
        recorder.write_all(&[1]).unwrap();
        assert_eq!(recorder.mark(), 1);
        recorder.write_all(&[2]).unwrap();
        let steps = recorder.recording().steps;
        assert_eq!(steps.len(), 2, "{steps:?}");
    }

    #[test]
    fn a_recorder_without_room_only_lets_pass() {
        let tape: Tape = TAPE.parse().unwrap();
        let room = 2 * (size_of::<Step>() + 2);
        let mut recorder = Recorder::new(Player::new(&tape), || Duration::ZERO).with_room(room);
        recorder.write_all(&[1, 2]).unwrap();
        assert!(!recorder.recording().cut);
        let mut buf = [0; 8];
        assert_eq!(recorder.read(&mut buf).unwrap(), 3);
        recorder.write_all(&[6]).unwrap();
        let recording = recorder.recording();
        assert_eq!((recording.steps.len(), recording.cut), (1, true));
        assert!(recorder.finish().0.is_finished(), "it still passes");
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
