use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kkt_sp80x::sim::{PoneSimulator, PoneState};
use status_core::{Answer, Endpoint, Reason, Snapshot, answer};
use till_port::{Device, Fake};

use crate::Config;
use crate::shared::Shared;
use crate::source::Source;

struct Kkt(PoneSimulator);

impl Device for Kkt {
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

/// A `pone` KKT whose receipt is the till's, and no feed.
struct Till {
    kkt: Arc<Mutex<Kkt>>,
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
