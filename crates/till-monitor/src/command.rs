//! The command line.

mod fleet;
mod problems;
mod run;
mod tills;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Many tills: polls their status and lists their problems
#[derive(Debug, Parser)]
#[command(name = "till-monitor", version)]
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
    /// Simulates a fleet of tills on loopback addresses
    #[command(hide = true)]
    Fleet(fleet::Arguments),
}

impl Command {
    /// Runs it.
    pub fn run(self) -> ExitCode {
        let filter = tracing_subscriber::EnvFilter::builder()
            .with_env_var("TILL_MONITOR_LOG")
            .try_from_env()
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .init();
        let done = match self.work {
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
