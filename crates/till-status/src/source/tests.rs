use std::net::TcpListener;
use std::sync::mpsc;

use status_core::Settings;
use till_port::OpenOptions;

use super::line::Line;
use super::*;
use crate::gate::Leash;

fn shared() -> Arc<Shared> {
    Arc::new(Shared::new(|now| Snapshot::new(Settings::default(), now)))
}

/// Says what is done with it.
struct Told {
    steps: mpsc::Sender<&'static str>,
    panics: bool,
    next: Duration,
}

impl Source for Told {
    fn name(&self) -> &'static str {
        "vision"
    }

    fn step(&mut self, _: &Shared) -> Instant {
        let _ = self.steps.send("step");
        assert!(!self.panics, "it broke");
        Instant::now() + self.next
    }

    fn close(&mut self) {
        let _ = self.steps.send("close");
    }

    fn report(&self, trouble: Trouble, _: &mut Snapshot, _: Moment) {
        assert_eq!(trouble, Trouble::Failed("internal error of the service: it broke".to_owned()));
        let _ = self.steps.send("report");
    }
}

#[test]
fn a_panic_stays_in_its_source() {
    let (steps, seen) = mpsc::channel();
    let mut source = Told { steps, panics: true, next: Duration::ZERO };
    let shared = shared();
    let before = Instant::now();
    let (next, panicked) = guarded_step(&mut source, &shared);
    assert!(panicked && next >= before + AFTER_PANIC, "it rests");
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), ["step", "close", "report"]);
}

#[test]
fn a_thread_goes_on_until_it_is_stopped_and_lets_go() {
    let (steps, seen) = mpsc::channel();
    let source = Told { steps, panics: false, next: Duration::from_secs(3600) };
    let shared = shared();
    let thread = start(Box::new(source), Arc::clone(&shared)).unwrap();
    let limit = Duration::from_secs(5);
    assert_eq!(seen.recv_timeout(limit), Ok("step"));
    // It sleeps for an hour now, and ends at once all the same.
    shared.stop();
    assert_eq!(seen.recv_timeout(limit), Ok("close"));
    assert_eq!(thread.handle.join().unwrap(), None);
}

/// One that is never pulled.
fn leash() -> Leash {
    let settings = Settings {
        scale: Some(status_core::ScaleSettings {
            protocol: "massa-k-100".to_owned(),
            unstable: status_core::Unstable::Serve,
            without_receipt_state: status_core::WithoutReceiptState::Read,
        }),
        ..Settings::default()
    };
    Leash::of_the_scale(Shared::new(|now| Snapshot::new(settings, now)).watch().clone())
}

fn address(listener: &TcpListener) -> till_port::Address {
    format!("tcp:{}", listener.local_addr().unwrap()).parse().unwrap()
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut line = Line::new(address(&listener), OpenOptions::default());
    drop(listener);
    let trouble = line.open(leash(), &Arc::default()).unwrap_err();
    assert!(
        matches!(&trouble, Trouble::CannotOpen(text) if text.contains("nothing listens")),
        "{trouble:?}"
    );
    assert_eq!(line.not_before(Instant::now()), None);
    line.failed();
    let wait = line.not_before(Instant::now()).unwrap() - Instant::now();
    assert!(wait <= Duration::from_millis(200));
    line.failed();
    line.failed();
    assert!(line.not_before(Instant::now()).unwrap() - Instant::now() > Duration::from_millis(400));
    line.worked();
    assert_eq!(line.not_before(Instant::now()), None);
}

#[test]
fn closed_before_a_word_is_busy_and_after_one_is_gone() {
    use std::io::{Read, Write};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut line = Line::new(address(&listener), OpenOptions::default());
    for (word, busy) in [(&b""[..], true), (b"x", false), (b"", true)] {
        let mut wire = line.open(leash(), &Arc::default()).unwrap();
        let (mut device, _) = listener.accept().unwrap();
        device.write_all(word).unwrap();
        drop(device);
        let deadline = Instant::now() + Duration::from_secs(5);
        let mut buffer = [0; 8];
        // Ticks come before the close; a close is 0 bytes or an error of its own.
        loop {
            match wire.read(&mut buffer) {
                Ok(0) => break,
                Err(error) if !till_port::is_tick(&error) => break,
                _ => assert!(Instant::now() < deadline),
            }
        }
        let trouble = line.closed();
        assert_eq!(matches!(trouble, Trouble::Busy(_)), busy, "{trouble:?}");
        assert!(busy || matches!(trouble, Trouble::CannotOpen(_)), "{trouble:?}");
        line.close();
    }
}

/// A scale that gives back what it hears.
#[derive(Debug, Default)]
struct Echo(Vec<u8>);

impl till_port::Device for Echo {
    fn connect(&mut self, _: Duration) {}
    fn disconnect(&mut self) {}
    fn receive(&mut self, bytes: &[u8], _: Duration) {
        self.0.extend(bytes);
    }
    fn transmit(&mut self, _: Duration) -> Option<Vec<u8>> {
        (!self.0.is_empty()).then(|| std::mem::take(&mut self.0))
    }
    fn wake(&self) -> Option<Duration> {
        None
    }
    fn hangs_up(&mut self) -> bool {
        false
    }
}

/// The descriptors of this process that are open on that file.
fn open_on(node: &std::path::Path) -> usize {
    let entries = std::fs::read_dir("/proc/self/fd").unwrap();
    let open = entries.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    // The system adds to the name of one that is gone.
    let gone = format!("{} (deleted)", node.display());
    open.filter(|open| open == node || *open == std::path::Path::new(&gone)).count()
}

/// Where a system tells about its devices: one adapter, whose tty has another name after each plugging.
struct Plugs {
    folder: std::path::PathBuf,
    system: till_port::System,
}

impl Plugs {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("till-plugs-{}-{name}", std::process::id()));
        let device = folder.join("sys/devices/usb1/1-1");
        for part in ["sys/class/tty", "sys/devices/usb1/1-1/1-1:1.0", "dev/by-id"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
        for (file, text) in [
            ("idVendor", "0403"),
            ("idProduct", "6001"),
            ("serial", "A50285BI"),
            ("1-1:1.0/bInterfaceNumber", "00"),
        ] {
            std::fs::write(device.join(file), text).unwrap();
        }
        let system = till_port::System {
            sysfs: folder.join("sys"),
            dev: folder.join("dev"),
            ..till_port::System::default()
        };
        Self { folder, system }
    }

    /// The link that stays, and the tty by the name that it has this time.
    fn plug(&self, node: &std::path::Path, number: usize) {
        use std::os::unix::fs::symlink;
        let _ = std::fs::remove_dir_all(self.folder.join("sys/class/tty"));
        let tty = format!("ttyUSB{number}");
        let class = self.folder.join("sys/class/tty").join(&tty);
        std::fs::create_dir_all(&class).unwrap();
        symlink(self.folder.join("sys/devices/usb1/1-1/1-1:1.0"), class.join("device")).unwrap();
        for (link, target) in [(tty.as_str(), node), ("by-id/usb-FTDI_A50285BI-if00", node)] {
            let link = self.folder.join("dev").join(link);
            let _ = std::fs::remove_file(&link);
            symlink(target, link).unwrap();
        }
    }
}

impl Drop for Plugs {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_device_comes_back_under_another_name_a_hundred_times() {
    let plugs = Plugs::new("by-id");
    let by_id = plugs.folder.join("dev/by-id/usb-FTDI_A50285BI-if00");
    comes_back(&plugs, &format!("serial:{}?baud=9600", by_id.display()), 100);
    let plugs = Plugs::new("by-usb");
    comes_back(&plugs, "serial:usb:0403:6001?interface=0&serial=A50285BI&baud=9600", 100);
    let plugs = Plugs::new("by-product");
    comes_back(&plugs, "serial:usb:0403:6001?baud=9600", 10);
}

fn comes_back(plugs: &Plugs, address: &str, cycles: usize) {
    use std::io::{Read, Write};
    use std::sync::Mutex;
    let options = OpenOptions { system: plugs.system.clone(), ..OpenOptions::default() };
    let mut line = Line::new(address.parse().unwrap(), options);
    // Its successor is there before it goes, so that the system cannot give its name again.
    let plug = || till_port::Fake::pty(None, Arc::new(Mutex::new(Echo::default()))).unwrap();
    let node = |fake: &till_port::Fake| match fake.address() {
        till_port::Address::Serial(serial) => std::path::PathBuf::from(serial.place.to_string()),
        other => panic!("{other:?}"),
    };
    let mut plugged = plug();
    let mut names = std::collections::BTreeSet::new();
    for cycle in 0..cycles {
        let name = node(&plugged);
        plugs.plug(&name, cycle % 7);
        let mut wire = line
            .open(leash(), &Arc::default())
            .unwrap_or_else(|trouble| panic!("{cycle}: {trouble:?}"));
        wire.write_all(b"weigh").unwrap();
        let (mut heard, deadline) = (Vec::<u8>::new(), Instant::now() + Duration::from_secs(20));
        while heard != b"weigh" {
            let mut buffer = [0; 8];
            let count = wire.read(&mut buffer).unwrap_or_default();
            heard.extend(&buffer[..count]);
            assert!(Instant::now() < deadline, "{cycle}: {heard:?}");
        }
        line.worked();
        let successor = plug();
        assert_ne!(node(&successor), name, "{cycle}: another name");
        std::mem::replace(&mut plugged, successor).stop();
        loop {
            match wire.read(&mut [0; 8]) {
                Err(error) if !till_port::is_tick(&error) => break,
                _ => assert!(Instant::now() < deadline, "{cycle}: it is gone, and nobody says so"),
            }
        }
        line.failed();
        // The driver's client goes with its wire; the line has closed the port already.
        assert_eq!(open_on(&name), 0, "{cycle}: the old descriptor is closed before the next one");
        let wait = line.not_before(Instant::now()).map(|until| until - Instant::now());
        assert!(wait.unwrap_or_default() <= Duration::from_millis(200), "{cycle}: {wait:?}");
        names.insert(name);
    }
    line.close();
    assert!(names.len() > 1, "{names:?}");
    assert_eq!(open_on(&node(&plugged)), 0, "nothing is left open");
}

/// A disk may be slow, and a KKT that is held for a moment only does not wait for it.
#[test]
fn a_trace_is_not_written_while_the_port_is_held() {
    let folder = std::env::temp_dir().join(format!("till-line-trace-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("kkt.tape");
    std::fs::write(&file, "").unwrap();
    let mut line = Line::new("tcp:127.0.0.1:9".parse().unwrap(), OpenOptions::default());
    line.trace(crate::trace::Trace::of("kkt", "arm", crate::trace::Scrub::Nothing, &folder));
    line.worked();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "");
    line.close();
    assert_ne!(std::fs::read_to_string(&file).unwrap(), "");
    std::fs::remove_dir_all(&folder).unwrap();
}
