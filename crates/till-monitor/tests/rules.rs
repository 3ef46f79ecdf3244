//! What is a problem, and when: told as a script of seconds, through the board.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use status_core::{Endpoint, Moment, Severity, Value};
use till_monitor::answer::{Details, Named, Observation, Said, Why};
use till_monitor::board::{Board, Heard, State};
use till_monitor::config::Config;
use till_monitor::judge::{Failure, Trouble, title, titles};

/// 12:00 on a Tuesday in Moscow.
const BEGIN: &str = "2026-11-24T12:00:00+03:00";

fn at(second: u64) -> Moment {
    let begin: Timestamp = BEGIN.parse().unwrap();
    Moment { mono: Duration::from_secs(second), wall: begin + Duration::from_secs(second) }
}

/// What a till does for some seconds.
#[derive(Clone)]
enum Does {
    Well,
    Names(&'static str, Severity),
    Says(Endpoint, Said),
    Fails(Trouble),
    /// Its clock is an hour behind, and by that clock something was added to the receipt just now.
    Behind,
    /// One of the seven, of a till that has only these.
    One(Endpoint, Said),
    /// Nobody asks.
    Nothing,
}

fn well() -> Observation {
    let mut seen = Observation::default();
    for endpoint in Endpoint::ALL {
        let said = match endpoint {
            Endpoint::Ofd => Said::Value(Value::Count(0)),
            Endpoint::Paper | Endpoint::Vision => Said::Value(Value::Flag),
            Endpoint::Weight => Said::Value(Value::Weight { milligrams: 0, decimals: 3 }),
            _ => Said::None,
        };
        seen.tell(endpoint, said);
    }
    seen
}

fn heard(does: &Does, now: Moment) -> Option<Heard> {
    let mut seen = well();
    seen.details = Some(Box::new(Details { time: Some(now.wall), ..Details::default() }));
    match does {
        Does::Well => {}
        Does::Names(code, severity) => seen.problems.push(Named {
            code: (*code).to_owned(),
            severity: *severity,
            source: "kkt".to_owned(),
            since: None,
            text: "told by the till".to_owned(),
        }),
        Does::Says(endpoint, said) => seen.tell(*endpoint, said.clone()),
        Does::One(endpoint, said) => return Some(Heard::One(*endpoint, said.clone())),
        Does::Behind => {
            let time = now.wall - Duration::from_secs(3600);
            seen.details = Some(Box::new(Details { time: Some(time), ..Details::default() }));
            seen.tell(Endpoint::LastReceiptTime, Said::Value(Value::Time(time)));
        }
        Does::Nothing => return None,
        Does::Fails(trouble) => {
            let detail = "as the script says".to_owned();
            return Some(Heard::Nothing(Failure { trouble: *trouble, detail }));
        }
    }
    Some(Heard::All(Box::new(seen)))
}

/// The till of the script stands beside others of its store that are well, so that it is not a store.
struct Script {
    board: Board,
    second: u64,
}

impl Script {
    fn new(config: &str) -> Self {
        let mut text = config.to_owned();
        if !config.contains("[[till]]") {
            text +=
                "[[till]]\nname = \"1\"\ntype = \"a\"\nstore = \"s\"\naddress = \"127.0.0.1\"\n";
        }
        text += "[[till]]\nname = \"2\"\nstore = \"s\"\naddress = \"127.0.0.1\"\n";
        Self { board: Board::new(Arc::new(Config::parse(&text).unwrap()), at(0)), second: 0 }
    }

    /// Lets the till do something for some seconds, and gives at which of them its problems changed, and to what.
    fn play(&mut self, does: &Does, seconds: u64) -> Vec<(u64, String)> {
        let mut changes: Vec<(u64, String)> = Vec::new();
        let mut shown = self.shown();
        for _ in 0..seconds {
            self.second += 1;
            let now = at(self.second);
            if let Some(heard) = heard(does, now) {
                self.board.hear("1", heard, Duration::from_millis(1), now);
            }
            self.board.hear("2", heard_well(now), Duration::from_millis(1), now);
            self.board.judge(now);
            let next = self.shown();
            if next != shown {
                changes.push((self.second, next.clone()));
                shown = next;
            }
        }
        changes
    }

    /// `severity code` of each problem of the first till.
    fn shown(&self) -> String {
        let problems = self.board.problems(at(self.second));
        let of_till = problems.iter().filter(|one| one.till.as_deref() != Some("2"));
        let words = of_till.map(|one| {
            let severity = if one.severity == Severity::Critical { '!' } else { '?' };
            format!("{severity}{}", one.code)
        });
        words.collect::<Vec<_>>().join(" ")
    }

    fn state(&self) -> State {
        self.board.rows(0, at(self.second)).first().unwrap().state
    }
}

fn heard_well(now: Moment) -> Heard {
    heard(&Does::Well, now).unwrap()
}

fn unknown() -> Said {
    Said::Unknown(Why { reason: "stale".to_owned(), detail: "no answer".to_owned() })
}

fn lacking() -> Said {
    Said::Lacking(Why { reason: String::new(), detail: "HTTP 404".to_owned() })
}

#[test]
fn when_a_problem_is_raised_and_cleared() {
    use Does::{Behind, Fails, Names, Nothing, One, Says, Well};
    use Endpoint::{Downtime, LastReceiptTime, Ofd, Paper, Vision, Weight};
    use Severity::{Critical, Warning};
    let paper = || Names("paper-out", Critical);
    let ago = |seconds: u64| {
        let begin: Timestamp = BEGIN.parse().unwrap();
        Said::Value(Value::Time(begin - Duration::from_secs(seconds)))
    };
    let count = |count| Said::Value(Value::Count(count));
    type Row<'r> = (&'r str, &'r str, Vec<(Does, u64)>, Vec<(u64, &'r str)>);
    let rows: Vec<Row<'_>> = vec![
        ("a problem lasts a second first", "", vec![(paper(), 5)], vec![(2, "!paper-out")]),
        ("a short one is none", "", vec![(paper(), 1), (Well, 5)], vec![]),
        (
            "debounce",
            "debounce = \"10s\"",
            vec![(paper(), 9), (Well, 1), (paper(), 12)],
            vec![(21, "!paper-out")],
        ),
        ("cleared at once", "", vec![(paper(), 5), (Well, 2)], vec![(2, "!paper-out"), (6, "")]),
        (
            "cleared after a while, and a flutter does not begin anew",
            "clear = \"10s\"",
            vec![(paper(), 5), (Well, 5), (paper(), 1), (Well, 15)],
            vec![(2, "!paper-out"), (22, "")],
        ),
        (
            "severities are the user's",
            "critical = [\"vision-down\"]\nwarning = [\"paper-out\"]",
            vec![(paper(), 3), (Names("vision-down", Warning), 3)],
            vec![(2, "?paper-out"), (4, ""), (5, "!vision-down")],
        ),
        ("what is ignored", "ignore = [\"paper-out\"]", vec![(paper(), 30)], vec![]),
        (
            "no answer is raised after its time, with the second of debounce",
            "no_answer = \"5s\"",
            vec![(Well, 1), (Fails(Trouble::Connect), 10), (Well, 1)],
            vec![(7, "!no-answer"), (12, "")],
        ),
        (
            "what answers and is not understood is another problem",
            "no_answer = \"5s\"",
            vec![(Well, 1), (Fails(Trouble::Garbage), 10)],
            vec![(7, "!not-understood")],
        ),
        (
            "a single answer between two failures is an answer",
            "no_answer = \"5s\"",
            vec![(Fails(Trouble::Silent), 4), (Well, 1), (Fails(Trouble::Silent), 4)],
            vec![],
        ),
        (
            "what a dead till said before is told no more",
            "no_answer = \"5s\"",
            vec![(paper(), 3), (Fails(Trouble::Connect), 7)],
            vec![(2, "!paper-out"), (8, ""), (9, "!no-answer")],
        ),
        ("nobody was asked", "no_answer = \"5s\"", vec![(Nothing, 60)], vec![]),
        (
            "answers but cannot tell",
            "cannot_tell = \"10s\"",
            vec![(Says(Paper, unknown()), 15), (Well, 1)],
            vec![(12, "?cannot-tell"), (16, "")],
        ),
        (
            "nonsense is no value either",
            "cannot_tell = \"10s\"",
            vec![(Says(Ofd, Said::Nonsense("200: many".to_owned())), 15)],
            vec![(12, "?cannot-tell")],
        ),
        (
            "what has never happened is no trouble",
            "cannot_tell = \"10s\"",
            vec![(
                Says(
                    Downtime,
                    Said::Unknown(Why { reason: "never-seen".to_owned(), detail: String::new() }),
                ),
                30,
            )],
            vec![],
        ),
        (
            "a till may lack what nobody needs",
            "needs = [\"paper\"]",
            vec![(Says(Weight, lacking()), 30), (Says(Paper, lacking()), 3)],
            vec![(32, "?cannot-tell")],
        ),
        (
            "the seven alone",
            "ofd_queue = 5",
            vec![
                (One(Paper, Said::None), 3),
                (One(Paper, Said::Value(Value::Flag)), 1),
                (One(Vision, Said::None), 3),
                (One(Vision, Said::Value(Value::Flag)), 1),
                (One(Ofd, count(4)), 3),
                (One(Ofd, count(5)), 3),
            ],
            vec![(2, "!paper-out"), (4, ""), (6, "?vision-down"), (8, ""), (13, "?ofd-queue")],
        ),
        (
            "an open receipt in which nothing happens",
            "receipt_open = \"60s\"",
            vec![(Says(LastReceiptTime, ago(0)), 65)],
            vec![(61, "?receipt-open-long")],
        ),
        (
            "an idle till, only where that is wanted",
            "till_idle = \"60s\"",
            vec![(Says(Downtime, ago(50)), 15)],
            vec![(11, "?till-idle")],
        ),
        ("and not by default", "", vec![(Says(Downtime, ago(500_000)), 15)], vec![]),
        ("times are by the till's own clock", "", vec![(Behind, 2000)], vec![(2, "?till-clock")]),
        (
            "a time in the future is new",
            "receipt_open = \"60s\"",
            vec![(
                Says(
                    LastReceiptTime,
                    Said::Value(Value::Time("2099-01-01T00:00:00Z".parse().unwrap())),
                ),
                65,
            )],
            vec![],
        ),
    ];
    for (what, kind, script, expected) in rows {
        let mut till = Script::new(&format!("[type.a]\n{kind}\n"));
        let mut changes = Vec::new();
        for (does, seconds) in script {
            changes.extend(till.play(&does, seconds));
        }
        let changes: Vec<_> = changes.iter().map(|(at, what)| (*at, what.as_str())).collect();
        assert_eq!(changes, expected, "{what}");
    }
}

#[test]
fn a_till_that_is_not_in_use_has_no_problem_until_it_is_again() {
    for (state, until, expected) in [
        ("reserve", None, vec![]),
        ("maintenance", Some("2026-11-24T12:01:00+03:00"), vec![61]),
        ("active", Some("2026-11-24T12:01:00+03:00"), vec![2]),
    ] {
        let until = until.map(|until| format!("until = {until:?}\n")).unwrap_or_default();
        let mut till = Script::new(&format!(
            "[[till]]\nname = \"1\"\nstore = \"s\"\naddress = \"127.0.0.1\"\nstate = {state:?}\n{until}"
        ));
        let changes = till.play(&Does::Names("paper-out", Severity::Critical), 30);
        let off = state != "active";
        assert_eq!(till.state(), if off { State::Off } else { State::Critical });
        let later = till.play(&Does::Names("paper-out", Severity::Critical), 90);
        let raised: Vec<_> = changes.into_iter().chain(later).map(|(at, _)| at).collect();
        assert_eq!(raised, expected, "{state} {until}");
    }
}

#[test]
fn outside_of_the_opening_hours_only_what_is_wanted() {
    for (hours, wanted, expected) in [
        ("08:00-22:00", "[]", "!paper-out"),
        ("13:00-22:00", "[]", ""),
        ("13:00-22:00", "[\"paper-out\"]", "!paper-out"),
    ] {
        let mut till = Script::new(&format!(
            "[store.s]\nzone = \"Europe/Moscow\"\nhours = {hours:?}\n[type.a]\noutside_hours = {wanted}\n"
        ));
        till.play(&Does::Names("paper-out", Severity::Critical), 5);
        assert_eq!(till.shown(), expected, "{hours} {wanted}");
        let state = if expected.is_empty() { State::Closed } else { State::Critical };
        assert_eq!(till.state(), state, "{hours} {wanted}");
    }
}

#[test]
fn a_till_that_boots_after_the_opening_is_given_time() {
    // The store opens ten minutes after the begin, and the till is off until then and after.
    let mut till = Script::new(
        "[store.s]\nzone = \"Europe/Moscow\"\nhours = \"12:10-22:00\"\n[type.a]\nboot_grace = \"2min\"\n",
    );
    let changes = till.play(&Does::Fails(Trouble::Connect), 900);
    assert_eq!(changes, [(600 + 121, "!no-answer".to_owned())]);
}

#[test]
fn a_dead_store_is_one_problem_and_its_tills_come_back_one_by_one() {
    let mut text = "[store.s]\n".to_owned();
    for till in 1..=5 {
        text += &format!("[[till]]\nname = \"{till}\"\nstore = \"s\"\naddress = \"127.0.0.1\"\n");
    }
    let board = Board::new(Arc::new(Config::parse(&text).unwrap()), at(0));
    let mut seen = Vec::new();
    for second in 1..=120 {
        let now = at(second);
        for till in 1..=5 {
            let dead = (10..60).contains(&second) || till == 5 && second >= 10;
            let does = if dead { Does::Fails(Trouble::Connect) } else { Does::Well };
            let heard = heard(&does, now).unwrap();
            board.hear(&till.to_string(), heard, Duration::from_millis(1), now);
        }
        board.judge(now);
        let shown: Vec<_> = board
            .problems(now)
            .iter()
            .map(|one| format!("{} {}", one.code, one.till.clone().unwrap_or_default()))
            .collect();
        if seen.last().map(|(_, last)| last) != Some(&shown) {
            seen.push((second, shown));
        }
    }
    let texts: Vec<_> = seen.iter().map(|(at, shown)| (*at, shown.join(","))).collect();
    let expected = [(1, ""), (24, "store-no-answer "), (60, ""), (61, "no-answer 5")];
    assert_eq!(texts, expected.map(|(at, text)| (at, text.to_owned())));
}

#[test]
fn every_problem_of_a_till_has_a_title() {
    for code in status_core::problem_codes() {
        assert!(title(code).is_some(), "{code} has no title in judge/text.rs");
    }
    for (code, ru, en) in titles() {
        let known = status_core::problem_codes().any(|known| known == *code);
        let ours = [
            "store-no-answer",
            "no-answer",
            "not-understood",
            "cannot-tell",
            "till-clock",
            "till-idle",
            "receipt-open-long",
        ];
        assert!(known || ours.contains(code), "{code} is a title of no problem");
        assert!(!ru.is_empty() && en.is_ascii(), "{code}: {ru}, {en}");
    }
}
