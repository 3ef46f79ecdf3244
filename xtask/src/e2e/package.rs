//! The Debian package in a clean Debian: installed, updated, removed, purged; and what lintian and systemd
//! say of it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::run::output;

/// The Debian whose clean root it is installed into.
const SUITE: &str = "bookworm";
/// The most that `systemd-analyze security` may say, in tenths.
const EXPOSURE: u32 = 20;

/// Runs it; only root may make a root.
pub(super) fn run() -> anyhow::Result<()> {
    let user = output(Command::new("id").arg("-u"))?;
    ensure!(user.trim() == "0", "a clean Debian is made and entered by root only");
    super::install::debian(&["debootstrap", "lintian", "systemd", "musl-tools", "xz-utils"])?;
    let out = super::target().join("dist");
    let package = crate::dist::package_for_this_machine(&out)?;
    let lint = ["--fail-on", "error,warning", "--tag-display-limit", "0"];
    let said = output(Command::new("lintian").args(lint).arg(&package))?;
    println!("lintian: no error and no warning\n{said}");
    let base = base()?;
    super::script("python3", "package.py", &[package.as_os_str(), base.as_os_str()])?;
    let unpacked = super::target().join("e2e-unpacked");
    let _ = std::fs::remove_dir_all(&unpacked);
    output(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&unpacked))?;
    exposed(&unpacked.join("lib/systemd/system/till-status.service"))?;
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no", "--recursive-errors=no", "till-status.service"]);
    // Of the root it needs what the unit waits for, which a bare package has not.
    let units = unpacked.join("lib/systemd/system");
    let said = verify.env("SYSTEMD_UNIT_PATH", format!("{}:", units.display())).output()?;
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    // The program is in the package, not on this machine.
    let wrong = |line: &&str| line.contains("till-status") && !line.contains("is not executable");
    if let Some(line) = said.lines().find(wrong) {
        bail!("systemd-analyze verify: {line}");
    }
    println!("systemd-analyze verify: nothing to say");
    Ok(())
}

/// A clean Debian, made once.
fn base() -> anyhow::Result<std::path::PathBuf> {
    let base = super::target().join(format!("e2e-{SUITE}.tar"));
    if base.exists() {
        return Ok(base);
    }
    let root = super::target().join("e2e-debootstrap");
    let _ = std::fs::remove_dir_all(&root);
    println!("debootstrap {SUITE}, which takes a minute");
    output(Command::new("debootstrap").args(["--variant=minbase", SUITE]).arg(&root))?;
    let partial = base.with_extension("partial");
    output(Command::new("tar").arg("-C").arg(&root).arg("-cf").arg(&partial).arg("."))?;
    std::fs::rename(&partial, &base)?;
    std::fs::remove_dir_all(&root)?;
    Ok(base)
}

/// The figure that systemd gives the unit with its drop-in.
fn exposed(unit: &Path) -> anyhow::Result<()> {
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", "--no-pager"]).arg(unit);
    // It fails when it finds a lot, and says the figure all the same.
    let said = security.output().context("systemd-analyze")?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let line = said.lines().find(|line| line.contains("Overall exposure level"));
    let figure = line.and_then(|line| line.rsplit(": ").next()?.split(' ').next());
    let figure =
        figure.with_context(|| format!("systemd-analyze security says no figure:\n{said}"))?;
    let tenths: u32 = figure.replace('.', "").parse()?;
    ensure!(tenths <= EXPOSURE, "systemd-analyze security: {figure}, expected at most 2.0");
    println!("systemd-analyze security: {figure}");
    Ok(())
}
