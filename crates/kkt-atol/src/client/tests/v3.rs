//! The client over a pipe to the simulator of the link v3.
#![cfg(feature = "sim")]

use std::io;
use std::time::Duration;

use super::*;
use crate::command::{DocumentPart, ReceiptState, SAFE, SAFE_OWNED, ShiftRegisterState};
use crate::fault::Fault;
use crate::link::Link;
use crate::sim::{Misbehaviour, Respond, ShiftKind, Simulator, State, UnsentDocuments};
use crate::v3::task::BufferError;
use crate::v3::{self, Timeouts};

/// A port with a simulator behind it, whose time goes on by itself: a read that finds nothing lets
/// some of it pass.
#[derive(Debug)]
struct Pipe {
    simulator: Simulator,
    now: Duration,
    pending: Vec<u8>,
    /// The most that one read gives.
    piece: usize,
    /// How often a write first says "not now".
    ticks: u32,
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.simulator.hangs_up() {
            return Ok(0);
        }
        if self.pending.is_empty() {
            match self.simulator.transmit(self.now) {
                Some(bytes) => self.pending = bytes,
                None => {
                    self.now += Duration::from_millis(5);
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
        if self.ticks > 0 {
            self.ticks -= 1;
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = buf.len().min(self.piece);
        self.simulator.receive(&buf[..count], self.now);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("the client never flushes");
    }
}

/// Limits that keep the tests of silence short.
const SHORT: Timeouts = Timeouts {
    packet: Duration::from_millis(20),
    result: Duration::from_millis(20),
    answer: Duration::from_millis(60),
};

fn client(state: State, misbehaviour: Misbehaviour, timeouts: Timeouts) -> Client<Pipe> {
    let mut simulator = Simulator::new(state, Link::V3);
    simulator.connect(Duration::ZERO);
    simulator.misbehave(misbehaviour);
    let pipe = Pipe { simulator, now: Duration::ZERO, pending: Vec::new(), piece: 512, ticks: 0 };
    Client::new(pipe, v3::Settings { timeouts, ..v3::Settings::default() })
}

fn good(state: State) -> Client<Pipe> {
    client(state, Misbehaviour::None, Timeouts::default())
}

fn open_sale() -> State {
    State {
        receipt_state: ReceiptState::SALE,
        receipt_sum: 12_345,
        unsent: UnsentDocuments { count: 3, first_number: 4658, ..UnsentDocuments::default() },
        unacknowledged: 5,
        shift: ShiftKind::Expired,
        ..State::default()
    }
}

/// Asks everything and compares it with the state.
#[track_caller]
fn check_all(client: &mut Client<Pipe>) {
    let state = open_sale();
    let status = client.status().unwrap();
    assert!(status.paper_present() && status.receipt_open());
    assert_eq!(status.receipt_sum, Some(12_345));
    assert_eq!(status.factory_number, state.factory_number);
    assert!(client.state_code().unwrap().flags.is_empty());
    let device = client.device_type().unwrap();
    assert_eq!((device.name.as_str(), device.firmware), ("АТОЛ 25Ф", Some(state.firmware)));
    let shift = client.shift().unwrap();
    assert_eq!((shift.state.is_open(), shift.number), (Some(true), 18));
    let queue = client.ofd_queue().unwrap();
    assert_eq!((queue.unsent_documents, queue.first_unsent_number), (3, Some(4658)));
    let storage = client.fiscal_storage().unwrap();
    assert_eq!(storage.last_document, 4660);
    assert_eq!(client.fiscal_storage_number().unwrap().number, storage.number);
    assert_eq!(client.fiscal_storage_term().unwrap().registrations_left, 11);
    assert_eq!(client.fiscal_storage_version().unwrap().version, "fn debug v 1.32");
    assert_eq!(client.unacknowledged().unwrap().documents, 5);
    assert_eq!(client.shift_register().unwrap().state, ShiftRegisterState::EXPIRED);
    let register = client.receipt_register().unwrap();
    assert_eq!(
        (register.receipt_state, register.document_number),
        (ReceiptState::SALE, Some(4660))
    );
}

#[test]
fn everything_however_the_results_come() {
    for respond in [Respond::Async, Respond::Sync] {
        let mut client = good(State { respond, ..open_sale() });
        check_all(&mut client);
        let counters = client.counters();
        assert_eq!(counters, Counters::V3(v3::Counters::default()), "{respond:?}");
        let simulator = client.into_inner().simulator;
        let sent: Vec<_> = simulator.requests().keys().map(Vec::as_slice).collect();
        let mut safe = SAFE.to_vec();
        safe.sort_unstable();
        assert_eq!(sent, safe, "every command once, and nothing else");
        assert!(simulator.requests().values().all(|count| *count == 1));
    }
}

#[test]
fn results_that_must_be_asked_for() {
    let state = State { respond: Respond::Polled, ..open_sale() };
    let timeouts = Timeouts { result: Duration::from_millis(5), ..Timeouts::default() };
    let mut client = client(state, Misbehaviour::None, timeouts);
    check_all(&mut client);
    let Counters::V3(counters) = client.counters() else { panic!("it is the link v3") };
    assert!(counters.polls >= 24);
}

#[test]
fn everything_in_pieces_with_noise_and_late() {
    for piece in [1, 3, 512] {
        for misbehaviour in [
            Misbehaviour::None,
            Misbehaviour::NoiseBefore,
            Misbehaviour::Split,
            Misbehaviour::Delay(Duration::from_millis(200)),
        ] {
            let mut client = client(open_sale(), misbehaviour, Timeouts::default());
            client.io.piece = piece;
            client.io.ticks = 3;
            check_all(&mut client);
            let dropped = client.counters().dropped_bytes();
            assert_eq!(dropped > 0, misbehaviour == Misbehaviour::NoiseBefore);
        }
    }
}

#[track_caller]
fn error(misbehaviour: Misbehaviour) -> Error {
    client(State::default(), misbehaviour, SHORT).status().unwrap_err()
}

#[test]
fn silence_and_garbage_are_told_apart() {
    assert!(matches!(error(Misbehaviour::Silent), Error::Timeout { .. }));
    for misbehaviour in [Misbehaviour::Garbage, Misbehaviour::WrongChecksum, Misbehaviour::OtherId]
    {
        let error = error(misbehaviour);
        assert!(matches!(error, Error::Garbage { .. }), "{misbehaviour:?}: {error}");
    }
    let late = Misbehaviour::Delay(Duration::from_secs(u32::MAX.into()));
    assert!(matches!(error(late), Error::Timeout { .. }));
}

#[test]
fn errors_are_said_in_words() {
    let error = error(Misbehaviour::WrongChecksum).to_string();
    assert!(error.contains("wrong check byte of packet "), "{error}");
    let busy = good(State { busy: true, ..State::default() }).status().unwrap_err();
    assert_eq!(
        busy.to_string(),
        "another program uses the device: the task buffer says B1 (overflow)"
    );
}

#[test]
fn a_closed_line() {
    assert!(matches!(error(Misbehaviour::HangUp), Error::Closed));
}

#[test]
fn a_refusal_and_then_an_answer() {
    let mut client = good(State { error: Some(Fault::FN_EXCHANGE), ..State::default() });
    assert!(matches!(client.ofd_queue(), Err(Error::Refused(Fault::FN_EXCHANGE))));
    assert!(matches!(client.device_type(), Err(Error::Refused(Fault::FN_EXCHANGE))));
    assert!(matches!(client.state_code(), Err(Error::Refused(Fault::FN_EXCHANGE))));
    client.io.simulator.state_mut().error = None;
    assert!(client.ofd_queue().is_ok());
}

/// A device whose last document has so many parts before its time.
fn with_document(parts: usize) -> State {
    let mut state = State::default();
    let part = |tag, value: &[u8]| DocumentPart { tag, value: value.to_vec() };
    state.fiscal_storage.document = vec![part(1, b"item"); parts];
    state.fiscal_storage.document.push(part(1012, &[0xB7, 0xEE, 0x04, 0x6B]));
    state
}

#[test]
fn a_document_is_read_to_its_end() {
    let mut client = good(with_document(2));
    let number = client.fiscal_storage().unwrap().last_document;
    let document = client.document(OwnsDevice, number).unwrap();
    assert_eq!((document.parts.len(), document.unix_time()), (3, Some(1_795_485_367)));
    assert!(document.ended_by.is_some());
    let again = client.document(OwnsDevice, number).unwrap();
    assert_eq!(again, document, "a second reading begins anew");
    for request in client.into_inner().simulator.requests().keys().skip(1) {
        let fits = |(fixed, free): &(&[u8], usize)| {
            request.strip_prefix(*fixed).is_some_and(|rest| rest.len() == *free)
        };
        assert!(SAFE_OWNED.iter().any(fits), "{request:02X?}");
    }
}

/// Whatever a device makes of it: no part is asked for once the time is over.
#[test]
fn the_reading_of_a_document_has_a_limit_in_time() {
    let mut client = good(with_document(2));
    let error = client.document_within(Duration::ZERO, 4660).unwrap_err();
    assert!(
        matches!(error, Error::Timeout { waiting_for: "the end of the document", .. }),
        "{error}"
    );
    let asked = client.io.simulator.requests();
    assert_eq!((asked.contains_key(&[0xA4, 0x46][..]), asked.len()), (false, 1), "{asked:02X?}");
}

#[test]
fn a_document_without_an_end_ends() {
    let mut client = good(with_document(400));
    let document = client.document(OwnsDevice, 4660).unwrap();
    assert_eq!((document.parts.len(), document.ended_by), (DOCUMENT_PARTS, None));
    assert_eq!(document.unix_time(), None);
}

#[test]
fn a_document_that_is_not_there() {
    let mut client = good(with_document(0));
    assert!(matches!(client.document(OwnsDevice, 1), Err(Error::Refused(_))));
}

#[test]
fn another_program_in_the_task_buffer() {
    let busy = good(State { busy: true, ..State::default() }).status();
    assert!(matches!(busy, Err(Error::Conflict(BufferError::OVERFLOW))));
}

#[test]
fn it_goes_on_after_a_device_was_wrong() {
    for misbehaviour in [
        Misbehaviour::Silent,
        Misbehaviour::Garbage,
        Misbehaviour::WrongChecksum,
        Misbehaviour::OtherId,
    ] {
        let mut client = client(open_sale(), misbehaviour, SHORT);
        client.status().unwrap_err();
        client.io.simulator.misbehave(Misbehaviour::None);
        let again = client.status();
        assert!(again.is_ok(), "{misbehaviour:?}: {again:?}");
    }
}

#[test]
fn a_line_that_takes_nothing() {
    let mut client = client(State::default(), Misbehaviour::None, SHORT);
    client.io.ticks = u32::MAX;
    let error = client.status().unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting_for: "the line to take a packet", .. }));
}
