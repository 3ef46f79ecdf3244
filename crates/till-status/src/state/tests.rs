use std::time::Duration;

use jiff::Timestamp;
use status_core::{Moment, PosSource, Settings, Snapshot, parse_events};

use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("till-state-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> StateFile {
        StateFile::new(self.0.join("state"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn saved(event: &str) -> SavedState {
    let settings = Settings { pos: PosSource::Events, ..Settings::default() };
    let now = Moment { mono: Duration::ZERO, wall: Timestamp::from_second(1_795_000_000).unwrap() };
    let mut till = Snapshot::new(settings, now);
    till.apply(&parse_events(event.as_bytes()).unwrap(), now);
    till.saved_state()
}

const OPENED: &str = r#"{"event":"receipt-opened","id":"a"}"#;
const CLOSED: &str = r#"{"event":"receipt-closed","id":"b"}"#;

#[test]
fn what_is_saved_is_loaded() {
    let folder = Folder::new("saved");
    assert_eq!(folder.file().load(), (None, Ok(())));
    folder.file().save(|| saved(OPENED)).unwrap();
    assert_eq!(folder.file().load(), (Some(saved(OPENED)), Ok(())));
    folder.file().save(|| saved(CLOSED)).unwrap();
    assert_eq!(folder.file().load(), (Some(saved(CLOSED)), Ok(())));
}

#[test]
fn a_damaged_file_is_told_and_the_one_before_counts_only_for_what_cannot_have_changed() {
    let folder = Folder::new("damaged");
    folder.file().save(|| saved(OPENED)).unwrap();
    folder.file().save(|| saved(CLOSED)).unwrap();
    let path = folder.0.join("state");
    let good = std::fs::read(&path).unwrap();
    for place in 0..good.len() {
        for bad in [
            good[..place].to_vec(),
            [&good[..place], &[good[place] ^ 1], &good[place + 1..]].concat(),
        ] {
            std::fs::write(&path, bad).unwrap();
            let (loaded, told) = folder.file().load();
            assert_eq!(loaded, Some(saved(OPENED).outdated()), "byte {place}");
            assert!(told.unwrap_err().contains("state file"), "byte {place}");
        }
    }
    std::fs::remove_file(&path).unwrap();
    let (loaded, told) = folder.file().load();
    assert_eq!(loaded, Some(saved(OPENED).outdated()), "only the one before is left");
    assert!(told.unwrap_err().contains("is gone"));
}

#[test]
fn a_damaged_file_is_kept_and_displaces_no_sound_one() {
    let folder = Folder::new("kept");
    folder.file().save(|| saved(OPENED)).unwrap();
    folder.file().save(|| saved(CLOSED)).unwrap();
    let previous = || std::fs::read(folder.0.join("state.previous")).unwrap();
    let before = previous();
    std::fs::write(folder.0.join("state"), "damaged").unwrap();
    folder.file().save(|| saved(OPENED)).unwrap();
    assert_eq!(folder.file().load(), (Some(saved(OPENED)), Ok(())));
    assert_eq!(previous(), before);
    assert_eq!(std::fs::read(folder.0.join("state.damaged")).unwrap(), b"damaged");
}

/// What a power cut can leave beside a file: half of the next one, and the same one under both names.
#[test]
fn what_a_crash_left_is_in_nobodys_way() {
    let folder = Folder::new("crash");
    folder.file().save(|| saved(OPENED)).unwrap();
    std::fs::write(folder.0.join("state.unfinished"), "till-status st").unwrap();
    std::fs::hard_link(folder.0.join("state"), folder.0.join("state.previous")).unwrap();
    assert_eq!(folder.file().load(), (Some(saved(OPENED)), Ok(())));
    folder.file().save(|| saved(CLOSED)).unwrap();
    assert_eq!(folder.file().load(), (Some(saved(CLOSED)), Ok(())));
    assert!(!folder.0.join("state.unfinished").exists());
    std::fs::write(folder.0.join("state"), "").unwrap();
    assert_eq!(folder.file().load().0, Some(saved(OPENED).outdated()), "the one before");
}

#[test]
fn what_is_no_file_is_neither_read_nor_replaced() {
    let folder = Folder::new("fifo");
    let fifo = |name: &str| {
        let path = folder.0.join(name);
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    fifo("state");
    // Whoever opens it waits for ever.
    assert!(folder.file().load().1.unwrap_err().contains("something else than a file"));
    let error = folder.file().save(|| saved(OPENED)).unwrap_err();
    assert!(error.contains("it is left as it is"), "{error}");
    std::fs::remove_file(folder.0.join("state")).unwrap();
    // These names are ours alone.
    fifo("state.previous");
    assert_eq!(folder.file().load().0, None);
    let _ = std::fs::remove_file(folder.0.join("state.unfinished"));
    fifo("state.unfinished");
    folder.file().save(|| saved(OPENED)).unwrap();
    folder.file().save(|| saved(CLOSED)).unwrap();
    assert_eq!(folder.file().load(), (Some(saved(CLOSED)), Ok(())));
    assert!(folder.0.join("state.previous").is_file());
}

#[test]
fn a_file_of_a_newer_program_is_told_by_its_version() {
    let folder = Folder::new("version");
    folder.file().save(|| saved(OPENED)).unwrap();
    let path = folder.0.join("state");
    let text = std::fs::read_to_string(&path).unwrap().replacen("state 1", "state 2", 1);
    std::fs::write(&path, text).unwrap();
    let (loaded, told) = folder.file().load();
    assert_eq!(loaded, None);
    assert!(told.unwrap_err().contains(r#"of another version: got "2", expected "1""#));
}

#[test]
fn nothing_is_written_that_is_there_already() {
    let folder = Folder::new("same");
    let file = folder.file();
    file.save(|| saved(OPENED)).unwrap();
    std::fs::remove_file(folder.0.join("state")).unwrap();
    file.save(|| saved(OPENED)).unwrap();
    assert!(!folder.0.join("state").exists());
    file.save(|| saved(CLOSED)).unwrap();
    assert!(folder.0.join("state").exists());
}

#[test]
fn a_folder_that_is_not_there_is_an_error_with_its_name() {
    let file = StateFile::new("/nowhere/at/all/state".into());
    let error = file.save(|| saved(OPENED)).unwrap_err();
    assert!(error.starts_with("/nowhere/at/all/state: "), "{error}");
}
