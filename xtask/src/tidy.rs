//! `cargo xtask tidy`: what neither the compiler nor rustfmt looks at.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::fixtures;

mod devices;
mod links;
mod tapes;
mod text;

/// Something untidy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, from the root of the workspace.
    pub file: String,
    /// The line, from 1; 0 for the whole file.
    pub line: usize,
    /// What is untidy.
    pub text: String,
}

impl Display for Finding {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.file, self.text),
            line => write!(out, "{}:{line}: {}", self.file, self.text),
        }
    }
}

/// Prints what is untidy; with `fix`, writes the device tables first.
///
/// # Errors
/// When anything is untidy, or a file cannot be read.
pub fn run(root: &Path, fix: bool) -> anyhow::Result<()> {
    if fix {
        devices::fix(root)?;
    }
    let findings = check(root)?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => bail!("{count} untidy places"),
    }
}

/// All that is untidy in the workspace.
///
/// # Errors
/// When a file cannot be read.
pub fn check(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in fixtures::files(root)? {
        let name = fixtures::name(root, &path);
        let bytes = fs::read(&path).with_context(|| name.clone())?;
        // Pictures and other binary files have a zero somewhere.
        if bytes.contains(&0) {
            continue;
        }
        let Ok(content) = String::from_utf8(bytes) else {
            findings.push(Finding { file: name, line: 0, text: "is not UTF-8".into() });
            continue;
        };
        let mut add =
            |line, text: String| findings.push(Finding { file: name.clone(), line, text });
        text::check(&name, &content, &mut add);
        links::check(root, &path, &content, &mut add);
        tapes::check(&path, &content, &mut add);
        devices::check(root, &name, &content, &mut add);
    }
    findings.sort();
    Ok(findings)
}

/// The extension of a file.
fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
