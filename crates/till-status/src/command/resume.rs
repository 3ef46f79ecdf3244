//! `till-status resume`

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

/// Take the devices up again after `pause`.
///
/// It removes the file that [till] pause_file names. A pause by SIGUSR1 lasts until SIGUSR2.
/// Exit code: 0 when the file is not there any more, 2 when the configuration has no pause_file or the
/// file cannot be removed.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  till-status resume --config /etc/till-status/till-status.toml")]
pub(crate) struct Resume {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Resume {
    pub(crate) fn run(self) -> ExitCode {
        let file = match super::pause::file(&self.config) {
            Ok(file) => file,
            Err(error) => return super::cannot(error),
        };
        match std::fs::remove_file(&file) {
            Ok(()) => println!("resumed: {} is removed", file.display()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("not paused by a file: {} is not there", file.display());
            }
            Err(error) => {
                return super::cannot(format!("cannot remove {}: {error}", file.display()));
            }
        }
        ExitCode::SUCCESS
    }
}
