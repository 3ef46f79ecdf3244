//! The processors of tills, and whether this machine can build for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::run::rustc;

/// A processor, and what builds and runs its programs elsewhere.
pub(super) struct Target {
    pub(super) triple: &'static str,
    /// As Debian calls it.
    pub(super) debian: &'static str,
    /// As Linux calls it.
    pub(super) machine: &'static str,
    /// The C compiler, which ring needs, and the linker; and Debian's package of it.
    compiler: (&'static str, &'static str),
    emulator: &'static str,
    /// What is built when there is no musl: static as well, but with the C library of this machine.
    instead: Option<&'static str>,
}

pub(super) const TARGETS: &[Target] = &[
    Target {
        triple: "x86_64-unknown-linux-musl",
        debian: "amd64",
        machine: "x86_64",
        compiler: ("musl-gcc", "musl-tools"),
        emulator: "qemu-x86_64-static",
        instead: Some("x86_64-unknown-linux-gnu"),
    },
    Target {
        triple: "aarch64-unknown-linux-musl",
        debian: "arm64",
        machine: "aarch64",
        compiler: ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"),
        emulator: "qemu-aarch64-static",
        instead: None,
    },
    Target {
        triple: "armv7-unknown-linux-musleabihf",
        debian: "armhf",
        machine: "armv7l",
        compiler: ("arm-linux-gnueabihf-gcc", "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross"),
        emulator: "qemu-arm-static",
        instead: None,
    },
];

impl Target {
    /// Whether programs for it can be built here; the text says what is left out all the same.
    pub(super) fn ready(&self) -> anyhow::Result<Option<String>> {
        let Err(why) = self.has_musl() else { return Ok(None) };
        let instead = self.instead.filter(|triple| has_library(triple)).ok_or(why)?;
        Ok(Some(format!(
            "{}: musl; the programs hold the C library of this machine instead ({instead}), which \
             looks up names by files that another machine may not have",
            self.debian
        )))
    }

    fn has_musl(&self) -> anyhow::Result<()> {
        let (compiler, package) = self.compiler;
        let there = Command::new(compiler).arg("--version").output();
        ensure!(there.is_ok(), "there is no {compiler} (apt install {package})");
        if has_library(self.triple) {
            return Ok(());
        }
        let mut rustup = Command::new("rustup");
        let added = rustup.args(["target", "add", self.triple]).output();
        let added = added.context("rustup, which would fetch the standard library")?;
        let said = String::from_utf8_lossy(&added.stderr);
        // The line that tells the reason; a trace of calls follows it.
        let told = said.lines().map(str::trim).find(|line| line.contains("unsuccessful status"));
        let told = told.or(said.lines().find(|line| line.starts_with("error"))).unwrap_or_default();
        ensure!(added.status.success(), "rustup cannot add {}: {told}", self.triple);
        Ok(())
    }

    /// What is really built.
    pub(super) fn built(&self) -> &'static str {
        match self.instead.filter(|_| self.has_musl().is_err()) {
            Some(instead) => instead,
            None => self.triple,
        }
    }

    /// What cargo has to be told for it.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let built = self.built();
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
        let root = xtask::root();
        // The messages of a panic must not tell on which machine this was built.
        let mut flags = format!("--remap-path-prefix={}=/till-status", root.display());
        if let Some(home) = home {
            flags = format!("--remap-path-prefix={}=/cargo {flags}", home.display());
        }
        let mut variables = Vec::new();
        if built == self.triple {
            let name = built.replace('-', "_");
            let (compiler, _) = self.compiler;
            variables.push((format!("CC_{name}"), compiler.to_owned()));
            if !self.is_ours() {
                let linker = format!("CARGO_TARGET_{}_LINKER", name.to_uppercase());
                variables.push((linker, compiler.to_owned()));
            }
        } else {
            flags += " -C target-feature=+crt-static";
        }
        variables.push(("RUSTFLAGS".to_owned(), flags));
        variables
    }

    /// Is it the processor of this machine?
    pub(super) fn is_ours(&self) -> bool {
        self.triple.starts_with(std::env::consts::ARCH)
    }

    /// With what a program of it is run here: nothing, or an emulator. `None`: it cannot be.
    pub(super) fn runner(&self) -> Option<Vec<String>> {
        if self.is_ours() {
            return Some(Vec::new());
        }
        let there = Command::new(self.emulator).arg("--version").output();
        there.is_ok().then(|| vec![self.emulator.to_owned()])
    }
}

/// Is the standard library of the target here?
fn has_library(triple: &str) -> bool {
    let output = rustc().args(["--print", "target-libdir", "--target", triple]).output();
    let folder = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    folder.is_ok_and(|folder| !folder.is_empty() && Path::new(&folder).exists())
}
