//! The tapes of the workspace.

use std::path::{Path, PathBuf};

use anyhow::Context;
use till_port::Tape;

/// A tape below `fixtures/`.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Its path from the root of the workspace, with `/` on every system.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// What is in it.
    pub tape: Tape,
}

impl Fixture {
    /// The file beside it with what the driver makes of it.
    #[must_use]
    pub fn expect(&self) -> PathBuf {
        self.path.with_extension("expect")
    }

    /// The crate whose driver reads it, by its folder.
    #[must_use]
    pub fn driver(&self) -> &str {
        self.name.split('/').nth(1).unwrap_or_default()
    }
}

/// All tapes whose name contains `filter`, by name.
///
/// # Errors
/// When a tape cannot be read, or there is none.
pub fn tapes(root: &Path, filter: &str) -> anyhow::Result<Vec<Fixture>> {
    let mut found = Vec::new();
    for path in files(&root.join("fixtures"))? {
        if path.extension().is_none_or(|extension| extension != "tape") {
            continue;
        }
        let name = name(root, &path);
        if name.contains(filter) {
            let tape = Tape::load(&path)?;
            found.push(Fixture { name, path, tape });
        }
    }
    anyhow::ensure!(!found.is_empty(), "no tape below fixtures/ has \"{filter}\" in its name");
    Ok(found)
}

/// The path from the root of the workspace, with `/` on every system.
#[must_use]
pub fn name(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// All files below a folder, by path; what is built and what git keeps is left out.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = folder.read_dir().with_context(|| folder.display().to_string())?;
        for entry in entries {
            let path = entry?.path();
            let skipped = path.file_name().is_some_and(|name| name == "target" || name == ".git");
            if path.is_symlink() || skipped {
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
