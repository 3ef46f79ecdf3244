//! The last bytes of a device, written for the support while a file asks for them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use till_port::{Action, Device, Fake, Tape};
use till_status::{Config, Service};

const LONG: Duration = Duration::from_secs(30);

struct Kkt(kkt_atol::sim::Simulator);
struct Scale(scale_proto::sim::Simulator);
struct Arm(kkt_sp80x::sim::ArmSimulator);

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
device!(Arm);

fn serve(device: impl Device + 'static) -> Fake {
    Fake::tcp(SocketAddr::from(([127, 0, 0, 1], 0)), Arc::new(Mutex::new(device))).unwrap()
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONG;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A folder with files that ask for traces.
fn folder(name: &str, asked: &[&str]) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("till-trace-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for name in asked {
        std::fs::write(folder.join(name), "").unwrap();
    }
    folder
}

fn start(devices: &str, folder: &Path) -> till_status::Running {
    let text = format!(
        "[api]\nlisten = [\"127.0.0.1:0\"]\n{devices}\
         [poll]\nfast = 1\npaper = 1\nofd = 1\nfiscal_storage = 1\ninventory = 1\n\
         [log]\ntrace = \"{}\"\n",
        folder.display()
    );
    Service::start(Config::parse(&text).unwrap(), None).unwrap()
}

/// The bytes of each message of a trace.
fn messages(text: &str) -> Vec<Vec<u8>> {
    let steps = Tape::parse_steps(text).unwrap();
    let bytes = |action| match action {
        Action::Host(bytes) | Action::Device(bytes) => Some(bytes),
        Action::Close => None,
    };
    steps.into_iter().filter_map(|step| bytes(step.action)).collect()
}

#[test]
fn a_file_begins_a_trace_and_its_removal_ends_it() {
    let folder = folder("atol", &["kkt.tape", "scale.tape"]);
    // With the factory number 106543.
    let state = kkt_atol::sim::State::default();
    let kkt_line = serve(Kkt(kkt_atol::sim::Simulator::new(state, kkt_atol::Link::V3)));
    let scale = scale_proto::sim::Simulator::of("massa-k-100", Default::default()).unwrap();
    let scale_line = serve(Scale(scale));
    // The scale is read although nobody tells about receipts.
    let devices = format!(
        "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"{}\"\nhold = \"always\"\n\
         owns_device = true\n\
         [scale]\nprotocol = \"massa-k-100\"\naddress = \"{}\"\nwithout_receipt_state = \"read\"\n",
        kkt_line.address(),
        scale_line.address()
    );
    let running = start(&devices, &folder);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();

    let kkt = until("the KKT's trace is written", || {
        let text = read("kkt.tape");
        // The status (3F), in whose answer the factory number stands.
        let told = messages(&text).iter().any(|message| message.len() > 30);
        told.then_some(text)
    });
    assert!(kkt.contains("Scrubbed: ") && kkt.contains("serial number"), "{kkt}");
    let known = [&[0x00, 0x10, 0x65, 0x43][..], b"00106543"];
    for message in messages(&kkt) {
        let holds =
            known.iter().any(|number| message.windows(number.len()).any(|it| it == *number));
        assert!(!holds, "the factory number is still in\n{kkt}");
    }
    let scale = until("the scale's trace is written", || {
        Some(read("scale.tape")).filter(|text| messages(text).len() > 1)
    });
    assert!(scale.contains("massa-k-100"), "{scale}");

    std::fs::remove_file(folder.join("kkt.tape")).unwrap();
    // One may be under way; after two more of the scale's it must stay away.
    let mut last = read("scale.tape");
    for _ in 0..2 {
        last = until("the scale's trace goes on", || {
            Some(read("scale.tape")).filter(|text| *text != last)
        });
        let _ = std::fs::remove_file(folder.join("kkt.tape"));
    }
    until("the scale's trace goes on", || (read("scale.tape") != last).then_some(()));
    assert!(!folder.join("kkt.tape").exists());
    assert!(std::fs::metadata(folder.join("scale.tape")).unwrap().len() < 256 << 10);
    running.stop();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_nobody_can_scrub_is_not_shown() {
    let folder = folder("pos2", &["scale.tape"]);
    let state = scale_proto::sim::State { password: *b"4711", ..Default::default() };
    let line = serve(Scale(scale_proto::sim::Simulator::of("pos2", state).unwrap()));
    let scale = format!(
        "[scale]\nprotocol = \"pos2\"\npassword = \"4711\"\naddress = \"{}\"\n\
         without_receipt_state = \"read\"\n",
        line.address()
    );
    let running = start(&scale, &folder);
    let text = until("it is told why", || {
        let text = std::fs::read_to_string(folder.join("scale.tape")).unwrap();
        text.contains("not shown: the requests hold the password").then_some(text)
    });
    assert_eq!(messages(&text), Vec::<Vec<u8>>::new());
    running.stop();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_service_plus_kkt_is_traced_without_its_number() {
    let folder = folder("arm", &["kkt.tape"]);
    let number = "80212345678".to_owned();
    let state =
        kkt_sp80x::sim::ArmState { factory_number: Some(number.clone()), ..Default::default() };
    let line = serve(Arm(kkt_sp80x::sim::ArmSimulator::new(state)));
    let kkt = format!(
        "[kkt]\ndriver = \"sp80x\"\nmodel = \"SP802\"\ndialect = \"arm\"\naddress = \"{}\"\n\
         hold = \"always\"\nowns_device = true\n",
        line.address()
    );
    let running = start(&kkt, &folder);
    let text = until("the trace has messages", || {
        let text = std::fs::read_to_string(folder.join("kkt.tape")).unwrap();
        (messages(&text).len() > 3).then_some(text)
    });
    assert!(text.contains("sp80x-arm") && text.contains("Scrubbed: "), "{text}");
    let known = number.as_bytes();
    for message in messages(&text) {
        assert!(!message.windows(known.len()).any(|it| it == known), "{number} is in\n{text}");
    }
    running.stop();
    std::fs::remove_dir_all(folder).unwrap();
}
