//! Ten thousand requests a second: the devices do not notice.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::lab::{Crowd, Figures, SEVEN, Till};

const RATE: u32 = 10_000;
const WATCHED: Duration = Duration::from_secs(20);
/// A little more than once, for the cycles that begin at the edge of the time.
const TRAFFIC_LIMIT: f64 = 1.15;

pub(super) fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let sent = Arc::new(AtomicU32::new(0));
    let till = Till::new("", |address| relay(address, Arc::clone(&sent)))?;
    let (_process, _) = till.serve()?;
    // What is asked once an hour is asked at the start.
    std::thread::sleep(Duration::from_secs(3));
    let count = || sent.swap(0, Ordering::Relaxed);
    count();
    std::thread::sleep(WATCHED);
    let idle = count();
    let (began, mut asked) = (Instant::now(), 0);
    let mut crowd = Crowd::new(till.api, 8)?;
    while began.elapsed() < WATCHED {
        for name in SEVEN {
            asked += crowd.ask(&format!("/api/v1/status/{name}"))?;
            let due = Duration::from_secs(1) * asked / RATE;
            std::thread::sleep(due.saturating_sub(began.elapsed()));
        }
    }
    let rate = f64::from(asked) / began.elapsed().as_secs_f64();
    println!("(polls: {rate:.0} requests a second; {idle} bytes to the devices before)");
    let ratio = f64::from(count()) / f64::from(idle.max(1));
    figures.add("polls: bytes to the devices, against idle", ratio, "x", TRAFFIC_LIMIT);
    Ok(())
}

/// Stands before a simulator and counts what the service sends.
fn relay(address: &str, sent: Arc<AtomicU32>) -> anyhow::Result<String> {
    let device = address.strip_prefix("tcp:").context("a simulator on TCP")?.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let here = format!("tcp:{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for from in listener.incoming().flatten() {
            let Ok(to) = TcpStream::connect(&device) else { continue };
            let (Ok(back), Ok(client)) = (to.try_clone(), from.try_clone()) else { continue };
            let (sent, answered) = (Arc::clone(&sent), AtomicU32::new(0));
            std::thread::spawn(move || forward(from, to, &sent));
            std::thread::spawn(move || forward(back, client, &answered));
        }
    });
    Ok(here)
}

fn forward(mut from: TcpStream, mut to: TcpStream, counted: &AtomicU32) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        if to.write_all(bytes).is_err() {
            break;
        }
        counted.fetch_add(u32::try_from(count).unwrap_or(0), Ordering::Relaxed);
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
