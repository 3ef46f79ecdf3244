//! The deframers: instructions for a frame, and floods.
//!
//! Instructions are counted by valgrind, so that neither the machine nor its load decides. A flood
//! is held to a ratio: twice the bytes may take twice the instructions.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail, ensure};

/// 300 ns for a frame of 60 bytes, found and decoded, at 8 instructions a nanosecond: three a cycle
/// of 2.7 GHz.
const FRAME_LIMIT: f64 = 2400.0;
/// Twice the bytes may take so much more; what does not grow makes it less than two.
const FLOOD_LIMIT: f64 = 2.1;
/// How many frames are counted.
const FRAMES: u32 = 1000;
/// How long a real flood is.
const FLOOD_MIB: &str = "64";
const PROTOCOLS: [&str; 3] = ["atol-v2", "atol-v3", "sp80x-pone"];

/// Builds the work and counts it; `figure` takes name, value, unit and limit.
pub(super) fn run(
    root: &Path,
    release: &Path,
    mut figure: impl FnMut(&str, f64, &str, f64),
) -> anyhow::Result<()> {
    let built = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["build", "--release", "--quiet", "-p", "workspace-tests", "--example", "deframe"])
        .status()?;
    ensure!(built.success(), "the work for the deframers does not build");
    let program = release.join("examples").join("deframe");
    for protocol in PROTOCOLS {
        let [once, twice] = [FRAMES, 2 * FRAMES]
            .map(|frames| instructions(&program, &[protocol, "frames", &frames.to_string()]));
        let each = (twice? - once?) / f64::from(FRAMES);
        figure(&format!("{protocol}, a frame of 60 bytes"), each, "instr", FRAME_LIMIT);
        for what in ["random", "start"] {
            let [once, twice] =
                ["1", "2"].map(|mib| instructions(&program, &[protocol, what, mib]));
            let name = format!("{protocol}, 2 MiB against 1 MiB of {what}");
            figure(&name, twice? / once?, "x", FLOOD_LIMIT);
            let began = Instant::now();
            let found = found(Command::new(&program).args([protocol, what, FLOOD_MIB]))?;
            let millis = began.elapsed().as_millis();
            println!("({protocol}: {FLOOD_MIB} MiB of {what} in {millis} ms)");
            ensure!(found == 1, "{protocol}: no good frame is found behind a flood of {what}");
        }
    }
    Ok(())
}

/// How many instructions a run takes.
fn instructions(program: &Path, arguments: &[&str]) -> anyhow::Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(arguments)
        .output()
        .context("valgrind counts the instructions; install it (apt install valgrind)")?;
    ensure!(output.status.success(), "{} fails under valgrind", program.display());
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| line.contains("I   refs:"));
    let count = line.and_then(|line| line.rsplit(' ').next());
    let count = count.context("valgrind counted nothing")?.replace(',', "");
    Ok(count.parse()?)
}

/// How many frames a run found.
fn found(command: &mut Command) -> anyhow::Result<usize> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}
