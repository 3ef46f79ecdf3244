//! Ten thousand clients that never end their request: a byte a second, and a new connection when one is
//! cut.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::ensure;
use rustix::net::SocketFlags;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{API, watched};
use crate::lab::{self, Figures, Till};

const CLIENTS: u16 = 10_000;
const ATTACK: Duration = Duration::from_secs(30);
/// How often it is looked at a client; one look of four sends a byte or connects again.
const LOOK: Duration = Duration::from_millis(250);
/// All clients are looked at in so many slices, or each look would be a burst.
const SLICES: usize = 25;
const RSS_LIMIT_MIB: f64 = 16.0;
const CUT_LIMIT: Duration = Duration::from_secs(6);
/// What may stay of the memory afterwards: free, but kept by the allocator for the next crowd.
const KEPT_LIMIT_MIB: f64 = 2.0;

pub(super) fn run(figures: &mut Figures) -> anyhow::Result<()> {
    more_descriptors()?;
    let till = Till::new(API, |address| Ok(address.to_owned()))?;
    let (process, _) = till.serve()?;
    std::thread::sleep(Duration::from_secs(1));
    let (before, descriptors) = (process.memory("RssAnon")?, process.descriptors()?);
    let mut clients: Vec<_> = (0..CLIENTS).map(|number| Client::new(number, till.api)).collect();
    let longest = watched(&till, "slowloris", figures, || {
        attack(&mut clients)?;
        Ok(clients.iter().map(|client| client.longest).max().unwrap_or_default())
    })?;
    let connects: u32 = clients.iter().map(|client| client.connects).sum();
    println!("(slowloris: {CLIENTS} clients connected {connects} times in {} s)", ATTACK.as_secs());
    figures.add(
        "slowloris: a half-open connection lives",
        longest.as_secs_f64(),
        "s",
        CUT_LIMIT.as_secs_f64(),
    );
    figures.add("slowloris: resident memory", process.memory("VmHWM")?, "MiB", RSS_LIMIT_MIB);
    drop(clients);
    let end = Instant::now() + CUT_LIMIT;
    while process.descriptors()? > descriptors && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
    let left = process.descriptors()?;
    ensure!(left <= descriptors, "{left} descriptors are open, {descriptors} were before");
    let kept = process.memory("RssAnon")? - before;
    figures.add("slowloris: memory not given back", kept, "MiB", KEPT_LIMIT_MIB);
    Ok(())
}

fn attack(clients: &mut [Client]) -> anyhow::Result<()> {
    let began = Instant::now();
    let slices = u32::try_from(SLICES)?;
    for look in 0.. {
        for (number, slice) in (0..slices).zip(clients.chunks_mut(usize::from(CLIENTS) / SLICES)) {
            let due = LOOK * look + LOOK / slices * number;
            std::thread::sleep(due.saturating_sub(began.elapsed()));
            for (client, turn) in slice.iter_mut().zip(look..) {
                client.look(turn % 4 == 0)?;
            }
        }
        if began.elapsed() > ATTACK {
            break;
        }
    }
    Ok(())
}

struct Client {
    from: Ipv4Addr,
    to: SocketAddr,
    connection: Option<(TcpStream, Instant)>,
    connects: u32,
    longest: Duration,
}

impl Client {
    fn new(number: u16, to: SocketAddr) -> Self {
        let [high, low] = (256 + number).to_be_bytes();
        let from = Ipv4Addr::new(127, 0, high, low);
        Self { from, to, connection: None, connects: 0, longest: Duration::ZERO }
    }

    /// Looks whether it was cut. In its turn it sends a byte, or connects again.
    fn look(&mut self, turn: bool) -> anyhow::Result<()> {
        if let Some((stream, since)) = &mut self.connection {
            let open = matches!(stream.read(&mut [0; 256]), Err(error) if is_wait(error.kind()));
            self.longest = self.longest.max(since.elapsed());
            if !open {
                self.connection = None;
            } else if turn {
                let _ = stream.write(b"a");
            }
        } else if turn {
            let mut stream = lab::client(self.from, self.to, SocketFlags::NONBLOCK)?;
            let _ = stream.write(b"GET /healthz HTTP/1.1\r\nHost: till\r\nX: ");
            self.connects += 1;
            self.connection = Some((stream, Instant::now()));
        }
        Ok(())
    }
}

fn is_wait(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::NotConnected | ErrorKind::Interrupted)
}

/// As many as this process may have.
fn more_descriptors() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let wanted = u64::from(CLIENTS) + 200;
    let enough = limit.maximum.is_none_or(|maximum| maximum >= wanted);
    ensure!(enough, "this needs {wanted} open files (ulimit -Hn), got {:?}", limit.maximum);
    if limit.current.is_some_and(|current| current < wanted) {
        let more = Rlimit { current: Some(wanted), maximum: limit.maximum };
        setrlimit(Resource::Nofile, more)?;
    }
    Ok(())
}
