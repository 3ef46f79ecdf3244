//! The simulated scale of every protocol, read by the service through a real port.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use scale_proto::sim::{Misbehaviour, Simulator, State};
use till_port::{Address, Device, Fake};
use till_status::{Config, Running, Service};

/// A simulator as a device of a fake.
struct Scale(Simulator);

impl Device for Scale {
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

/// A till that has nothing but a scale, which is asked each second.
struct Till {
    protocol: &'static str,
    scale: Arc<Mutex<Scale>>,
    _line: Fake,
    api: SocketAddr,
    _running: Running,
}

impl Till {
    fn start(protocol: &'static str) -> Self {
        let scale = Arc::new(Mutex::new(Scale(Simulator::of(protocol, State::default()).unwrap())));
        let line = line(Arc::clone(&scale));
        let text = format!(
            "[scale]\nprotocol = \"{protocol}\"\naddress = \"{}\"\n\
             without_receipt_state = \"read\"\n[poll]\nfast = 1\n[max_age]\nweight = 3\n",
            place(&line),
        );
        let mut config = Config::parse(&text).unwrap();
        config.api.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
        let running = Service::start(config, None).unwrap();
        let api = running.api()[0];
        Self { protocol, scale, _line: line, api, _running: running }
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(self.scale.lock().unwrap().0.state_mut());
    }

    fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.api).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// The code, and the body or the type of the problem.
    fn weight(&self) -> (u16, String) {
        let (status, body) = self.get("/api/v1/status/weight");
        let problem = serde_json::from_str::<serde_json::Value>(&body).ok();
        let kind = problem.as_ref().and_then(|problem| problem["type"].as_str());
        let kind = kind.and_then(|kind| kind.strip_prefix("urn:till-status:problem:"));
        (status, kind.unwrap_or(&body).to_owned())
    }

    #[track_caller]
    fn until(&self, status: u16, text: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let got = self.weight();
            if got == (status, text.to_owned()) {
                return;
            }
            assert!(Instant::now() < end, "{}: still {got:?}, not {text}", self.protocol);
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// A value of the scale's section in the status document.
    #[track_caller]
    fn told(&self, key: &str, wanted: serde_json::Value) {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let (_, body) = self.get("/till/v1/status");
            let document: serde_json::Value = serde_json::from_str(&body).unwrap();
            let got = &document["scale"][key];
            if *got == wanted {
                return;
            }
            assert!(Instant::now() < end, "{} {key}: still {got}, not {wanted}", self.protocol);
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
}

#[cfg(unix)]
fn line(scale: Arc<Mutex<Scale>>) -> Fake {
    Fake::pty(None, scale).unwrap()
}

#[cfg(not(unix))]
fn line(scale: Arc<Mutex<Scale>>) -> Fake {
    Fake::tcp(SocketAddr::from(([127, 0, 0, 1], 0)), scale).unwrap()
}

/// Without the settings of the line, so that those of the protocol are taken.
fn place(line: &Fake) -> String {
    match line.address() {
        Address::Serial(serial) => format!("serial:{}", serial.place),
        address => address.to_string(),
    }
}

/// What a protocol can tell.
struct Can {
    /// A weight below zero as a number; else it is an underload.
    negative: bool,
    /// A weight in motion as a number.
    moving: bool,
    net: bool,
    overload: bool,
    underload: bool,
    fault: bool,
}

const ALL: Can =
    Can { negative: true, moving: true, net: true, overload: true, underload: true, fault: true };

const PROTOCOLS: [(&str, Can); 9] = [
    ("massa-k-100", Can { underload: false, ..ALL }),
    ("massa-k-2", Can { overload: false, underload: false, fault: false, ..ALL }),
    ("pos2", ALL),
    ("cas-ecr", Can { net: false, underload: false, ..ALL }),
    ("cas-22", Can { underload: false, fault: false, ..ALL }),
    ("toledo-8217", Can { negative: false, moving: false, ..ALL }),
    ("sasi", Can { negative: false, moving: false, ..ALL }),
    ("mt-sics", Can { net: false, ..ALL }),
    ("toledo-continuous", ALL),
];

#[test]
fn every_simulated_scale_is_served() {
    let threads = PROTOCOLS.map(|(protocol, can)| {
        let thread = std::thread::Builder::new().name(protocol.to_owned());
        thread.spawn(move || serve(protocol, &can)).unwrap()
    });
    let failed: Vec<_> = threads.into_iter().filter_map(|thread| thread.join().err()).collect();
    assert!(failed.is_empty(), "{} protocols failed, see above", failed.len());
}

fn serve(protocol: &'static str, can: &Can) {
    let till = Till::start(protocol);
    till.until(200, "0.000");
    till.set(|state| state.weight_grams = 1234);
    till.until(200, "1.234");
    let wanted = |can: bool, text: &'static str| {
        if can { (200, text) } else { (503, "device-fault") }
    };
    till.set(|state| state.weight_grams = -20);
    let (status, text) = wanted(can.negative, "-0.020");
    till.until(status, text);
    till.set(|state| (state.weight_grams, state.stable) = (555, false));
    let (status, text) = wanted(can.moving, "0.555");
    till.until(status, text);
    if can.moving {
        till.told("stable", false.into());
    }
    till.set(|state| (state.weight_grams, state.tare_grams, state.stable) = (1000, 200, true));
    till.until(200, "1.000");
    till.told("net", if can.net { true.into() } else { serde_json::Value::Null });
    type Change = fn(&mut State);
    let faults: [(bool, Change); 4] = [
        (can.overload, |state| state.overload = true),
        (can.underload, |state| state.underload = true),
        // Of massa-k-100 no weighing module, of pos2 no ADC; the others have no codes.
        (can.fault && protocol != "pos2", |state| state.fault = Some(0x17)),
        (can.fault && protocol == "pos2", |state| state.fault = Some(186)),
    ];
    for (can, fault) in faults {
        if can {
            till.set(fault);
            till.until(503, "device-fault");
            till.set(|state| {
                (state.overload, state.underload, state.fault) = (false, false, None);
            });
            till.until(200, "1.000");
        }
    }
    // Whatever reached the scale only reads.
    let requests = till.scale.lock().unwrap().0.requests().clone();
    let safe = scale_proto::protocol::safe(protocol).unwrap();
    for request in requests.keys() {
        let listed = safe.iter().any(|begin| request.starts_with(begin));
        assert!(listed, "{protocol}: {request:02X?} is not on the list");
    }
    assert_eq!(requests.is_empty(), safe.is_empty(), "{protocol}");
    // Silence: the last weight stays for its maximum age, and then there is none.
    till.scale.lock().unwrap().0.misbehave(Misbehaviour::Silent);
    till.until(503, "stale");
    till.scale.lock().unwrap().0.misbehave(Misbehaviour::None);
    till.until(200, "1.000");
}

#[test]
fn a_wrong_password_is_tried_once() {
    let till = Till::start("pos2");
    till.set(|state| state.password = *b"1234");
    till.until(503, "refused");
    let tried = || till.scale.lock().unwrap().0.cycles();
    let before = tried();
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        assert_eq!(tried(), before, "it was asked again");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert_eq!(till.weight(), (503, "refused".to_owned()));
}
