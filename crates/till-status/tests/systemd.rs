//! What the program tells systemd, heard by a socket in its place.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Longer than anything here takes, on any machine.
const LONG: Duration = Duration::from_secs(30);

/// The running service and its supervisor, in a folder of their own.
struct Supervised {
    child: Child,
    heard: UnixDatagram,
    folder: PathBuf,
    /// What was heard so far.
    told: String,
}

enum Socket {
    Path,
    Abstract,
}

impl Supervised {
    fn start(socket: &Socket, environment: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "till-systemd-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        let (heard, place) = match socket {
            Socket::Path => {
                let path = folder.join("notify");
                (UnixDatagram::bind(&path).unwrap(), path.to_str().unwrap().to_owned())
            }
            Socket::Abstract => {
                let address = SocketAddr::from_abstract_name(&name).unwrap();
                (UnixDatagram::bind_addr(&address).unwrap(), format!("@{name}"))
            }
        };
        heard.set_read_timeout(Some(LONG)).unwrap();
        let config = folder.join("till.toml");
        std::fs::write(&config, "[api]\nlisten = [\"127.0.0.1:0\"]\n").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_till-status"));
        command.args(["run", "--config", config.to_str().unwrap()]).stderr(Stdio::piped());
        command.env("NOTIFY_SOCKET", place).env_remove("WATCHDOG_USEC").env_remove("WATCHDOG_PID");
        let child = command.envs(environment.iter().copied()).spawn().unwrap();
        Self { child, heard, folder, told: String::new() }
    }

    /// Listens until a line is told that begins so, and gives the rest of it.
    fn hear(&mut self, begin: &str) -> String {
        let deadline = Instant::now() + LONG;
        let mut buffer = [0; 4096];
        while Instant::now() < deadline {
            let count = self.heard.recv(&mut buffer).expect("nothing more was told");
            let text = String::from_utf8(buffer[..count].to_owned()).unwrap();
            self.told += &text;
            if let Some(rest) = text.lines().find_map(|line| line.strip_prefix(begin)) {
                return rest.to_owned();
            }
        }
        panic!("no {begin} in {}", self.told);
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn ready_when_it_serves_and_stopping_when_it_ends() {
    for socket in [Socket::Path, Socket::Abstract] {
        let mut service = Supervised::start(&socket, &[]);
        service.hear("READY=1");
        // The line came with it in one message.
        let status = service.told.lines().find_map(|line| line.strip_prefix("STATUS=api "));
        let status = status.unwrap_or_else(|| panic!("{}", service.told)).to_owned();
        let (api, problems) = status.split_once("; ").unwrap();
        assert_eq!(problems, "no problem");

        // A connection that its client keeps open does not keep the service from ending.
        let mut client = TcpStream::connect(api).unwrap();
        client.write_all(b"GET /healthz HTTP/1.1\r\nHost: till\r\n\r\n").unwrap();
        client.set_read_timeout(Some(LONG)).unwrap();
        let mut answer = BufReader::new(&client);
        let mut line = String::new();
        answer.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 200"), "it serves when it says so: {line}");

        service.signal("-USR1");
        assert!(service.hear("STATUS=api ").contains("; paused"), "{}", service.told);
        let asked = Instant::now();
        service.signal("-TERM");
        service.hear("STOPPING=1");
        let mut log = String::new();
        service.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(service.child.wait().unwrap().code(), Some(0), "{log}");
        // Its own limit is 2 s; systemd kills what has not ended after 5 s.
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}\n{log}", asked.elapsed());
        assert!(!service.told.contains("WATCHDOG"), "nobody asked for it: {}", service.told);
    }
}

#[test]
fn the_watchdog_is_fed_for_the_process_that_it_watches() {
    let mut service = Supervised::start(&Socket::Path, &[("WATCHDOG_USEC", "200000")]);
    for _ in 0..3 {
        service.hear("WATCHDOG=1");
    }
    let mut other =
        Supervised::start(&Socket::Path, &[("WATCHDOG_USEC", "200000"), ("WATCHDOG_PID", "1")]);
    other.hear("READY=1");
    // As much time as the first takes for three more.
    for _ in 0..3 {
        service.hear("WATCHDOG=1");
    }
    other.signal("-TERM");
    other.hear("STOPPING=1");
    assert!(!other.told.contains("WATCHDOG=1"), "{}", other.told);
}

#[test]
fn a_supervisor_that_is_not_there_is_no_reason_not_to_serve() {
    for socket in ["/nowhere/notify", "@nobody-listens-here", "", "@", &"x".repeat(300)] {
        let mut service = Supervised::start(&Socket::Path, &[("NOTIFY_SOCKET", socket)]);
        let mut log = BufReader::new(service.child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("serving api=") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "{socket:?}: it ended");
        }
        service.signal("-TERM");
        assert_eq!(service.child.wait().unwrap().code(), Some(0), "{socket:?}");
    }
}
