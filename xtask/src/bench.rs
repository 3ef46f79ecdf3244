//! `cargo xtask bench`: the release binary against two simulated devices, and the deframers, held to
//! their limits.
//!
//! Memory and size are exact; the processor's share and the start are far enough from their limits
//! that a slow machine does not decide them.

mod deframers;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

const BINARY_LIMIT: u64 = 6 << 20;
const RSS_LIMIT_KIB: u64 = 8 << 10;
const CPU_LIMIT_PERCENT: f64 = 1.0;
const START_LIMIT: Duration = Duration::from_millis(50);
const WATCHED: Duration = Duration::from_secs(20);
const STARTS: usize = 11;

/// Builds the release programs, measures and prints a line per figure; fails above a limit.
///
/// # Errors
/// When a program does not build or start, or a figure is above its limit.
pub(crate) fn run() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = Command::new(env!("CARGO"))
        .current_dir(&root)
        .args(["build", "--release", "--quiet", "-p", "till-status", "-p", "till-tool"])
        .status()?;
    ensure!(built.success(), "the release programs do not build");
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let folder = folder.join("release");
    let service = folder.join("till-status");

    let mut worst = Vec::new();
    let mut figure = |name: &str, value: f64, unit: &str, limit: f64| {
        let verdict = if value <= limit { "ok" } else { "TOO MUCH" };
        println!("{name:<50} {value:>9.2} {unit:<5} limit {limit:>7.2}  {verdict}");
        if value > limit {
            worst.push(name.to_owned());
        }
    };
    let size = std::fs::metadata(&service)?.len();
    figure("binary", mib(size), "MiB", mib(BINARY_LIMIT));

    let kkt = simulator(&folder, "atol-v3")?;
    let scale = simulator(&folder, "massa-k-100")?;
    let config = Config::write(&kkt.1, &scale.1)?;

    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let process = config.serve(&service)?;
        starts.push(first_200(config.api, began)?);
        drop(process);
    }
    starts.sort();
    let median = starts.get(STARTS / 2).context("no start was measured")?;
    figure("exec to the first 200, median", millis(*median), "ms", millis(START_LIMIT));

    let process = config.serve(&service)?;
    first_200(config.api, Instant::now())?;
    let began = Instant::now();
    let before = cpu_ticks(process.0.id())?;
    let mut polls = 0_u32;
    while began.elapsed() < WATCHED {
        for name in SEVEN {
            status(config.api, &format!("/api/v1/status/{name}"))?;
            polls += 1;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    let spent = f64::from(u32::try_from(cpu_ticks(process.0.id())? - before)?) / 100.0;
    let percent = spent / began.elapsed().as_secs_f64() * 100.0;
    figure("processor, seven polls a second", percent, "%", CPU_LIMIT_PERCENT);
    let rss = rss_kib(process.0.id())?;
    figure("resident memory", mib(rss << 10), "MiB", mib(RSS_LIMIT_KIB << 10));
    println!("({polls} polls in {:.0} s)", began.elapsed().as_secs_f64());
    deframers::run(&root, &folder, &mut figure)?;
    ensure!(worst.is_empty(), "above the limit: {}", worst.join(", "));
    Ok(())
}

const SEVEN: [&str; 7] =
    ["last_receipt_time", "downtime", "user_role_id", "ofd", "paper", "vision", "weight"];

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A simulator on a port that the system chose, and its address.
fn simulator(folder: &Path, kind: &str) -> anyhow::Result<(Process, String)> {
    let mut child = Command::new(folder.join("till-tool"))
        .args(["sim", kind, "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = child.stdout.take().context("no output of the simulator")?;
    let process = Process(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let address = line.trim_end().strip_prefix("ready ").context("the simulator is not ready")?;
    Ok((process, address.to_owned()))
}

struct Config {
    path: PathBuf,
    api: SocketAddr,
}

impl Config {
    fn write(kkt: &str, scale: &str) -> anyhow::Result<Self> {
        let api = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let path =
            std::env::temp_dir().join(format!("till-status-bench-{}.toml", std::process::id()));
        let text = format!(
            "[api]\nlisten = [\"{api}\"]\n\
             [kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"{kkt}\"\nhold = \"always\"\n\
             owns_device = true\nreceipt = \"line-by-line\"\n\
             [scale]\nprotocol = \"massa-k-100\"\naddress = \"{scale}\"\n"
        );
        std::fs::write(&path, text)?;
        Ok(Self { path, api })
    }

    fn serve(&self, service: &Path) -> anyhow::Result<Process> {
        let mut command = Command::new(service);
        command.arg("run").arg("--config").arg(&self.path);
        Ok(Process(command.stderr(Stdio::null()).spawn()?))
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// How long until the number of unsent documents is answered with 200: the service listens, the
/// KKT was opened and asked.
fn first_200(api: SocketAddr, began: Instant) -> anyhow::Result<Duration> {
    while began.elapsed() < Duration::from_secs(10) {
        if matches!(status(api, "/api/v1/status/ofd"), Ok(200)) {
            return Ok(began.elapsed());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    bail!("no 200 within 10 s")
}

fn status(api: SocketAddr, path: &str) -> anyhow::Result<u16> {
    let mut stream = TcpStream::connect(api)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.split(' ').nth(1).context("no answer")?.parse()?)
}

/// Processor time of a process so far, in hundredths of a second.
pub(crate) fn cpu_ticks(id: u32) -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let fields = stat.rsplit(") ").next().context("no fields")?.split(' ');
    let [user, system] =
        [11, 12].map(|n| fields.clone().nth(n).and_then(|f| f.parse::<u64>().ok()));
    Ok(user.context("no user time")? + system.context("no system time")?)
}

/// The most that was resident, in KiB.
pub(crate) fn rss_kib(id: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn mib(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) / 1024.0
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
