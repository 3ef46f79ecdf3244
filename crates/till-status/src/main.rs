//! The status of a till, straight from the till, over HTTP.

mod command;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    #[cfg(feature = "manual")]
    if let Some(written) =
        till_status::manual::asked(<command::Command as clap::CommandFactory>::command())
    {
        return written;
    }
    command::Command::parse().run()
}
