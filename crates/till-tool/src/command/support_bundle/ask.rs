//! Asks the running service, systemd and the journal. Nothing waits for long.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use till_status::Config;

const LIMIT: Duration = Duration::from_secs(10);
const LARGEST: u64 = 256 << 10;

/// What systemd says of the unit.
pub(super) fn service() -> Result<String, String> {
    let keys =
        "ActiveState,SubState,StatusText,Result,NRestarts,ActiveEnterTimestamp,MemoryCurrent";
    let words = ["show", "till-status", "--no-pager", "--property", keys];
    run(Command::new("systemctl").args(words))
}

/// The last warnings of the service, then the last lines of any kind.
pub(super) fn log() -> Result<String, String> {
    let lines = |more: &[&str]| {
        let words = ["--unit", "till-status", "--no-pager", "--output", "short-iso"];
        run(Command::new("journalctl").args(words).args(more))
    };
    let warnings = lines(&["--priority", "warning", "--lines", "100"])?;
    Ok(format!("{warnings}-- the last lines\n{}", lines(&["--lines", "50"])?))
}

/// The version of the service that is installed.
pub(super) fn installed_version() -> Result<String, String> {
    let said = run(Command::new("till-status").arg("--version"))?;
    Ok(said.trim().trim_start_matches("till-status ").to_owned())
}

/// The status document of the running service.
pub(super) fn document(config: &Config) -> Result<String, String> {
    let address = config.api.listen.first().ok_or("the configuration names no address")?;
    let address = SocketAddr::new(reachable(address.ip()), address.port());
    let said = get(address).map_err(|error| format!("{address}: {error}"))?;
    let (head, body) = said.split_once("\r\n\r\n").ok_or("this is no HTTP server")?;
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) == Some("200") {
        Ok(body.to_owned())
    } else {
        Err(status.to_owned())
    }
}

/// Where a listener on every network is found.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

fn get(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let request =
        format!("GET /till/v1/status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(LARGEST).read_to_string(&mut answer)?;
    Ok(answer)
}

/// What a program prints, when it ends soon.
fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    // A full pipe would keep the program from ending.
    let reader = |pipe: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = pipe.map(|pipe| pipe.take(LARGEST).read_to_end(&mut bytes));
            drop(read);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let out = reader(out.map(|pipe| Box::new(pipe) as _));
    let err = reader(err.map(|pipe| Box::new(pipe) as _));
    let deadline = Instant::now() + LIMIT;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(20)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{name} did not end within {} s", LIMIT.as_secs()));
            }
        }
    };
    let said = out.join().unwrap_or_default();
    if status.success() {
        return Ok(said);
    }
    let why = err.join().unwrap_or_default();
    Err(format!("{name}: {status}: {}", why.lines().next().unwrap_or_default()))
}
