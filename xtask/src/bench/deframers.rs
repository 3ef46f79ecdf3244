//! The deframers: instructions for a frame, and floods.
//!
//! Instructions are counted by valgrind, so that neither the machine nor its load decides. A flood
//! is held to a ratio: twice the bytes may take twice the instructions.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use crate::lab::{self, Figures};

/// 300 ns for a frame of 60 bytes, found and decoded, at 8 instructions a nanosecond: three a cycle
/// of 2.7 GHz.
const FRAME_LIMIT: f64 = 2400.0;
/// Twice the bytes may take so much more; what does not grow makes it less than two.
const FLOOD_LIMIT: f64 = 2.1;
/// How many frames are counted.
const FRAMES: u32 = 1000;
/// How long a real flood is.
const FLOOD_MIB: &str = "64";

/// Builds the work and counts it.
pub(super) fn run(figures: &mut Figures) -> anyhow::Result<()> {
    lab::build(&["-p", "workspace-tests", "--example", "deframe"])?;
    let program = lab::folder().join("examples").join("deframe");
    let list = output(Command::new(&program).arg("list"))?;
    for (protocol, what) in list.lines().filter_map(|line| line.split_once(' ')) {
        if what == "frames" {
            let [once, twice] = [FRAMES, 2 * FRAMES]
                .map(|frames| instructions(&program, &[protocol, what, &frames.to_string()]));
            let each = (twice? - once?) / f64::from(FRAMES);
            figures.add(&format!("{protocol}, a frame of 60 bytes"), each, "instr", FRAME_LIMIT);
            continue;
        }
        let [once, twice] = ["1", "2"].map(|mib| instructions(&program, &[protocol, what, mib]));
        let name = format!("{protocol}, 2 MiB against 1 MiB of {what}");
        figures.add(&name, twice? / once?, "x", FLOOD_LIMIT);
        let began = Instant::now();
        let found = output(Command::new(&program).args([protocol, what, FLOOD_MIB]))?;
        let millis = began.elapsed().as_millis();
        println!("({protocol}: {FLOOD_MIB} MiB of {what} in {millis} ms)");
        ensure!(found.trim() == "1", "{protocol}: no good frame is found behind a flood of {what}");
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

/// What a run prints.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
