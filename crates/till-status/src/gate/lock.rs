//! The lock file by which the till program and this service agree who works with the KKT.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::Shut;

/// The lock (`flock`), held until this is dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock if it is free: `flock(LOCK_EX | LOCK_NB)`. The file is never made here: whose it is
    /// and who may open it is for the administrator to decide.
    pub(super) fn take(path: &Path) -> Result<Self, Shut> {
        let no_lock = |why: String| Shut::NoLock { path: path.to_owned(), why };
        let file = open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => no_lock(format!(
                "it is not there; create it, for example with `install -m 666 /dev/null {}`",
                path.display()
            )),
            _ => no_lock(error.to_string()),
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Shut::Locked(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(no_lock(error.to_string())),
        }
        // Whoever made the file anew meanwhile locks another one than we have.
        let same = |one: &std::fs::Metadata, other: &std::fs::Metadata| {
            (one.dev(), one.ino()) == (other.dev(), other.ino())
        };
        match (file.metadata(), std::fs::metadata(path)) {
            (Ok(ours), Ok(theirs)) if same(&ours, &theirs) => Ok(Self(file)),
            _ => Err(Shut::Locked(path.to_owned())),
        }
    }
}

/// Opens a regular file. Opening a pipe would wait for whoever writes to it.
fn open(path: &Path) -> io::Result<File> {
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "it is no file, expected an empty one"))
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file would do as well, unless a child process has inherited it.
        let _ = self.0.unlock();
    }
}
