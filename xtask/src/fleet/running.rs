//! The running programs: the fleet, and the monitor over it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bench::{cpu_ticks, rss_kib};

/// A program before all others, where that is allowed: when answers come is a matter of the monitor and
/// the tills then, and not of what else the machine does.
pub(super) fn favoured(program: &Path) -> Command {
    let mut command = Command::new("nice");
    // Where it is not allowed, nice runs the program all the same, and says so.
    command.args(["-n", "-15"]).arg(program);
    command
}

/// A simulated fleet.
pub(super) struct Fleet {
    _process: Ended,
    pub(super) control: SocketAddr,
}

impl Fleet {
    /// Starts one; `command` has all of its arguments.
    pub(super) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut process = Ended(command.stdout(Stdio::piped()).spawn()?);
        let control = process.address("ready control=http://")?;
        Ok(Self { _process: process, control })
    }
}

/// A monitor.
pub(super) struct Monitor {
    process: Ended,
    pub(super) page: SocketAddr,
}

impl Monitor {
    /// Starts one; `command` has no argument yet.
    pub(super) fn start(mut command: Command, config: &Path) -> anyhow::Result<Self> {
        command.arg("run").arg("--config").arg(config).stdout(Stdio::piped());
        let mut process = Ended(command.spawn()?);
        let page = process.address("ready page=http://")?;
        Ok(Self { process, page })
    }

    pub(super) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.process.0.id())?), signal)?)
    }

    /// Waits for its end.
    pub(super) fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.process.0.wait()?)
    }

    /// Its processor time so far, in hundredths of a second.
    pub(super) fn cpu_ticks(&self) -> anyhow::Result<f64> {
        Ok(f64::from(u32::try_from(cpu_ticks(self.process.0.id())?)?))
    }

    /// The most that was resident.
    pub(super) fn memory_mib(&self) -> anyhow::Result<f64> {
        Ok(f64::from(u32::try_from(rss_kib(self.process.0.id())?)?) / 1024.0)
    }
}

/// A program that is ended with this one.
struct Ended(Child);

impl Ended {
    /// The address of its first line.
    fn address(&mut self, before: &str) -> anyhow::Result<SocketAddr> {
        let stdout = self.0.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim_end().strip_prefix(before);
        Ok(address.context("it ended before it was ready")?.parse()?)
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is at a path.
pub(super) fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    let (_, body) = answer.split_once("\r\n\r\n").context("no body")?;
    Ok(body.to_owned())
}

/// A number of a flat JSON object.
pub(super) fn number(json: &str, name: &str) -> Option<f64> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    let end = rest.find([',', '}'])?;
    rest.get(..end)?.trim().parse().ok()
}
