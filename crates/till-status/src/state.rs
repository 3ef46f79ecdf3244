//! The state that survives a restart: one small file, written whole or not at all.
//!
//! ```text
//! till-status state 1 xxxxxxxx     1 = version of the form; x = CRC-32 of the rest
//! { ... }                          what status-core saves
//! ```
//! The file before it is kept beside it, with `.previous` behind its name.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crc::{CRC_32_ISO_HDLC, Crc};
use status_core::SavedState;

const HEAD: &str = "till-status state 1 ";
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

    /// What an earlier run saved: from the file, else from the one before. The text says what is
    /// wrong with them.
    pub(crate) fn load(&self) -> (Option<SavedState>, Result<(), String>) {
        match read(&self.path) {
            Ok(Some(saved)) => (Some(saved), Ok(())),
            Ok(None) => (read(&self.previous()).ok().flatten(), Ok(())),
            Err(error) => {
                let error = format!("the state file {} {error}", self.path.display());
                (read(&self.previous()).ok().flatten(), Err(error))
            }
        }
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

    fn write(&self, saved: &SavedState) -> std::io::Result<()> {
        let json = serde_json::to_string(saved)?;
        let unfinished = self.beside("unfinished");
        let mut file = File::create(&unfinished)?;
        write!(file, "{HEAD}{:08x}\n{json}", CRC.checksum(json.as_bytes()))?;
        file.sync_all()?;
        if self.path.exists() {
            std::fs::rename(&self.path, self.previous())?;
        }
        std::fs::rename(&unfinished, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
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
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    if meta.len() > LARGEST {
        return Err(format!(
            "is no state of ours: got {} bytes, expected a small file",
            meta.len()
        ));
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    let (head, json) = text.split_once('\n').ok_or("is damaged: got no whole first line")?;
    let sum = head.strip_prefix(HEAD).ok_or("is damaged, or of another version")?;
    let expected = format!("{:08x}", CRC.checksum(json.as_bytes()));
    if sum != expected {
        return Err(format!("is damaged: got checksum {sum}, expected {expected}"));
    }
    serde_json::from_str(json).map(Some).map_err(|error| format!("is damaged: {error}"))
}

#[cfg(test)]
mod tests;
