//! What a stage needs and this machine lacks. A registry that fails is asked again.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};

/// A registry that does not answer is asked so often.
const TRIES: u32 = 3;

/// Whether there is a Python that can make an environment with a `pip` of its own.
pub(super) fn has_python() -> Result<(), String> {
    let what = "programs that others wrote need python3 with venv and ensurepip (apt install python3-venv)";
    let mut probe = Command::new("python3");
    let probe = probe.args(["-c", "import venv, ensurepip"]).output();
    let output = probe.map_err(|error| format!("{what}: python3: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or_default();
    if output.status.success() { Ok(()) } else { Err(format!("{what}: {last}")) }
}

/// Debian's packages: installed when they are missing and this runs as root.
pub(super) fn debian(packages: &[&str]) -> anyhow::Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|name| !is_installed(name)).collect();
    if !missing.is_empty() {
        println!("installing {}", missing.join(" "));
        again("apt-get update", || apt(&["update"]))?;
        let mut install = vec!["install", "--yes", "--no-install-recommends"];
        install.extend(&missing);
        again(&format!("apt-get install {}", missing.join(" ")), || apt(&install))
            .context("as root: apt-get install them, then run this again")?;
    }
    for name in packages {
        println!("{name} {}", version(name));
    }
    Ok(())
}

/// The Python of an environment with the packages that a file of `tests/e2e` lists.
pub(super) fn python(requirements: &str) -> anyhow::Result<PathBuf> {
    let list = super::folder().join(requirements);
    let name = requirements.trim_end_matches(".txt");
    let venv = super::target().join(format!("e2e-{name}"));
    let python = venv.join("bin/python");
    if !python.exists() {
        let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv).status();
        ensure!(made.context("python3")?.success(), "python3 -m venv failed");
    }
    again(&format!("pip install -r {}", list.display()), || {
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        install.arg(&list);
        install
    })?;
    Ok(python)
}

/// The folder whose `node_modules` has the packages that a `package.json` in a folder of `tests/e2e`
/// lists, each in its exact version.
#[allow(dead_code, reason = "the next stages need it")]
pub(super) fn npm(name: &str) -> anyhow::Result<PathBuf> {
    let folder = super::target().join(format!("e2e-npm-{name}"));
    std::fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"] {
        let from = super::folder().join(name).join(file);
        std::fs::copy(&from, folder.join(file)).with_context(|| from.display().to_string())?;
    }
    again("npm ci", || {
        let mut install = Command::new("npm");
        install.args(["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]);
        install.current_dir(&folder);
        install
    })?;
    Ok(folder)
}

fn is_installed(name: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    let query = query.args(["--show", "--showformat=${db:Status-Status}", name]).output();
    query.is_ok_and(|output| output.stdout == b"installed")
}

fn version(name: &str) -> String {
    let mut query = Command::new("dpkg-query");
    let query = query.args(["--show", "--showformat=${Version}", name]).output();
    query.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

fn apt(arguments: &[&str]) -> Command {
    let mut apt = Command::new("apt-get");
    apt.arg("--quiet=2").args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    // What a package's scripts say is of no use here, but what goes wrong is.
    apt.stdout(Stdio::null());
    apt
}

fn again(what: &str, command: impl Fn() -> Command) -> anyhow::Result<()> {
    for turn in 1..=TRIES {
        match command().stdin(Stdio::null()).status() {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => println!("{what}: {status}, try {turn} of {TRIES}"),
            Err(error) => bail!("{what}: {error}"),
        }
        if turn < TRIES {
            std::thread::sleep(Duration::from_secs(3));
        }
    }
    bail!("{what} failed {TRIES} times")
}
