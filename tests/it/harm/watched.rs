//! The simulated KKT that two programs share: it notes what each of them sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kkt_atol::sim::Simulator;
use kkt_atol::v3::FIRST_TASK;
use kkt_atol::v3::frame::{self, ASYNC_ID, Deframer};
use kkt_atol::v3::task::{Request, TaskStatus};
use till_port::Device;

/// A task that the till program left in the buffer some time ago.
const LEFT_BEHIND: u8 = 0x05;

/// Whose connection it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Host {
    #[default]
    Service,
    TillProgram,
}

pub(crate) struct Watched {
    pub(crate) sim: Simulator,
    /// Who connects next, or is connected; the service again once the till program has left.
    pub(crate) host: Host,
    pub(crate) connected: bool,
    pub(crate) seen: Seen,
    deframer: Deframer,
    added: BTreeSet<u8>,
    /// Goes to the service, which has not asked for it.
    foreign: Option<Vec<u8>>,
}

/// What the service did.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Distinct commands in hex, and how often.
    pub(crate) commands: BTreeMap<String, u64>,
    pub(crate) asked: u64,
    pub(crate) connections: u64,
    pub(crate) first_tasks: BTreeSet<u8>,
    /// What it must never do, in words.
    pub(crate) harm: Vec<String>,
}

impl Watched {
    pub(crate) fn new(sim: Simulator) -> Self {
        Self {
            sim,
            host: Host::default(),
            connected: false,
            seen: Seen::default(),
            deframer: Deframer::new(),
            added: BTreeSet::new(),
            foreign: None,
        }
    }

    fn note(&mut self, data: &[u8]) {
        let request = Request::decode(data);
        if self.host == Host::TillProgram {
            if let Ok(Request::Add(add)) = request
                && add.task >= FIRST_TASK
            {
                self.seen.harm.push(format!("task {:02X} beside the till program", add.task));
            }
            return;
        }
        match request {
            Ok(Request::Add(add)) if add.task >= FIRST_TASK => {
                let hex: Vec<_> = add.command.iter().map(|byte| format!("{byte:02X}")).collect();
                *self.seen.commands.entry(hex.join(" ")).or_default() += 1;
                self.seen.asked += 1;
                if self.added.is_empty() {
                    self.seen.first_tasks.insert(add.task);
                }
                self.added.insert(add.task);
            }
            Ok(Request::Ack { task } | Request::Req { task }) if self.added.contains(&task) => {}
            other => self.seen.harm.push(format!("{other:02X?}")),
        }
    }
}

impl Device for Watched {
    fn connect(&mut self, now: Duration) {
        self.sim.connect(now);
        (self.connected, self.deframer, self.added) = (true, Deframer::new(), BTreeSet::new());
        self.foreign = None;
        if self.host == Host::Service {
            self.seen.connections += 1;
            let mut packet = Vec::new();
            let result = [TaskStatus::ASYNC_RESULT.0, LEFT_BEHIND, 0x55, 0x00];
            frame::encode(ASYNC_ID, &result, &mut packet).unwrap();
            self.foreign = Some(packet);
        }
    }

    fn disconnect(&mut self) {
        self.sim.disconnect();
        self.connected = false;
        self.host = Host::Service;
    }

    fn receive(&mut self, bytes: &[u8], now: Duration) {
        // Packets are lent out of the deframer, so it is not in here meanwhile.
        let mut deframer = std::mem::take(&mut self.deframer);
        deframer.push(bytes);
        while let Some(frame) = deframer.next_frame() {
            match frame {
                // An empty packet asks for the last one again.
                Ok(frame) if frame.data.is_empty() => {}
                Ok(frame) => self.note(frame.data),
                Err(error) => self.seen.harm.push(error.to_string()),
            }
        }
        self.deframer = deframer;
        self.sim.receive(bytes, now);
    }

    fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        // Only to one who has asked for something: the service, if anybody.
        let foreign = if self.added.is_empty() { None } else { self.foreign.take() };
        foreign.or_else(|| self.sim.transmit(now))
    }

    fn wake(&self) -> Option<Duration> {
        self.sim.wake()
    }

    fn hangs_up(&mut self) -> bool {
        self.sim.hangs_up()
    }
}
