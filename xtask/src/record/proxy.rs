//! The device as the program sees it: every byte is passed on at once, and remembered.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use till_port::{
    Address, Device, OpenOptions, Port, Recorder, Recording, TICK, Transport, is_tick,
};

/// How long a read of the device waits: the program may have something to say meanwhile.
const GLANCE: Duration = Duration::from_millis(1);
/// A device that takes no more bytes for so long is gone.
const PATIENCE: Duration = TICK.saturating_mul(20);

type Clock = Box<dyn FnMut() -> Duration + Send>;

/// A device behind another one's port, opened whenever a program comes.
pub(super) struct Proxy {
    wire: Wire,
    recorder: Recorder<Wire, Clock>,
}

impl Proxy {
    pub(super) fn new(address: Address, room: usize) -> Self {
        let options = OpenOptions { tick: GLANCE, ..OpenOptions::default() };
        let line = Line { port: Port::new(address, options), gone: false };
        let wire = Wire(Arc::new(Mutex::new(line)));
        let began = Instant::now();
        let clock: Clock = Box::new(move || began.elapsed());
        let recorder = Recorder::new(wire.clone(), clock);
        Self { wire, recorder: recorder.with_pause(Duration::ZERO).with_room(room) }
    }

    pub(super) fn recording(&self) -> Recording {
        self.recorder.recording()
    }
}

impl Device for Proxy {
    fn connect(&mut self, _now: Duration) {
        self.recorder.mark();
        let mut line = self.wire.line();
        line.gone = false;
        if let Err(error) = line.port.open() {
            eprintln!("{error}");
            line.gone = true;
        }
    }

    fn disconnect(&mut self) {
        self.wire.line().port.close();
    }

    fn receive(&mut self, bytes: &[u8], _now: Duration) {
        if let Err(error) = self.recorder.write_by(bytes, Instant::now() + PATIENCE) {
            eprintln!("the device does not take what the program says: {error}");
            self.wire.line().gone = true;
        }
    }

    fn transmit(&mut self, _now: Duration) -> Option<Vec<u8>> {
        let mut buffer = [0; 4096];
        let count = self.recorder.read(&mut buffer).ok()?;
        buffer.get(..count).map(<[u8]>::to_vec)
    }

    /// Always: whether the device has something to say is known only by looking.
    fn wake(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    fn hangs_up(&mut self) -> bool {
        std::mem::take(&mut self.wire.line().gone)
    }
}

/// The port, for the recorder and for opening it. A tape ends with the first close, but the program
/// may come again: so the recorder never hears of one.
#[derive(Clone)]
struct Wire(Arc<Mutex<Line>>);

struct Line {
    port: Port,
    gone: bool,
}

impl Wire {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut line = self.line();
        match line.port.read(buffer) {
            Ok(count) if count > 0 => Ok(count),
            Err(error) if is_tick(&error) || error.kind() == ErrorKind::NotConnected => {
                Err(ErrorKind::TimedOut.into())
            }
            _ => {
                line.gone = true;
                line.port.close();
                Err(ErrorKind::TimedOut.into())
            }
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut line = self.line();
        match line.port.write(bytes) {
            Err(error) if !is_tick(&error) => {
                line.gone = true;
                Err(ErrorKind::TimedOut.into())
            }
            done => done,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Wire {}
