//! What each action of the table does, and how often.

use std::time::Instant;

use super::running::Running;
use super::{
    Action, Control, Event, Exchange, ExchangeError, MAX_ASKS, MAX_ROUNDS, MAX_SENDS, State, action,
};

/// Whether an action was possible, or was tried too often.
type Tried = Result<(), ExchangeError>;

impl Exchange {
    /// Does what the table says.
    pub(super) fn act(&mut self, event: Event, data: &[u8], now: Instant) {
        let Some(mut running) = self.running.take() else { return };
        let done = match action(running.state, event) {
            Action::Ignore => running.ignore(now),
            Action::Ask => self.ask(&mut running, now),
            Action::AskAgain => self.ask_again(&mut running, now),
            Action::PauseAndAskAgain => {
                running.refused_to_listen += 1;
                self.pause(&mut running, false, now)
            }
            Action::PauseAndAsk => self.pause(&mut running, true, now),
            Action::EndPause if running.new_round => self.ask(&mut running, now),
            Action::EndPause => self.ask_again(&mut running, now),
            Action::Collide => self.collide(&mut running, now),
            Action::Send => self.send(&mut running, now),
            Action::SendAgain => {
                running.refused_to_take = event == Event::Nak;
                self.send(&mut running, now)
            }
            Action::AcceptRepeatedly if running.sends > 1 => self.accept(&mut running, now),
            Action::AcceptRepeatedly => self.send(&mut running, now),
            Action::Execute => self.execute(&mut running, now),
            Action::Accept => self.accept(&mut running, now),
            Action::Read => {
                running.state = running.state.reading();
                Ok(())
            }
            Action::EndFrame => {
                self.running = Some(running);
                return self.end_frame(now);
            }
            Action::Refuse => self.refuse(&mut running, now),
            Action::Take => self.take(&mut running, data, now),
            Action::TakeRepeat => self.take_repeat(&mut running, data, now),
            Action::TakeEarlier => self.take_earlier(&mut running, now),
            Action::Confirm => self.confirm(&mut running, now),
            Action::Finish => {
                self.counters.unended += u64::from(event != Event::Eot);
                return self.finish(running, now);
            }
            Action::Fail => Err(running.silence(now)),
        };
        match done {
            Ok(()) => self.running = Some(running),
            Err(error) => self.end(running, error, now),
        }
    }

    pub(super) fn ask(&mut self, running: &mut Running, now: Instant) -> Tried {
        if let Some(until) = self.earlier.filter(|until| now < *until) {
            running.enter(State::AwaitingEarlier, until);
            return Ok(());
        }
        self.earlier = None;
        if running.rounds == MAX_ROUNDS {
            return Err(running.silence(now));
        }
        running.rounds += 1;
        running.asks = 0;
        running.refused_to_listen = 0;
        self.ask_again(running, now)
    }

    fn ask_again(&mut self, running: &mut Running, now: Instant) -> Tried {
        if running.asks == MAX_ASKS {
            return Err(match running.refused_to_listen {
                0 => running.silence(now),
                times => ExchangeError::NotReady { times },
            });
        }
        self.counters.asked_again += u64::from(running.asks > 0);
        running.asks += 1;
        self.control(Control::ENQ);
        running.enter(State::Asking, now + self.settings.timeouts.t1);
        Ok(())
    }

    fn pause(&self, running: &mut Running, new_round: bool, now: Instant) -> Tried {
        running.new_round = new_round;
        running.enter(State::Pausing, now + self.settings.timeouts.t7);
        Ok(())
    }

    /// Every second time the device is let through: it insists on an answer that is not ours.
    fn collide(&mut self, running: &mut Running, now: Instant) -> Tried {
        self.counters.collisions += 1;
        running.collisions += 1;
        if running.collisions % 2 == 0 {
            self.accept(running, now)
        } else {
            self.pause(running, true, now)
        }
    }

    fn send(&mut self, running: &mut Running, now: Instant) -> Tried {
        if running.sends == MAX_SENDS {
            return Err(match running.refused_to_take {
                true => ExchangeError::NotTaken { times: MAX_SENDS },
                false => running.silence(now),
            });
        }
        self.counters.resent += u64::from(running.sends > 0);
        running.sends += 1;
        // What an earlier answer took does not count for ours.
        (running.takes, running.refusals) = (0, 0);
        self.outgoing.push_back(running.frame.clone());
        running.enter(State::Sending, now + self.settings.timeouts.t3);
        Ok(())
    }

    fn execute(&mut self, running: &mut Running, now: Instant) -> Tried {
        self.control(Control::EOT);
        running.enter(State::Executing, now + running.work);
        Ok(())
    }

    fn accept(&mut self, running: &mut Running, now: Instant) -> Tried {
        self.let_send(running, Control::ACK, now).ok_or_else(|| running.silence(now))
    }

    fn refuse(&mut self, running: &mut Running, now: Instant) -> Tried {
        running.refusals += 1;
        let damaged = ExchangeError::Damaged { times: running.refusals, last: running.last_error };
        self.let_send(running, Control::NAK, now).ok_or(damaged)?;
        self.counters.refused += 1;
        Ok(())
    }

    fn take(&mut self, running: &mut Running, data: &[u8], now: Instant) -> Tried {
        running.answer = Some(data.to_vec());
        self.control(Control::ACK);
        running.enter(State::AwaitingEnd, now + self.settings.timeouts.t4);
        Ok(())
    }

    fn take_repeat(&mut self, running: &mut Running, data: &[u8], now: Instant) -> Tried {
        self.counters.repeated += 1;
        running.changed |= running.answer.as_deref().is_some_and(|answer| answer != data);
        self.confirm(running, now)
    }

    fn confirm(&mut self, running: &mut Running, now: Instant) -> Tried {
        self.let_send(running, Control::ACK, now).ok_or_else(|| running.silence(now))?;
        running.enter(State::AwaitingEnd, now + self.settings.timeouts.t4);
        Ok(())
    }

    fn take_earlier(&mut self, running: &mut Running, now: Instant) -> Tried {
        self.counters.earlier += 1;
        self.earlier = None;
        self.control(Control::ACK);
        running.enter(State::AwaitingEarlierEnd, now + self.settings.timeouts.t4);
        Ok(())
    }

    /// Lets the device send, or send again; not without end.
    fn let_send(&mut self, running: &mut Running, control: Control, now: Instant) -> Option<()> {
        if running.takes == MAX_SENDS {
            return None;
        }
        running.takes += 1;
        self.control(control);
        running.enter(running.state.awaiting(), now + self.settings.timeouts.t2);
        Some(())
    }

    /// An error ends the exchange, unless the answer is there already.
    fn end(&mut self, running: Running, error: ExchangeError, now: Instant) {
        if running.answer.is_some() {
            self.counters.unended += 1;
            return self.finish(running, now);
        }
        if matches!(running.state, State::Asking | State::Pausing | State::Sending) {
            self.control(Control::EOT);
        }
        if !matches!(error, ExchangeError::NotTaken { .. }) {
            self.leave_behind(&running, now);
        }
        self.finished = Some(Err(error));
    }

    fn finish(&mut self, running: Running, now: Instant) {
        // A device may take a command for two that was sent twice, and answer twice.
        if running.sends > 1 {
            self.earlier = Some(now + self.settings.timeouts.t1);
        }
        self.finished = match running.answer {
            Some(_) if running.changed => Some(Err(ExchangeError::Changed)),
            answer => answer.map(Ok),
        };
    }

    /// The answer to a command that is given up may come until the protocol's limits say no.
    pub(super) fn leave_behind(&mut self, running: &Running, now: Instant) {
        let until = match running.state {
            State::Sending => now + running.work,
            State::Executing => running.timer,
            State::AwaitingFrame | State::Reading => now + self.settings.timeouts.t2,
            _ => return,
        };
        self.earlier = Some(until);
    }

    fn control(&mut self, control: Control) {
        self.outgoing.push_back(vec![control.0]);
    }
}
