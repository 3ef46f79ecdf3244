//! Tells the commit that this is built from to `--version`.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=TILL_COMMIT");
    let told = std::env::var("TILL_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = told.or_else(of_this_workspace).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=TILL_COMMIT={commit}");
}

/// By git, if this lies in a clone of the project and not in somebody else's repository.
fn of_this_workspace() -> Option<String> {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?);
    let workspace = package.parent()?.parent()?.canonicalize().ok()?;
    let top = git(&package, &["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != workspace {
        return None;
    }
    // Each commit and each checkout writes a line there, and nothing else does. A path that is not
    // there would build this anew each time.
    for file in ["logs/HEAD", "HEAD"] {
        let path = package.join(git(&package, &["rev-parse", "--git-path", file])?);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
            break;
        }
    }
    git(&package, &["rev-parse", "--short=12", "HEAD"])
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
