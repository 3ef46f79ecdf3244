//! `cargo xtask soak`: the release binary under attack, and the faults in the amounts that are promised.
//!
//! An attack shows what the binary holds, what that costs, and whether a listed monitor is served meanwhile.

mod connects;
mod faults;
mod huge;
mod polls;
mod slowloris;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::lab::{self, Figures, MONITOR, OFD, Till};

/// The configuration of an attacked till: its monitor is listed, all others are limited.
const API: &str = "monitors = [\"127.1.0.1/32\"]\nlimit_loopback = true";
/// A listed monitor is answered within this, whatever others do.
const MONITOR_LIMIT: Duration = Duration::from_millis(100);
const PERIOD: Duration = Duration::from_millis(200);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only one of them
    #[arg(value_enum)]
    part: Option<Part>,
    /// Of the faults only the tests with this in their names, such as "memory" or "mixed"
    #[arg(long, value_name = "NAME", default_value = "")]
    only: String,
    /// The faults with the programs as `cargo build` makes them, which is built sooner
    #[arg(long)]
    debug: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Half-open connections, floods, huge requests; some minutes
    Attacks,
    /// A thousand kills, ten thousand damaged files, a million answers; half an hour
    Faults,
}

/// Prints a line per figure of the attacks; fails above a limit, or when a fault made something wrong.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.part != Some(Part::Faults) {
        attacks()?;
    }
    if arguments.part != Some(Part::Attacks) {
        faults::run(&arguments.only, !arguments.debug)?;
    }
    Ok(())
}

fn attacks() -> anyhow::Result<()> {
    lab::build(&["-p", "till-status", "-p", "till-tool"])?;
    let mut figures = Figures::default();
    slowloris::run(&mut figures)?;
    connects::run(&mut figures)?;
    huge::run(&mut figures)?;
    polls::run(&mut figures)?;
    figures.end()
}

/// Does `attack` while the listed monitor asks, and holds the monitor's waits to their limit.
fn watched<T>(
    till: &Till,
    name: &str,
    figures: &mut Figures,
    attack: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let over = AtomicBool::new(false);
    let (done, waits) = std::thread::scope(|scope| {
        let monitor = scope.spawn(|| {
            let mut waits = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                let served = matches!(lab::status(MONITOR, till.api, OFD), Ok(200));
                waits.push(if served { began.elapsed() } else { Duration::MAX });
                std::thread::sleep(PERIOD);
            }
            waits
        });
        let done = attack();
        over.store(true, Ordering::Relaxed);
        (done, monitor.join().unwrap_or_default())
    });
    let worst = waits.iter().max().copied().unwrap_or(Duration::MAX);
    let unserved = waits.iter().filter(|wait| **wait == Duration::MAX).count();
    println!("({name}: a listed monitor asked {} times, unserved {unserved})", waits.len());
    let (worst, limit) = (lab::millis(worst), lab::millis(MONITOR_LIMIT));
    figures.add(&format!("{name}: a listed monitor waits"), worst, "ms", limit);
    done
}
