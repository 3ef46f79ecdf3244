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
#[command(version, arg_required_else_help = true)]
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
    Log(command::log::Log),
}

fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Demo(demo) => demo.run(),
        Command::Sim(sim) => sim.run(),
        Command::Decode(decode) => decode.run(),
        Command::Dump(dump) => dump.run(),
        Command::Scan(scan) => scan.run(),
        Command::Log(log) => log.run(),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("till-tool: {error:#}");
        ExitCode::from(2)
    })
}
