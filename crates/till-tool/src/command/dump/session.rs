//! One visit to a KKT: every safe query once, all bytes recorded.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use till_port::{Recorder, Recording, Transport};

/// A device that does not answer so many queries in a row is left alone.
const SILENCES: usize = 3;
/// What a visit keeps: many times what all answers are.
const ROOM: usize = 256 << 10;

/// What was asked, and all bytes of it.
#[derive(Debug)]
pub(super) struct Session<Q, A> {
    pub(super) asked: Vec<Asked<Q, A>>,
    pub(super) recording: Recording,
}

/// One query.
#[derive(Debug)]
pub(super) struct Asked<Q, A> {
    pub(super) query: Q,
    /// The step with which it begins in the recording.
    pub(super) step: usize,
    pub(super) outcome: Outcome<A>,
}

/// What became of a query.
#[derive(Debug)]
pub(super) enum Outcome<A> {
    /// The answer.
    Answered(A),
    /// An answer that may be a value or an error, or is of another form; what it says shows it.
    Either,
    /// The KKT refused.
    Refused(String),
    /// There was no answer, and why.
    Failed(String),
    /// There was none, and there will be none: the line is gone or not ours.
    Over(String),
    /// The other end closed the line.
    Closed(String),
    /// Something before it has ended the visit.
    NotAsked,
}

/// Asks everything. Whatever one query comes to, the others go on while the line holds.
pub(super) fn ask<Q: Copy, A>(
    wire: &Wire,
    queries: impl IntoIterator<Item = Q>,
    mut call: impl FnMut(Q) -> Outcome<A>,
) -> Session<Q, A> {
    let mut asked = Vec::new();
    let (mut over, mut silences) = (false, 0);
    for query in queries {
        let step = wire.recorder().mark();
        let outcome = if over || silences >= SILENCES { Outcome::NotAsked } else { call(query) };
        over |= matches!(outcome, Outcome::Over(_) | Outcome::Closed(_));
        silences = match &outcome {
            Outcome::NotAsked => SILENCES,
            Outcome::Failed(_) => silences + 1,
            _ => 0,
        };
        let outcome = match outcome {
            Outcome::Closed(why) if step == 0 => Outcome::Over(format!(
                "{why}: it serves one connection, so another program probably holds it"
            )),
            outcome => outcome,
        };
        asked.push(Asked { query, step, outcome });
    }
    let recording = wire.recorder().recording();
    Session { asked, recording }
}

type Clock = Box<dyn FnMut() -> Duration + Send>;
type Recorded = Recorder<Box<dyn Transport>, Clock>;

/// The port, for the client to use and for us to look at.
#[derive(Clone)]
pub(super) struct Wire(Arc<Mutex<Recorded>>);

impl Wire {
    pub(super) fn new(port: impl Transport + 'static) -> Self {
        let began = Instant::now();
        let clock: Clock = Box::new(move || began.elapsed());
        let port: Box<dyn Transport> = Box::new(port);
        // Each piece keeps its own time; the packets are put together again afterwards.
        let recorder = Recorder::new(port, clock).with_pause(Duration::ZERO).with_room(ROOM);
        Self(Arc::new(Mutex::new(recorder)))
    }

    fn recorder(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut recorder = self.recorder();
        let count = recorder.read(buffer)?;
        if recorder.is_full() {
            return Err(io::Error::other(
                "it sends without an end, far more than all answers are: is it a KKT, and does it \
                 speak so?",
            ));
        }
        Ok(count)
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
