//! One command, one file.

pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod dump;
pub(crate) mod log;
pub(crate) mod scan;
pub(crate) mod sim;
pub(crate) mod support_bundle;

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::anyhow;

/// The file of `--out`, a new one: what somebody recorded is never written over.
fn create(path: &Path) -> anyhow::Result<File> {
    let file = File::options().write(true).create_new(true).open(path);
    file.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            anyhow!(
                "--out {}: this file is there already and is left as it is; name another",
                path.display()
            )
        }
        _ => anyhow!("--out {}: {error}", path.display()),
    })
}
