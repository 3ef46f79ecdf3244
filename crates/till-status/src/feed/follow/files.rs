//! The files of a log: the one that grows, and those that it was before.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::fmt::strtime;
use sha2::{Digest, Sha256};

use crate::feed::Clock;

/// By so many bytes a place in a file is known again.
const BEFORE: u64 = 256;

/// Where a log is: a path in whose file name `%Y`, `%m` and `%d` stand for the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPath(PathBuf);

/// A file at one moment.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) path: PathBuf,
    pub(super) id: String,
    pub(super) length: u64,
    pub(super) modified: Timestamp,
}

impl LogPath {
    /// An absolute path.
    ///
    /// # Errors
    /// What was expected.
    pub fn new(path: &str) -> Result<Self, String> {
        let expected = "an absolute path, in whose file name %Y, %m and %d may stand for the day";
        let path = Path::new(path);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let mut parts = name.split('%').skip(1);
        let days = parts.all(|part| part.starts_with(['Y', 'm', 'd']));
        let folder = path.parent().is_some_and(|folder| !folder.to_string_lossy().contains('%'));
        let good = path.is_absolute() && !name.is_empty() && days && folder;
        good.then(|| Self(path.to_owned())).ok_or_else(|| expected.to_owned())
    }

    /// The path of that day.
    #[must_use]
    pub fn at(&self, clock: Clock<'_>) -> PathBuf {
        let name = self.name();
        let day = strtime::format(&name, clock.zone.to_datetime(clock.now));
        self.0.with_file_name(day.unwrap_or(name))
    }

    /// As it is in the configuration.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    fn name(&self) -> String {
        self.0.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Can a file of this name be an earlier part of the log? `till.log.1`, `till-20261124.log` and
    /// `till.log.old` can be one of `till.log`; what is compressed cannot be read.
    fn is_part(&self, name: &str) -> bool {
        let own = self.name();
        let plain = own.replace("%Y", "").replace("%m", "").replace("%d", "");
        let (stem, end) = plain.rsplit_once('.').unwrap_or((&plain, ""));
        let stem = stem.trim_end_matches(['-', '_', '.']);
        let Some(rest) = name.strip_prefix(stem) else { return false };
        let end = format!(".{end}");
        let rest = rest.replacen(&end, "", 1);
        let rest = ["old", "bak"].iter().find_map(|word| rest.strip_suffix(word)).unwrap_or(&rest);
        rest.chars().all(|letter| letter.is_ascii_digit() || "-_.T".contains(letter))
    }
}

impl std::fmt::Display for LogPath {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.display().fmt(out)
    }
}

/// The live file and what it can have been before.
pub(super) fn siblings(path: &LogPath, live: &Path) -> Vec<Stamp> {
    let folder = live.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let entries = folder.into_iter().flatten().flatten();
    let parts = entries.filter(|entry| path.is_part(&entry.file_name().to_string_lossy()));
    let files = parts.filter(|entry| entry.path().is_file());
    files.filter_map(|entry| stamp(&entry.path(), &File::open(entry.path()).ok()?).ok()).collect()
}

/// A file as it is now.
pub(super) fn stamp(path: &Path, file: &File) -> io::Result<Stamp> {
    let meta = file.metadata()?;
    Ok(Stamp {
        path: path.to_owned(),
        id: format!("{}:{}", meta.dev(), meta.ino()),
        length: meta.len(),
        modified: Timestamp::try_from(meta.modified()?).unwrap_or_default(),
    })
}

/// A hash of the bytes before this place; `None` when the file is shorter, or cannot be read.
pub(super) fn fingerprint(file: &File, offset: u64) -> Option<String> {
    let length = offset.min(BEFORE);
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    file.read_exact_at(&mut bytes, offset - length).ok()?;
    let digest = Sha256::digest(&bytes);
    Some(digest.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rotated_files() {
        for (path, name, part) in [
            ("/l/till.log", "till.log", true),
            ("/l/till.log", "till.log.1", true),
            ("/l/till.log", "till.log-20261124", true),
            ("/l/till.log", "till-2026-11-24.log", true),
            ("/l/till.log", "till.1.log", true),
            ("/l/till.log", "till.log.old", true),
            ("/l/till.log", "till.log.1.gz", false),
            ("/l/till.log", "till-errors.log", false),
            ("/l/till.log", "other.log", false),
            ("/l/till-%Y-%m-%d.log", "till-2026-11-23.log", true),
            ("/l/till-%Y-%m-%d.log", "till-errors-2026-11-23.log", false),
            ("/l/%Y%m%d.log", "20261123.log", true),
            ("/l/%Y%m%d.log", "x20261123.log", false),
            ("/l/till", "till.1", true),
        ] {
            assert_eq!(LogPath::new(path).unwrap().is_part(name), part, "{path} {name}");
        }
    }

    #[test]
    fn a_path_is_absolute_and_its_day_is_in_the_name() {
        for path in ["till.log", "/", "/l/%Y/till.log", "/l/till-%H.log", "/l/till%", ""] {
            assert!(LogPath::new(path).is_err(), "{path}");
        }
        let path = LogPath::new("/l/till-%Y-%m-%d.log").unwrap();
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(3));
        let clock = Clock { now: "2026-11-23T21:30:00Z".parse().unwrap(), zone: &zone };
        assert_eq!(path.at(clock), Path::new("/l/till-2026-11-24.log"));
    }
}
