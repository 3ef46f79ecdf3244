//! The Debian package in a clean Debian: installed, updated, removed, purged, without systemd and with it;
//! and what lintian and systemd say of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::run::output;

/// The Debian whose clean root it is installed into.
const SUITE: &str = "bookworm";
/// The most that `systemd-analyze security` may say, in tenths.
const EXPOSURE: u32 = 20;

/// Runs it; only root may make a root.
pub(super) fn run() -> anyhow::Result<()> {
    if output(Command::new("id").arg("-u"))?.trim() != "0" {
        println!(
            "SKIPPED: a clean Debian is made and entered by root only; no package was installed"
        );
        return Ok(());
    }
    super::install::debian(&[
        "debootstrap",
        "lintian",
        "systemd-container",
        "musl-tools",
        "xz-utils",
    ])?;
    let out = super::target().join("dist");
    let package = crate::dist::package_for_this_machine(&out)?;
    let lint = ["--fail-on", "error,warning", "--tag-display-limit", "0"];
    let said = output(Command::new("lintian").args(lint).arg(&package))?;
    println!("lintian: no error and no warning\n{said}");
    let bare = base("bare", &[])?;
    super::script("python3", "package.py", &[package.as_os_str(), bare.as_os_str()])?;
    let unpacked = super::target().join("e2e-unpacked");
    let _ = std::fs::remove_dir_all(&unpacked);
    output(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&unpacked))?;
    exposed(&unpacked.join("lib/systemd/system/till-status.service"))?;
    let systemd = base("systemd", &["systemd-sysv", "dbus"])?;
    verified(&unpacked, &systemd)?;
    super::script("python3", "booted.py", &[package.as_os_str(), systemd.as_os_str()])
}

/// A clean Debian with these packages, made once.
fn base(name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let base = super::target().join(format!("e2e-{SUITE}-{name}.tar"));
    if base.exists() {
        return Ok(base);
    }
    let root = super::target().join("e2e-debootstrap");
    let _ = std::fs::remove_dir_all(&root);
    println!("debootstrap {SUITE}, which takes a minute or two");
    let mut debootstrap = Command::new("debootstrap");
    debootstrap.arg("--variant=minbase");
    if !packages.is_empty() {
        debootstrap.arg(format!("--include={}", packages.join(",")));
    }
    output(debootstrap.arg(SUITE).arg(&root))?;
    let partial = base.with_extension("partial");
    output(Command::new("tar").arg("-C").arg(&root).arg("-cf").arg(&partial).arg("."))?;
    std::fs::rename(&partial, &base)?;
    std::fs::remove_dir_all(&root)?;
    Ok(base)
}

/// Every directive of the unit is known, and what it names is there.
fn verified(unpacked: &Path, base: &Path) -> anyhow::Result<()> {
    // Its root is that of a Debian: the unit waits for others.
    output(
        Command::new("tar").arg("-C").arg(unpacked).arg("--skip-old-files").arg("-xf").arg(base),
    )?;
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]).arg(format!("--root={}", unpacked.display()));
    let said = verify.arg("till-status.service").output().context("systemd-analyze")?;
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    ensure!(!said.contains("till-status"), "systemd-analyze verify: {said}");
    println!("systemd-analyze verify: nothing to say");
    std::fs::remove_dir_all(unpacked)?;
    Ok(())
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
