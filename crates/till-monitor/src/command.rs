//! The command line.

mod check;
mod fleet;
mod problems;
mod run;
mod tills;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Many tills: polls their status and lists their problems
#[derive(Debug, Parser)]
#[command(name = "till-monitor", version, propagate_version = true)]
pub struct Command {
    #[command(subcommand)]
    work: Work,
}

#[derive(Debug, Subcommand)]
enum Work {
    /// Polls all tills and serves the page
    Run(run::Arguments),
    /// Polls all tills for a moment and lists what is wrong
    Problems(problems::Arguments),
    /// Polls all tills for a moment and lists them
    Tills(tills::Arguments),
    /// Asks one till once: a plugin for Nagios and Icinga
    Check(check::Arguments),
    /// Simulates a fleet of tills on loopback addresses
    #[command(hide = true)]
    Fleet(fleet::Arguments),
}

impl Command {
    /// Reads the command line, or ends the program with what is wrong with it.
    pub fn from_arguments() -> Self {
        Self::try_parse().unwrap_or_else(|error| {
            let plugin = std::env::args().nth(1).is_some_and(|command| command == "check");
            if plugin && error.use_stderr() {
                // A monitoring system shows the first line, and takes 2 for critical.
                println!("TILL UNKNOWN: {}", error.to_string().lines().next().unwrap_or_default());
                eprintln!("{error}");
                std::process::exit(3);
            }
            error.exit()
        })
    }

    /// Runs it.
    pub fn run(self) -> ExitCode {
        // A plugin prints its line and nothing else.
        let quiet = matches!(self.work, Work::Check(_));
        let filter = tracing_subscriber::EnvFilter::builder()
            .with_env_var("TILL_MONITOR_LOG")
            .try_from_env()
            .unwrap_or_else(|_| {
                tracing_subscriber::EnvFilter::new(if quiet { "off" } else { "info" })
            });
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .init();
        let done = match self.work {
            Work::Check(arguments) => Ok(check::run(arguments)),
            Work::Run(arguments) => run::run(arguments),
            Work::Problems(arguments) => problems::run(arguments),
            Work::Tills(arguments) => tills::run(arguments),
            Work::Fleet(arguments) => fleet::run(arguments),
        };
        match done {
            Ok(code) => code,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::from(2)
            }
        }
    }
}
