//! `till-monitor fleet`: a simulated fleet, to look at and to measure with.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::files;
use crate::fleet::{Plan, run as fleet};
use crate::serve::block_on;

/// Shares are in percent: 30 or 30%
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How many tills
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    tills: u32,
    /// Nobody answers, as behind a cut line
    #[arg(long, default_value = "0%", value_parser = percent)]
    dead: f64,
    /// Connections are reset
    #[arg(long, default_value = "0%", value_parser = percent)]
    reset: f64,
    /// Answers take ten seconds
    #[arg(long, default_value = "0%", value_parser = percent)]
    slow: f64,
    /// What comes is no answer of a till
    #[arg(long, default_value = "0%", value_parser = percent)]
    garbage: f64,
    /// They have only the seven endpoints
    #[arg(long, default_value = "25%", value_parser = percent)]
    seven: f64,
    /// Nothing happens at the tills by itself
    #[arg(long)]
    still: bool,
    /// How many tills stand in a store
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    per_store: u32,
    /// What happens is the same for the same seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where GET /fleet and PATCH /fleet/till are served; loopback only
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// Write the list of tills as CSV, for a monitor
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { dead, reset, slow, garbage, seven, seed, control, list, .. } = arguments;
    anyhow::ensure!(control.ip().is_loopback(), "--control {control}: only a loopback address");
    anyhow::ensure!(dead + reset + slow + garbage <= 100.0, "the shares are more than 100 %");
    // A till is a listener and a connection.
    files::enough_for(2 * usize::try_from(arguments.tills)?)?;
    let plan = Plan {
        tills: usize::try_from(arguments.tills)?,
        dead,
        reset,
        slow,
        garbage,
        seven,
        lively: !arguments.still,
        per_store: usize::try_from(arguments.per_store)?,
        seed,
    };
    block_on(async {
        tokio::select! {
            done = fleet(plan, control, list, |control| println!("ready control=http://{control}")) => done,
            stopped = tokio::signal::ctrl_c() => Ok(stopped?),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse::<f64>().ok();
    number
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| "expected a share from 0 to 100, such as 30%".to_owned())
}
