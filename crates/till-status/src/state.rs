//! The state that survives a restart: one small file, written whole or not at all.
//!
//! ```text
//! till-status state 1 xxxxxxxx     1 = version of the form; x = CRC-32 of the rest
//! { ... }                          what status-core saves
//! ```
//! Beside it lie, with an end behind its name: `.unfinished`, what is being written, on the disk before
//! it takes the name; `.previous`, the one before, for a file that got damaged; `.damaged`, such a file,
//! for the support. At each moment, a power cut included, the name stands for a whole file.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crc::{CRC_32_ISO_HDLC, Crc};
use status_core::SavedState;

const HEAD: &str = "till-status state ";
const VERSION: &str = "1";
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
/// A file of ours is far smaller.
const LARGEST: u64 = 4 << 20;

/// Where the state is kept.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// What the file holds, as far as this process wrote it.
    written: Mutex<Option<SavedState>>,
}

impl StateFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, written: Mutex::new(None) }
    }

    /// What an earlier run saved, and what is wrong with it. Without its last file only that counts of the
    /// one before which cannot have changed since.
    pub(crate) fn load(&self) -> (Option<SavedState>, Result<(), String>) {
        let error = match read(&self.path) {
            Ok(Some(saved)) => return (Some(saved), Ok(())),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        let (previous, error) = match (read(&self.previous()), error) {
            (Ok(None), None) => return (None, Ok(())),
            (previous, Some(error)) => (previous.ok().flatten(), error),
            (previous, None) => {
                (previous.ok().flatten(), "is gone, but not the one before it".to_owned())
            }
        };
        let lost = "what it held of the receipt and the user is unknown until it is told again";
        let error = format!("the state file {} {error}; {lost}", self.path.display());
        (previous.map(SavedState::outdated), Err(error))
    }

    /// Writes what `saved` gives, if it is not what the file holds. Safe on the disk when this
    /// returns, and never half of it.
    pub(crate) fn save(&self, saved: impl FnOnce() -> SavedState) -> Result<(), String> {
        // The lock is taken first, so that an older state never overwrites a newer one.
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let saved = saved();
        if written.as_ref().is_some_and(|written| written.same_but_for_silence(&saved)) {
            return Ok(());
        }
        let error = |error: std::io::Error| format!("{}: {error}", self.path.display());
        self.write(&saved).map_err(error)?;
        *written = Some(saved);
        Ok(())
    }

    fn write(&self, saved: &SavedState) -> io::Result<()> {
        let json = serde_json::to_string(saved)?;
        let unfinished = self.beside("unfinished");
        // A crash may have left one, and whatever has the name must not be written through.
        remove(&unfinished)?;
        let mut file = File::create_new(&unfinished)?;
        write!(file, "{HEAD}{VERSION} {:08x}\n{json}", CRC.checksum(json.as_bytes()))?;
        file.sync_all()?;
        self.keep_previous()?;
        std::fs::rename(&unfinished, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// Gives the file that is there another name beside its own. One that is damaged never takes the place
    /// of a sound one.
    fn keep_previous(&self) -> io::Result<()> {
        match checked(&self.path) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => {
                let previous = self.previous();
                remove(&previous)?;
                // A file system without links has a moment in which only the previous one is there.
                std::fs::hard_link(&self.path, &previous)
                    .or_else(|_| std::fs::rename(&self.path, &previous))
            }
            Err(_) if !std::fs::symlink_metadata(&self.path)?.is_file() => {
                let error = "something else than a file is there; it is left as it is";
                Err(io::Error::new(io::ErrorKind::AlreadyExists, error))
            }
            Err(_) => std::fs::rename(&self.path, self.beside("damaged")),
        }
    }

    fn previous(&self) -> PathBuf {
        self.beside("previous")
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".{end}"));
        path.into()
    }
}

/// What a file holds; `None` when there is no file.
fn read(path: &Path) -> Result<Option<SavedState>, String> {
    let Some(json) = checked(path)? else { return Ok(None) };
    serde_json::from_str(&json).map(Some).map_err(|error| format!("is damaged: {error}"))
}

/// The JSON of a file whose checksum is right; `None` when there is no file.
fn checked(path: &Path) -> Result<Option<String>, String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    // To open a FIFO waits for ever, and a device has no end.
    if !meta.is_file() {
        return Err("is no state of ours: got something else than a file".to_owned());
    }
    if meta.len() > LARGEST {
        let got = meta.len();
        return Err(format!("is no state of ours: got {got} bytes, expected a small file"));
    }
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST).read_to_string(&mut text).map_err(unreadable)?;
    let (head, json) = text.split_once('\n').ok_or("is damaged: got no whole first line")?;
    let head = head.strip_prefix(HEAD).and_then(|head| head.split_once(' '));
    let (version, sum) = head.ok_or("is damaged, or of another program")?;
    if version != VERSION {
        return Err(format!("is of another version: got {version:?}, expected {VERSION:?}"));
    }
    let expected = format!("{:08x}", CRC.checksum(json.as_bytes()));
    if sum != expected {
        return Err(format!("is damaged: got checksum {sum:?}, expected {expected:?}"));
    }
    Ok(Some(json.to_owned()))
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
