//! The release programs under measure: how they are built, started, asked and looked at.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

use crate::run::cargo;

/// The seven endpoints.
pub(crate) const SEVEN: [&str; 7] =
    ["last_receipt_time", "downtime", "user_role_id", "ofd", "paper", "vision", "weight"];
/// The value that every measured till has.
pub(crate) const OFD: &str = "/api/v1/status/ofd";

/// What was measured, a line each, and what of it is above its limit.
#[derive(Default)]
pub(crate) struct Figures {
    worst: Vec<String>,
}

impl Figures {
    pub(crate) fn add(&mut self, name: &str, value: f64, unit: &str, limit: f64) {
        let verdict = if value <= limit { "ok" } else { "TOO MUCH" };
        println!("{name:<50} {value:>9.2} {unit:<5} limit {limit:>7.2}  {verdict}");
        if value > limit {
            self.worst.push(name.to_owned());
        }
    }

    /// An error when a figure is above its limit.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        ensure!(self.worst.is_empty(), "above the limit: {}", self.worst.join(", "));
        Ok(())
    }
}

/// Builds something for release.
pub(crate) fn build(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = cargo();
    command.args(["build", "--release", "--quiet"]).args(arguments);
    // The build script of ring looks at what cargo tells xtask about itself, and would build anew.
    for (name, _) in std::env::vars_os() {
        let told = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        if told.iter().any(|told| name.to_string_lossy().starts_with(told)) {
            command.env_remove(name);
        }
    }
    ensure!(command.status()?.success(), "{} does not build for release", arguments.join(" "));
    Ok(())
}

/// The folder of the release programs.
pub(crate) fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    target.map_or(xtask::root().join("target"), PathBuf::from).join("release")
}

/// A program that ends with this.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// A program that says `ready` and where, and this place.
    pub(crate) fn ready(command: &mut Command) -> anyhow::Result<(Self, String)> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("the program has no output")?;
        let process = Self(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let place = line.trim_end().strip_prefix("ready ").context("the program is not ready")?;
        Ok((process, place.to_owned()))
    }

    /// Processor time of all threads so far.
    pub(crate) fn processor(&self) -> anyhow::Result<Duration> {
        let mut nanoseconds = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            let told = std::fs::read_to_string(task?.path().join("schedstat"))?;
            let first = told.split(' ').next().context("no time of a thread")?;
            nanoseconds += first.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Resident memory in MiB: `VmHWM` at most so far; `RssAnon` now, without the pages of the program
    /// itself, which are read when first used.
    pub(crate) fn memory(&self, what: &str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let value = |line: &str| line.strip_prefix(what)?.strip_prefix(':').map(str::to_owned);
        let value = status.lines().find_map(value).with_context(|| format!("no {what}"))?;
        Ok(f64::from(value.trim().trim_end_matches(" kB").parse::<u32>()?) / 1024.0)
    }

    /// How many descriptors are open.
    pub(crate) fn descriptors(&self) -> anyhow::Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.0.id()))?.count())
    }
}

/// A service with a simulated KKT, a simulated scale and something that stands for Vision.
pub(crate) struct Till {
    pub(crate) api: SocketAddr,
    config: PathBuf,
    _devices: [Process; 2],
    _vision: TcpListener,
}

impl Till {
    /// `more` is more text of `[api]`; `by` may stand between the service and a device.
    pub(crate) fn new(
        more: &str,
        by: impl Fn(&str) -> anyhow::Result<String>,
    ) -> anyhow::Result<Self> {
        let simulator = |kind: &str| {
            let mut command = Command::new(folder().join("till-tool"));
            Process::ready(command.args(["sim", kind, "--listen", "127.0.0.1:0"]))
        };
        let (kkt, kkt_at) = simulator("atol-v3")?;
        let (scale, scale_at) = simulator("massa-k-100")?;
        // Nobody takes these connections, but they can be made: that is all the probe asks.
        let vision = TcpListener::bind("127.0.0.1:0")?;
        let api = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let file = format!("till-status-lab-{}-{}.toml", std::process::id(), api.port());
        let config = std::env::temp_dir().join(file);
        let text = format!(
            "[api]\nlisten = [\"{api}\"]\n{more}\n\
             [kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"{}\"\nhold = \"always\"\n\
             owns_device = true\nreceipt = \"line-by-line\"\n\
             [scale]\nprotocol = \"massa-k-100\"\naddress = \"{}\"\n\
             [vision]\ntarget = \"tcp://{}\"\n",
            by(&kkt_at)?,
            by(&scale_at)?,
            vision.local_addr()?,
        );
        std::fs::write(&config, text)?;
        Ok(Self { api, config, _devices: [kkt, scale], _vision: vision })
    }

    /// The service, as soon as it answers, and how long that took.
    pub(crate) fn serve(&self) -> anyhow::Result<(Process, Duration)> {
        self.serve_by(&mut Command::new(folder().join("till-status")), Stdio::null())
    }

    /// The same, started by a command of the caller.
    pub(crate) fn serve_by(
        &self,
        command: &mut Command,
        log: Stdio,
    ) -> anyhow::Result<(Process, Duration)> {
        let began = Instant::now();
        let child = command.arg("run").arg("--config").arg(&self.config).stderr(log).spawn()?;
        let process = Process(child);
        while began.elapsed() < Duration::from_secs(10) {
            if matches!(status(Ipv4Addr::LOCALHOST, self.api, OFD), Ok(200)) {
                return Ok((process, began.elapsed()));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        bail!("no 200 within 10 s")
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.config);
    }
}

/// The address that is listed where monitors are listed.
pub(crate) const MONITOR: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 1);

/// A socket of a client with one of the addresses of this machine; all of 127.0.0.0/8 is here.
pub(crate) fn client(
    from: Ipv4Addr,
    to: SocketAddr,
    flags: SocketFlags,
) -> anyhow::Result<TcpStream> {
    let flags = flags | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    bind(&socket, &SocketAddr::from((from, 0)))?;
    match connect(&socket, &to) {
        Ok(()) | Err(rustix::io::Errno::INPROGRESS) => Ok(TcpStream::from(socket)),
        Err(error) => Err(error.into()),
    }
}

/// The code of an answer, over a connection of its own.
pub(crate) fn status(from: Ipv4Addr, to: SocketAddr, path: &str) -> anyhow::Result<u16> {
    let mut stream = client(from, to, SocketFlags::empty())?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.split(' ').nth(1).context("no answer")?.parse()?)
}

/// Connections that stay open, asked all at once.
pub(crate) struct Crowd(Vec<TcpStream>);

impl Crowd {
    pub(crate) fn new(to: SocketAddr, count: usize) -> anyhow::Result<Self> {
        let streams = (0..count).map(|_| {
            let stream = TcpStream::connect(to)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            Ok(stream)
        });
        Ok(Self(streams.collect::<anyhow::Result<_>>()?))
    }

    /// One request on each connection; returns how many.
    pub(crate) fn ask(&mut self, path: &str) -> anyhow::Result<u32> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: till\r\n\r\n");
        for stream in &mut self.0 {
            stream.write_all(request.as_bytes())?;
        }
        let mut buffer = [0; 8192];
        for stream in &mut self.0 {
            let mut answer = Vec::new();
            while !whole(&answer) {
                let count = stream.read(&mut buffer)?;
                ensure!(count > 0, "{path}: the connection was closed");
                answer.extend_from_slice(buffer.get(..count).unwrap_or_default());
            }
        }
        Ok(u32::try_from(self.0.len())?)
    }
}

/// Is the answer there with all of its body?
fn whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// Size of a file in MiB.
pub(crate) fn size(path: &Path) -> anyhow::Result<f64> {
    Ok(f64::from(u32::try_from(std::fs::metadata(path)?.len() >> 10)?) / 1024.0)
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
