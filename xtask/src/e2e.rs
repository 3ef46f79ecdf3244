//! `cargo xtask e2e`: our programs against programs that others wrote, the real ones.
//!
//! A stage is a file of [`e2e/`](self). What a stage needs it installs itself ([`install`]): Debian's
//! packages when run as root, packages of PyPI and npm into the target folder.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use crate::run::cargo;

mod install;
mod monitor_page;
mod nagios;
mod openapi;
mod package;
mod page;
mod prometheus;
mod scales;
mod zabbix;

/// A stage by its name.
type Stage = (&'static str, fn() -> anyhow::Result<()>);

/// So often a stage is run until it passes.
const TRIES: u32 = 2;

/// In this order: the cheap ones first.
const STAGES: &[Stage] = &[
    ("scales", scales::run),
    ("openapi", openapi::run),
    ("page", page::run),
    ("monitor-page", monitor_page::run),
    ("prometheus", prometheus::run),
    ("nagios", nagios::run),
    ("zabbix", zabbix::run),
    ("package", package::run),
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these stages; all without one
    #[arg(value_name = "STAGE", value_parser = clap::builder::PossibleValuesParser::new(STAGES.iter().map(|(name, _)| *name)))]
    stages: Vec<String>,
    /// Skip it, and say so, on a machine without Python 3 and its module venv
    #[arg(long)]
    if_possible: bool,
}

/// Runs the stages, all of them even when one fails.
///
/// # Errors
/// Names the stages in which a program saw something else, or could not be installed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Err(error) = install::has_python() {
        ensure!(arguments.if_possible, "{error}");
        println!("\n== SKIPPED: cargo xtask e2e\n{error}");
        println!("Nothing was read by programs that others wrote.\n");
        return Ok(());
    }
    let mut failed = Vec::new();
    for (name, stage) in STAGES {
        if !arguments.stages.is_empty() && !arguments.stages.iter().any(|wanted| wanted == name) {
            continue;
        }
        // Browsers and servers of others have their moods, above all on a machine that is busy; what is
        // wrong with ours is wrong twice.
        let passed = (1..=TRIES).any(|turn| {
            println!("\n== e2e {name}");
            let begun = Instant::now();
            let done = stage();
            let seconds = begun.elapsed().as_secs();
            match &done {
                Ok(()) => println!("== e2e {name}: passed in {seconds} s, try {turn} of {TRIES}"),
                Err(error) => {
                    println!(
                        "== e2e {name}: failed after {seconds} s, try {turn} of {TRIES}: {error:#}"
                    );
                }
            }
            done.is_ok()
        });
        if !passed {
            failed.push(*name);
        }
    }
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

/// Builds a program of ours, and says where it is.
fn build(arguments: &[&str], program: &str) -> anyhow::Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--quiet"]).args(arguments);
    ensure!(build.status()?.success(), "{program} does not build");
    Ok(target().join("debug").join(program))
}

/// Runs a script of `tests/e2e` to its end; what it prints is part of what is shown.
fn script(interpreter: impl AsRef<OsStr>, name: &str, arguments: &[&OsStr]) -> anyhow::Result<()> {
    let mut script = Command::new(interpreter);
    script.arg(folder().join(name)).args(arguments);
    // Scripts share a module; its compiled form does not belong into the sources.
    script.env("PYTHONDONTWRITEBYTECODE", "1");
    let status = script.status().with_context(|| format!("{name} does not start"))?;
    if !status.success() {
        bail!("{name} saw something else ({status})");
    }
    Ok(())
}

/// Where the scripts and the lists of their packages are.
fn folder() -> PathBuf {
    xtask::root().join("tests/e2e")
}

/// The folder of what is built and installed.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or(xtask::root().join("target"), PathBuf::from)
}
