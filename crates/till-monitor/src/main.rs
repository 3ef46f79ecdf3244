//! Many tills: polls their status, lists their problems, and opens doors to monitoring systems.

use std::process::ExitCode;

use till_monitor::command::Command;

fn main() -> ExitCode {
    Command::from_arguments().run()
}
