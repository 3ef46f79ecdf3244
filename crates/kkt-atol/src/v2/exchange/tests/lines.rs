//! Lines that lose, double, damage and add bytes, with a device behind them that keeps the protocol.

use super::*;
use crate::v2::device::Device;

/// What happens to a transmission.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Lost,
    Twice,
    /// A byte before it, or inside it.
    Added {
        at: usize,
        byte: u8,
    },
    /// A flipped bit.
    Damaged {
        bit: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Host,
    Device,
}

/// A line with one fault, or with the same fault again and again from a transmission on.
struct Line {
    exchange: Exchange,
    device: Device,
    start: Instant,
    now: Instant,
    fault: Option<(Side, usize, Fault)>,
    for_ever: bool,
    sent: [usize; 2],
}

impl Line {
    fn new(fault: Option<(Side, usize, Fault)>) -> Self {
        let start = Instant::now();
        Self {
            exchange: Exchange::new(Settings::default()),
            device: Device::new(|command| [&[0x55, 0x00], command].concat()),
            start,
            now: start,
            fault,
            for_ever: false,
            sent: [0; 2],
        }
    }

    fn carry(&mut self, side: Side, bytes: Vec<u8>) -> Vec<u8> {
        let count = &mut self.sent[usize::from(side == Side::Device)];
        let number = *count;
        *count += 1;
        match self.fault {
            Some((faulty, at, fault))
                if faulty == side && (number == at || self.for_ever && number > at) =>
            {
                damage(bytes, fault)
            }
            _ => bytes,
        }
    }

    fn ask(&mut self, command: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        self.exchange.start(command, self.now);
        loop {
            let mut quiet = true;
            while let Some(bytes) = self.exchange.poll_transmit() {
                let bytes = self.carry(Side::Host, bytes);
                self.device.receive(&bytes, self.elapsed());
                quiet = false;
            }
            while let Some(bytes) = self.device.transmit() {
                let bytes = self.carry(Side::Device, bytes);
                self.exchange.receive(&bytes, self.now);
                quiet = false;
            }
            if !quiet {
                continue;
            }
            if let Some(result) = self.exchange.poll() {
                return result;
            }
            let due = self.exchange.poll_timeout().expect("it waits for something");
            let device = self.device.wake().map_or(due, |due| self.start + due);
            self.now = due.min(device).max(self.now);
            self.device.tick(self.elapsed());
            self.exchange.handle_timeout(self.now);
        }
    }

    fn elapsed(&self) -> Duration {
        self.now - self.start
    }
}

fn damage(mut bytes: Vec<u8>, fault: Fault) -> Vec<u8> {
    match fault {
        Fault::Lost => bytes.clear(),
        Fault::Twice => bytes.extend_from_within(..),
        Fault::Added { at, byte } => bytes.insert(at.min(bytes.len()), byte),
        Fault::Damaged { bit } => {
            let at = (bit / 8).min(bytes.len() - 1);
            bytes[at] ^= 1 << (bit % 8);
        }
    }
    bytes
}

const COMMANDS: [(&[u8], &[u8]); 2] = [
    (&[0xA4, 0x10], &[0x55, 0x00, 0x00, 0x00, 0xA4, 0x10]),
    (&[0xA4, 0x20], &[0x55, 0x00, 0x00, 0x00, 0xA4, 0x20]),
];
/// The host: ENQ, command, EOT, ACK, ACK. The device: ACK, ACK, ENQ, answer, EOT.
const TRANSMISSIONS: usize = 5;

fn faults() -> Vec<Fault> {
    // A 00 inside a frame changes no XOR: only outside.
    let zero = [0, 10].map(|at| Fault::Added { at, byte: 0x00 });
    let added = [0x02, 0x03, 0x04, 0x05, 0x06, 0x10, 0x15, 0x44, 0xFE, 0xFF];
    let added =
        added.into_iter().flat_map(|byte| (0..=10).map(move |at| Fault::Added { at, byte }));
    let damaged = (0..80).map(|bit| Fault::Damaged { bit });
    [Fault::Lost, Fault::Twice].into_iter().chain(zero).chain(added).chain(damaged).collect()
}

/// Every fault of every transmission of the first of two commands: both get their answer in time.
#[test]
fn one_fault_anywhere() {
    for side in [Side::Host, Side::Device] {
        for at in 0..TRANSMISSIONS {
            for fault in faults() {
                let mut line = Line::new(Some((side, at, fault)));
                for (command, answer) in COMMANDS {
                    let found = line.ask(command);
                    assert_eq!(found.as_deref(), Ok(answer), "{side:?} {at} {fault:?}");
                }
                assert!(line.elapsed() <= Duration::from_secs(6), "{side:?} {at} {fault:?}");
            }
        }
    }
}

/// A transmission that is lost, and how long the command takes then.
#[test]
fn one_lost_transmission() {
    for (side, at, milliseconds, what) in [
        (Side::Host, 0, 510, "ENQ"),
        (Side::Host, 1, 510, "the command"),
        (Side::Host, 2, 500, "EOT"),
        (Side::Host, 3, 510, "ACK to the ENQ"),
        (Side::Host, 4, 510, "ACK to the answer"),
        (Side::Device, 0, 510, "ACK to the ENQ"),
        (Side::Device, 1, 500, "ACK to the command"),
        (Side::Device, 2, 510, "ENQ"),
        (Side::Device, 3, 510, "the answer"),
        (Side::Device, 4, 510, "EOT"),
    ] {
        let mut line = Line::new(Some((side, at, Fault::Lost)));
        let (command, answer) = COMMANDS[0];
        assert_eq!(line.ask(command), Ok(answer.to_vec()), "{what} of {side:?}");
        assert_eq!(line.elapsed().as_millis(), milliseconds, "{what} of {side:?}");
        let (command, answer) = COMMANDS[1];
        assert_eq!(line.ask(command), Ok(answer.to_vec()), "after {what} of {side:?}");
    }
}

/// Every fault from a transmission on, without end.
#[test]
fn the_same_fault_for_ever() {
    for side in [Side::Host, Side::Device] {
        for at in 0..TRANSMISSIONS {
            for fault in faults() {
                let mut line = Line::new(Some((side, at, fault)));
                line.for_ever = true;
                let [(first, one), (second, another)] = COMMANDS;
                for (command, other) in [(first, another), (second, one)] {
                    let before = line.elapsed();
                    // Two added bytes may be one fault that an XOR cannot see: the command is
                    // another one then, and so is the answer, but it is none of an earlier one.
                    let found = line.ask(command);
                    assert_ne!(found.as_deref(), Ok(other), "{side:?} {at} {fault:?}");
                    let lasted = line.elapsed() - before;
                    assert!(lasted <= Duration::from_secs(20), "{side:?} {at} {fault:?}");
                }
            }
        }
    }
}

/// A device that falls silent in the middle: what is waited for is told.
#[test]
fn silence_at_every_state() {
    for (at, seconds, waiting_for) in [
        (0, 2.5, "the device to listen"),
        (1, 5.0, "the device to take the command"),
        (2, 10.0, "the device to carry out the command"),
        (3, 2.01, "the answer to the command"),
    ] {
        let mut line = Line::new(Some((Side::Device, at, Fault::Lost)));
        line.for_ever = true;
        let error = line.ask(COMMANDS[0].0).unwrap_err();
        assert!(error.to_string().contains(waiting_for), "{at}: {error}");
        assert_eq!(line.elapsed().as_secs_f64(), seconds, "{at}");
    }
    let mut line = Line::new(Some((Side::Device, 4, Fault::Lost)));
    line.for_ever = true;
    assert!(line.ask(COMMANDS[0].0).is_ok(), "without its end the answer is an answer");
}
