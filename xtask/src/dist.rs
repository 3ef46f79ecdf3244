//! `cargo xtask dist`: what is installed on tills, as one archive and one Debian package a processor.
//!
//! The programs hold their C library (musl), so they run on every Linux of their processor, however old.
//! A processor for which this machine has no toolchain is left out, and that is said with the reason.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

mod archive;
mod debian;
mod program;
mod target;
mod tree;

use target::{TARGETS, Target};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Put the files into this folder
    #[arg(long, value_name = "FOLDER", default_value = "target/dist")]
    out: PathBuf,
    /// Only for these processors, as Debian calls them, and all of them; else those that can be had
    #[arg(long, value_parser = ["amd64", "arm64", "armhf"])]
    arch: Vec<String>,
}

/// Builds everything, and shows that the programs run without any other file.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let all = arguments.arch.is_empty();
    let wanted = |target: &&Target| all || arguments.arch.iter().any(|arch| arch == target.debian);
    let mut left_out = Vec::new();
    let mut built = 0;
    std::fs::create_dir_all(&arguments.out)?;
    let manual = tree::manual()?;
    for target in TARGETS.iter().filter(wanted) {
        match target.ready() {
            Ok(note) => {
                left_out.extend(note);
                package(target, &manual, &arguments.out).context(target.triple)?;
                built += 1;
            }
            Err(why) => left_out.push(format!("{}: {why}", target.debian)),
        }
    }
    for text in &left_out {
        println!("LEFT OUT: {text}");
    }
    ensure!(built > 0, "nothing could be built");
    if !all && !left_out.is_empty() {
        bail!("not everything that --arch names could be built");
    }
    Ok(())
}

/// The Debian package of this machine's processor, built if it is not there yet.
pub(crate) fn package_for_this_machine(out: &Path) -> anyhow::Result<PathBuf> {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => bail!("no package is made for {other}"),
    };
    run(&Arguments { out: out.to_owned(), arch: vec![arch.to_owned()] })?;
    Ok(out.join(debian::file_name(arch)))
}

fn package(target: &Target, manual: &Path, out: &Path) -> anyhow::Result<()> {
    let programs = program::build(target)?;
    let smoke = match target.runner() {
        Some(runner) => {
            program::check(&programs, &runner)?;
            "they were run"
        }
        None => "NOT RUN: no emulator here (apt install qemu-user-static)",
    };
    let files = tree::files(&programs, manual)?;
    let archive = archive::make(target, &files, out)?;
    let package = debian::make(target, &files, out)?;
    for file in [&archive, &package] {
        println!("{}: {} KiB", file.display(), std::fs::metadata(file)?.len() >> 10);
    }
    for program in &programs {
        let name = program.file_name().context("a program has a name")?;
        let size = std::fs::metadata(program)?.len();
        if target.is_ours() {
            std::fs::copy(program, out.join(name))?;
        }
        let name = name.to_string_lossy();
        println!(
            "{name}: {} KiB for {}, needs no shared library; {smoke}",
            size >> 10,
            target.debian
        );
    }
    Ok(())
}
