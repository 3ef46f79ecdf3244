//! The till program: the second client of a KKT, with a client of its own.
//!
//! Its requests read, because this project knows no byte that registers anything; that a receipt grows
//! is put into the simulated KKT directly, and each answer must show it.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use kkt_atol::v3::frame::{self, ASYNC_ID, Deframer};
use kkt_atol::v3::task::{self, Add, AddFlags, Reply, TaskStatus};
use kkt_atol::{Command as _, ReceiptState};
use till_port::{Address, OpenOptions, Port, is_tick};

use super::watched::{Host, Watched};

/// Far longer than any answer takes, on any machine.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct TillProgram {
    pub(crate) device: Arc<Mutex<Watched>>,
    pub(crate) address: Address,
    pub(crate) harm: Harm,
    sum: u64,
}

/// What somebody else's use of the KKT did to it; all zero when nobody was noticed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Harm {
    /// The port could not be opened.
    pub(crate) failed_opens: u32,
    /// Somebody else had the KKT when it was to be free.
    pub(crate) overlaps: usize,
    /// Bytes that were no packet, or a broken one.
    pub(crate) broken: u64,
    /// Packets that answer nothing of ours.
    pub(crate) foreign: u32,
    /// Requests without an answer.
    pub(crate) unanswered: u32,
    /// Answers that tell of another moment than that of the request.
    pub(crate) wrong: u32,
}

impl TillProgram {
    pub(crate) fn new(device: Arc<Mutex<Watched>>, address: Address) -> Self {
        Self { device, address, harm: Harm::default(), sum: 0 }
    }

    /// One receipt: opens the port, sends its requests, closes the port.
    pub(crate) fn receipt(&mut self, requests: u8) {
        self.look_for_others();
        // The fake has to notice a close, too: that takes it some milliseconds.
        self.until(|device| !device.connected);
        self.device().host = Host::TillProgram;
        let mut port = Port::new(self.address.clone(), OpenOptions::default());
        if port.open().is_err() {
            self.harm.failed_opens += 1;
            self.device().host = Host::Service;
            return;
        }
        self.until(|device| device.connected);
        self.device().sim.state_mut().receipt_state = ReceiptState::SALE;
        let mut deframer = Deframer::new();
        for number in 1..=requests {
            self.sum += 100;
            self.device().sim.state_mut().receipt_sum = self.sum;
            match self.ask(&mut port, &mut deframer, number) {
                None => self.harm.unanswered += 1,
                Some(answer) => {
                    let status = kkt_atol::command::ReadStatus.decode(&answer);
                    let sum = status.ok().and_then(|status| status.receipt_sum);
                    self.harm.wrong += u32::from(sum != Some(self.sum));
                }
            }
        }
        self.harm.broken += deframer.dropped();
        self.device().sim.state_mut().receipt_state = ReceiptState::NONE;
        port.close();
        self.until(|device| !device.connected);
    }

    /// Whether somebody else has the port now: a serial port is opened exclusively, and for a TCP port
    /// the system tells.
    pub(crate) fn look_for_others(&mut self) {
        match &self.address {
            Address::Tcp { port, .. } => self.harm.overlaps += open_connections(*port),
            address => {
                let opened = address.open(&OpenOptions::default());
                self.harm.failed_opens += u32::from(opened.is_err());
            }
        }
    }

    /// Add, its answer, the result, Ack, its answer. Ids from 01, as other programs begin.
    fn ask(&mut self, port: &mut Port, deframer: &mut Deframer, number: u8) -> Option<Vec<u8>> {
        let mut command = Vec::new();
        kkt_atol::command::ReadStatus.encode(&mut command);
        let add =
            Add { flags: AddFlags::NEED_RESULT, task: number, password: [0, 0], command: &command };
        let (adds, acks) = (number * 2 - 1, number * 2);
        send(port, adds, &add.encode());
        let (mut taken, mut result) = (false, None);
        while !taken || result.is_none() {
            let (id, data) = next_packet(port, deframer)?;
            match Reply::decode(id, &data) {
                Ok(Reply::Status { status: TaskStatus::PENDING, .. }) if id == adds => {
                    taken = true;
                }
                Ok(Reply::Async { status: TaskStatus::ASYNC_RESULT, task, answer })
                    if id == ASYNC_ID && task == number =>
                {
                    result = Some(answer.to_vec());
                }
                _ => self.harm.foreign += 1,
            }
        }
        send(port, acks, &task::ack(number));
        while next_packet(port, deframer)?.0 != acks {
            self.harm.foreign += 1;
        }
        result
    }

    fn device(&self) -> MutexGuard<'_, Watched> {
        self.device.lock().unwrap()
    }

    fn until(&self, wanted: impl Fn(&Watched) -> bool) {
        crate::support::until(PATIENCE, || wanted(&self.device()).then_some(()));
    }
}

fn send(port: &mut Port, id: u8, data: &[u8]) {
    let mut packet = Vec::new();
    frame::encode(id, data, &mut packet).unwrap();
    let mut left = packet.as_slice();
    while !left.is_empty() {
        match port.write(left) {
            Ok(count) => left = &left[count..],
            Err(error) => assert!(is_tick(&error), "{error}"),
        }
    }
}

/// Id and data of the next whole packet; `None` when none comes.
fn next_packet(port: &mut Port, deframer: &mut Deframer) -> Option<(u8, Vec<u8>)> {
    let end = Instant::now() + PATIENCE;
    let mut buffer = [0; 512];
    while Instant::now() < end {
        // What is broken is counted by the deframer.
        match deframer.next_frame() {
            Some(Ok(frame)) => return Some((frame.id, frame.data.to_vec())),
            Some(Err(_)) => continue,
            None => {}
        }
        match port.read(&mut buffer) {
            Ok(0) => return None,
            Ok(count) => deframer.push(&buffer[..count]),
            Err(error) if is_tick(&error) => {}
            Err(_) => return None,
        }
    }
    None
}

/// How many connections of this process to a TCP port are open.
fn open_connections(port: u16) -> usize {
    const ESTABLISHED: &str = "01";
    let text = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let ours = |line: &&str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        fields.get(2).is_some_and(|remote| remote.ends_with(&format!(":{port:04X}")))
            && fields.get(3) == Some(&ESTABLISHED)
    };
    text.lines().filter(ours).count()
}
