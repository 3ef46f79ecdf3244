//! `till-status run`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use till_status::{Config, Service, Systemd};
use tokio::signal::unix::{SignalKind, signal};

/// Serve until SIGTERM or SIGINT.
///
/// SIGUSR1 pauses: every device is let go of within a second, the answers are 503; SIGUSR2 goes on.
/// So does the file that [till] pause_file names, while it is there.
/// The log goes to standard error, nothing to standard output. Started by systemd (Type=notify) it tells
/// when it is ready, and feeds the watchdog while no device thread hangs.
/// Exit code: 0 after a signal, 2 when the configuration is wrong or a port cannot be opened.
#[derive(Debug, Args)]
#[command(after_help = super::after_help("till-status run --config /etc/till-status.toml"))]
pub(crate) struct Run {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Run {
    pub(crate) fn run(self) -> ExitCode {
        let config = match Config::load(&self.config) {
            Ok(config) => config,
            Err(error) => return super::cannot(error),
        };
        super::log(config.log.level);
        match serve(config) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => super::cannot(error),
        }
    }
}

/// Everything of HTTP runs on this thread.
fn serve(config: Config) -> Result<(), till_status::StartError> {
    let service = Service::bind(config, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let (mut pause, mut resume) =
            (signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?);
        let (switch, health) = (service.switch(), service.health());
        // The service looks at this only once it serves.
        let stop = async move {
            let mut systemd = Systemd::of_this_process();
            systemd.ready(&health);
            let mut beat = tokio::time::interval(systemd.every());
            loop {
                tokio::select! {
                    _ = terminate.recv() => break,
                    _ = interrupt.recv() => break,
                    _ = pause.recv() => switch.pause(),
                    _ = resume.recv() => switch.resume(),
                    _ = beat.tick() => {}
                }
                systemd.beat(&health);
            }
            systemd.stopping();
        };
        service.run(stop).await
    })
}
