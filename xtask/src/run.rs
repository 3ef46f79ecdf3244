//! Runs other programs.

use std::process::Command;

/// Cargo, in the folder of the workspace.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(xtask::root());
    command
}
