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
struct Kkt(kkt_atol::sim::Simulator, Deaf);
struct Scale(scale_proto::sim::Simulator);

/// A KKT command that a device does not hear, if any, and the tasks with it.
#[derive(Default)]
struct Deaf {
    command: Option<u8>,
    tasks: Vec<u8>,
}

impl Deaf {
    /// Whether the device hears this packet: `C1 <flags> <task> 00 00 <command>` adds a task, `C2 <task>`
    /// and `C3 <task>` are about it.
    fn hears(&mut self, packet: &[u8]) -> bool {
        let [_, _, _, _, data @ ..] = packet else { return true };
        match *data {
            [0xC1, _, task, 0, 0, command, ..] if self.command == Some(command) => {
                self.tasks.push(task);
                false
            }
            [0xC2 | 0xC3, task, ..] => !self.tasks.contains(&task),
            _ => true,
        }
    }
}

macro_rules! device {
    ($type:ty, $hears:expr) => {
        impl Device for $type {
            fn connect(&mut self, now: Duration) {
                self.0.connect(now);
            }
            fn disconnect(&mut self) {
                self.0.disconnect();
            }
            fn receive(&mut self, bytes: &[u8], now: Duration) {
                if $hears(self, bytes) {
                    self.0.receive(bytes, now);
                }
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

// A packet of ours comes whole: it is written at once, and the line is a loopback.
device!(Kkt, |kkt: &mut Kkt, bytes: &[u8]| kkt.1.hears(bytes));
device!(Scale, |_: &mut Scale, _: &[u8]| true);

/// A till with a KKT, a scale and a Vision end; it asks for everything each second.
struct Till {
    kkt: Arc<Mutex<Kkt>>,
    kkt_line: Fake,
    scale: Arc<Mutex<Scale>>,
    scale_line: Fake,
    _vision: TcpListener,
    api: SocketAddr,
    pos: SocketAddr,
    running: Running,
}

impl Till {
    fn start(kkt_keys: &str) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let simulator = kkt_atol::sim::Simulator::new(Default::default(), kkt_atol::Link::V3);
        let kkt = Arc::new(Mutex::new(Kkt(simulator, Deaf::default())));
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
        Self { kkt, kkt_line, scale, scale_line, _vision: vision, api, pos, running }
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

    /// The status document.
    fn document(&self) -> serde_json::Value {
        let request = "GET /till/v1/status HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n";
        let answer = exchange(self.api, request);
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    #[track_caller]
    fn until_document(&self, limit: u64, wanted: impl Fn(&serde_json::Value) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(limit);
        loop {
            let got = self.document();
            if wanted(&got) {
                return;
            }
            assert!(Instant::now() < deadline, "the document is still {got:#}");
            std::thread::park_timeout(Duration::from_millis(30));
        }
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

/// A KKT that has lost its printer says "no paper", too; only 45h tells them apart.
#[test]
fn no_paper_is_not_believed_while_45h_has_no_answer() {
    let till = Till::start(OWNED);
    till.until(6, "paper", 200, "1");
    let before = {
        let mut kkt = till.kkt();
        kkt.1.command = Some(0x45);
        kkt.0.state_mut().paper = false;
        kkt.0.cycles()
    };
    // The third 3Fh is asked when it is long decided what the first one was worth.
    let deadline = Instant::now() + Duration::from_secs(30);
    while till.kkt().0.cycles() < before + 3 {
        assert_ne!(till.seven("paper").0, 204, "nobody has said that it is the paper");
        assert!(Instant::now() < deadline, "3Fh is asked no more");
        std::thread::park_timeout(Duration::from_millis(30));
    }
    assert_eq!(till.seven("paper"), (503, "stale".to_owned()));
    till.kkt().1 = Deaf::default();
    till.until(12, "paper", 204, "");
}

#[test]
fn a_shift_over_24_hours_is_told_until_it_is_closed() {
    use kkt_atol::sim::ShiftKind;
    let till = Till::start(OWNED);
    let shift = |state: &'static str, problem: bool| {
        move |document: &serde_json::Value| {
            let problems = document["problems"].as_array().unwrap();
            document["kkt"]["shift"]["state"] == state
                && problems.iter().any(|it| it["code"] == "shift-expired") == problem
        }
    };
    till.until_document(6, shift("open", false));
    assert_eq!(till.document()["kkt"]["shift"]["opened_at"], serde_json::Value::Null);
    till.kkt().0.state_mut().shift = ShiftKind::Expired;
    till.until_document(6, shift("expired", true));
    till.kkt().0.state_mut().shift = ShiftKind::Closed;
    till.until_document(6, shift("closed", false));
}

#[test]
fn an_error_of_an_expired_shift_is_the_problem_too() {
    let till = Till::start(OWNED);
    till.until(6, "ofd", 200, "0");
    till.kkt().0.state_mut().error = Some(Fault::SHIFT_EXPIRED);
    till.until_document(6, |document| {
        let problems = document["problems"].as_array().unwrap();
        problems.iter().any(|problem| problem["code"] == "shift-expired")
    });
}

#[test]
fn a_kkt_without_the_register_has_an_open_shift_and_no_trouble() {
    let till = Till::start(OWNED);
    till.kkt().0.state_mut().unknown_commands = vec![vec![0x91]];
    till.kkt().0.state_mut().shift = kkt_atol::sim::ShiftKind::Expired;
    till.until(6, "ofd", 200, "0");
    till.until_document(6, |document| document["kkt"]["shift"]["state"] == "open");
    std::thread::park_timeout(Duration::from_millis(2500));
    let document = till.document();
    assert_eq!(document["kkt"]["state"], "online", "{document:#}");
    assert_eq!(document["kkt"]["shift"]["state"], "open", "{document:#}");
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
    let Till { running, .. } = till;
    running.stop();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn a_pause_closes_every_port_and_its_end_opens_them_anew() {
    let till = Till::start(OWNED);
    till.tell(CLOSED);
    till.until(6, "ofd", 200, "0");
    till.until(6, "weight", 200, "0.000");
    let connections = || (till.kkt_line.connections(), till.scale_line.connections());
    let before = connections();
    till.running.switch().pause();
    for name in ["ofd", "paper", "weight", "vision", "last_receipt_time"] {
        till.until(1, name, 503, "paused");
    }
    // Each is closed within a second; a new connection after the pause shows that it was.
    std::thread::park_timeout(Duration::from_secs(1));
    let asked = (till.kkt().0.cycles(), till.scale().0.cycles());
    std::thread::park_timeout(Duration::from_millis(1500));
    assert_eq!((till.kkt().0.cycles(), till.scale().0.cycles()), asked, "nobody is asked");
    assert_eq!(connections(), before);
    till.running.switch().resume();
    till.until(6, "ofd", 200, "0");
    till.until(6, "weight", 200, "0.000");
    let deadline = Instant::now() + Duration::from_secs(10);
    while connections() != (before.0 + 1, before.1 + 1) {
        assert!(Instant::now() < deadline, "{:?}, {before:?} before the pause", connections());
        std::thread::park_timeout(Duration::from_millis(30));
    }
}
