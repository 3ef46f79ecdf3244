//! `cargo xtask e2e`: the simulators and our client against programs that others wrote.
//!
//! It installs them from PyPI into a virtual environment below the target folder, so it needs Python 3
//! with `venv`, and the registry the first time.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::run::cargo;

pub(crate) fn run() -> anyhow::Result<()> {
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

/// The Python of an environment that has what is listed.
fn python(requirements: &Path, venv: &Path) -> anyhow::Result<PathBuf> {
    let python = venv.join("bin/python");
    if !python.exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(venv).status();
        let made = made.context("python3 is needed, with its module venv")?;
        ensure!(made.success(), "python3 -m venv failed");
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    let installed = install.arg(requirements).status()?;
    ensure!(installed.success(), "pip could not install {}", requirements.display());
    Ok(python)
}
