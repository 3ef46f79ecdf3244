//! The archive, for Linux without Debian's packages. The same commit gives the same bytes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::target::Target;
use super::tree::{File, gzip};
use crate::run::output;

/// Packs it.
pub(super) fn make(target: &Target, files: &[File], out: &Path) -> anyhow::Result<PathBuf> {
    let name = format!("till-status-{}-{}", version(), target.machine);
    let work = Work::new(&name)?;
    for file in files {
        if let Some(path) = &file.archive {
            write(&work.0.join(&name).join(path), file)?;
        }
    }
    let unpacked = work.0.join("archive.tar");
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--format=ustar"]);
    tar.arg(format!("--mtime=@{}", time()?)).arg("-cf").arg(&unpacked);
    output(tar.arg("-C").arg(&work.0).arg(&name))?;
    let archive = out.join(format!("{name}.tar.gz"));
    fs::write(&archive, gzip(&fs::read(&unpacked)?)?)?;
    Ok(archive)
}

/// A folder that is gone afterwards.
pub(super) struct Work(pub(super) PathBuf);

impl Work {
    pub(super) fn new(name: &str) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("till-dist-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes a file; the modes do not depend on the umask of whoever builds.
pub(super) fn write(path: &Path, file: &File) -> anyhow::Result<()> {
    let folders: Vec<_> = path.ancestors().skip(1).take_while(|folder| !folder.exists()).collect();
    for folder in folders.into_iter().rev() {
        fs::create_dir(folder)?;
        fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    }
    fs::write(path, &file.content)?;
    Ok(fs::set_permissions(path, Permissions::from_mode(file.mode))?)
}

/// The version of the programs.
pub(super) const fn version() -> &'static str {
    crate::ci::VERSION
}

/// The time of the commit, or of today where there is none: what files are dated by.
pub(super) fn time() -> anyhow::Result<i64> {
    if let Some(time) = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|time| time.parse().ok()) {
        return Ok(time);
    }
    let mut git = Command::new("git");
    let told = output(git.current_dir(xtask::root()).args(["log", "-1", "--format=%ct"]));
    let time = told.ok().and_then(|time| time.trim().parse().ok());
    Ok(time.unwrap_or_else(|| jiff::Timestamp::now().as_second()))
}
