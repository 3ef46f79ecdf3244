//! The scale's port beside a till program that needs it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;
use status_core::{
    DeviceState, Language, PosSource, ScaleSettings, Settings, Unstable, WithoutReceiptState,
};
use till_port::{Device, Fake, OpenError, Transport};

use super::super::{Thread, start};
use super::*;

/// Longer than anything here takes, and far below what the driver waits for an answer.
const LONG: Duration = Duration::from_secs(20);
const FOR_EVER: Duration = Duration::from_secs(3600);

/// A scale that never answers our request; a byte of the till program's it gives back.
#[derive(Debug, Default)]
struct Silent {
    asked: usize,
    echo: Option<u8>,
}

impl Device for Silent {
    fn connect(&mut self, _: Duration) {}
    fn disconnect(&mut self) {}
    fn receive(&mut self, bytes: &[u8], _: Duration) {
        self.echo = bytes.iter().copied().find(|byte| *byte == ANOTHERS);
        self.asked += usize::from(self.echo.is_none());
    }
    fn transmit(&mut self, _: Duration) -> Option<Vec<u8>> {
        self.echo.take().map(|byte| vec![byte])
    }
    fn wake(&self) -> Option<Duration> {
        None
    }
    fn hangs_up(&mut self) -> bool {
        false
    }
}

/// No byte of a request for the weight.
const ANOTHERS: u8 = 0x77;

/// A thread that waits for a weight of a silent scale.
struct Weighing {
    scale: Arc<Mutex<Silent>>,
    line: Fake,
    shared: Arc<Shared>,
    thread: Thread,
}

impl Weighing {
    fn begin(fake: fn(Arc<Mutex<Silent>>) -> Fake, silence: Option<Duration>) -> Self {
        let scale = Arc::<Mutex<Silent>>::default();
        let line = fake(Arc::clone(&scale));
        let shared = shared(silence);
        let source = ScaleSource::new(&Scale::new("massa-k-100", line.address()), None, LOOK);
        let source = source.waiting(Timeouts { answer: FOR_EVER, write: FOR_EVER });
        let thread = start(Box::new(source), Arc::clone(&shared)).unwrap();
        let weighing = Self { scale, line, shared, thread };
        weighing.tell(r#"{"event":"hello","receipt":"closed"}"#);
        until(|| {
            weighing.tell(r#"{"event":"alive"}"#);
            weighing.scale.lock().unwrap().asked > 0
        });
        weighing
    }

    fn tell(&self, event: &str) {
        self.shared.tell(&status_core::parse_events(event.as_bytes()).unwrap());
    }

    fn state(&self) -> DeviceState {
        let (snapshot, now) = (self.shared.snapshot(), self.shared.now());
        status_core::document(&snapshot, now, &TimeZone::UTC, Language::En).scale.state
    }

    /// Another program opens the port for itself and talks with the scale.
    #[track_caller]
    fn another_program_talks(&self) {
        let address = self.line.address();
        let mut port = None;
        until(|| {
            port = address.open(&OpenOptions::default()).ok();
            port.is_some()
        });
        let (mut port, deadline) = (port.unwrap(), Instant::now() + LONG);
        port.write_by(&[ANOTHERS], deadline).unwrap();
        let mut heard = [0];
        assert_eq!(port.read_by(&mut heard, deadline).unwrap(), 1);
        assert_eq!(heard, [ANOTHERS]);
    }

    fn end(self) {
        self.shared.stop();
        until(|| self.thread.handle.is_finished());
        self.thread.handle.join().unwrap();
    }
}

fn shared(silence: Option<Duration>) -> Arc<Shared> {
    let settings = Settings {
        pos: PosSource::Events,
        feed_silence: silence,
        scale: Some(ScaleSettings {
            protocol: "massa-k-100".to_owned(),
            unstable: Unstable::Serve,
            without_receipt_state: WithoutReceiptState::Refuse,
        }),
        ..Settings::default()
    };
    Arc::new(Shared::new(|now| Snapshot::new(settings, now)))
}

#[track_caller]
fn until(mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !so() {
        assert!(Instant::now() < deadline, "never");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn pty(scale: Arc<Mutex<Silent>>) -> Fake {
    Fake::pty(None, scale).unwrap()
}

fn tcp(scale: Arc<Mutex<Silent>>) -> Fake {
    Fake::tcp(SocketAddr::from(([127, 0, 0, 1], 0)), scale).unwrap()
}

#[test]
fn an_opened_receipt_takes_the_port_away_while_an_answer_is_awaited() {
    for fake in [pty, tcp] {
        let weighing = Weighing::begin(fake, None);
        weighing.tell(r#"{"event":"receipt-opened"}"#);
        weighing.another_program_talks();
        let state = weighing.state();
        assert_eq!(state, DeviceState::Starting, "letting go is no trouble of the scale");
        let asked = weighing.scale.lock().unwrap().asked;
        weighing.tell(r#"{"event":"receipt-closed"}"#);
        until(|| weighing.scale.lock().unwrap().asked > asked);
        weighing.tell(r#"{"event":"receipt-opened"}"#);
        weighing.another_program_talks();
        weighing.end();
    }
}

#[test]
fn a_feed_that_falls_silent_takes_it_away_too() {
    let weighing = Weighing::begin(pty, Some(Duration::from_millis(500)));
    weighing.another_program_talks();
    weighing.end();
}

#[test]
fn until_then_the_port_is_ours_alone() {
    let weighing = Weighing::begin(pty, None);
    let opened = weighing.line.address().open(&OpenOptions::default());
    assert!(matches!(opened.err(), Some(OpenError::Busy { .. })));
    weighing.tell(r#"{"event":"receipt-opened"}"#);
    weighing.end();
}

#[test]
fn the_port_of_the_kkt_is_not_opened_under_another_name() {
    let line = pty(Arc::default());
    let Address::Serial(scale) = line.address() else { panic!("a pty") };
    let link = std::env::temp_dir().join(format!("till-status-{}-kkt", std::process::id()));
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(scale.place.to_string(), &link).unwrap();
    let kkt = format!("serial:{}", link.display()).parse().unwrap();
    let scale = Scale::new("massa-k-100", line.address());
    let shared = shared(None);
    shared.tell(&status_core::parse_events(br#"{"event":"hello","receipt":"closed"}"#).unwrap());
    let mut source = ScaleSource::new(&scale, Some(&kkt), LOOK);
    source.step(&shared);
    std::fs::remove_file(&link).unwrap();
    let (snapshot, now) = (shared.snapshot(), shared.now());
    let told = status_core::document(&snapshot, now, &TimeZone::UTC, Language::En).scale;
    assert_eq!(told.state, DeviceState::NotConnected, "{told:?}");
    assert!(told.reason.as_ref().is_some_and(|why| why.contains("must not be opened")), "{told:?}");
    assert_eq!(line.connections(), 0);
}
