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
fn a_damaged_file_is_told_and_the_previous_one_used() {
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
            assert_eq!(loaded, Some(saved(OPENED)), "byte {place}");
            assert!(told.unwrap_err().contains("state file"), "byte {place}");
        }
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(folder.file().load(), (Some(saved(OPENED)), Ok(())), "a crash between two renames");
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
