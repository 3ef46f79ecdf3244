//! `till-status run`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use till_status::{Config, Service, StartError, Systemd};
use tokio::signal::unix::{SignalKind, signal};

/// Serve until SIGTERM or SIGINT.
///
/// SIGUSR1 pauses: every device is let go of within a second, the answers are 503; SIGUSR2 goes on.
/// So does the file that [till] pause_file names, while it is there.
/// SIGHUP reads the configuration again and applies what changed: a device whose section did not change
/// keeps its connection. One that cannot be used leaves everything as it was, and the document says so.
/// The log goes to standard error, nothing to standard output. Started by systemd (Type=notify) it tells
/// when it is ready, and feeds the watchdog while no device thread hangs.
/// Exit code: 0 after a signal, 2 when the configuration is wrong or a port cannot be opened, 3 when a call
/// to the KKT hangs: the process ends to let go of its port, and is to be started again.
#[derive(Debug, Args)]
#[command(after_help = super::after_help("till-status run --config /etc/till-status/till-status.toml"))]
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
        match serve(config, &self.config) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error @ StartError::Hangs(_)) => {
                super::cannot(error);
                ExitCode::from(super::AGAIN)
            }
            Err(error) => super::cannot(error),
        }
    }
}

/// Everything of HTTP runs on this thread.
fn serve(config: Config, path: &Path) -> Result<(), StartError> {
    let set_level = super::log(config.log.level);
    let service = Service::bind(config, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let (mut terminate, mut interrupt, mut reload) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        );
        let (mut pause, mut resume) =
            (signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?);
        let (switch, reloader, mut health) =
            (service.switch(), service.reloader(), service.health());
        let mut systemd = Systemd::of_this_process();
        let mut beat = tokio::time::interval(systemd.every());
        // The service looks at this only once it serves.
        let stop = async move {
            systemd.ready(&health);
            loop {
                tokio::select! {
                    _ = terminate.recv() => break,
                    _ = interrupt.recv() => break,
                    _ = reload.recv() => {
                        systemd.reloading();
                        let loaded = Config::load(path);
                        let level = loaded.as_ref().map(|config| config.log.level);
                        let level = level.unwrap_or_default();
                        let mut reloading = std::pin::pin!(reloader.reload(loaded));
                        let applied = loop {
                            tokio::select! {
                                applied = &mut reloading => break applied,
                                _ = pause.recv() => switch.pause(),
                                _ = resume.recv() => switch.resume(),
                            }
                        };
                        if let Ok(applied) = applied {
                            health = applied;
                            set_level(level);
                        }
                        systemd.ready(&health);
                    }
                    _ = pause.recv() => switch.pause(),
                    _ = resume.recv() => switch.resume(),
                    _ = beat.tick() => {}
                }
                systemd.beat(&health);
            }
            systemd.stopping();
        };
        service.run(stop).await
    });
    // A write to a disk that hangs keeps no port held.
    runtime.shutdown_background();
    served
}
