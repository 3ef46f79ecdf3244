//! The client over a pipe to a device that speaks the link v2.

use std::io;
use std::time::Duration;

use super::*;
use crate::command::SAFE;
use crate::error::DecodeError;
use crate::fault::Fault;
use crate::v2::device::Device;
use crate::v2::frame::tests::{EXAMPLES, unhex};
use crate::v2::{self, Control, Deframer, Item, Timeouts};

/// A port with a device behind it, whose time goes on by itself: a read that finds nothing lets some
/// of it pass.
#[derive(Debug)]
struct Pipe {
    device: Device,
    now: Duration,
    pending: Vec<u8>,
    sent: Vec<u8>,
    /// The most that one read or write moves.
    piece: usize,
    /// Calls that still go well, and what then happens.
    fails: Option<(u32, ErrorKind)>,
    calls: u32,
    mute: bool,
}

impl Pipe {
    fn new(answers: fn(&[u8]) -> Vec<u8>) -> Self {
        Self {
            device: Device::new(answers),
            now: Duration::ZERO,
            pending: Vec::new(),
            sent: Vec::new(),
            piece: 512,
            fails: None,
            calls: 0,
            mute: false,
        }
    }

    fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        match self.fails {
            Some((good, kind)) if self.calls > good => Err(kind.into()),
            _ => Ok(()),
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.call()?;
        if self.pending.is_empty() {
            match self.device.transmit() {
                Some(bytes) if !self.mute => self.pending = bytes,
                _ => {
                    self.now += Duration::from_millis(5);
                    self.device.tick(self.now);
                    return Err(ErrorKind::TimedOut.into());
                }
            }
        }
        let count = self.pending.len().min(self.piece).min(buf.len());
        buf[..count].copy_from_slice(&self.pending[..count]);
        self.pending.drain(..count);
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.call()?;
        let count = buf.len().min(self.piece);
        self.sent.extend(&buf[..count]);
        self.device.receive(&buf[..count], self.now);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("the client never flushes");
    }
}

/// Limits that keep the tests of silence short.
const SHORT: Duration = Duration::from_millis(5);

fn client(answers: fn(&[u8]) -> Vec<u8>) -> Client<Pipe> {
    Client::new(Pipe::new(answers), v2::Settings::default())
}

fn short(pipe: Pipe) -> Client<Pipe> {
    let timeouts = Timeouts {
        t1: SHORT,
        t2: SHORT,
        t3: SHORT,
        t4: SHORT,
        t5: SHORT,
        t6: SHORT,
        t7: SHORT,
        mismatch: SHORT,
        ..Timeouts::default()
    };
    Client::new(pipe, v2::Settings { timeouts, ..v2::Settings::default() })
}

/// Answers with the examples of docs/protocols/atol.md section 17.
fn examples(message: &[u8]) -> Vec<u8> {
    let example = |wanted: &str| {
        unhex(EXAMPLES.iter().find(|(name, ..)| *name == wanted).expect("it is listed").2)
    };
    match message {
        [0, 0, 0x3F] => example("F-v2-14"),
        [0, 0, 0x45] => example("F-v2-15"),
        [0, 0, 0xA4, 0x10] => example("F-v2-17"),
        _ => vec![0x55, 0x7A, 0x00],
    }
}

#[track_caller]
fn check_all(client: &mut Client<Pipe>) {
    let status = client.status().unwrap();
    assert!(status.paper_present() && status.receipt_open());
    assert_eq!((status.operator, status.receipt_sum), (Some(30), Some(12_345)));
    let state = client.state_code().unwrap();
    assert!(state.flags.contains(crate::StateFlags::NO_PAPER));
    let shift = client.shift().unwrap();
    assert_eq!((shift.state.is_open(), shift.number), (Some(true), 18));
    assert!(matches!(client.ofd_queue(), Err(Error::Refused(Fault::NOT_SUPPORTED))));
}

#[test]
fn the_examples_in_pieces_of_any_size() {
    for piece in [1, 3, 512] {
        let mut client = client(examples);
        client.io.piece = piece;
        check_all(&mut client);
        assert_eq!(client.counters(), Counters::V2(v2::Counters::default()), "{piece}");
        let mut deframer = Deframer::for_commands();
        deframer.push(&client.io.sent);
        let mut commands = 0;
        while let Some(item) = deframer.next_item() {
            match item.unwrap() {
                Item::Control(control) => assert_ne!(control, Control::NAK),
                Item::Frame(message) => {
                    assert!(SAFE.contains(&&message[2..]), "{message:02X?}");
                    commands += 1;
                }
                Item::Noise(byte) => panic!("{byte:02X} was sent"),
            }
        }
        assert_eq!(commands, 4);
    }
}

#[test]
fn an_error_of_the_device_is_a_refusal() {
    let mut client = client(|_| vec![0x55, 0x8C, 0x00]);
    assert!(matches!(client.status(), Err(Error::Refused(Fault::WRONG_PASSWORD))));
    assert!(matches!(client.state_code(), Err(Error::Refused(Fault::WRONG_PASSWORD))));
    assert!(matches!(client.shift(), Err(Error::Refused(Fault::WRONG_PASSWORD))));
}

#[test]
fn what_may_be_a_mode_or_an_error_is_neither() {
    let mut client = client(|_| vec![0x55, 0x67, 0x00]);
    let error = client.state_code().unwrap_err();
    assert!(matches!(error, Error::Decode(DecodeError::Ambiguous(Fault::NO_PAPER))), "{error}");
    assert!(error.to_string().contains("ask for the status (3Fh)"), "{error}");
    assert!(matches!(client.status(), Err(Error::Refused(Fault::NO_PAPER))));
}

#[test]
fn silence_and_garbage_are_told_apart() {
    let mut pipe = Pipe::new(examples);
    pipe.mute = true;
    let error = short(pipe).status().unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");

    let mut pipe = Pipe::new(examples);
    pipe.pending = vec![0xFF; 2_000];
    pipe.mute = true;
    pipe.piece = 1;
    let error = short(pipe).status().unwrap_err();
    assert!(matches!(error, Error::Garbage { .. }), "{error}");
}

/// Whenever the port fails, that is told at once: nothing is read or written after it.
#[test]
fn a_port_that_fails_in_the_middle() {
    let mut whole = client(examples);
    whole.status().unwrap();
    for good in 0..whole.io.calls {
        for kind in [ErrorKind::Other, ErrorKind::PermissionDenied, ErrorKind::BrokenPipe] {
            let mut client = client(examples);
            client.io.fails = Some((good, kind));
            let error = client.status().unwrap_err();
            match kind {
                ErrorKind::BrokenPipe => assert!(matches!(error, Error::Closed), "{error}"),
                _ => assert!(matches!(error, Error::Io(_)), "{error}"),
            }
            assert_eq!(client.io.calls, good + 1, "{kind:?}");
        }
    }
}

/// Whoever closes the port in the middle of an exchange hears how long the device is to be left alone.
#[test]
fn what_a_device_owes_when_the_port_is_closed() {
    let t5 = Timeouts::default().execution(&[0x3F]);
    let mut whole = client(examples);
    whole.status().unwrap();
    assert_eq!(whole.owed(), None, "the answer is there");
    let mut stages = [false; 4];
    for good in 0..whole.io.calls {
        let mut client = client(examples);
        client.io.fails = Some((good, ErrorKind::Other));
        client.status().unwrap_err();
        let mut deframer = Deframer::for_commands();
        deframer.push(&client.io.sent);
        let (mut asked, mut acks) = (false, 0);
        while let Some(Ok(item)) = deframer.next_item() {
            asked |= item == Item::Frame(&[0, 0, 0x3F]);
            acks += usize::from(item == Item::Control(Control::ACK));
        }
        let owed = client.owed();
        match (asked, acks) {
            // The frame itself, when the port fails with it, may be out or not.
            (false, _) => assert!(owed.is_none() || good == 2, "{owed:?} after {good} calls"),
            // Also when its answer came: until its EOT it may say that again.
            (true, _) => {
                assert!(owed > Some(t5 / 2) && owed <= Some(t5), "{owed:?} after {good} calls");
            }
        }
        stages[usize::from(asked) + acks] = true;
    }
    assert_eq!(stages, [true; 4], "every stage was cut");
}

#[test]
fn a_line_that_takes_nothing() {
    let mut pipe = Pipe::new(examples);
    pipe.fails = Some((0, ErrorKind::WouldBlock));
    let error = short(pipe).status().unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting_for: "the line to take a packet", .. }));
}

#[test]
fn it_goes_on_after_a_device_was_silent() {
    let mut pipe = Pipe::new(examples);
    pipe.mute = true;
    let mut client = short(pipe);
    client.status().unwrap_err();
    client.io.mute = false;
    let mut client = Client::new(client.into_inner(), v2::Settings::default());
    assert!(client.status().is_ok());
}
