//! Automation of this workspace: `cargo xtask help`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod ci;
mod dist;
mod e2e;
mod fake;
#[cfg(unix)]
mod fleet;
mod lab;
#[cfg(unix)]
mod record;
mod replay;
mod run;
mod soak;

#[derive(Parser)]
#[command(name = "cargo xtask", about, disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays all tapes through the drivers, and prints one line per tape
    Replay(replay::Arguments),
    /// Serves a tape as a device, to point a program at
    Fake(fake::Arguments),
    /// Records a program and a device as a tape; for the lab only
    #[cfg(unix)]
    Record(record::Arguments),
    /// Looks for untidy files; tests do the same
    Tidy {
        /// Bring the device tables of the README files up to date
        #[arg(long)]
        fix: bool,
    },
    /// All that a change has to pass
    Ci(ci::Arguments),
    /// Builds the static programs with archives and Debian packages, and shows that they run
    Dist(dist::Arguments),
    /// Measures the release programs and the deframers (with valgrind), and holds them to their limits
    Bench,
    /// Simulates a fleet of tills, and runs a monitor over it until Ctrl+C
    #[cfg(unix)]
    Fleet(fleet::Arguments),
    /// Attacks the release binary, then runs the faults of the tests in their full amounts
    Soak(soak::Arguments),
    /// Runs programs that others wrote against ours; needs Python 3, and installs the rest
    E2e(e2e::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Fake(arguments) => fake::run(arguments),
        #[cfg(unix)]
        Command::Record(arguments) => record::run(arguments),
        Command::Tidy { fix } => xtask::tidy::run(&xtask::root(), fix),
        Command::Ci(arguments) => ci::run(&arguments),
        Command::Dist(arguments) => dist::run(&arguments),
        Command::Bench => bench::run(),
        #[cfg(unix)]
        Command::Fleet(arguments) => fleet::run(&arguments),
        Command::Soak(arguments) => soak::run(&arguments),
        Command::E2e(arguments) => e2e::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
