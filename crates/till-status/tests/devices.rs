//! The device threads against simulated devices on real ports.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use kkt_atol::Fault;
use till_port::{Device, Fake, Line};
use till_status::config::PosListen;
use till_status::{Config, Running, Service};

/// A simulator as a device of a fake.
struct Kkt(kkt_atol::sim::Simulator);
struct Scale(scale_proto::sim::Simulator);

macro_rules! device {
    ($type:ty) => {
        impl Device for $type {
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

device!(Kkt);
device!(Scale);

/// A till with a KKT, a scale and a Vision end; it asks for everything each second.
struct Till {
    kkt: Arc<Mutex<Kkt>>,
    kkt_line: Fake,
    scale: Arc<Mutex<Scale>>,
    scale_line: Fake,
    _vision: TcpListener,
    api: SocketAddr,
    pos: SocketAddr,
    _running: Running,
}

impl Till {
    fn start(kkt_keys: &str) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let kkt = Arc::new(Mutex::new(Kkt(kkt_atol::sim::Simulator::new(Default::default()))));
        let scale = scale_proto::sim::Simulator::of("massa-k-100", Default::default()).unwrap();
        let scale = Arc::new(Mutex::new(Scale(scale)));
        let kkt_line = Fake::tcp(any, Arc::clone(&kkt)).unwrap();
        let scale_line = Fake::tcp(any, Arc::clone(&scale)).unwrap();
        let vision = TcpListener::bind(any).unwrap();
        let text = format!(
            "[pos]\nsource = \"events\"\n\
             [kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"{}\"\n{kkt_keys}\
             [scale]\nprotocol = \"massa-k-100\"\naddress = \"{}\"\n\
             [vision]\ntarget = \"tcp://{}\"\nevery = 1\n\
             [poll]\nfast = 1\npaper = 1\nofd = 1\nfiscal_storage = 1\ninventory = 1\n\
             [max_age]\nweight = 3\nreceipt = 3\npaper = 3\nvision = 3\nofd = 3\n",
            kkt_line.address(),
            scale_line.address(),
            vision.local_addr().unwrap(),
        );
        let mut config = Config::parse(&text).unwrap();
        config.api.listen = vec![any];
        config.pos.listen = PosListen::Tcp(any);
        let running = Service::start(config, None).unwrap();
        let Some(PosListen::Tcp(pos)) = running.pos() else { panic!("a loopback port") };
        let (api, pos) = (running.api()[0], *pos);
        Self { kkt, kkt_line, scale, scale_line, _vision: vision, api, pos, _running: running }
    }

    fn kkt(&self) -> MutexGuard<'_, Kkt> {
        self.kkt.lock().unwrap()
    }

    fn scale(&self) -> MutexGuard<'_, Scale> {
        self.scale.lock().unwrap()
    }

    /// The code and the body, or the type of the problem.
    fn seven(&self, name: &str) -> (u16, String) {
        let request = format!(
            "GET /api/v1/status/{name} HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n"
        );
        let answer = exchange(self.api, &request);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let problem = serde_json::from_str::<serde_json::Value>(body).ok();
        let kind = problem.as_ref().and_then(|problem| problem["type"].as_str());
        let kind = kind.and_then(|kind| kind.strip_prefix("urn:till-status:problem:"));
        (status, kind.unwrap_or(body).to_owned())
    }

    fn tell(&self, event: &str) {
        let request = format!(
            "POST /till/v1/pos/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\
             Content-Type: application/json\r\nConnection: close\r\n\r\n{event}",
            event.len()
        );
        assert!(exchange(self.pos, &request).starts_with("HTTP/1.1 202 "), "{event}");
    }

    #[track_caller]
    fn until(&self, limit: u64, name: &str, status: u16, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(limit);
        loop {
            let got = self.seven(name);
            if got == (status, text.to_owned()) {
                return;
            }
            assert!(Instant::now() < deadline, "{name} is still {got:?}, not {status} {text}");
            std::thread::park_timeout(Duration::from_millis(30));
        }
    }
}

fn exchange(to: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const OWNED: &str = "hold = \"always\"\nowns_device = true\n";
const CLOSED: &str = r#"{"event":"hello","receipt":"closed"}"#;

#[test]
fn what_the_devices_say_is_served() {
    let till = Till::start(OWNED);
    till.kkt().0.state_mut().unsent.count = 3;
    till.scale().0.state_mut().weight_grams = 1234;
    till.tell(CLOSED);
    till.until(6, "ofd", 200, "3");
    till.until(6, "paper", 200, "1");
    till.until(6, "vision", 200, "1");
    till.until(6, "weight", 200, "1.234");
    till.kkt().0.state_mut().paper = false;
    till.until(6, "paper", 204, "");
    till.scale().0.state_mut().overload = true;
    till.until(6, "weight", 503, "device-fault");
}

#[test]
fn a_kkt_that_falls_away_is_unknown_and_comes_back() {
    use kkt_atol::sim::Misbehaviour;
    let till = Till::start(OWNED);
    till.kkt().0.state_mut().unsent.count = 3;
    for (line, misbehaviour, kind) in [
        (Line::Up, Misbehaviour::Silent, "stale"),
        (Line::Up, Misbehaviour::Garbage, "not-connected"),
        (Line::Unplugged, Misbehaviour::None, "not-connected"),
        (Line::Busy, Misbehaviour::None, "busy"),
        (Line::Up, Misbehaviour::HangUp, "busy"),
    ] {
        till.until(12, "ofd", 200, "3");
        till.kkt_line.set_line(line);
        till.kkt().0.misbehave(misbehaviour);
        till.until(8, "ofd", 503, kind);
        till.until(1, "paper", 503, kind);
        till.kkt_line.set_line(Line::Up);
        till.kkt().0.misbehave(Misbehaviour::None);
    }
    till.until(12, "ofd", 200, "3");
    till.until(12, "paper", 200, "1");
}

#[test]
fn an_error_of_the_kkt_is_told_and_the_rest_goes_on() {
    let till = Till::start(OWNED);
    till.until(6, "ofd", 200, "0");
    till.kkt().0.state_mut().error = Some(Fault::WRONG_PASSWORD);
    till.until(8, "ofd", 503, "refused");
    till.kkt().0.state_mut().error = Some(Fault::FN_EXCHANGE);
    till.until(8, "ofd", 503, "device-fault");
    till.kkt().0.state_mut().error = None;
    till.until(6, "ofd", 200, "0");
}

#[test]
fn a_kkt_that_somebody_else_uses_is_left_alone() {
    let till = Till::start(OWNED);
    till.until(6, "ofd", 200, "0");
    let connections = till.kkt_line.connections();
    till.kkt().0.state_mut().busy = true;
    till.until(8, "ofd", 503, "busy");
    till.kkt().0.state_mut().busy = false;
    let cycles = till.kkt().0.cycles();
    std::thread::park_timeout(Duration::from_secs(3));
    assert_eq!(till.kkt().0.cycles(), cycles);
    assert_eq!(till.kkt_line.connections(), connections);
}

#[test]
fn a_kkt_that_is_not_ours_is_never_opened() {
    let till = Till::start("");
    till.until(6, "vision", 200, "1");
    till.until(1, "ofd", 503, "busy");
    assert_eq!(till.kkt_line.connections(), 0);
    till.tell(r#"{"event":"kkt-status","unsent_documents":2}"#);
    till.until(1, "ofd", 200, "2");
}

#[test]
fn the_scale_is_let_go_of_as_soon_as_a_receipt_opens() {
    let till = Till::start(OWNED);
    till.until(6, "vision", 200, "1");
    assert_eq!(till.seven("weight"), (503, "receipt-state-unknown".to_owned()));
    assert_eq!(till.scale_line.connections(), 0, "nobody knows about a receipt");
    till.tell(CLOSED);
    till.until(6, "weight", 200, "0.000");
    till.tell(r#"{"event":"receipt-opened"}"#);
    assert_eq!(till.seven("weight"), (204, String::new()));
    // A request that was under way ends; from then on the scale is alone.
    let quiet = |wait: u64| {
        let before = till.scale().0.cycles();
        std::thread::park_timeout(Duration::from_millis(wait));
        till.scale().0.cycles() == before
    };
    quiet(500);
    assert!(quiet(2500));
    assert_eq!(till.scale_line.connections(), 1);
    till.tell(r#"{"event":"receipt-closed"}"#);
    till.until(4, "weight", 200, "0.000");
    assert_eq!(till.scale_line.connections(), 2, "its port was closed");
}

#[test]
fn a_document_on_the_kkt_keeps_the_scale_alone() {
    let till = Till::start(OWNED);
    till.tell(CLOSED);
    till.until(6, "weight", 200, "0.000");
    till.kkt().0.state_mut().receipt_state = kkt_atol::ReceiptState::SALE;
    till.until(4, "weight", 204, "");
}

#[test]
fn a_stop_lets_go_of_silent_devices_in_time() {
    use kkt_atol::sim::Misbehaviour;
    let till = Till::start(OWNED);
    till.tell(CLOSED);
    till.until(6, "ofd", 200, "0");
    till.kkt().0.misbehave(Misbehaviour::Silent);
    till.until(8, "ofd", 503, "stale");
    let began = Instant::now();
    let Till { _running: running, .. } = till;
    running.stop();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
