//! The real service of a till that is killed, stopped and started anew.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Folder, Response, Running, get, program};

/// Long enough for any machine.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// A till: its folder with the configuration, the socket and the folder of the state.
pub(super) struct Till {
    pub(super) folder: Folder,
    config: String,
}

/// The service while it runs. Dropping kills it.
pub(super) struct Service {
    pub(super) process: Running,
    pub(super) api: SocketAddr,
    socket: PathBuf,
    log: Arc<Mutex<String>>,
}

impl Till {
    /// `rest` is its configuration behind `[till]`, `[api]` and `[pos]`, and may begin with keys of `[pos]`.
    pub(super) fn new(name: &str, rest: &str) -> Self {
        let folder = Folder::new(name);
        std::fs::create_dir(folder.0.join("state")).unwrap();
        // Also for a service that somebody else runs.
        for folder in [&folder.0, &folder.0.join("state")] {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
        }
        Self { config: String::new(), folder }.with(rest)
    }

    /// The same till by another configuration.
    pub(super) fn with(self, rest: &str) -> Self {
        let place = self.folder.0.to_str().unwrap();
        let text = format!(
            "[till]\nstate_file = \"{place}/state/state\"\n\
             [api]\nlisten = [\"127.0.0.1:0\"]\ntime = \"epoch\"\n\
             [pos]\nsource = \"events\"\nlisten = \"unix:{place}/socket?mode=0666\"\n{rest}"
        );
        let config = self.folder.file("till-status.toml", &text);
        Self { config, ..self }
    }

    pub(super) fn state(&self) -> PathBuf {
        self.folder.0.join("state/state")
    }

    pub(super) fn start(&self) -> Service {
        self.start_by(&[])
    }

    /// Another program starts it, as its last arguments.
    pub(super) fn start_by(&self, starter: &[&str]) -> Service {
        let service = program("till-status");
        let mut command = match starter {
            [] => service,
            [starter, arguments @ ..] => {
                let mut command = Command::new(starter);
                command.args(arguments).arg(service.get_program());
                command
            }
        };
        command.args(["run", "--config", &self.config]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let process = Running(child);
        let log = Arc::new(Mutex::new(String::new()));
        let (serving, served) = mpsc::channel();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).is_ok_and(|count| count > 0) {
                if let Some((_, api)) = line.split_once("serving api=\"") {
                    let api = api.split('"').next().unwrap_or_default();
                    let _ = serving.send(api.parse().unwrap());
                }
                kept.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        let api = served.recv_timeout(LIMIT);
        let api = api.unwrap_or_else(|_| panic!("it does not serve: {}", log.lock().unwrap()));
        Service { process, api, socket: self.folder.0.join("socket"), log }
    }
}

impl Service {
    pub(super) fn seven(&self, name: &str) -> Response {
        get(self.api, &format!("/api/v1/status/{name}"))
    }

    /// Status and body, or the type of the problem.
    pub(super) fn answer(&self, name: &str) -> (u16, String) {
        let answer = self.seven(name);
        (answer.status, answer.problem().unwrap_or(answer.body))
    }

    pub(super) fn document(&self) -> Value {
        get(self.api, "/till/v1/status").json()
    }

    pub(super) fn has_problem(&self, code: &str) -> bool {
        let document = self.document();
        let problems = document["problems"].as_array().unwrap();
        problems.iter().any(|problem| problem["code"] == code)
    }

    /// Tells events; `None` when the service ended before it answered.
    pub(super) fn tell(&self, events: &str) -> Option<u16> {
        tell(&self.socket, events)
    }

    #[track_caller]
    pub(super) fn told(&self, events: &str) {
        assert_eq!(self.tell(events), Some(202), "{events}: {}", self.log());
    }

    pub(super) fn signal(&self, name: &str) {
        signal(self.process.0.id(), name);
    }

    pub(super) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Asks it to end, and waits until it has.
    pub(super) fn terminate(&mut self) -> Option<i32> {
        self.process.terminate().0
    }

    /// It ended by none of our signals, or it panicked.
    #[track_caller]
    pub(super) fn is_well(&mut self) {
        assert!(self.process.0.try_wait().unwrap().is_none(), "it ended: {}", self.log());
        assert!(!self.log().contains("panicked"), "{}", self.log());
    }
}

/// Tells events over a Unix socket.
pub(super) fn tell(socket: &Path, events: &str) -> Option<u16> {
    let mut stream = UnixStream::connect(socket).ok()?;
    let length = events.len();
    let request = format!(
        "POST /till/v1/pos/events HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{events}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.split(' ').nth(1)?.parse().ok()
}

pub(super) fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args([name, &process.to_string()]).status();
    assert!(status.unwrap().success());
}

/// The beginning of a command that has none of root's rights; nothing when we have none ourselves.
pub(super) fn as_nobody() -> Vec<&'static str> {
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    if root { vec!["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] } else { vec![] }
}

/// Polls until the answer is this one.
#[track_caller]
pub(super) fn await_answer(service: &Service, name: &str, wanted: (u16, &str)) {
    let end = Instant::now() + LIMIT;
    loop {
        let answer = service.answer(name);
        if answer == (wanted.0, wanted.1.to_owned()) {
            return;
        }
        assert!(
            Instant::now() < end,
            "{name} is still {answer:?}, not {wanted:?}: {}",
            service.log()
        );
        std::thread::park_timeout(Duration::from_millis(30));
    }
}
