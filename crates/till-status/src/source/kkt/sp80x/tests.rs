use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kkt_sp80x::sim::{ArmSimulator, ArmState, PoneSimulator, PoneState};
use status_core::{Answer, Endpoint, Reason, Snapshot, answer};
use till_port::{Device, Fake};

use super::Sp80x;
use crate::Config;
use crate::shared::Shared;
use crate::source::Source;
use crate::source::kkt::KktSource;

struct Kkt<S>(S);

macro_rules! device {
    ($simulator:ty) => {
        impl Device for Kkt<$simulator> {
            fn connect(&mut self, now: Duration) {
                self.0.connect(now);
            }
            fn disconnect(&mut self) {
                self.0.disconnect();
            }
            fn receive(&mut self, bytes: &[u8], now: Duration) {
                self.0.receive(bytes, now);
            }
            fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
                self.0.transmit(now)
            }
            fn wake(&self) -> Option<Duration> {
                self.0.wake()
            }
            fn hangs_up(&mut self) -> bool {
                self.0.hangs_up()
            }
        }
    };
}

device!(ArmSimulator);
device!(PoneSimulator);

/// A `pone` KKT whose receipt is the till's, and no feed.
struct Till {
    kkt: Arc<Mutex<Kkt<PoneSimulator>>>,
    source: Box<dyn Source>,
    shared: Shared,
    _line: Fake,
}

impl Till {
    fn new(accept: &str) -> Self {
        let kkt = Arc::new(Mutex::new(Kkt(PoneSimulator::new(PoneState::default()))));
        let line = Fake::tcp("127.0.0.1:0".parse().unwrap(), Arc::clone(&kkt)).unwrap();
        let config = Config::parse(&format!(
            "[api]\naccept_assumed = [{accept}]\n[kkt]\ndriver = \"sp80x\"\nmodel = \"SP801\"\n\
             dialect = \"pone\"\naddress = \"{}\"\nhold = \"always\"\nowns_device = true\n\
             receipt = \"line-by-line\"\n",
            line.address()
        ))
        .unwrap();
        let shared = Shared::new(|now| Snapshot::new(config.settings(), now));
        let source = super::super::source(config.kkt.as_ref().unwrap(), &config.poll, false);
        Self { kkt, source, shared, _line: line }
    }

    /// Asks until the answers are the wanted ones.
    #[track_caller]
    fn check(&mut self, document: u8, wanted: impl Fn(&Answer, &Answer) -> bool) {
        self.kkt.lock().unwrap().0.state_mut().document = document;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let next = self.source.step(&self.shared);
            let told = |endpoint| answer(endpoint, &self.shared.snapshot(), self.shared.now());
            let told = (told(Endpoint::LastReceiptTime), told(Endpoint::Downtime));
            if wanted(&told.0, &told.1) {
                return;
            }
            assert!(Instant::now() < deadline, "{document:02X}: {told:?}");
            std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
        }
    }
}

fn known(answer: &Answer) -> bool {
    matches!(answer, Answer::Known { .. })
}

fn empty(answer: &Answer) -> bool {
    matches!(answer, Answer::Empty { .. })
}

fn why(answer: &Answer) -> Option<Reason> {
    match answer {
        Answer::Unknown(why) => Some(why.reason),
        _ => None,
    }
}

#[test]
fn the_receipt_of_a_till_that_sends_it_line_by_line() {
    let mut till = Till::new("\"last_receipt_time\", \"downtime\"");
    till.check(0, |last, down| empty(last) && why(down) == Some(Reason::NeverSeen));
    // A sale, then its payment, then nothing.
    till.check(0x12, |last, down| known(last) && empty(down));
    till.check(0x32, |last, down| known(last) && empty(down));
    till.check(0, |last, down| empty(last) && known(down));
    // Cash in is a document and no receipt.
    till.check(0x14, |last, down| empty(last) && known(down));
}

#[test]
fn nobody_is_served_an_assumption_unasked() {
    let mut till = Till::new("");
    let refused = Some(Reason::NotSupported);
    till.check(0, |last, down| why(last) == refused && why(down) == refused);
    till.check(0x12, |last, down| why(last) == refused && why(down) == refused);
}

/// A KKT that the till program works with: opened for a moment between two receipts, and let go of.
#[test]
fn per_poll_opens_it_for_a_moment_and_never_while_a_receipt_is_open() {
    let arm = Arc::new(Mutex::new(Kkt(ArmSimulator::new(ArmState::default()))));
    let pone = Arc::new(Mutex::new(Kkt(PoneSimulator::new(PoneState::default()))));
    let any = "127.0.0.1:0".parse().unwrap();
    let arm_line = Fake::tcp(any, Arc::clone(&arm)).unwrap();
    let pone_line = Fake::tcp(any, Arc::clone(&pone)).unwrap();
    check_per_poll("arm", &arm_line, || arm.lock().unwrap().0.requests().len());
    check_per_poll("pone", &pone_line, || pone.lock().unwrap().0.requests().len());
}

#[track_caller]
fn check_per_poll(dialect: &str, line: &Fake, asked: impl Fn() -> usize) {
    let mut config = Config::parse(&format!(
        "[pos]\nsource = \"events\"\n[kkt]\ndriver = \"sp80x\"\nmodel = \"SP802\"\n\
         dialect = \"{dialect}\"\naddress = \"{}\"\nhold = \"per-poll\"\n",
        line.address()
    ))
    .unwrap();
    let kkt = config.kkt.as_mut().unwrap();
    // A busy machine has all its time, and the turns of the budget come by themselves.
    (kkt.open_every, kkt.hold_at_most) = (Duration::ZERO, Duration::from_secs(30));
    let kkt = config.kkt.as_ref().unwrap();
    let shared = Shared::new(|now| Snapshot::new(config.settings(), now));
    let sp80x = Sp80x::new(kkt.sp80x.as_ref().unwrap());
    let mut source = KktSource::new(sp80x, kkt, &config.poll, false);
    let tell = |event: &str| {
        let event = format!("{{\"event\":{event}}}");
        shared.tell(&status_core::parse_events(event.as_bytes()).unwrap());
    };
    source.step(&shared);
    assert_eq!((line.connections(), asked()), (0, 0), "{dialect}: nobody told that it is free");
    tell("\"hello\",\"receipt\":\"open\"");
    source.step(&shared);
    assert_eq!(line.connections(), 0, "{dialect}: a receipt is open");
    tell("\"receipt-closed\"");
    source.step(&shared);
    assert!(source.client.is_none() && source.pass.is_none(), "{dialect}: it is let go of");
    assert_eq!((line.connections(), source.gate.counts().passes), (1, 1), "{dialect}");
    assert!(asked() > 3, "{dialect}: an opening is used");
    let zone = jiff::tz::TimeZone::UTC;
    let (snapshot, now) = (shared.snapshot(), shared.now());
    let kkt = status_core::document(&snapshot, now, &zone, status_core::Language::En).kkt;
    assert_eq!(kkt.state, status_core::DeviceState::Online, "{dialect}: {:?}", kkt.reason);
    drop(snapshot);
    tell("\"receipt-opened\"");
    source.step(&shared);
    assert_eq!(line.connections(), 1, "{dialect}: the next receipt is left alone");
}
