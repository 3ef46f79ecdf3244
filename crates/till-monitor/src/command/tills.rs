//! `till-monitor tills`: polls for a moment and lists all tills.

use std::path::PathBuf;
use std::process::ExitCode;

use super::problems::look;
use crate::config::Config;
use crate::http::{self, Form};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0 when the list is printed, 2 when the configuration cannot be used.

Example:
  till-monitor tills --config till-monitor.toml")]
pub(super) struct Arguments {
    /// The configuration: tills, types and stores
    #[arg(long, value_name = "FILE", default_value = "/etc/till-monitor/till-monitor.toml")]
    config: PathBuf,
    /// How the list is written
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    /// For how many seconds the tills are polled: the seven of a till take seven
    #[arg(long, value_name = "SECONDS", default_value_t = 12, value_parser = clap::value_parser!(u64).range(3..=3600))]
    seconds: u64,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.config)?;
    let (board, clock) = look(config, arguments.seconds)?;
    print!("{}", http::tills(&board, arguments.format, clock.now()));
    Ok(ExitCode::SUCCESS)
}
