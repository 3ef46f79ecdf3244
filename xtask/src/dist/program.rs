//! The programs: built, and shown to run in an environment without anything.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use super::target::Target;
use crate::run::{cargo, output, target as built_in};

/// The programs are copied to tills over slow lines.
const SIZE_LIMIT: u64 = 9 << 20;
pub(super) const PROGRAMS: [&str; 2] = ["till-status", "till-tool"];

/// Builds both; they need no library.
pub(super) fn build(target: &Target) -> anyhow::Result<[PathBuf; 2]> {
    let triple = target.built();
    let mut build = cargo();
    build.args(["build", "--release", "--quiet", "--locked", "--target", triple]);
    build.args(PROGRAMS.map(|name| ["--package", name]).concat()).envs(target.environment());
    if let Some(commit) = changed()? {
        build.env("TILL_COMMIT", commit);
    }
    ensure!(build.status()?.success(), "the programs do not build for {triple}");
    let programs = PROGRAMS.map(|name| built_in().join(triple).join("release").join(name));
    for program in &programs {
        let size = std::fs::metadata(program)?.len();
        let name = program.display();
        ensure!(size <= SIZE_LIMIT, "{name}: {size} bytes, expected at most {SIZE_LIMIT}");
        ensure!(needs_no_library(&std::fs::read(program)?)?, "{name} needs shared libraries");
    }
    Ok(programs)
}

/// The commit, if the files are not those of it any more; the programs know an unchanged one.
fn changed() -> anyhow::Result<Option<String>> {
    let mut git = Command::new("git");
    git.current_dir(xtask::root()).args(["describe", "--always", "--dirty", "--abbrev=12"]);
    let Ok(commit) = output(git.args(["--exclude", "*"])) else { return Ok(None) };
    let commit = commit.trim();
    Ok(commit.ends_with("-dirty").then(|| commit.to_owned()))
}

/// An ELF file asks for its libraries by an interpreter (PT_INTERP, 3), and a static one names none.
///
/// Layout of the 64- and the 32-bit header: elf(5).
fn needs_no_library(file: &[u8]) -> anyhow::Result<bool> {
    let number = |at: usize, size: usize| -> Option<usize> {
        let bytes = file.get(at..at.checked_add(size)?)?;
        bytes
            .iter()
            .rev()
            .try_fold(0usize, |sum, byte| sum.checked_mul(256)?.checked_add((*byte).into()))
    };
    ensure!(file.starts_with(b"\x7fELF"), "this is no ELF file");
    let (table, size, count) = match file.get(4) {
        Some(2) => (number(32, 8), number(54, 2), number(56, 2)),
        _ => (number(28, 4), number(42, 2), number(44, 2)),
    };
    let found = table.zip(size).zip(count).map(|((table, size), count)| {
        (0..count).any(|entry| number(table + entry * size, 4) == Some(3))
    });
    Ok(!found.context("the ELF file is too short")?)
}

/// A simulator of till-tool is asked by it, and till-status serves.
pub(super) fn check(programs: &[PathBuf; 2], runner: &[String]) -> anyhow::Result<()> {
    let [status, tool] = programs;
    for program in programs {
        output(run(program, runner).arg("--version"))?;
    }
    let mut simulator = run(tool, runner);
    simulator.args(["sim", "atol-v3", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
    with(simulator.spawn()?, |simulator| ask(tool, runner, simulator)).context("till-tool")?;
    let config = std::env::temp_dir().join(format!("till-dist-{}.toml", std::process::id()));
    std::fs::write(&config, "[api]\nlisten = [\"127.0.0.1:0\"]\n")?;
    let mut service = run(status, runner);
    service.args(["run", "--config"]).arg(&config).stderr(Stdio::piped());
    let served = with(service.spawn()?, serves).context("till-status");
    std::fs::remove_file(config)?;
    served
}

fn run(program: &Path, runner: &[String]) -> Command {
    let Some((emulator, arguments)) = runner.split_first() else {
        let mut command = Command::new(program);
        command.env_clear();
        return command;
    };
    let mut command = Command::new(emulator);
    command.args(arguments).arg(program);
    command
}

/// Does something with a child process, and ends it.
fn with(
    mut child: Child,
    work: impl FnOnce(&mut Child) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let done = work(&mut child);
    child.kill()?;
    child.wait()?;
    done
}

fn ask(tool: &Path, runner: &[String], simulator: &mut Child) -> anyhow::Result<()> {
    let mut ready = String::new();
    let stdout = simulator.stdout.take().context("no output of the simulator")?;
    BufReader::new(stdout).read_line(&mut ready)?;
    let address = ready.trim_end().strip_prefix("ready ").context("the simulator is not ready")?;
    let mut dump = run(tool, runner);
    dump.args(["dump", "--driver", "atol", "--link", "v3", "--owns-device", "--address", address]);
    output(&mut dump).context("the dump fails")?;
    Ok(())
}

fn serves(service: &mut Child) -> anyhow::Result<()> {
    let log = BufReader::new(service.stderr.take().context("no log of the service")?);
    for line in log.lines() {
        let Some(api) = line?.split_once("serving api=").map(|(_, api)| api.replace('"', ""))
        else {
            continue;
        };
        let mut stream = TcpStream::connect(api.trim())?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let request = "GET /api/v1/status/ofd HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(
            answer.starts_with("HTTP/1.1 501"),
            "expected that nothing is configured:\n{answer}"
        );
        return Ok(());
    }
    bail!("it ended without serving")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_an_interpreter_needs_libraries() {
        // The test itself is an ordinary program; what ldd says of one is not the same everywhere.
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(!needs_no_library(&own).unwrap());
        let mut bare = b"\x7fELF\x02".to_vec();
        bare.resize(64, 0);
        assert!(needs_no_library(&bare).unwrap(), "no table, no interpreter");
        bare.truncate(40);
        assert!(needs_no_library(&bare).is_err());
        assert!(needs_no_library(b"#!/bin/sh").is_err());
    }
}
