//! One visit to a KKT: every safe query once, all bytes recorded.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kkt_atol::{Client, Error, Fault, Link, SAFE, Settings};
use till_port::{Recorder, Recording, Transport};

/// A device that does not answer so many queries in a row is left alone.
const SILENCES: usize = 3;

/// What was asked, and all bytes of it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) link: Link,
    pub(super) asked: Vec<Asked>,
    pub(super) recording: Recording,
}

/// One query.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) command: &'static [u8],
    /// The step with which it begins in the recording.
    pub(super) step: usize,
    pub(super) outcome: Outcome,
}

/// What became of a query.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The bytes of the answer.
    Answered(Vec<u8>),
    /// An answer that may be a value or an error; what it says shows both.
    Either,
    /// The KKT refused.
    Refused(Fault),
    /// There was no answer, and why.
    Failed(String),
    /// Something before it has ended the visit.
    NotAsked,
}

/// Asks everything. Whatever one query comes to, the others go on while the line holds.
pub(super) fn ask(port: impl Transport + 'static, settings: Settings) -> Session {
    let (link, began) = (settings.link(), Instant::now());
    let clock: Clock = Box::new(move || began.elapsed());
    let port: Box<dyn Transport> = Box::new(port);
    // Each piece keeps its own time; the packets are put together again afterwards.
    let recorder = Recorder::new(port, clock).with_pause(Duration::ZERO);
    let wire = Wire(Arc::new(Mutex::new(recorder)));
    let mut client = Client::new(wire.clone(), settings);
    let mut asked = Vec::new();
    let (mut over, mut silences) = (false, 0);
    for command in SAFE {
        let step = wire.recorder().mark();
        let outcome = if over || silences >= SILENCES {
            Outcome::NotAsked
        } else {
            match client.ask(command) {
                Ok(answer) => Outcome::Answered(answer),
                Err(Error::Refused(fault)) => Outcome::Refused(fault),
                Err(Error::Decode(_)) => Outcome::Either,
                Err(error) => {
                    over = matches!(error, Error::Io(_) | Error::Closed | Error::Conflict(_));
                    Outcome::Failed(told(&error, step))
                }
            }
        };
        silences = if matches!(outcome, Outcome::Failed(_)) { silences + 1 } else { 0 };
        if matches!(outcome, Outcome::NotAsked) {
            silences = SILENCES;
        }
        asked.push(Asked { command, step, outcome });
    }
    let recording = wire.recorder().recording();
    Session { link, asked, recording }
}

fn told(error: &Error, step: usize) -> String {
    if matches!(error, Error::Closed) && step == 0 {
        return format!("{error}: it serves one connection, so another program probably holds it");
    }
    error.to_string()
}

type Clock = Box<dyn FnMut() -> Duration + Send>;
type Recorded = Recorder<Box<dyn Transport>, Clock>;

/// The port, for the client to use and for us to look at.
#[derive(Clone)]
struct Wire(Arc<Mutex<Recorded>>);

impl Wire {
    fn recorder(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.recorder().read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.recorder().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
