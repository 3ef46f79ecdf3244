//! What the tests share: the built programs, a demo till, a small HTTP client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::safety;

/// The top folder of the workspace.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A program of this workspace, built before its first use.
pub(crate) fn program(name: &str) -> Command {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(root()).args([
            "build",
            "--quiet",
            "-p",
            "till-status",
            "-p",
            "till-tool",
            "-p",
            "xtask",
        ]);
        // target/<profile>/deps/it-…
        let here = std::env::current_exe().unwrap();
        let folder = here.parent().and_then(|deps| deps.parent()).unwrap().to_owned();
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        cargo.env("CARGO_TARGET_DIR", folder.parent().unwrap());
        assert!(cargo.status().unwrap().success(), "the programs do not build");
        folder
    });
    Command::new(folder.join(name))
}

/// A child process that ends with the test: asked politely first, then killed.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Asks the process to end, as a supervisor does, and says how long that took.
    pub(crate) fn terminate(&mut self) -> (Option<i32>, Duration) {
        let asked = Instant::now();
        let id = self.0.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        let status = until(Duration::from_secs(10), || self.0.try_wait().unwrap());
        assert!(status.code().is_some(), "it did not end by itself: {status}");
        (status.code(), asked.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A whole till with simulated devices: `till-tool demo` on ports that the system chose.
pub(crate) struct Demo {
    process: Running,
    pub(crate) ready: String,
    pub(crate) api: SocketAddr,
    pub(crate) pos: SocketAddr,
}

impl Demo {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// With more arguments than the addresses.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let mut command = program("till-tool");
        command.args(["demo", "--api", "127.0.0.1:0", "--pos", "127.0.0.1:0"]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let ready = first_line(&mut child);
        let process = Running(child);
        let address = |key: &str| -> SocketAddr {
            let word = ready.split(' ').find_map(|word| word.strip_prefix(key));
            word.unwrap_or_else(|| panic!("no {key} in {ready:?}")).parse().unwrap()
        };
        let (api, pos) = (address("api=http://"), address("pos=http://"));
        Self { process, api, pos, ready }
    }

    pub(crate) fn seven(&self, name: &str) -> Response {
        get(self.api, &format!("/api/v1/status/{name}"))
    }

    pub(crate) fn document(&self) -> Value {
        get(self.api, "/till/v1/status").json()
    }

    pub(crate) fn event(&self, event: &str) {
        let answer = request(self.pos, "POST", "/till/v1/pos/events", &[], event);
        assert_eq!(answer.status, 202, "{event}: {}", answer.body);
    }

    pub(crate) fn patch(&self, what: &str, body: &str) {
        let answer = request(self.pos, "PATCH", &format!("/demo/{what}"), &[], body);
        assert_eq!(answer.status, 204, "{what} {body}: {}", answer.body);
    }

    /// What the simulators saw so far.
    pub(crate) fn seen(&self) -> Value {
        get(self.pos, "/demo").json()
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.0.id()
    }

    /// Polls one of the seven until `wanted` holds; fails after `limit` with the last answer.
    #[track_caller]
    pub(crate) fn await_seven(
        &self,
        name: &str,
        limit: Duration,
        wanted: impl Fn(&Response) -> bool,
    ) -> Response {
        let end = Instant::now() + limit;
        loop {
            let answer = self.seven(name);
            if wanted(&answer) {
                return answer;
            }
            assert!(Instant::now() < end, "{name} is still {answer:?}");
            std::thread::park_timeout(POLL);
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            safety::check_demo(&self.seen());
        }
    }
}

/// A simulator of its own process, and its address.
pub(crate) fn simulator(arguments: &[&str]) -> (Running, String) {
    let mut command = program("till-tool");
    command.arg("sim").args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let ready = first_line(&mut child);
    let address = ready.strip_prefix("ready ").unwrap_or_else(|| panic!("not ready: {ready:?}"));
    (Running(child), address.to_owned())
}

/// A folder of a test's own, removed with it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("till-{name}-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file below it, and gives its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The first line that a child prints, within ten seconds.
pub(crate) fn first_line(child: &mut Child) -> String {
    let stdout = child.stdout.take().unwrap();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let mut reader = BufReader::new(stdout);
        let _ = reader.read_line(&mut line);
        let _ = sender.send(line);
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
    });
    receiver.recv_timeout(Duration::from_secs(20)).expect("no first line").trim_end().to_owned()
}

/// An HTTP answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The last word of the problem's type, such as `stale`.
    pub(crate) fn problem(&self) -> Option<String> {
        let problem: Value = serde_json::from_str(&self.body).ok()?;
        problem["type"].as_str()?.strip_prefix("urn:till-status:problem:").map(str::to_owned)
    }
}

pub(crate) fn get(to: SocketAddr, path: &str) -> Response {
    request(to, "GET", path, &[], "")
}

/// One request on a connection of its own.
pub(crate) fn request(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n");
    let typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !body.is_empty() {
        text += &format!("Content-Length: {}\r\n", body.len());
        if !typed {
            text += "Content-Type: application/json\r\n";
        }
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    text += body;
    raw(to, text.as_bytes())
}

/// Sends `bytes` as they are and reads one answer to the end of the connection.
pub(crate) fn raw(to: SocketAddr, bytes: &[u8]) -> Response {
    let mut stream = TcpStream::connect(to).unwrap();
    exchange(&mut stream, bytes)
}

/// The same over any stream, such as a Unix socket.
pub(crate) fn exchange(stream: &mut (impl Read + Write), bytes: &[u8]) -> Response {
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    parse(&answer)
}

/// An answer from its bytes.
pub(crate) fn parse(answer: &[u8]) -> Response {
    let answer = std::str::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let headers = lines.filter_map(|line| line.split_once(": "));
    Response {
        status: status.parse().unwrap_or_else(|_| panic!("no answer but {answer:?}")),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: body.to_owned(),
    }
}

/// Polls until there is a value; fails after `limit`.
#[track_caller]
pub(crate) fn until<T>(limit: Duration, mut poll: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(Instant::now() < end, "still waiting after {limit:?}");
        std::thread::park_timeout(POLL);
    }
}

const POLL: Duration = Duration::from_millis(50);
