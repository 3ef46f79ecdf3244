//! Plays a tape as a device, in time.

use std::time::Duration;

use crate::{Action, Device, Mismatch, Step, Tape};

/// The device of a tape, in real time or faster; it starts again for each connection.
///
/// It waits for each message of the host and answers after the tape's thinking time, divided by
/// the speed. When the host says something else than the tape, it is silent until the host
/// connects again, and [`mismatch`](Self::mismatch) says what happened.
#[derive(Clone, Debug)]
pub struct TapeDevice {
    tape: Tape,
    speed: f64,
    next: usize,
    /// When the last step was done.
    done: Duration,
    /// What the host said and the tape has not come to yet.
    heard: Vec<u8>,
    connected: bool,
    hangs_up: bool,
    mismatch: Option<Mismatch>,
    plays: u64,
}

impl TapeDevice {
    /// A device that plays `tape`; a speed of 2 halves every pause.
    #[must_use]
    pub const fn new(tape: Tape, speed: f64) -> Self {
        Self {
            tape,
            speed,
            next: 0,
            done: Duration::ZERO,
            heard: Vec::new(),
            connected: false,
            hangs_up: false,
            mismatch: None,
            plays: 0,
        }
    }

    /// What the host said and the tape did not, on the connection of now or the last one.
    #[must_use]
    pub const fn mismatch(&self) -> Option<&Mismatch> {
        self.mismatch.as_ref()
    }

    /// How often the tape came to its end.
    #[must_use]
    pub const fn plays(&self) -> u64 {
        self.plays
    }

    fn step(&self) -> Option<&Step> {
        let plays = self.connected && self.mismatch.is_none();
        self.tape.steps.get(self.next).filter(|_| plays)
    }

    /// When a step of the device is due.
    fn due(&self, step: &Step) -> Duration {
        let pause = Duration::try_from_secs_f64(step.after.as_secs_f64() / self.speed);
        self.done.saturating_add(pause.unwrap_or(Duration::MAX))
    }

    fn advance(&mut self, now: Duration) {
        self.done = now;
        self.next += 1;
        if self.next == self.tape.steps.len() {
            self.plays += 1;
        }
    }

    /// Compares what the host said with the tape, as far as the tape has come.
    fn compare(&mut self, now: Duration) {
        while let Some(Step { action: Action::Host(message), .. }) = self.step() {
            let common = message.len().min(self.heard.len());
            if message.get(..common) != self.heard.get(..common) {
                let tape = message.clone();
                self.mismatch =
                    Some(Mismatch::Other { tape, host: std::mem::take(&mut self.heard) });
                return;
            }
            if common < message.len() {
                return;
            }
            self.heard.drain(..common);
            self.advance(now);
        }
        let rest = self.tape.steps.iter().skip(self.next);
        let left: usize = rest
            .map(|step| if let Action::Host(message) = &step.action { message.len() } else { 0 })
            .sum();
        if self.mismatch.is_none() && self.heard.len() > left {
            self.mismatch = Some(Mismatch::Ended { host: std::mem::take(&mut self.heard) });
        }
    }
}

impl Device for TapeDevice {
    fn connect(&mut self, now: Duration) {
        self.next = 0;
        self.done = now;
        self.heard.clear();
        self.connected = true;
        self.hangs_up = false;
        self.mismatch = None;
    }

    fn disconnect(&mut self) {
        self.connected = false;
    }

    fn receive(&mut self, bytes: &[u8], now: Duration) {
        if self.connected && self.mismatch.is_none() {
            self.heard.extend_from_slice(bytes);
            self.compare(now);
        }
    }

    fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        let step = self.step()?;
        if now < self.due(step) {
            return None;
        }
        match step.action.clone() {
            Action::Host(_) => None,
            Action::Device(bytes) => {
                self.advance(now);
                self.compare(now);
                Some(bytes)
            }
            Action::Close => {
                self.advance(now);
                self.hangs_up = true;
                None
            }
        }
    }

    fn wake(&self) -> Option<Duration> {
        let step = self.step()?;
        (!matches!(step.action, Action::Host(_))).then(|| self.due(step))
    }

    fn hangs_up(&mut self) -> bool {
        std::mem::take(&mut self.hangs_up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(steps: &str, speed: f64) -> TapeDevice {
        let header = "# Device: toy\n# Line: tcp\n# Protocol: toy\n# Origin: synthetic\n\
                      # Source: here\n# Date: 2026-11-24\n";
        TapeDevice::new(format!("{header}{steps}").parse().unwrap(), speed)
    }

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn answers_after_the_thinking_time() {
        let mut device = device("> +500ms 01 02\n< +20ms 03\n! +100ms close\n", 1.0);
        device.connect(ms(1000));
        assert_eq!(device.wake(), None, "waits for the host");
        device.receive(&[1], ms(1100));
        device.receive(&[2], ms(1200));
        assert_eq!(device.wake(), Some(ms(1220)));
        assert_eq!(device.transmit(ms(1219)), None);
        assert_eq!(device.transmit(ms(1220)), Some(vec![3]));
        assert_eq!(device.wake(), Some(ms(1320)));
        assert_eq!(device.transmit(ms(1319)), None);
        assert!(!device.hangs_up());
        assert_eq!(device.transmit(ms(1320)), None);
        assert!(device.hangs_up());
        assert!(!device.hangs_up(), "once");
        assert_eq!(device.plays(), 1);
    }

    #[test]
    fn speed_divides_the_pauses() {
        let mut fast = device("< +20ms 03\n", 10.0);
        fast.connect(ms(0));
        assert_eq!(fast.wake(), Some(ms(2)));
        let mut never = device("< +20ms 03\n", 0.0);
        never.connect(ms(0));
        assert_eq!(never.transmit(ms(1_000_000)), None);
    }

    #[test]
    fn a_host_ahead_of_the_tape_is_buffered() {
        let mut device = device("< +20ms 09\n> +0ms 01\n< +5ms 02\n", 1.0);
        device.connect(ms(0));
        device.receive(&[1], ms(1));
        assert_eq!(device.transmit(ms(20)), Some(vec![9]));
        assert_eq!(device.transmit(ms(25)), Some(vec![2]));
        assert_eq!(device.mismatch(), None);
    }

    #[test]
    fn a_mismatch_silences_it_until_the_next_connection() {
        let mut device = device("> +0ms 01\n< +0ms 02\n", 1.0);
        device.connect(ms(0));
        device.receive(&[7], ms(1));
        assert_eq!(device.mismatch().unwrap().to_string(), "tape has 01, host sent 07");
        device.receive(&[1], ms(2));
        assert_eq!(device.transmit(ms(3)), None);
        device.disconnect();
        device.connect(ms(4));
        device.receive(&[1], ms(5));
        assert_eq!(device.transmit(ms(6)), Some(vec![2]));
        device.receive(&[1], ms(7));
        assert!(matches!(device.mismatch(), Some(Mismatch::Ended { .. })));
    }
}
