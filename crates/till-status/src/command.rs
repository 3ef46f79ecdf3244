//! The command line: one command, one file.

mod check_config;
mod event;
mod once;
mod pause;
mod resume;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The status of a till, straight from the till, over HTTP.
///
/// It answers the seven questions of the product manual below /api/v1/status/ and the whole state
/// at /till/v1/status, from what the fiscal printer, the scale, the link to SuperMag Vision and the
/// till program say. It only reads, and never opens a device that is not given to it.
#[derive(Debug, Parser)]
#[command(name = "till-status", version = till_status::VERSION, arg_required_else_help = true)]
pub(crate) struct Command {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    Run(run::Run),
    CheckConfig(check_config::CheckConfig),
    Once(once::Once),
    Event(event::Event),
    Pause(pause::Pause),
    Resume(resume::Resume),
}

impl Command {
    pub(crate) fn run(self) -> ExitCode {
        match self.kind {
            Kind::Run(command) => command.run(),
            Kind::CheckConfig(command) => command.run(),
            Kind::Once(command) => command.run(),
            Kind::Event(command) => command.run(),
            Kind::Pause(command) => command.run(),
            Kind::Resume(command) => command.run(),
        }
    }
}

/// Something is wrong or unknown, but the command did its work.
const TROUBLE: u8 = 1;
/// The command could not do its work.
const CANNOT: u8 = 2;

/// The process had to end, and is to be started again.
const AGAIN: u8 = 3;

/// Says on standard error why a command cannot do its work.
fn cannot(error: impl std::fmt::Display) -> ExitCode {
    eprintln!("till-status: {error}");
    ExitCode::from(CANNOT)
}

/// The end of the help of a command that reads a configuration.
fn after_help(example: &str) -> String {
    let mut text = format!("Example:\n  {example}\n\nEnvironment, over the files:\n");
    for (name, section, key, list) in till_status::config::VARIABLES {
        let several = if list { " (several parted by spaces)" } else { "" };
        text += &format!("  {name:<28}[{section}] {key}{several}\n");
    }
    text
}

/// Sends the log to standard error. What is returned changes its level.
fn log(level: till_status::config::Level) -> impl Fn(till_status::config::Level) {
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false);
    let log = log.with_ansi(false).with_env_filter(filter(level)).with_filter_reloading();
    let handle = log.reload_handle();
    // It fails only when there is a log already.
    let _ = log.try_init();
    move |level| drop(handle.reload(filter(level)))
}

/// warp and hyper are left out: they log what a port scan does.
fn filter(level: till_status::config::Level) -> tracing_subscriber::EnvFilter {
    format!("{},warp=off,hyper=off,hyper_util=off", level.name()).into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Command::command().debug_assert();
    }
}
