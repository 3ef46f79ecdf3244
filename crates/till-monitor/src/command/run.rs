//! `till-monitor run`: polls all tills and serves the page.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::Config;
use crate::serve::{block_on, serve};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints one line when all is ready: \"ready page=http://127.0.0.1:8490\". The log goes to standard error.
Exit code 0 after a signal, 2 when the configuration cannot be used or the port cannot be opened.

Example:
  till-monitor run --config till-monitor.toml")]
pub(super) struct Arguments {
    /// The configuration: tills, types and stores
    #[arg(long, value_name = "FILE", default_value = "/etc/till-monitor/till-monitor.toml")]
    config: PathBuf,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.config)?;
    block_on(serve(arguments.config, config, |address| println!("ready page=http://{address}")))?;
    Ok(ExitCode::SUCCESS)
}
