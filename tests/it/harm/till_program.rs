//! The till program: the second client of a KKT, with a client of its own.
//!
//! Its requests read, because this project knows no byte that registers anything; that a receipt grows
//! is put into the simulated KKT directly, and each answer must show it.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use kkt_atol::{Command as _, Link, ReceiptState};
use till_port::{Address, OpenOptions, Port, is_tick};

use super::watched::{Host, Watched};

mod v2;
mod v3;

/// Far longer than any answer takes, on any machine.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct TillProgram {
    pub(crate) device: Arc<Mutex<Watched>>,
    pub(crate) address: Address,
    pub(crate) harm: Harm,
    link: Link,
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
        let link = device.lock().unwrap().sim.link();
        Self { device, address, harm: Harm::default(), link, sum: 0 }
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
        let mut packets = v3::Deframer::new();
        let mut frames = v2::Deframer::for_answers();
        for number in 1..=requests {
            self.sum += 100;
            self.device().sim.state_mut().receipt_sum = self.sum;
            let answer = match self.link {
                Link::V2 => self.ask_over_v2(&mut port, &mut frames),
                Link::V3 => self.ask_over_v3(&mut port, &mut packets, number),
            };
            match answer {
                None => self.harm.unanswered += 1,
                Some(answer) => {
                    let status = kkt_atol::command::ReadStatus.decode(&answer);
                    let sum = status.ok().and_then(|status| status.receipt_sum);
                    self.harm.wrong += u32::from(sum != Some(self.sum));
                }
            }
        }
        self.harm.broken += packets.dropped() + frames.dropped();
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

    fn device(&self) -> MutexGuard<'_, Watched> {
        self.device.lock().unwrap()
    }

    fn until(&self, wanted: impl Fn(&Watched) -> bool) {
        crate::support::until(PATIENCE, || wanted(&self.device()).then_some(()));
    }
}

/// The command of every request.
fn command() -> Vec<u8> {
    let mut command = Vec::new();
    kkt_atol::command::ReadStatus.encode(&mut command);
    command
}

fn send(port: &mut Port, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match port.write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) => assert!(is_tick(&error), "{error}"),
        }
    }
}

/// What `next` finds in the bytes that come; `None` when it does not come.
fn receive<D, T>(
    port: &mut Port,
    deframer: &mut D,
    next: impl Fn(&mut D) -> Option<T>,
    push: impl Fn(&mut D, &[u8]),
) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    let mut buffer = [0; 512];
    while Instant::now() < end {
        if let Some(found) = next(deframer) {
            return Some(found);
        }
        match port.read(&mut buffer) {
            Ok(0) => return None,
            Ok(count) => push(deframer, &buffer[..count]),
            Err(error) if is_tick(&error) => {}
            Err(_) => return None,
        }
    }
    None
}

/// How many connections of this process to a TCP port of this machine are open. The system lists those
/// of every process, and another one's may have the same port at another address.
fn open_connections(port: u16) -> usize {
    const ESTABLISHED: &str = "01";
    let remote = format!("0100007F:{port:04X}");
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap();
    let own: BTreeSet<_> = descriptors
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter_map(|link| {
            let socket = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(socket.to_owned())
        })
        .collect();
    let text = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let ours = |line: &&str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        fields.get(2) == Some(&remote.as_str())
            && fields.get(3) == Some(&ESTABLISHED)
            && fields.get(9).is_some_and(|inode| own.contains(*inode))
    };
    text.lines().filter(ours).count()
}
