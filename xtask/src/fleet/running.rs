//! The running programs: the fleet, and the monitor over it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::lab::Process;

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
    _process: Process,
    pub(super) control: SocketAddr,
}

impl Fleet {
    /// Starts one; `command` has all of its arguments.
    pub(super) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let (process, place) = Process::ready(command)?;
        let control = address(&place, "control=http://")?;
        Ok(Self { _process: process, control })
    }
}

/// A monitor.
pub(super) struct Monitor {
    process: Process,
    pub(super) page: SocketAddr,
}

impl Monitor {
    /// Starts one; `command` has no argument yet.
    pub(super) fn start(mut command: Command, config: &Path) -> anyhow::Result<Self> {
        command.arg("run").arg("--config").arg(config);
        let (process, place) = Process::ready(&mut command)?;
        let page = address(&place, "page=http://")?;
        Ok(Self { process, page })
    }

    pub(super) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.process.0.id())?), signal)?)
    }

    /// Waits for its end.
    pub(super) fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.process.0.wait()?)
    }

    /// Its processor time so far.
    pub(super) fn processor(&self) -> anyhow::Result<Duration> {
        self.process.processor()
    }

    /// The most that was resident.
    pub(super) fn memory_mib(&self) -> anyhow::Result<f64> {
        self.process.memory("VmHWM")
    }
}

fn address(place: &str, before: &str) -> anyhow::Result<SocketAddr> {
    let address = place.strip_prefix(before).with_context(|| format!("got {place}"))?;
    Ok(address.parse()?)
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
