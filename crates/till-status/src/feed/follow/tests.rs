use std::fs;
use std::io::Write;
use std::path::PathBuf;

use jiff::tz::TimeZone;

use super::*;

/// A folder with a log, and who follows it.
struct Till {
    folder: PathBuf,
    follower: Follower,
    mark: Option<Bookmark>,
    dated: bool,
    now: Timestamp,
}

/// What a look tells: lines, `LOST`, or the trouble.
type Told = Vec<String>;

impl Till {
    fn new(name: &str) -> Self {
        Self::of(name, "till.log")
    }

    fn of(name: &str, log: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("till-follow-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        let path = LogPath::new(folder.join(log).to_str().unwrap()).unwrap();
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        Self { folder, follower: Follower::new(path), mark: None, dated: true, now }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let mut options = fs::OpenOptions::new();
        let mut file = options.create(true).append(true).open(self.file(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.file(from), self.file(to)).unwrap();
    }

    /// Ages are in whole seconds, so that files have an order.
    fn written_before(&self, name: &str, seconds: u64) {
        let file = fs::File::options().write(true).open(self.file(name)).unwrap();
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(seconds);
        file.set_modified(time).unwrap();
    }

    /// Looks until nothing is left.
    fn look(&mut self) -> Told {
        let zone = TimeZone::UTC;
        let mut told = Vec::new();
        for _ in 0..200 {
            let mark = self.mark.clone();
            let clock = Clock { now: self.now, zone: &zone };
            let mut lines = Vec::new();
            let look = self.follower.look(clock, mark.as_ref(), self.dated, |line, _| {
                lines.push(String::from_utf8_lossy(line).into_owned());
            });
            if look.lost.is_some() {
                told.push("LOST".to_owned());
            }
            told.extend(lines);
            self.mark = look.bookmark.or(self.mark.take());
            if let Some(why) = look.trouble {
                told.push(why.replace(self.folder.to_str().unwrap(), ""));
                return told;
            }
            if look.to_end && !self.follower.changed {
                return told;
            }
        }
        panic!("it never comes to an end: {told:?}")
    }

    /// As after a restart: only the bookmark is left.
    fn restart(&mut self) {
        self.follower.close();
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_log_that_is_not_there_yet() {
    let mut till = Till::new("absent");
    assert_eq!(till.look(), ["the log /till.log is not there"]);
    till.write("till.log", "one\ntw");
    assert_eq!(till.look(), ["one"]);
    till.write("till.log", "o\n");
    assert_eq!(till.look(), ["two"]);
    assert_eq!(till.look(), Vec::<String>::new());
}

#[test]
fn what_is_no_file_is_not_opened() {
    let mut till = Till::new("folder");
    fs::create_dir(till.file("till.log")).unwrap();
    assert!(till.look().concat().ends_with("/till.log is no file"));
}

#[test]
fn of_a_long_log_the_tail_and_of_one_without_days_nothing() {
    for (dated, expected) in [(true, TAIL / 8), (false, 0)] {
        let mut till = Till::new(if dated { "tail" } else { "days" });
        till.dated = dated;
        till.write("till.log", &"1234567\n".repeat(400_000));
        till.write("till.log", "12");
        let told = till.look();
        // The first line of the tail is cut.
        let whole = if dated { expected - 1 } else { 0 };
        assert_eq!(u64::try_from(told.len()).unwrap(), whole, "{dated}");
        assert!(told.iter().all(|line| line == "1234567"));
        till.write("till.log", "3\nnew\n");
        assert_eq!(till.look(), if dated { vec!["123", "new"] } else { vec!["new"] });
    }
}

/// How logs are rotated: the name of the way, and the way.
type Way = (&'static str, fn(&Till));

const WAYS: [Way; 4] = [
    ("renamed and made anew", |till| {
        till.rename("till.log", "till.log.1");
        till.write("till.log", "");
    }),
    ("copied and cut off", |till| {
        fs::copy(till.file("till.log"), till.file("till.log.1")).unwrap();
        fs::File::create(till.file("till.log")).unwrap();
    }),
    ("renamed by the day", |till| {
        till.rename("till.log", "till-2026-11-24.log");
        till.write("till.log", "");
    }),
    ("moved twice", |till| {
        till.rename("till.log", "till.log.1");
        till.written_before("till.log.1", 20);
        till.write("till.log", "between\n");
        till.rename("till.log.1", "till.log.2");
        till.rename("till.log", "till.log.1");
        till.written_before("till.log.1", 10);
        till.write("till.log", "");
    }),
];

#[test]
fn no_line_is_lost_or_told_twice_by_a_rotation() {
    for (name, rotate) in WAYS {
        for away in [false, true] {
            let mut till = Till::new("rotation");
            till.write("till.log", "one\n");
            till.look();
            let mut told = Vec::new();
            for round in 0..3 {
                if away {
                    till.restart();
                }
                till.write("till.log", &format!("before {round}\nhalf"));
                told.extend(till.look());
                till.write("till.log", " a line\nlast\n");
                rotate(&till);
                till.write("till.log", &format!("after {round}\n"));
                told.extend(till.look());
            }
            let round = |round: i32| {
                let between = (name == "moved twice").then(|| "between".to_owned());
                let before =
                    [format!("before {round}"), "half a line".to_owned(), "last".to_owned()];
                before.into_iter().chain(between).chain([format!("after {round}")])
            };
            let expected: Vec<_> = (0..3).flat_map(round).collect();
            assert_eq!(told, expected, "{name}, away: {away}");
        }
    }
}

#[test]
fn the_old_file_is_read_to_its_end_before_the_new_one() {
    let mut till = Till::new("late");
    till.write("till.log", "one\n");
    till.look();
    let old = fs::OpenOptions::new().append(true).open(till.file("till.log")).unwrap();
    till.rename("till.log", "till.log.1");
    till.write("till.log", "new\n");
    (&old).write_all(b"late\nwithout end").unwrap();
    assert_eq!(till.look(), ["late", "without end", "new"]);
    // And it is let go of.
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let open = open.filter_map(|it| fs::read_link(it.path()).ok());
    assert_eq!(
        open.filter(|path| path == &till.file("till.log.1")).count(),
        1,
        "ours and no other"
    );
}

#[test]
fn a_log_that_was_cut_off_without_a_copy_has_lost_lines() {
    for away in [false, true] {
        let mut till = Till::new("cut");
        till.write("till.log", "one\ntwo\n");
        till.look();
        if away {
            till.restart();
        }
        fs::write(till.file("till.log"), "three\n").unwrap();
        assert_eq!(till.look(), ["LOST", "three"], "away: {away}");
        // As long as before or longer, and other bytes.
        fs::write(till.file("till.log"), "a new line, and longer\n").unwrap();
        till.written_before("till.log", 1);
        if away {
            till.restart();
        }
        assert_eq!(till.look(), ["LOST", "a new line, and longer"], "away: {away}");
    }
}

#[test]
fn a_writer_that_goes_on_where_it_was_leaves_nuls() {
    let mut till = Till::new("nuls");
    till.write("till.log", "one\n");
    till.look();
    fs::write(till.file("till.log"), [&[0; 5000][..], b"two\n"].concat()).unwrap();
    assert_eq!(till.look(), ["LOST", "two"]);
}

#[test]
fn a_log_by_the_day() {
    let mut till = Till::of("day", "till-%Y-%m-%d.log");
    till.write("till-2026-11-24.log", "one\n");
    assert_eq!(till.look(), ["one"]);
    till.now = "2026-11-25T00:00:01Z".parse().unwrap();
    assert_eq!(till.look(), ["the log /till-2026-11-25.log is not there"]);
    till.write("till-2026-11-24.log", "late\n");
    till.written_before("till-2026-11-24.log", 10);
    till.write("till-2026-11-25.log", "two\n");
    assert_eq!(till.look(), ["late", "two"]);
    till.restart();
    till.write("till-2026-11-25.log", "three\n");
    till.written_before("till-2026-11-25.log", 5);
    till.write("till-2026-11-26.log", "four\n");
    till.now = "2026-11-26T00:00:01Z".parse().unwrap();
    assert_eq!(till.look(), ["three", "four"]);
}

#[test]
fn lines_without_days_do_not_count_after_a_day() {
    for (hours, expected) in [(22, vec!["two"]), (24, vec!["LOST"])] {
        let mut till = Till::new("old");
        till.dated = false;
        till.write("till.log", "one\n");
        till.look();
        till.restart();
        till.write("till.log", "two\n");
        till.now += jiff::SignedDuration::from_hours(hours);
        assert_eq!(till.look(), expected, "{hours}");
    }
}
