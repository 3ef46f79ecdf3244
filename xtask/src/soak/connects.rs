//! A hundred thousand connections against a service that may open 64 files.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::ensure;
use rustix::net::SocketFlags;

use super::{API, watched};
use crate::lab::{self, Figures, Till};

const CONNECTS: u32 = 100_000;
/// Of each kind of client so many stay.
const HELD: usize = 200;
/// Lines of the log in a minute.
const LOG_LIMIT: f64 = 10.0;

pub(super) fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let till = Till::new(API, |address| Ok(address.to_owned()))?;
    let log = std::env::temp_dir().join(format!("till-status-soak-{}.log", std::process::id()));
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$@\"", "sh"]).arg(lab::folder().join("till-status"));
    let (process, _) = till.serve_by(&mut command, File::create(&log)?.into())?;
    std::thread::sleep(Duration::from_secs(1));
    let lines = || anyhow::Ok(std::fs::read_to_string(&log)?.lines().count());
    let (before, began) = (lines()?, Instant::now());
    let refused = watched(&till, "connect flood", figures, || Ok(flood(&till)))?;
    let seconds = began.elapsed().as_secs_f64();
    println!("(connect flood: {CONNECTS} in {seconds:.1} s, {refused} not made)");
    let told = f64::from(u32::try_from(lines()? - before)?) / (seconds / 60.0).max(1.0);
    figures.add("connect flood: lines of the log in a minute", told, "", LOG_LIMIT);
    let descriptors = process.descriptors()?;
    ensure!(descriptors <= 64, "{descriptors} descriptors are open");
    std::fs::remove_file(&log)?;
    Ok(())
}

/// A third goes at once, a third after half a request, a third stays. Returns how many could not be
/// made.
fn flood(till: &Till) -> u32 {
    let (mut held, mut failed) = (VecDeque::new(), 0);
    for number in 0..CONNECTS {
        let [_, _, high, low] = (256 + number % 60_000).to_be_bytes();
        let from = Ipv4Addr::new(127, 3, high, low);
        let Ok(mut stream) = lab::client(from, till.api, SocketFlags::empty()) else {
            failed += 1;
            continue;
        };
        if number % 3 > 0 {
            let _ = stream.write(b"GET /heal");
        }
        if number % 3 > 1 {
            held.push_back(stream);
        }
        if held.len() > HELD {
            held.pop_front();
        }
    }
    failed
}
