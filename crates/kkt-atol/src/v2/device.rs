//! A device for tests that keeps the protocol: no state, no misbehaviour.

use std::collections::VecDeque;
use std::time::Duration;

use super::exchange::MAX_SENDS;
use super::frame::{self, Control, Deframer, Item};

/// The KKT's side, as docs/protocols/atol.md section 3 tells it from the host's side.
#[derive(Debug)]
pub(crate) struct Device {
    step: Step,
    /// When the device does something by itself.
    due: Option<Duration>,
    tries: u8,
    answer: Vec<u8>,
    /// What it answers to a message: the access password and a command.
    answers: fn(&[u8]) -> Vec<u8>,
    deframer: Deframer,
    out: VecDeque<Vec<u8>>,
    /// When the last byte came.
    heard: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Idle,
    Listening,
    Taken,
    Working,
    Offering,
    Sending,
}

const LIMIT: Duration = Duration::from_millis(500);

impl Device {
    pub(crate) fn new(answers: fn(&[u8]) -> Vec<u8>) -> Self {
        Self {
            step: Step::Idle,
            due: None,
            tries: 0,
            answer: Vec::new(),
            answers,
            deframer: Deframer::for_commands(),
            out: VecDeque::new(),
            heard: None,
        }
    }

    /// Bytes from the host.
    pub(crate) fn receive(&mut self, bytes: &[u8], now: Duration) {
        let mut deframer = std::mem::take(&mut self.deframer);
        if self.heard.replace(now).is_some_and(|heard| now - heard >= LIMIT) {
            deframer.give_up();
        }
        deframer.push(bytes);
        loop {
            let item = match self.step {
                Step::Listening | Step::Taken | Step::Offering => deframer.next_item(),
                _ => deframer.next_byte().map(Ok),
            };
            match item {
                Some(Ok(Item::Control(control))) => self.control(control, now),
                Some(Ok(Item::Frame(command))) => self.command(command, now),
                Some(Err(_)) => self.say(0x15),
                Some(Ok(Item::Noise(_))) => {}
                None => break,
            }
        }
        self.deframer = deframer;
    }

    /// The next bytes for the host.
    pub(crate) fn transmit(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    /// When it does something by itself.
    pub(crate) fn wake(&self) -> Option<Duration> {
        self.due
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Duration) {
        if self.due.is_none_or(|due| now < due) {
            return;
        }
        self.tries += 1;
        match self.step {
            Step::Idle | Step::Listening => (self.step, self.due) = (Step::Idle, None),
            Step::Taken => self.enter(Step::Working, now),
            Step::Working => {
                self.tries = 0;
                self.say(0x05);
                self.enter(Step::Offering, now + LIMIT);
            }
            _ if self.tries > MAX_SENDS => (self.step, self.due) = (Step::Idle, None),
            Step::Offering => {
                self.say(0x05);
                self.enter(Step::Offering, now + LIMIT);
            }
            Step::Sending => self.send(now),
        }
    }

    fn enter(&mut self, step: Step, due: Duration) {
        (self.step, self.due) = (step, Some(due));
    }

    fn say(&mut self, byte: u8) {
        self.out.push_back(vec![byte]);
    }

    fn control(&mut self, control: Control, now: Duration) {
        match (self.step, control) {
            (Step::Idle | Step::Listening, Control::ENQ) => {
                self.say(0x06);
                self.enter(Step::Listening, now + 4 * LIMIT);
            }
            (Step::Taken, Control::EOT) => {
                self.enter(Step::Working, now + Duration::from_millis(10));
            }
            (Step::Offering, Control::ACK) | (Step::Sending, Control::NAK) => self.send(now),
            (Step::Sending, Control::ACK) => {
                self.say(0x04);
                (self.step, self.due) = (Step::Idle, None);
            }
            _ => {}
        }
    }

    fn command(&mut self, command: &[u8], now: Duration) {
        if self.step == Step::Offering {
            return self.say(0x05);
        }
        self.answer.clear();
        frame::encode(&(self.answers)(command), &mut self.answer).unwrap();
        self.say(0x06);
        self.enter(Step::Taken, now + LIMIT);
    }

    fn send(&mut self, now: Duration) {
        self.out.push_back(self.answer.clone());
        self.enter(Step::Sending, now + LIMIT);
    }
}
