//! Ten thousand status cycles with a device that is wrong every twentieth time, in every way: each call
//! ends in a true answer or an error, the next good moment brings an answer, and nothing grows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;
use std::time::Duration;

use kkt_atol::sim::{Lost, Misbehaviour, Simulator};
use kkt_atol::{Client, Error, Link, Settings, v2, v3};

const CYCLES: u64 = 10_000;
/// Every so many cycles something is wrong: 5 %.
const EVERY: u64 = 20;
/// By then everything that is kept has been allocated.
const WARM: u64 = 2_000;
/// More than this is a leak: it is about 500 bytes a cycle.
const GROWTH: u64 = 4 << 20;

/// What is wrong for one cycle.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Misbehaves(Misbehaviour),
    /// The line is dead for reads and writes.
    Unplugged,
    /// Nothing is taken.
    Stuck,
    /// The task buffer is full of others' tasks.
    Busy,
}

/// What may be wrong on either link.
const WRONG: &[Wrong] = &[
    Wrong::Misbehaves(Misbehaviour::Silent),
    Wrong::Misbehaves(Misbehaviour::Delay(Duration::from_millis(40))),
    Wrong::Misbehaves(Misbehaviour::Garbage),
    Wrong::Misbehaves(Misbehaviour::WrongChecksum),
    Wrong::Misbehaves(Misbehaviour::NoiseBefore),
    Wrong::Misbehaves(Misbehaviour::Split),
    Wrong::Misbehaves(Misbehaviour::HangUp),
    Wrong::Unplugged,
    Wrong::Stuck,
    Wrong::Busy,
];

/// What else may be wrong on the link v2.
const WRONG_V2: &[Wrong] = &[
    Wrong::Misbehaves(Misbehaviour::Loses(Lost::AckOfEnq)),
    Wrong::Misbehaves(Misbehaviour::Loses(Lost::AckOfFrame)),
    Wrong::Misbehaves(Misbehaviour::Loses(Lost::Enq)),
    Wrong::Misbehaves(Misbehaviour::Loses(Lost::Eot)),
    Wrong::Misbehaves(Misbehaviour::Naks),
    Wrong::Misbehaves(Misbehaviour::Collides),
    Wrong::Misbehaves(Misbehaviour::UnmaskedEtx),
];

/// What else may be wrong on the link v3.
const WRONG_V3: &[Wrong] = &[Wrong::Misbehaves(Misbehaviour::OtherId)];

/// The device and its line, whose time goes on when nobody says anything.
struct Line {
    device: Simulator,
    now: Duration,
    pending: Vec<u8>,
    wrong: Option<Wrong>,
}

impl Line {
    fn set(&mut self, wrong: Option<Wrong>) {
        self.wrong = wrong;
        self.device.state_mut().busy = matches!(wrong, Some(Wrong::Busy));
        self.device.misbehave(match wrong {
            Some(Wrong::Misbehaves(how)) => how,
            _ => Misbehaviour::None,
        });
    }

    fn reconnect(&mut self) {
        self.pending.clear();
        self.device.connect(self.now);
    }
}

/// The client has one end of it, the test the other.
#[derive(Clone)]
struct Port(Rc<RefCell<Line>>);

impl Read for Port {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let line = &mut *self.0.borrow_mut();
        if matches!(line.wrong, Some(Wrong::Unplugged)) {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if line.device.hangs_up() {
            return Ok(0);
        }
        if line.pending.is_empty() {
            let Some(bytes) = line.device.transmit(line.now) else {
                line.now += Duration::from_millis(1);
                return Err(ErrorKind::TimedOut.into());
            };
            line.pending = bytes;
        }
        let count = line.pending.len().min(buffer.len());
        buffer[..count].copy_from_slice(&line.pending[..count]);
        line.pending.drain(..count);
        Ok(count)
    }
}

impl Write for Port {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = &mut *self.0.borrow_mut();
        match line.wrong {
            Some(Wrong::Unplugged) => Err(ErrorKind::BrokenPipe.into()),
            Some(Wrong::Stuck) => Err(ErrorKind::WouldBlock.into()),
            _ => {
                line.device.receive(bytes, line.now);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("the client never flushes");
    }
}

#[test]
fn ten_thousand_cycles_over_the_link_v2_with_every_fault() {
    let limit = Duration::from_millis(4);
    let timeouts = v2::Timeouts {
        t1: limit,
        t2: limit,
        t3: limit,
        t4: limit,
        t5: 3 * limit,
        t6: limit,
        t7: limit,
        mismatch: limit,
        // Far more than five refusals take, on a busy machine too.
        talk: 12 * limit,
    };
    let settings = |_| v2::Settings { timeouts, ..v2::Settings::default() }.into();
    let wrong = [WRONG, WRONG_V2].concat();
    let errors = ["Closed", "Collision", "Garbage", "NotReady", "NotTaken", "Timeout"];
    cycles(Link::V2, &settings, &wrong, &errors);
}

#[test]
fn ten_thousand_cycles_over_the_link_v3_with_every_fault() {
    let timeouts = v3::Timeouts {
        packet: Duration::from_millis(4),
        result: Duration::from_millis(4),
        answer: Duration::from_millis(12),
    };
    let settings = |number: u64| {
        let first_task_id = 0x80 + u8::try_from(number % 0x60).unwrap();
        v3::Settings { timeouts, first_task_id, ..v3::Settings::default() }.into()
    };
    let wrong = [WRONG, WRONG_V3].concat();
    cycles(Link::V3, &settings, &wrong, &["Closed", "Conflict", "Timeout", "Garbage"]);
}

/// `settings` is what the connection of that cycle begins with, `errors` the kinds that must come.
fn cycles(link: Link, settings: &dyn Fn(u64) -> Settings, wrongs: &[Wrong], errors: &[&str]) {
    let port = Port(Rc::new(RefCell::new(Line {
        device: Simulator::new(Default::default(), link),
        now: Duration::ZERO,
        pending: Vec::new(),
        wrong: None,
    })));
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let (mut warm, mut number, mut tries) = (0, 0, 0_u32);
    let mut random = 1_u64;
    while number < CYCLES {
        // A connection: until something says that it is to be let go of.
        port.0.borrow_mut().reconnect();
        let mut client = Client::new(port.clone(), settings(number));
        while number < CYCLES {
            // A fixed sequence, so that a failure can be repeated.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let pick = usize::try_from(random >> 33).unwrap();
            let wrong = (tries == 0 && number % EVERY == 0).then(|| wrongs[pick % wrongs.len()]);
            port.0.borrow_mut().set(wrong);
            port.0.borrow_mut().device.state_mut().receipt_sum = number;
            let answered = client.status();
            match &answered {
                Ok(status) => {
                    assert_eq!(status.receipt_sum, Some(number), "an answer of another moment");
                }
                Err(error) => {
                    let kind = format!("{error:?}");
                    *outcomes
                        .entry(kind.split([' ', '(']).next().unwrap().to_owned())
                        .or_default() += 1;
                }
            }
            match (wrong, &answered) {
                (None, Err(error)) => {
                    // Another program may have had the processor meanwhile; but not for ever.
                    tries += 1;
                    assert!(tries < 100, "cycle {number} has no answer any more: {error}");
                }
                (None, Ok(_)) => (number, tries) = (number + 1, 0),
                (Some(_), _) => (number, tries) = (number + 1, 0),
            }
            if number == WARM {
                warm = memory();
            }
            if matches!(answered, Err(Error::Io(_) | Error::Closed | Error::Conflict(_))) {
                break;
            }
        }
    }
    let grown = memory().saturating_sub(warm);
    assert!(grown < GROWTH, "{grown} bytes more than after {WARM} cycles");
    for kind in errors {
        assert!(outcomes.contains_key(*kind), "the faults brought only {outcomes:?}");
    }
}

/// What this process has in memory.
fn memory() -> u64 {
    const PAGE: u64 = 4096;
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * PAGE
}
