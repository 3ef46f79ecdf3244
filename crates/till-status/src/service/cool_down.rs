//! Until when a KKT is left alone after a call to it hung: it has to survive the end of the process.
//!
//! One line beside the state file, `STATE.kkt-rest`: the time, and why.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// So long is a KKT left alone after a call to it hung. A till whose KKT hangs again and again serves
/// everything else in between.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(600);

/// Writes that the KKT hung now.
///
/// # Errors
/// Why it cannot be written.
pub(super) fn begin(state_file: &Path, why: &str, now: Timestamp) -> std::io::Result<()> {
    let until = now.saturating_add(SignedDuration::try_from(COOL_DOWN).unwrap_or_default());
    let until = until.unwrap_or(now);
    let why = why.replace('\n', " ");
    let (path, unfinished) = (file(state_file), file(state_file).with_extension("unfinished"));
    let mut file = std::fs::File::create(&unfinished)?;
    writeln!(file, "{until:.0} {why}")?;
    file.sync_all()?;
    std::fs::rename(unfinished, path)
}

/// How long the KKT has still to be left alone, and why. Of a file that is damaged the time counts at which
/// it was written; a clock that was set back makes the time no longer.
pub(super) fn left(state_file: &Path, now: Timestamp) -> Option<(Duration, String)> {
    let file = file(state_file);
    let written = std::fs::symlink_metadata(&file).ok()?.modified().ok()?;
    let text = std::fs::read(&file).map(|text| String::from_utf8_lossy(&text).into_owned());
    let text = text.unwrap_or_default();
    let told = text.trim_end().split_once(' ');
    let told = told.and_then(|(until, why)| Some((until.parse::<Timestamp>().ok()?, why)));
    let (until, why) = match told {
        Some(told) => told,
        None => {
            (Timestamp::try_from(written + COOL_DOWN).ok()?, "it hung; the note of it is damaged")
        }
    };
    let left = Duration::try_from(until.duration_since(now)).ok().filter(|left| !left.is_zero())?;
    Some((left.min(COOL_DOWN), why.to_owned()))
}

fn file(state_file: &Path) -> PathBuf {
    let mut file = state_file.as_os_str().to_owned();
    file.push(".kkt-rest");
    file.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_outlasts_the_process_and_no_clock_prolongs_it() {
        let state = std::env::temp_dir().join(format!("till-rest-{}", std::process::id()));
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let later = |seconds| now + SignedDuration::from_secs(seconds);
        assert_eq!(left(&state, now), None, "it never hung");
        begin(&state, "no sign of life\nfor 41 s", now).unwrap();
        for (seconds, rest) in [(0, Some(600)), (60, Some(540)), (-86_400, Some(600)), (600, None)]
        {
            let found = left(&state, later(seconds));
            let found = found.map(|(left, why)| {
                assert_eq!(why, "no sign of life for 41 s");
                left.as_secs()
            });
            assert_eq!(found, rest, "{seconds}");
        }
        // A damaged note still says when it was written, which is now by another clock than this test's.
        std::fs::write(file(&state), "no time at all").unwrap();
        let today = Timestamp::now();
        let (rest, _) = left(&state, today).unwrap();
        assert!(rest <= COOL_DOWN && rest > COOL_DOWN / 2, "{rest:?}");
        assert_eq!(left(&state, today + SignedDuration::from_secs(601)), None);
        std::fs::remove_file(file(&state)).unwrap();
    }
}
