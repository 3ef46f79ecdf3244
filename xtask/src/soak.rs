//! `cargo xtask soak`: the faults of `tests/it/faults` in the amounts that the project promises.

use anyhow::ensure;
use clap::Args;

use crate::run::cargo;

/// Kills the service a thousand times, gives it ten thousand damaged files, breaks its lines after every
/// byte, ends it a hundred times under load, and has a million answers judged by somebody who knows the
/// truth. `cargo test` does the same with a few of each.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Only the tests with this in their names, such as "memory" or "mixed"
    #[arg(value_name = "NAME", default_value = "")]
    only: String,
    /// The programs as `cargo build` makes them, which is built sooner
    #[arg(long)]
    debug: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut cargo = cargo();
    cargo.env("TILL_SOAK", "1").args(["test", "--package", "workspace-tests", "--test", "it"]);
    if !arguments.debug {
        cargo.arg("--release");
    }
    let name = format!("faults::{}", arguments.only);
    // One after the other: each has the machine for itself.
    cargo.args([&name, "--", "--nocapture", "--test-threads", "1"]);
    ensure!(cargo.status()?.success(), "a fault made something wrong; see above");
    Ok(())
}
