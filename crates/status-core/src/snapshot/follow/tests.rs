use std::time::Duration;

use jiff::Timestamp;

use crate::{
    Answer, Bookmark, Endpoint, Language, Moment, PosSource, Settings, Snapshot, answer,
    parse_events, problems,
};

const BEGAN: i64 = 1_700_000_000;

fn at(seconds: u64) -> Moment {
    Moment { mono: Duration::from_secs(seconds), wall: wall(seconds) }
}

fn wall(seconds: u64) -> Timestamp {
    Timestamp::from_second(BEGAN + i64::try_from(seconds).unwrap()).unwrap()
}

fn till() -> Snapshot {
    let settings = Settings {
        pos: PosSource::Log,
        pos_place: "/var/log/till.log".to_owned(),
        ..Settings::default()
    };
    Snapshot::new(settings, at(0))
}

/// Lines that say this, at these seconds, read at `now`.
fn follow(till: &mut Snapshot, lines: &[(&str, u64)], late: bool, to_end: bool, now: u64) {
    let line = |(event, at): &(&str, u64)| format!(r#"{{"event":"{event}","at":"{}"}}"#, wall(*at));
    let lines: Vec<_> = lines.iter().map(line).collect();
    let events = parse_events(format!("[{}]", lines.join(",")).as_bytes()).unwrap();
    let mark = Bookmark { file: "1".to_owned(), offset: now, ..Bookmark::default() };
    till.follow(&events, late.then(|| wall(now)), mark, to_end, at(now));
}

#[track_caller]
fn downtime(till: &Snapshot, now: u64) -> Result<u64, String> {
    match answer(Endpoint::Downtime, till, at(now)) {
        Answer::Known { value: crate::Value::Time(at), .. } => {
            Ok(u64::try_from(at.as_second() - BEGAN).unwrap())
        }
        Answer::Unknown(why) => Err(why.detail),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_log_tells_nothing_before_it_was_read_to_its_end() {
    let mut till = till();
    assert!(downtime(&till, 1).unwrap_err().contains("still being read"));
    follow(&mut till, &[("receipt-closed", 1)], true, false, 2);
    assert!(downtime(&till, 2).unwrap_err().contains("still being read"));
    follow(&mut till, &[], true, true, 3);
    assert_eq!(downtime(&till, 3), Ok(1));
}

#[test]
fn a_line_that_waited_is_as_old_as_it_says() {
    let mut till = till();
    follow(&mut till, &[("receipt-closed", 10), ("alive", 20)], true, true, 310);
    assert_eq!(downtime(&till, 319), Ok(10));
    assert!(downtime(&till, 320).unwrap_err().contains("silent for 300 s"));
    // One that is older than what was heard last makes nothing older.
    follow(&mut till, &[("alive", 320)], false, true, 320);
    follow(&mut till, &[("receipt-closed", 5)], true, true, 330);
    assert_eq!(downtime(&till, 340), Ok(10));
}

#[test]
fn what_was_told_before_lost_lines_does_not_count() {
    let mut till = till();
    follow(&mut till, &[("receipt-closed", 10)], false, true, 10);
    till.feed_lost("the log was cut off", at(11));
    let why = downtime(&till, 11).unwrap_err();
    assert!(why.contains("cut off") && why.contains("/var/log/till.log"), "{why}");
    follow(&mut till, &[("receipt-closed", 12)], false, true, 12);
    assert_eq!(downtime(&till, 12), Ok(12));
}

#[test]
fn a_log_that_is_gone_counts_for_as_long_as_a_silence() {
    let gone = || Some("the log is not there".to_owned());
    for silence in [Some(60), None] {
        let mut till = till();
        till.settings.feed_silence = silence.map(Duration::from_secs);
        let limit = silence.unwrap_or(300);
        follow(&mut till, &[("receipt-closed", 10)], false, true, 10);
        till.feed_readable(gone(), at(10));
        till.feed_readable(gone(), at(10 + limit - 1));
        assert_eq!(downtime(&till, 10 + limit - 1), Ok(10));
        assert!(downtime(&till, 10 + limit).unwrap_err().contains("not there"));
        till.feed_readable(None, at(10 + limit));
        follow(&mut till, &[("alive", 10 + limit)], false, true, 10 + limit);
        assert_eq!(downtime(&till, 10 + limit), Ok(10));
    }
}

#[test]
fn what_an_earlier_run_knew_counts_once_the_log_was_read_on() {
    let mut before = till();
    follow(&mut before, &[("receipt-closed", 10)], false, true, 10);
    let saved = before.saved_state();
    let mut after = till();
    after.restore(saved, at(100));
    assert_eq!(after.bookmark().unwrap().offset, 10);
    assert!(downtime(&after, 100).is_err());
    follow(&mut after, &[], true, true, 101);
    assert_eq!(downtime(&after, 101), Ok(10));
}

#[test]
fn only_a_new_file_or_news_are_worth_a_write() {
    let mut till = till();
    follow(&mut till, &[("receipt-closed", 10)], false, true, 10);
    let saved = till.saved_state();
    follow(&mut till, &[("alive", 20)], false, true, 20);
    assert!(saved.same_but_for_silence(&till.saved_state()));
    let mark = Bookmark { file: "2".to_owned(), ..Bookmark::default() };
    till.follow(&[], None, mark, true, at(21));
    assert!(!saved.same_but_for_silence(&till.saved_state()));
}

#[test]
fn a_silent_log_is_a_problem_that_names_it() {
    let mut till = till();
    follow(&mut till, &[("receipt-closed", 10)], false, true, 10);
    let zone = jiff::tz::TimeZone::UTC;
    for language in [Language::Ru, Language::En] {
        assert!(problems(&till, at(309), &zone, language).is_empty());
        let found = problems(&till, at(310), &zone, language);
        assert_eq!(found.iter().map(|it| it.code).collect::<Vec<_>>(), ["feed-silent"]);
        assert!(found.iter().all(|it| it.text.contains("(/var/log/till.log)")), "{found:?}");
    }
}
