//! `cargo xtask bench`: the release binary against simulated devices, and the deframers, held to
//! their limits.
//!
//! Memory and size are exact, and a request is compared with a bare hyper server in the same run; the
//! processor's share and the start are far enough from their limits that a slow machine does not
//! decide them.

mod deframers;
mod requests;

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::lab::{self, Figures, MONITOR, SEVEN, Till, millis};

const BINARY_LIMIT_MIB: f64 = 6.0;
const RSS_LIMIT_MIB: f64 = 10.0;
const CPU_LIMIT_PERCENT: f64 = 1.0;
const START_LIMIT: Duration = Duration::from_millis(50);
const WATCHED: Duration = Duration::from_secs(20);
const STARTS: usize = 11;

/// Builds the release programs, measures and prints a line per figure; fails above a limit.
///
/// # Errors
/// When a program does not build or start, or a figure is above its limit.
pub(crate) fn run() -> anyhow::Result<()> {
    lab::build(&["-p", "till-status", "-p", "till-tool"])?;
    let mut figures = Figures::default();
    let size = lab::size(&lab::folder().join("till-status"))?;
    figures.add("binary", size, "MiB", BINARY_LIMIT_MIB);

    let till = Till::new("", |address| Ok(address.to_owned()))?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(till.serve()?.1);
    }
    starts.sort();
    let median = starts.get(STARTS / 2).context("no start was measured")?;
    figures.add("exec to the first 200, median", millis(*median), "ms", millis(START_LIMIT));

    let (process, _) = till.serve()?;
    let (began, before) = (Instant::now(), process.processor()?);
    let mut polls = 0_u32;
    while began.elapsed() < WATCHED {
        for name in SEVEN {
            lab::status(MONITOR, till.api, &format!("/api/v1/status/{name}"))?;
            polls += 1;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    let spent = process.processor()? - before;
    let percent = spent.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
    figures.add("processor, seven polls a second", percent, "%", CPU_LIMIT_PERCENT);
    figures.add("resident memory", process.memory("VmHWM")?, "MiB", RSS_LIMIT_MIB);
    println!("({polls} polls in {:.0} s)", began.elapsed().as_secs_f64());
    requests::run(&till, &process, &mut figures)?;
    drop(process);
    deframers::run(&mut figures)?;
    figures.end()
}
