//! What the commands of `cargo xtask` share with the tests.

use std::path::{Path, PathBuf};

pub mod fixtures;
pub mod tidy;

/// The folder of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
