//! The simulated KKT that two programs share: it notes what each of them sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kkt_atol::Link;
use kkt_atol::sim::Simulator;
use kkt_atol::v2;
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
    frames: v2::Deframer,
    /// Time has begun for the KKT.
    on: bool,
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
            frames: v2::Deframer::for_commands(),
            on: false,
            added: BTreeSet::new(),
            foreign: None,
        }
    }

    /// Packets are lent out of the deframer, so it is not in here meanwhile.
    fn note_packets(&mut self, bytes: &[u8]) {
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
    }

    /// Over the link v2: control bytes and frames, and what a frame asks.
    fn note_frames(&mut self, bytes: &[u8]) {
        if self.host == Host::TillProgram {
            return;
        }
        self.frames.push(bytes);
        while let Some(item) = self.frames.next_item() {
            match item {
                Ok(v2::Item::Control(_)) => {}
                Ok(v2::Item::Frame([0, 0, command @ ..])) => {
                    *self.seen.commands.entry(hex(command)).or_default() += 1;
                    self.seen.asked += 1;
                }
                other => self.seen.harm.push(format!("{other:02X?}")),
            }
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
                *self.seen.commands.entry(hex(add.command)).or_default() += 1;
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
        self.connected = true;
        (self.deframer, self.added, self.foreign) = (Deframer::new(), BTreeSet::new(), None);
        self.frames = v2::Deframer::for_commands();
        self.seen.connections += u64::from(self.host == Host::Service);
        if self.sim.link() == Link::V2 {
            if !std::mem::replace(&mut self.on, true) {
                self.sim.connect(now);
            }
            // What it said while nobody listened is lost; it may be about to say it again.
            while self.sim.transmit(now).is_some() {}
            return;
        }
        self.sim.connect(now);
        if self.host == Host::Service {
            let mut packet = Vec::new();
            let result = [TaskStatus::ASYNC_RESULT.0, LEFT_BEHIND, 0x55, 0x00];
            frame::encode(ASYNC_ID, &result, &mut packet).unwrap();
            self.foreign = Some(packet);
        }
    }

    /// A KKT on a serial line does not notice that its port was closed.
    fn disconnect(&mut self) {
        if self.sim.link() == Link::V3 {
            self.sim.disconnect();
        }
        self.connected = false;
        self.host = Host::Service;
    }

    fn receive(&mut self, bytes: &[u8], now: Duration) {
        match self.sim.link() {
            Link::V2 => self.note_frames(bytes),
            Link::V3 => self.note_packets(bytes),
        }
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

fn hex(command: &[u8]) -> String {
    let hex: Vec<_> = command.iter().map(|byte| format!("{byte:02X}")).collect();
    hex.join(" ")
}
