//! What is installed: each file with its place in the Debian package and in the archive.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::program::PROGRAMS;
use crate::run::{cargo, output, target};

/// A file that is installed.
pub(super) struct File {
    /// Its path in a Debian package, without the first slash; none if it is not there.
    pub(super) debian: Option<String>,
    /// Its path in the archive; none if it is not there.
    pub(super) archive: Option<String>,
    pub(super) mode: u32,
    pub(super) content: Vec<u8>,
}

impl File {
    fn new(content: Vec<u8>, debian: impl Into<String>, archive: impl Into<String>) -> Self {
        let some = |path: String| (!path.is_empty()).then_some(path);
        Self { debian: some(debian.into()), archive: some(archive.into()), mode: 0o644, content }
    }
}

/// The folder of man pages and completions. They come from programs for this machine that have the
/// feature for it, in a folder of their own, so that nothing else is built anew for that.
pub(super) fn manual() -> anyhow::Result<PathBuf> {
    let folder = target().join("manual");
    let mut build = cargo();
    build.args(["build", "--quiet", "--locked", "--target-dir"]).arg(&folder);
    build.args(PROGRAMS.map(|name| ["--package", name]).concat());
    build.args(["--features", "till-status/manual,till-tool/manual"]);
    ensure!(build.status()?.success(), "the programs that write the manual do not build");
    let pages = folder.join("pages");
    // A page of a command that is gone must not stay.
    let _ = std::fs::remove_dir_all(&pages);
    std::fs::create_dir_all(&pages)?;
    for name in PROGRAMS {
        output(Command::new(folder.join("debug").join(name)).arg("manual").arg(&pages))?;
    }
    Ok(pages)
}

/// All files.
pub(super) fn files(programs: &[PathBuf], manual: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    for program in programs {
        let name = file_name(program)?;
        let content = std::fs::read(program)?;
        files.push(File { mode: 0o755, ..File::new(content, format!("usr/bin/{name}"), name) });
    }
    let mut pages: Vec<_> = std::fs::read_dir(manual)?.collect::<Result<_, _>>()?;
    pages.sort_by_key(std::fs::DirEntry::file_name);
    for page in pages {
        files.push(page_or_completion(&page.path())?);
    }
    for (file, debian, archive) in PARTS {
        let content = std::fs::read(dist().join(file)).with_context(|| (*file).to_owned())?;
        files.push(File::new(content, *debian, *archive));
    }
    for sample in SAMPLES {
        let content = std::fs::read(dist().join(sample))?;
        let debian = format!("{DOC}/examples/{sample}");
        files.push(File::new(content, debian, format!("examples/{sample}")));
    }
    for (file, name) in PAGES {
        let content = std::fs::read(xtask::root().join(file))?;
        files.push(File::new(content, format!("{DOC}/{name}"), *name));
    }
    for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
        // A Debian package tells them in its copyright file.
        files.push(File::new(std::fs::read(xtask::root().join(file))?, "", file));
    }
    files.push(File::new(third_party()?, format!("{DOC}/third-party.txt"), "third-party.txt"));
    Ok(files)
}

pub(super) const DOC: &str = "usr/share/doc/till-status";

/// Of `crates/till-status/dist`.
const PARTS: &[(&str, &str, &str)] = &[
    ("installed.toml", super::debian::CONFIG, "till-status.toml"),
    (
        "till-status.service",
        "lib/systemd/system/till-status.service",
        "systemd/till-status.service",
    ),
    (
        "50-newer.conf",
        "lib/systemd/system/till-status.service.d/50-newer.conf",
        "systemd/till-status.service.d/50-newer.conf",
    ),
    ("modules-load.conf", "usr/lib/modules-load.d/till-status.conf", "systemd/modules-load.conf"),
    (
        "70-till-status.rules",
        "lib/udev/rules.d/70-till-status.rules",
        "systemd/70-till-status.rules",
    ),
    ("deb/lintian-overrides", "usr/share/lintian/overrides/till-status", ""),
];

const SAMPLES: &[&str] = &[
    "till-status.toml",
    "beside-a-till-program.toml",
    "self-checkout.toml",
    "sharing-a-serial-kkt.toml",
];

/// Of the workspace, for people who have only the package.
const PAGES: &[(&str, &str)] = &[
    ("docs/install.md", "install.md"),
    ("docs/ru/README.md", "README.ru.md"),
    ("docs/api.md", "api.md"),
    ("docs/safety.md", "safety.md"),
    ("docs/sharing.md", "sharing.md"),
];

/// What a package is made of besides the programs.
pub(super) fn dist() -> PathBuf {
    xtask::root().join("crates/till-status/dist")
}

fn page_or_completion(path: &Path) -> anyhow::Result<File> {
    let name = file_name(path)?;
    let content = std::fs::read(path)?;
    if name.ends_with(".1") {
        let packed = gzip(&content)?;
        return Ok(File::new(
            packed,
            format!("usr/share/man/man1/{name}.gz"),
            format!("man/{name}.gz"),
        ));
    }
    let debian = match name.rsplit_once('.') {
        Some((program, "bash")) => format!("usr/share/bash-completion/completions/{program}"),
        Some((_, "fish")) => format!("usr/share/fish/vendor_completions.d/{name}"),
        // What zsh loads begins with an underscore.
        _ => format!("usr/share/zsh/vendor-completions/{name}"),
    };
    Ok(File::new(content, debian, format!("completions/{name}")))
}

/// The crates inside the programs, with their versions and licences.
fn third_party() -> anyhow::Result<Vec<u8>> {
    let mut tree = cargo();
    tree.args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--no-dedupe"]);
    tree.args(PROGRAMS.map(|name| ["--package", name]).concat()).args(["--format", "{p} {l}"]);
    let text = output(&mut tree)?;
    // Ours have a path behind their version.
    let mut lines: Vec<_> = text.lines().filter(|l| !l.is_empty() && !l.contains("(/")).collect();
    lines.sort_unstable();
    lines.dedup();
    ensure!(!lines.is_empty(), "cargo tree names no crate");
    let head = "The programs of this package hold these libraries. Their sources are at \
                https://crates.io/crates/NAME/VERSION.\n\n";
    Ok((head.to_owned() + &lines.join("\n") + "\n").into_bytes())
}

/// Packed without a time, so that the same text gives the same bytes.
pub(super) fn gzip(content: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut gzip = Command::new("gzip");
    let gzip = gzip.args(["-9", "--no-name"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = gzip.spawn().context("gzip")?;
    let mut input = child.stdin.take().context("gzip takes nothing")?;
    let content = content.to_owned();
    // It may want to write before it has read everything.
    let feeder = std::thread::spawn(move || input.write_all(&content));
    let output = child.wait_with_output()?;
    let fed = feeder.join().is_ok_and(|fed| fed.is_ok());
    ensure!(fed && output.status.success(), "gzip failed: {}", output.status);
    Ok(output.stdout)
}

fn file_name(path: &Path) -> anyhow::Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).with_context(|| format!("{}: no name", path.display()))
}
