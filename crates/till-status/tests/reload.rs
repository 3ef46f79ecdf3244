//! SIGHUP on the running program: what changed is taken over, and only that.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use till_port::{Device, Fake};

/// No step takes so long, on a machine however busy.
const LIMIT: Duration = Duration::from_secs(30);

struct Kkt(kkt_atol::sim::Simulator);

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

fn kkt() -> Fake {
    let simulator = kkt_atol::sim::Simulator::new(Default::default(), kkt_atol::Link::V3);
    Fake::tcp(SocketAddr::from(([127, 0, 0, 1], 0)), Arc::new(Mutex::new(Kkt(simulator)))).unwrap()
}

/// A port that nobody uses now, on no address of this machine: one of them listens on all.
fn free() -> u16 {
    TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap().port()
}

/// The program with a configuration that changes; it ends with the test.
struct Till {
    folder: PathBuf,
    child: Child,
    port: u16,
}

impl Till {
    fn start(name: &str, text: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("till-reload-{}-{name}", std::process::id()));
        std::fs::create_dir_all(folder.join("till.toml.d")).unwrap();
        let port = free();
        std::fs::write(
            folder.join("till.toml.d/port.toml"),
            format!("[api]\nlisten = \"127.0.0.1:{port}\"\n"),
        )
        .unwrap();
        let file = folder.join("till.toml");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_till-status"));
        command.args(["run", "--config", file.to_str().unwrap()]).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("serving api=") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended without serving");
        }
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { folder, child, port }
    }

    /// Another text for a file of the configuration, and SIGHUP.
    fn change(&self, file: &str, text: &str) {
        std::fs::write(self.folder.join(file), text).unwrap();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    }

    fn document_at(port: u16) -> Option<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        let request = "GET /till/v1/status HTTP/1.1\r\nHost: till\r\nAccept-Language: en\r\n\
                       Connection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    #[track_caller]
    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + LIMIT;
        loop {
            let document = Self::document_at(self.port).unwrap_or_default();
            if wanted(&document) {
                return document;
            }
            assert!(Instant::now() < deadline, "the document is still {document:#}");
            std::thread::park_timeout(Duration::from_millis(30));
        }
    }

    /// Waits until a change is applied, or is not and the document says why.
    #[track_caller]
    fn until_applied(&self, name: &str) -> Value {
        self.until(|document| document["till"]["name"] == name)
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The text of the problem that says that the configuration is not applied.
fn not_applied(document: &Value) -> Option<String> {
    let problems = document["problems"].as_array()?;
    let problem = problems.iter().find(|problem| problem["code"] == "config-not-applied")?;
    Some(problem["text"].as_str()?.to_owned())
}

fn device(fake: &Fake, more: &str) -> String {
    let address = fake.address();
    format!(
        "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"{address}\"\nhold = \"always\"\n\
         owns_device = true\n[poll]\npaper = 1\n{more}"
    )
}

#[test]
fn a_device_whose_section_did_not_change_keeps_its_connection() {
    let (one, other) = (kkt(), kkt());
    let till = Till::start("device", &device(&one, ""));
    till.until(|document| document["kkt"]["state"] == "online");
    let before = till.until(|document| document["till"]["config"].is_string());
    for (number, more) in
        ["[thresholds]\nofd_queue = 5\n", "[api]\nrate = 9\n", "[log]\nlevel = \"error\"\n"]
            .into_iter()
            .enumerate()
    {
        let name = format!("change {number}");
        till.change("till.toml", &device(&one, &format!("{more}[till]\nname = \"{name}\"\n")));
        let document = till.until_applied(&name);
        assert_eq!(document["kkt"]["state"], "online");
        assert_ne!(document["till"]["config"], before["till"]["config"]);
        assert_eq!(document["till"]["started_at"], before["till"]["started_at"]);
        // Another connection would be there before another answer.
        let observed = &document["kkt"]["observed_at"];
        till.until(|document| document["kkt"]["observed_at"] != *observed);
    }
    assert_eq!(one.connections(), 1);
    // Another KKT: what the old one told is not served as if the new one had.
    till.change("till.toml", &device(&other, "[till]\nname = \"other\"\n"));
    till.until_applied("other");
    let deadline = Instant::now() + LIMIT;
    while other.connections() == 0 {
        assert!(Instant::now() < deadline);
        std::thread::park_timeout(Duration::from_millis(10));
    }
    till.until(|document| document["kkt"]["state"] == "online");
    assert_eq!((one.connections(), other.connections()), (1, 1));
    // And none.
    till.change("till.toml", "[till]\nname = \"none\"\n");
    let document = till.until_applied("none");
    assert_eq!(document["kkt"]["state"], "not-configured");
}

#[test]
fn a_bad_configuration_keeps_the_old_one_and_says_so() {
    let fake = kkt();
    let till = Till::start("bad", &device(&fake, "[till]\nname = \"good\"\n"));
    let good = till.until(|document| document["kkt"]["state"] == "online");
    till.change("till.toml", "[till]\nname = \"bad\"\n[kkt]\ndriver = \"atoll\"\n");
    let document = till.until(|document| not_applied(document).is_some());
    let text = not_applied(&document).unwrap();
    assert!(text.contains("till.toml:4: [kkt] driver: got \"atoll\""), "{text}");
    assert!(!text.contains('\n') && document["overall"] != "ok");
    for key in ["name", "config"] {
        assert_eq!(document["till"][key], good["till"][key]);
    }
    assert_eq!((&document["kkt"]["state"], fake.connections()), (&good["kkt"]["state"], 1));
    // A key that only a restart takes over is the only one that stays.
    let state = till.folder.join("state");
    let text = format!("[till]\nname = \"part\"\nstate_file = \"{}\"\n", state.display());
    till.change("till.toml", &device(&fake, &text));
    let document = till.until_applied("part");
    let text = not_applied(&document).unwrap();
    assert!(text.contains("[till] state_file is taken over by a restart only"), "{text}");
    assert!(!state.exists());
    till.change("till.toml", &device(&fake, "[till]\nname = \"mended\"\n"));
    assert_eq!(not_applied(&till.until_applied("mended")), None);
    assert_eq!(fake.connections(), 1);
}

#[test]
fn a_listener_comes_and_goes_and_the_others_stay() {
    let till = Till::start("listen", "");
    let (first, second) = (till.port, free());
    // A poller whose connection outlives the changes.
    let mut kept = TcpStream::connect(("127.0.0.1", first)).unwrap();
    kept.set_read_timeout(Some(LIMIT)).unwrap();
    let mut ask = || {
        kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: till\r\n\r\n").unwrap();
        let mut buffer = [0; 1024];
        let count = kept.read(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    };
    assert!(ask().starts_with("HTTP/1.1 200"));
    let listen = |addresses: &str, name: &str| {
        till.change(
            "till.toml.d/port.toml",
            &format!("[till]\nname = \"{name}\"\n[api]\nlisten = [{addresses}]\nallow = [\"127.0.0.0/8\"]\n"),
        );
    };
    listen(&format!("\"127.0.0.1:{first}\", \"127.0.0.1:{second}\""), "two");
    till.until_applied("two");
    assert!(Till::document_at(second).is_some());
    assert!(ask().starts_with("HTTP/1.1 200"), "its connection was not touched");

    // A port that somebody else has: nothing changes, not even what could.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    listen(&format!("\"127.0.0.1:{first}\", \"{address}\""), "taken");
    let document = till.until(|document| not_applied(document).is_some());
    assert_eq!(document["till"]["name"], "two");
    let text = not_applied(&document).unwrap();
    assert!(text.contains(&format!("cannot listen on {address}")), "{text}");
    assert!(Till::document_at(second).is_some());

    // One that takes the place of another is given back when the next one cannot be had.
    let two = format!("\"127.0.0.1:{first}\", \"127.0.0.2:{first}\", \"127.0.0.1:{second}\"");
    listen(&two, "more");
    assert_eq!(not_applied(&till.until_applied("more")), None);
    listen(&format!("\"0.0.0.0:{first}\", \"{address}\""), "half");
    let document = till.until(|document| not_applied(document).is_some());
    assert_eq!(document["till"]["name"], "more");
    for place in [format!("127.0.0.2:{first}"), format!("127.0.0.1:{second}")] {
        assert!(TcpStream::connect(&place).is_ok(), "{place}");
    }

    // All addresses in place of two, on the same port. Nobody but loopback is served there.
    listen(&format!("\"0.0.0.0:{first}\""), "all");
    till.until_applied("all");
    let deadline = Instant::now() + LIMIT;
    while TcpStream::connect(("127.0.0.1", second)).is_ok() {
        assert!(Instant::now() < deadline, "the second one is gone");
    }
    // What is allowed is asked at each request, whenever its connection began.
    till.change(
        "till.toml.d/port.toml",
        &format!("[till]\nname = \"nobody\"\n[api]\nlisten = [\"0.0.0.0:{first}\"]\nallow = [\"10.0.0.0/8\"]\n"),
    );
    let deadline = Instant::now() + LIMIT;
    loop {
        let mut stream = TcpStream::connect(("127.0.0.1", first)).unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        if answer.starts_with("HTTP/1.1 403") {
            break;
        }
        assert!(Instant::now() < deadline, "{answer}");
    }
}

#[test]
fn a_socket_of_the_till_program_moves() {
    let till = Till::start("pos", "");
    let socket = |name: &str| till.folder.join(name);
    let pos = |name: &str, more: &str| {
        let path = socket(name);
        format!(
            "[till]\nname = \"{name}\"\n[pos]\nsource = \"events\"\nlisten = \"unix:{}{more}\"\n",
            path.display()
        )
    };
    till.change("till.toml", &pos("one", ""));
    till.until_applied("one");
    assert!(socket("one").exists());
    till.change("till.toml", &pos("two", ""));
    till.until_applied("two");
    assert!(socket("two").exists() && !socket("one").exists());
    till.change("till.toml", &pos("two", "?mode=0600").replace("\"two\"", "\"mode\""));
    let text = not_applied(&till.until_applied("mode")).unwrap();
    assert!(text.contains("mode or group of [pos] listen"), "{text}");
    till.change("till.toml", "[till]\nname = \"none\"\n");
    let document = till.until_applied("none");
    assert_eq!(not_applied(&document), None);
    assert!(!socket("two").exists());
}

#[test]
fn a_hundred_reloads_under_load_leave_nothing_behind() {
    let fake = kkt();
    let till = Till::start("hundred", &device(&fake, ""));
    till.until(|document| document["kkt"]["state"] == "online");
    let open = || std::fs::read_dir(format!("/proc/{}/fd", till.child.id())).unwrap().count();
    let before = open();
    for number in 0..100 {
        let name = format!("reload {number}");
        let more = match number % 4 {
            0 => "[vision]\ntarget = \"tcp://127.0.0.1:9\"\n",
            1 => "[api]\nrate = 5\n",
            2 => "[pos]\nsource = \"events\"\nlisten = \"unix:/nowhere/pos\"\n",
            _ => "[thresholds]\nofd_queue = 7\n",
        };
        till.change("till.toml", &device(&fake, &format!("{more}[till]\nname = \"{name}\"\n")));
        // One in four has a socket whose folder is not there: it is not applied.
        match number % 4 {
            2 => till.until(|document| not_applied(document).is_some()),
            _ => till.until_applied(&name),
        };
    }
    assert_eq!(fake.connections(), 1, "the KKT was not touched");
    let deadline = Instant::now() + LIMIT;
    while open() > before {
        assert!(Instant::now() < deadline, "got {} open descriptors, had {before}", open());
        std::thread::park_timeout(Duration::from_millis(30));
    }
    let pid = till.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
}
