//! `till-status pause`

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use till_status::Config;

/// Let go of every device and leave it alone, until `resume`.
///
/// It makes the file that [till] pause_file names; the running service lets go of the KKT and the
/// scale within a second and answers 503. The pause lasts over a restart. No device is opened.
/// Exit code: 0 when the file is there, 2 when the configuration has no pause_file or the file cannot
/// be made; then send SIGUSR1 to the service.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  till-status pause --config /etc/till-status/till-status.toml")]
pub(crate) struct Pause {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Pause {
    pub(crate) fn run(self) -> ExitCode {
        let file = match file(&self.config) {
            Ok(file) => file,
            Err(error) => return super::cannot(error),
        };
        match OpenOptions::new().write(true).create_new(true).open(&file) {
            Ok(_) => println!("paused: {} is there now", file.display()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                println!("paused already: {} is there", file.display());
            }
            Err(error) => {
                return super::cannot(format!("cannot make {}: {error}", file.display()));
            }
        }
        ExitCode::SUCCESS
    }
}

/// The pause file of a configuration.
pub(super) fn file(config: &std::path::Path) -> Result<PathBuf, String> {
    // A service that runs goes on by the configuration before, and hears a signal.
    let config = Config::load(config).map_err(|error| {
        format!(
            "{error}\nso the pause file is not known; send the service SIGUSR1 (pause) or SIGUSR2 \
             (resume) instead"
        )
    })?;
    config.till.pause_file.ok_or_else(|| {
        "the configuration names no [till] pause_file; name one and restart the service, or send it \
         SIGUSR1 (pause) and SIGUSR2 (resume)"
            .to_owned()
    })
}
