//! The command that is under way.

use std::time::{Duration, Instant};

use super::{ExchangeError, FrameError, MAX_IGNORED, State};

#[derive(Debug)]
pub(super) struct Running {
    pub(super) state: State,
    /// The command as it is sent.
    pub(super) frame: Vec<u8>,
    /// How long the device may work on it.
    pub(super) work: Duration,
    started: Instant,
    /// The end of all waiting.
    pub(super) deadline: Instant,
    /// The end of this state's waiting.
    pub(super) timer: Instant,
    pub(super) rounds: u8,
    /// ENQ in this round.
    pub(super) asks: u8,
    /// NAK to an ENQ in this round.
    pub(super) refused_to_listen: u8,
    /// The command was answered with NAK the last time.
    pub(super) refused_to_take: bool,
    /// What follows the pause: a new round, or one more ENQ.
    pub(super) new_round: bool,
    pub(super) collisions: u8,
    /// How often the command was sent.
    pub(super) sends: u8,
    /// How often the device was told to send, and to send again.
    pub(super) takes: u8,
    /// How often an answer was refused.
    pub(super) refusals: u8,
    ignored: u8,
    pub(super) answer: Option<Vec<u8>>,
    /// The answer came again, and was another one.
    pub(super) changed: bool,
    /// Bytes that came since the start.
    pub(super) bytes: usize,
    /// Those of them that mean nothing.
    pub(super) noise: usize,
    pub(super) last_error: Option<FrameError>,
}

impl Running {
    pub(super) fn new(frame: Vec<u8>, work: Duration, now: Instant, talk: Duration) -> Self {
        let deadline = now + work + talk;
        Self {
            state: State::Idle,
            frame,
            work,
            started: now,
            deadline,
            timer: deadline,
            rounds: 0,
            asks: 0,
            refused_to_listen: 0,
            refused_to_take: false,
            new_round: false,
            collisions: 0,
            sends: 0,
            takes: 0,
            refusals: 0,
            ignored: 0,
            answer: None,
            changed: false,
            noise: 0,
            bytes: 0,
            last_error: None,
        }
    }

    pub(super) fn enter(&mut self, state: State, timer: Instant) {
        self.state = state;
        self.timer = timer;
    }

    /// One more byte is ignored. A pause ends by itself and drops whatever comes.
    pub(super) fn ignore(&mut self, now: Instant) -> Result<(), ExchangeError> {
        if self.state == State::Pausing {
            return Ok(());
        }
        if self.ignored == MAX_IGNORED {
            return Err(self.garbage(now));
        }
        self.ignored += 1;
        Ok(())
    }

    pub(super) fn take_error(&mut self, error: FrameError) {
        self.last_error = Some(error);
        self.noise += match error {
            FrameError::Incomplete { got } | FrameError::TooLong { got, .. } => got,
            _ => 0,
        };
    }

    /// What is awaited does not come. What came instead, if anything?
    pub(super) fn silence(&self, now: Instant) -> ExchangeError {
        let asking = matches!(self.state, State::Asking | State::Pausing);
        if self.noise > self.bytes / 2 {
            self.garbage(now)
        } else if asking && self.collisions > 0 {
            ExchangeError::Collision { times: self.collisions }
        } else {
            ExchangeError::Timeout { waiting_for: self.state.waiting_for(), after: self.after(now) }
        }
    }

    fn garbage(&self, now: Instant) -> ExchangeError {
        let (bytes, last) = (self.bytes, self.last_error);
        ExchangeError::Garbage { bytes, after: self.after(now), last }
    }

    /// How long it has lasted, in whole milliseconds: people read it.
    fn after(&self, now: Instant) -> Duration {
        let after = now.saturating_duration_since(self.started).as_millis();
        Duration::from_millis(u64::try_from(after).unwrap_or(u64::MAX))
    }
}
