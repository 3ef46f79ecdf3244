//! `cargo xtask fleet`: a simulated fleet and a monitor over it, until Ctrl+C.

mod measure;
mod running;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;

use crate::run::{cargo, target};
use running::{Fleet, Monitor, favoured};

/// The fleet that one looks at: tills, dead, reset, slow, garbage.
const SHOWN: [&str; 5] = ["20", "5%", "0%", "5%", "0%"];
/// The fleet that is measured.
const MEASURED: [&str; 5] = ["5000", "30%", "5%", "5%", "5%"];

/// Shares are in percent: 30 or 30%
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many tills [default: 20; with --measure 5000]
    #[arg(long)]
    tills: Option<String>,
    /// Tills whose line is cut [default: 5%; with --measure 30%]
    #[arg(long)]
    dead: Option<String>,
    /// Tills that reset every connection [default: 0%; with --measure 5%]
    #[arg(long)]
    reset: Option<String>,
    /// Tills that answer after ten seconds [default: 5%]
    #[arg(long)]
    slow: Option<String>,
    /// Tills from which anything comes but an answer [default: 0%; with --measure 5%]
    #[arg(long)]
    garbage: Option<String>,
    /// Tills that have only the seven endpoints
    #[arg(long, default_value = "25%")]
    seven: String,
    /// Nothing happens at the tills by itself
    #[arg(long)]
    still: bool,
    /// Where the page is served
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8490")]
    listen: SocketAddr,
    /// Measure the monitor, and hold it to its limits
    #[arg(long)]
    measure: bool,
    /// With --measure: for how many seconds it is watched before it is disturbed
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    watch: u64,
}

/// Builds the monitor, and runs it over the fleet.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--release", "-p", "till-monitor"]);
    ensure!(build.status()?.success(), "till-monitor does not build");
    let program = target().join("release/till-monitor");
    let folder = std::env::temp_dir().join(format!("till-fleet-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let served = serve(arguments, &program, &folder);
    std::fs::remove_dir_all(&folder)?;
    served
}

fn serve(arguments: &Arguments, program: &Path, folder: &Path) -> anyhow::Result<()> {
    let list = folder.join("tills.csv");
    let config = folder.join("till-monitor.toml");
    let listen = arguments.listen;
    let text = format!("[monitor]\nlisten = \"{listen}\"\ntills = \"tills.csv\"\n");
    std::fs::write(&config, text)?;
    let mut command = if arguments.measure { favoured(program) } else { Command::new(program) };
    command.arg("fleet").arg("--list").arg(&list).arg("--seven").arg(&arguments.seven);
    let Arguments { tills, dead, reset, slow, garbage, .. } = arguments;
    let defaults = if arguments.measure { MEASURED } else { SHOWN };
    let names = ["--tills", "--dead", "--reset", "--slow", "--garbage"];
    let given = [tills, dead, reset, slow, garbage];
    for ((name, given), default) in names.into_iter().zip(given).zip(defaults) {
        command.arg(name).arg(given.as_deref().unwrap_or(default));
    }
    if arguments.still {
        command.arg("--still");
    }
    let fleet = Fleet::start(&mut command)?;
    if arguments.measure {
        return measure::run(&fleet, program, &config, Duration::from_secs(arguments.watch));
    }
    println!("ready control=http://{}", fleet.control);
    let mut monitor = Monitor::start(Command::new(program), &config)?;
    println!("ready page=http://{}", monitor.page);
    // Ctrl+C goes to all of them.
    let ended = monitor.wait()?;
    ensure!(ended.success(), "the monitor ended with {ended}");
    Ok(())
}
