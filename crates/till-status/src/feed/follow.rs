//! A log file that grows, is renamed, copied, cut off, and is not there.
//!
//! The file is only read, without a lock, and let go of as soon as it has been read after its rotation.
//! Where we stopped is known again by a hash of the bytes before, under whatever name the file is by then.

pub(super) mod files;

use std::collections::VecDeque;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use status_core::Bookmark;

use files::{Stamp, fingerprint, siblings, stamp};

use super::time::DAY;
use super::{Clock, Lines, LogPath};

/// So much of a log that we have never seen is read, from its end.
const TAIL: u64 = 1 << 20;
/// So much is read at once.
const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 16;

/// Reads a log on.
#[derive(Debug)]
pub(crate) struct Follower {
    path: LogPath,
    open: Option<Open>,
    /// What was written after the open file, the oldest first.
    queue: VecDeque<PathBuf>,
    lines: Lines,
    /// The next line began before we did.
    skip: bool,
    /// The name has belonged to another file since the last look.
    changed: bool,
}

#[derive(Debug)]
struct Open {
    file: File,
    stamp: Stamp,
    offset: u64,
    /// By what the bytes before `offset` are known again.
    before: String,
}

/// What became of one look.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Everything that is there has been read.
    pub(crate) to_end: bool,
    /// Lines were lost, and why.
    pub(crate) lost: Option<String>,
    /// Why the log cannot be read further.
    pub(crate) trouble: Option<String>,
    /// How far it has been read.
    pub(crate) bookmark: Option<Bookmark>,
}

impl Follower {
    pub(crate) fn new(path: LogPath) -> Self {
        Self {
            path,
            open: None,
            queue: VecDeque::new(),
            lines: Lines::default(),
            skip: false,
            changed: false,
        }
    }

    /// Reads on, at most 1 MiB, and gives each whole line with the time of the last change of its file.
    ///
    /// `bookmark` is where to begin, `dated` says whether lines say of which day they are.
    pub(crate) fn look(
        &mut self,
        clock: Clock<'_>,
        bookmark: Option<&Bookmark>,
        dated: bool,
        mut take: impl FnMut(&[u8], Timestamp),
    ) -> Look {
        let mut look = Look::default();
        if let Err(error) = self.read(clock, bookmark, dated, &mut look, &mut take) {
            self.close();
            look.to_end = false;
            look.trouble = Some(error);
        }
        look.bookmark = self.bookmark(clock.now);
        look
    }

    /// Lets go of the file.
    pub(crate) fn close(&mut self) {
        *self = Self::new(self.path.clone());
    }

    fn read(
        &mut self,
        clock: Clock<'_>,
        bookmark: Option<&Bookmark>,
        dated: bool,
        look: &mut Look,
        take: &mut impl FnMut(&[u8], Timestamp),
    ) -> Result<(), String> {
        let live = self.path.at(clock);
        if self.open.is_none() {
            self.begin(&live, bookmark, dated, clock, look)?;
        }
        self.refind(&live, look)?;
        let mut buffer = vec![0; CHUNK];
        for _ in 0..CHUNKS {
            let Some(open) = &mut self.open else { return Ok(()) };
            let read = open.file.read_at(&mut buffer, open.offset);
            let read = read.map_err(|error| cannot(&open.stamp.path, &error))?;
            let bytes = buffer.get(..read).unwrap_or_default();
            if !bytes.is_empty() {
                let modified = open.stamp.modified;
                let skip = &mut self.skip;
                self.lines.push(bytes, |line| {
                    if !std::mem::take(skip) {
                        take(line, modified);
                    }
                });
                open.offset += u64::try_from(read).unwrap_or(u64::MAX);
                open.before = fingerprint(&open.file, open.offset).unwrap_or_default();
                self.changed = false;
                continue;
            }
            if !self.next(&live, look, take)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Opens the file that the bookmark is in, or one that we have never seen.
    fn begin(
        &mut self,
        live: &Path,
        bookmark: Option<&Bookmark>,
        dated: bool,
        clock: Clock<'_>,
        look: &mut Look,
    ) -> Result<(), String> {
        if let Some(mark) = bookmark {
            let away = std::time::Duration::try_from(clock.now.duration_since(mark.at));
            if !dated && away.is_ok_and(|away| away > DAY) {
                let lost = "the lines of the log that were written meanwhile do not say of which day they are";
                look.lost = Some(lost.to_owned());
            } else if let Some(found) = find(&self.path, live, mark) {
                self.queue = after(&self.path, live, &found, None);
                return self.open(&found.path, mark.offset);
            } else {
                look.lost =
                    Some(format!("the log {} does not go on where it was read", live.display()));
            }
        }
        let length = std::fs::metadata(live).map_err(|error| cannot(live, &error))?.len();
        let from = if dated { length.saturating_sub(TAIL) } else { length };
        self.open(live, from)?;
        let mut last = [0];
        let open = self.open.as_ref();
        let cut =
            |open: &Open| open.file.read_exact_at(&mut last, from - 1).is_err() || last != *b"\n";
        self.skip = from > 0 && open.is_some_and(cut);
        Ok(())
    }

    fn open(&mut self, path: &Path, offset: u64) -> Result<(), String> {
        let meta = std::fs::metadata(path).map_err(|error| cannot(path, &error))?;
        if !meta.is_file() {
            return Err(format!("{} is no file", path.display()));
        }
        let file = File::open(path).map_err(|error| cannot(path, &error))?;
        let stamp = stamp(path, &file).map_err(|error| cannot(path, &error))?;
        let before = fingerprint(&file, offset).unwrap_or_default();
        self.open = Some(Open { file, stamp, offset, before });
        self.lines = Lines::default();
        (self.skip, self.changed) = (false, false);
        Ok(())
    }

    /// Was the open file cut off or written anew? Then what it held before is sought in a copy of it.
    fn refind(&mut self, live: &Path, look: &mut Look) -> Result<(), String> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let path = open.stamp.path.clone();
        let now = stamp(&path, &open.file).map_err(|error| cannot(&path, &error))?;
        let touched = (now.length, now.modified) != (open.stamp.length, open.stamp.modified);
        let same = !touched || fingerprint(&open.file, open.offset).as_ref() == Some(&open.before);
        open.stamp = now;
        if same {
            return Ok(());
        }
        let pending = self.lines.pending();
        let mark = self.bookmark(Timestamp::UNIX_EPOCH);
        let copy = self.open.as_ref().and_then(|open| {
            let copies = siblings(&self.path, live).into_iter().filter(|it| it.id != open.stamp.id);
            let mut copies = copies.filter_map(|it| Some((File::open(&it.path).ok()?, it)));
            let known = |file: &File| fingerprint(file, open.offset).as_ref() == Some(&open.before);
            copies
                .find(|(file, _)| known(file))
                .map(|(_, it)| (it, open.offset, open.stamp.id.clone()))
        });
        if let Some((copy, offset, cut)) = copy {
            self.queue = after(&self.path, live, &copy, Some(&cut));
            return self.open(&copy.path, offset - pending);
        }
        if mark.is_some_and(|mark| mark.offset > 0) || pending > 0 {
            look.lost = Some(format!("the log {} was cut off", path.display()));
        }
        self.open(&path, 0)
    }

    /// At the end of the open file: goes to the next one. `false`: there is none now.
    fn next(
        &mut self,
        live: &Path,
        look: &mut Look,
        take: &mut impl FnMut(&[u8], Timestamp),
    ) -> Result<bool, String> {
        let Some(open) = &self.open else { return Ok(false) };
        if self.queue.is_empty() {
            let there = match File::open(live).and_then(|file| stamp(live, &file)) {
                Ok(there) if there.id == open.stamp.id => {
                    look.to_end = true;
                    return Ok(false);
                }
                Ok(there) => Some(there),
                Err(error) => {
                    look.trouble = Some(cannot(live, &error));
                    None
                }
            };
            look.to_end = true;
            // The till program may still write to the old file: it is looked at once more.
            if there.is_none() || !std::mem::replace(&mut self.changed, true) {
                return Ok(false);
            }
            self.queue = after(&self.path, live, &open.stamp, Some(&open.stamp.id));
        }
        look.to_end = false;
        let modified = open.stamp.modified;
        let skip = std::mem::take(&mut self.skip);
        self.lines.finish(|line| {
            if !skip {
                take(line, modified);
            }
        });
        match self.queue.pop_front() {
            Some(next) => self.open(&next, 0).map(|()| true),
            None => Ok(false),
        }
    }

    fn bookmark(&self, now: Timestamp) -> Option<Bookmark> {
        let open = self.open.as_ref()?;
        let offset = open.offset.saturating_sub(self.lines.pending());
        let before = fingerprint(&open.file, offset).unwrap_or_default();
        Some(Bookmark { file: open.stamp.id.clone(), offset, before, at: now })
    }
}

/// The file in which the bookmark lies: by its number, else by what stands before.
fn find(path: &LogPath, live: &Path, mark: &Bookmark) -> Option<Stamp> {
    let known = |it: &Stamp| {
        let file = File::open(&it.path).ok()?;
        (fingerprint(&file, mark.offset)? == mark.before).then_some(())
    };
    let files = siblings(path, live);
    let same = files.iter().find(|it| it.id == mark.file && known(it).is_some());
    let copy = || files.iter().find(|it| mark.offset > 0 && known(it).is_some());
    same.or_else(copy).cloned()
}

/// What was written after that file: rotated ones by their age, then the live one. `cut` is a file that
/// goes before under its own name, or is the live one from its beginning.
fn after(path: &LogPath, live: &Path, file: &Stamp, cut: Option<&str>) -> VecDeque<PathBuf> {
    let live_id = File::open(live).and_then(|file| stamp(live, &file)).ok().map(|it| it.id);
    let mut later: Vec<_> = siblings(path, live)
        .into_iter()
        .filter(|it| it.modified >= file.modified && it.id != file.id)
        .filter(|it| Some(it.id.as_str()) != cut && Some(&it.id) != live_id.as_ref())
        .collect();
    later.sort_by_key(|it| it.modified);
    let last = live_id.filter(|id| *id != file.id).map(|_| live.to_owned());
    later.into_iter().map(|it| it.path).chain(last).collect()
}

fn cannot(path: &Path, error: &std::io::Error) -> String {
    let path = path.display();
    match error.kind() {
        ErrorKind::NotFound => format!("the log {path} is not there"),
        ErrorKind::PermissionDenied => {
            format!("the log {path} may not be read by this service: give it the right to")
        }
        _ => format!("the log {path} cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests;
