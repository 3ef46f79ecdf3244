//! For people: a demo till, simulators, a decoder of recorded bytes, a list of ports, the field kit.
//! No part of it runs on a till by itself.

mod command;
mod control;
mod scale;
mod script;
mod served;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tools for people who connect tills to monitoring.
#[derive(Debug, Parser)]
#[command(name = "till-tool", version = till_status::VERSION, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(command::demo::Demo),
    Sim(command::sim::Sim),
    Decode(command::decode::Decode),
    Dump(command::dump::Dump),
    Scan(command::scan::Scan),
    SupportBundle(command::support_bundle::SupportBundle),
    Log(command::log::Log),
}

fn main() -> ExitCode {
    #[cfg(feature = "manual")]
    if let Some(written) =
        till_status::manual::asked(<Arguments as clap::CommandFactory>::command())
    {
        return written;
    }
    let ended = match Arguments::parse().command {
        Command::Demo(demo) => demo.run(),
        Command::Sim(sim) => sim.run(),
        Command::Decode(decode) => decode.run(),
        Command::Dump(dump) => dump.run(),
        Command::Scan(scan) => scan.run(),
        Command::SupportBundle(bundle) => bundle.run(),
        Command::Log(log) => log.run(),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("till-tool: {error:#}");
        ExitCode::from(2)
    })
}
