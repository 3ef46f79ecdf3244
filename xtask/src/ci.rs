//! `cargo xtask ci`: all that a change has to pass.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::run::cargo;

/// The library crates, each of which has to do without the others' features.
const PUBLIC: [&str; 6] =
    ["kkt-atol", "kkt-sp80x", "scale-proto", "vision-probe", "status-core", "till-port"];
/// The version of all crates.
pub(crate) const VERSION: &str = "0.1.0";
/// Those that need no other crate of ours, so that a package of them can be built by itself.
const PACKAGED: [&str; 5] = ["kkt-atol", "kkt-sp80x", "scale-proto", "vision-probe", "till-port"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave out `cargo test`: it has passed just before
    #[arg(long)]
    tested: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut steps = vec![
        "fmt --all --check".to_owned(),
        "clippy --workspace --all-targets --all-features -- -D warnings".to_owned(),
        "doc --workspace --no-deps --all-features".to_owned(),
    ];
    if !arguments.tested {
        steps.push("test --workspace".to_owned());
    }
    for name in PUBLIC {
        steps.push(format!("check --package {name} --no-default-features"));
        steps.push(format!("check --package {name} --all-features"));
    }
    steps.extend(PACKAGED.map(|name| format!("package --allow-dirty --package {name}")));

    let mut failed = Vec::new();
    for step in steps {
        println!("\n== cargo {step}");
        let mut command = cargo();
        command.args(step.split(' ')).env("RUSTDOCFLAGS", "-D warnings");
        if !command.status()?.success() {
            failed.push(format!("cargo {step}"));
        }
    }
    for name in PACKAGED {
        println!("\n== {name} outside of the workspace");
        if let Err(error) = standalone(name) {
            println!("{error:#}");
            failed.push(format!("{name} outside of the workspace"));
        }
    }
    println!("\n== tidy");
    if let Err(error) = xtask::tidy::run(&xtask::root(), false) {
        println!("{error:#}");
        failed.push("cargo xtask tidy".to_owned());
    }
    if !failed.is_empty() {
        bail!("failed:\n  {}", failed.join("\n  "));
    }
    println!("\nall passed");
    Ok(())
}

/// Unpacks the package as a stranger gets it, and builds and tests it, its README's example and its
/// other examples included.
fn standalone(name: &str) -> anyhow::Result<()> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or(xtask::root().join("target"), Into::into);
    let folder = std::env::temp_dir().join(format!("till-package-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let tested = unpack_and_test(&target, name, &folder);
    std::fs::remove_dir_all(&folder)?;
    tested
}

fn unpack_and_test(target: &Path, name: &str, folder: &Path) -> anyhow::Result<()> {
    let package = format!("{name}-{VERSION}");
    let archive = target.join("package").join(format!("{package}.crate"));
    let unpacked = Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(folder).status();
    ensure!(unpacked.context("tar")?.success(), "{} cannot be unpacked", archive.display());
    let tested = Command::new(env!("CARGO"))
        .current_dir(folder.join(&package))
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .args(["test", "--quiet", "--all-features"])
        .status()?;
    ensure!(tested.success(), "{package} does not pass its tests alone");
    Ok(())
}
