//! `cargo xtask fleet`: a simulated fleet and a monitor over it, until Ctrl+C.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

use crate::run::cargo;

/// Shares are in percent: 30 or 30%
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many tills
    #[arg(long, default_value = "20")]
    tills: String,
    /// Tills whose line is cut
    #[arg(long, default_value = "5%")]
    dead: String,
    /// Tills that reset every connection
    #[arg(long, default_value = "0%")]
    reset: String,
    /// Tills that answer after ten seconds
    #[arg(long, default_value = "5%")]
    slow: String,
    /// Tills from which anything comes but an answer
    #[arg(long, default_value = "0%")]
    garbage: String,
    /// Tills that have only the seven endpoints
    #[arg(long, default_value = "25%")]
    seven: String,
    /// Nothing happens at the tills by itself
    #[arg(long)]
    still: bool,
    /// Where the page is served
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8490")]
    listen: SocketAddr,
}

/// Builds the monitor, and runs it over the fleet.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--release", "-p", "till-monitor"]);
    ensure!(build.status()?.success(), "till-monitor does not build");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or(xtask::root().join("target"), Into::into);
    let program = target.join("release/till-monitor");
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
    let mut fleet = Command::new(program);
    fleet.arg("fleet").arg("--list").arg(&list).arg("--tills").arg(&arguments.tills);
    for (name, share) in [
        ("--dead", &arguments.dead),
        ("--reset", &arguments.reset),
        ("--slow", &arguments.slow),
        ("--garbage", &arguments.garbage),
        ("--seven", &arguments.seven),
    ] {
        fleet.arg(name).arg(share);
    }
    if arguments.still {
        fleet.arg("--still");
    }
    let mut fleet = Ended(fleet.stdout(Stdio::piped()).spawn()?);
    println!("{}", fleet.first_line()?);
    let mut monitor = Command::new(program);
    monitor.arg("run").arg("--config").arg(&config).stdout(Stdio::piped());
    let mut monitor = Ended(monitor.spawn()?);
    println!("{}", monitor.first_line()?);
    // Ctrl+C goes to all of them.
    let ended = monitor.0.wait()?;
    ensure!(ended.success(), "the monitor ended with {ended}");
    Ok(())
}

/// A program that is ended with this one.
struct Ended(Child);

impl Ended {
    fn first_line(&mut self) -> anyhow::Result<String> {
        let stdout = self.0.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        ensure!(!line.is_empty(), "it ended before it was ready");
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
