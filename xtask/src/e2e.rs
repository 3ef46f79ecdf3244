//! `cargo xtask e2e`: the simulators and our client against programs that others wrote.
//!
//! It installs them from PyPI into a virtual environment below the target folder, so it needs Python 3
//! with `venv`, and the registry the first time. A machine without this Python skips it, loudly.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::run::cargo;

/// Runs them; `if_possible` skips them on a machine that has no Python with `venv`.
///
/// # Errors
/// When one of them reads something else, or there is nothing to run it with.
pub(crate) fn run(if_possible: bool) -> anyhow::Result<()> {
    if let Err(error) = has_venv() {
        ensure!(if_possible, "{error}");
        println!("\n== SKIPPED: cargo xtask e2e\n{error}");
        println!("Nothing was read by programs that others wrote.\n");
        return Ok(());
    }
    let root = xtask::root();
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let venv = folder.join("e2e-venv");
    let python = python(&root.join("tests/e2e/requirements.txt"), &venv)?;

    let mut build = cargo();
    build.args(["build", "--quiet", "-p", "till-tool"]);
    ensure!(build.status()?.success(), "till-tool does not build");
    let mut build = cargo();
    build.args(["build", "--quiet", "-p", "scale-proto", "--example", "weigh"]);
    ensure!(build.status()?.success(), "the example weigh does not build");

    let programs = folder.join("debug");
    let mut script = Command::new(python);
    script.arg(root.join("tests/e2e/scales.py"));
    script.arg(programs.join("till-tool")).arg(programs.join("examples/weigh"));
    ensure!(script.status()?.success(), "a program that others wrote reads something else");
    Ok(())
}

/// Whether there is a Python that can make an environment with a `pip` of its own.
fn has_venv() -> Result<(), String> {
    let what = "programs that others wrote need python3 with venv and ensurepip (apt install python3-venv)";
    let mut probe = Command::new("python3");
    let probe = probe.args(["-c", "import venv, ensurepip"]).output();
    let output = probe.map_err(|error| format!("{what}: python3: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or_default();
    if output.status.success() { Ok(()) } else { Err(format!("{what}: {last}")) }
}

/// The Python of an environment that has what is listed.
fn python(requirements: &Path, venv: &Path) -> anyhow::Result<PathBuf> {
    let python = venv.join("bin/python");
    if !python.exists() {
        let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv).status();
        ensure!(made.context("python3")?.success(), "python3 -m venv failed");
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    let installed = install.arg(requirements).status()?;
    ensure!(installed.success(), "pip could not install {}", requirements.display());
    Ok(python)
}
