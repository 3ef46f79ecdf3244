//! The faults of `tests/it/faults` in the amounts that the project promises; `cargo test` does a few of each.

use anyhow::ensure;

use crate::run::cargo;

/// Kills the service a thousand times, gives it ten thousand damaged files, breaks its lines after every
/// byte, ends it a hundred times under load, and has a million answers judged by somebody who knows the
/// truth.
pub(super) fn run(only: &str, release: bool) -> anyhow::Result<()> {
    let mut cargo = cargo();
    cargo.env("TILL_SOAK", "1").args(["test", "--package", "workspace-tests", "--test", "it"]);
    if release {
        cargo.arg("--release");
    }
    let name = format!("faults::{only}");
    // One after the other: each has the machine for itself.
    cargo.args([&name, "--", "--nocapture", "--test-threads", "1"]);
    ensure!(cargo.status()?.success(), "a fault made something wrong; see above");
    Ok(())
}
