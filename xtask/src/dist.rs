//! `cargo xtask dist`: till-tool as one file, for machines where nothing is installed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::run::cargo;

/// The program is copied to tills over slow lines.
const SIZE_LIMIT: u64 = 8 << 20;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Put the file into this folder
    #[arg(long, value_name = "FOLDER", default_value = "target/dist")]
    out: PathBuf,
}

/// Builds the program with the C library inside, and shows that it runs without any other file.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let target = host()?;
    ensure!(target.contains("linux"), "{target}: a static program is built on Linux only");
    // With --target the flags are not those of build scripts and macros, which must stay dynamic.
    let built = cargo()
        .args(["build", "--release", "--quiet", "--package", "till-tool", "--target", &target])
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .status()?;
    ensure!(built.success(), "till-tool does not build as a static program");
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or(xtask::root().join("target"), PathBuf::from);
    let program = folder.join(&target).join("release").join("till-tool");
    let size = std::fs::metadata(&program)?.len();
    ensure!(size <= SIZE_LIMIT, "{size} bytes, expected at most {SIZE_LIMIT}");
    needs_no_library(&program)?;
    asks_itself(&program)?;
    std::fs::create_dir_all(&arguments.out)?;
    let file = arguments.out.join("till-tool");
    std::fs::copy(&program, &file)?;
    println!("{}: {} KiB for {target}, needs no shared library", file.display(), size >> 10);
    Ok(())
}

/// The machine that this is built on.
fn host() -> anyhow::Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not tell its host")
}

fn needs_no_library(program: &Path) -> anyhow::Result<()> {
    // Says so in one of two ways, on one stream or the other, and with any exit code.
    let output = Command::new("ldd").arg(program).output().context("ldd")?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let none = ["statically linked", "not a dynamic executable"];
    ensure!(none.iter().any(|none| said.contains(none)), "it needs shared libraries:\n{said}");
    Ok(())
}

/// A simulator of the program itself is asked by it, in an environment without anything.
fn asks_itself(program: &Path) -> anyhow::Result<()> {
    let mut simulator = Command::new(program)
        .args(["sim", "atol-v3", "--listen", "127.0.0.1:0"])
        .env_clear()
        .stdout(Stdio::piped())
        .spawn()?;
    let asked = ask(program, &mut simulator);
    simulator.kill()?;
    simulator.wait()?;
    asked
}

fn ask(program: &Path, simulator: &mut Child) -> anyhow::Result<()> {
    let mut ready = String::new();
    let stdout = simulator.stdout.take().context("no output of the simulator")?;
    BufReader::new(stdout).read_line(&mut ready)?;
    let address = ready.trim_end().strip_prefix("ready ").context("the simulator is not ready")?;
    let output = Command::new(program)
        .args(["dump", "--driver", "atol", "--link", "v3", "--owns-device", "--address", address])
        .env_clear()
        .output()?;
    if !output.status.success() {
        bail!("the dump fails: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
