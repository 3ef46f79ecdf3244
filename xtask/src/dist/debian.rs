//! The Debian package, put together by dpkg-deb: it is on every Debian and Ubuntu, and shows what is in it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use jiff::Timestamp;

use super::archive::{Work, time, version, write};
use super::target::Target;
use super::tree::{DOC, File, dist, gzip};
use crate::run::output;

const NAME: &str = "till-status";
/// The file that is the administrator's: an upgrade never replaces it unasked.
pub(super) const CONFIG: &str = "etc/till-status/till-status.toml";
const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];

pub(super) fn file_name(arch: &str) -> String {
    format!("{NAME}_{}_{arch}.deb", version())
}

/// Packs it.
pub(super) fn make(target: &Target, files: &[File], out: &Path) -> anyhow::Result<PathBuf> {
    let arch = target.debian;
    let work = Work::new(&format!("deb-{arch}"))?;
    let root = work.0.join("root");
    let changelog = gzip(changelog()?.as_bytes())?;
    let own = [
        (format!("{DOC}/changelog.gz"), changelog),
        (format!("{DOC}/copyright"), fs::read(dist().join("deb/copyright"))?),
    ];
    let own =
        own.map(|(path, content)| File { debian: Some(path), archive: None, mode: 0o644, content });
    let mut size = 0;
    for file in files.iter().chain(&own) {
        if let Some(path) = &file.debian {
            write(&root.join(path), file)?;
            size += file.content.len();
        }
    }
    control(&root, arch, size)?;
    let package = out.join(file_name(arch));
    let mut deb = Command::new("dpkg-deb");
    // Old tills cannot unpack zstd, which newer systems take by default.
    deb.args(["--root-owner-group", "-Zxz", "--build"]).arg(&root).arg(&package);
    output(deb.env("SOURCE_DATE_EPOCH", time()?.to_string()))?;
    Ok(package)
}

fn control(root: &Path, arch: &str, size: usize) -> anyhow::Result<()> {
    let text = fs::read_to_string(dist().join("deb/control"))?;
    let kib = size.div_ceil(1024).to_string();
    let text = [("@VERSION@", version()), ("@ARCH@", arch), ("@SIZE@", &kib)]
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to));
    ensure!(!text.contains('@') || text.matches('@').count() == 1, "something is not filled in");
    let sums = output(Command::new("sh").current_dir(root).args([
        "-c",
        "find . -type f ! -path './etc/*' -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 md5sum",
    ]))?;
    let mut files = vec![
        ("control", 0o644, text.into_bytes()),
        ("conffiles", 0o644, format!("/{CONFIG}\n").into_bytes()),
        ("md5sums", 0o644, sums.into_bytes()),
    ];
    for script in SCRIPTS {
        files.push((script, 0o755, fs::read(dist().join("deb").join(script))?));
    }
    for (name, mode, content) in files {
        let file = File { debian: None, archive: None, mode, content };
        write(&root.join("DEBIAN").join(name), &file)?;
    }
    Ok(())
}

/// The newest part of the project's changelog, in Debian's form.
fn changelog() -> anyhow::Result<String> {
    let text = fs::read_to_string(xtask::root().join("docs/changelog.md"))?;
    let newest = text.split("\n## ").nth(1).context("the changelog has no version")?;
    ensure!(newest.starts_with(version()), "the newest version of the changelog is another one");
    let mut changelog = format!("{NAME} ({}) unstable; urgency=medium\n\n", version());
    for change in newest.lines().filter_map(|line| line.strip_prefix("- ")) {
        let mut line = String::from("  *");
        for word in change.split_whitespace() {
            if line.len() + word.len() > 77 {
                writeln!(changelog, "{line}")?;
                line = String::from("   ");
            }
            line = line + " " + word;
        }
        writeln!(changelog, "{line}")?;
    }
    let date = Timestamp::from_second(time()?)?.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let control = fs::read_to_string(dist().join("deb/control"))?;
    let who = control.lines().find_map(|line| line.strip_prefix("Maintainer: "));
    writeln!(changelog, "\n -- {}  {date}", who.context("no maintainer")?)?;
    Ok(changelog)
}
