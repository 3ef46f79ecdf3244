//! 64 MiB of random bytes and of beginnings of frames through every protocol of scales.
//!
//! Held to a ratio within the run, and to the bound of what waits; the speed is printed only.

use anyhow::ensure;

use crate::run::cargo;

/// Prints a line a flood.
///
/// # Errors
/// When one is not linear, or the next good answer is not found after it.
pub(super) fn run() -> anyhow::Result<()> {
    let mut flood = cargo();
    flood.args(["run", "--release", "--quiet", "-p", "scale-proto", "--example", "flood"]);
    ensure!(flood.status()?.success(), "a flood is not withstood, see above");
    Ok(())
}
