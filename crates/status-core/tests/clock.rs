//! The till's clock is set forth and back: nothing that is known changes by it.
//!
//! Every story is lived twice, by a till whose clock is steady and by one whose clock jumps. What both
//! answer must be the same but for the times themselves, and none of these may lie in the future.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use proptest::prelude::*;
use status_core::{
    Answer, Document, Endpoint, Evidence, Hold, KktReading, KktReceipt, KktSettings, Language,
    Moment, OfdQueue, PosSource, Reason, ScaleOutcome, ScaleReading, ScaleSettings, ScaleWeight,
    Settings, Shift, Snapshot, Stamp, Trouble, Unstable, Value, VisionLink, VisionReading,
    WithoutReceiptState, answer, document, parse_events, problems,
};

/// A till program's clock may be ahead by so much.
const AHEAD: SignedDuration = SignedDuration::from_secs(5);

fn settings() -> Settings {
    Settings {
        kkt: Some(KktSettings {
            driver: "atol".to_owned(),
            hold: Hold::Always,
            receipt: KktReceipt::AtPayment,
            operators: Default::default(),
        }),
        scale: Some(ScaleSettings {
            protocol: "massa-k-100".to_owned(),
            unstable: Unstable::Serve,
            without_receipt_state: WithoutReceiptState::Refuse,
        }),
        vision: true,
        pos: PosSource::Events,
        ..Settings::default()
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A till and its clocks.
struct Till {
    snapshot: Snapshot,
    now: Moment,
    /// What the clocks showed, each time that they were set.
    shown: Vec<Moment>,
    /// The KKT's clock never jumps.
    kkt_clock: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(u64),
    Event(&'static str),
    /// As `Event`, with the time of three seconds ago.
    Late(&'static str),
    Kkt {
        paper: bool,
        unsent: u32,
    },
    KktSilent,
    /// A question that nobody answered, counted from when it was asked.
    KktSilentSince(u64),
    Weigh,
    Vision(bool),
    /// The till's clock is set by so much; only one of the two tills does it.
    Jump(i64),
}

impl Till {
    fn new(wall: Timestamp) -> Self {
        let now = Moment { mono: Duration::from_secs(100), wall };
        let snapshot = Snapshot::new(settings(), now);
        Self { snapshot, now, shown: vec![now], kkt_clock: wall }
    }

    fn live(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Wait(seconds) => {
                let passed = Duration::from_secs(seconds);
                self.now = Moment { mono: now.mono + passed, wall: now.wall + passed };
                self.kkt_clock += passed;
            }
            Step::Jump(seconds) => {
                self.now.wall += SignedDuration::from_secs(seconds);
                self.shown.push(self.now);
            }
            Step::Event(event) => self.tell(event, None),
            Step::Late(event) => self.tell(event, Some(now.wall - SignedDuration::from_secs(3))),
            Step::Kkt { paper, unsent } => {
                let clock = TimeZone::UTC.to_datetime(self.kkt_clock);
                let reading = KktReading {
                    paper_present: Some(paper),
                    ofd: Some(OfdQueue {
                        unsent_documents: unsent,
                        first_unsent_number: Some(7),
                        first_unsent_at: Some(clock - SignedDuration::from_hours(30)),
                    }),
                    shift: Some(Shift { open: true, number: Some(18) }),
                    device_time: Some(clock),
                    fiscal_storage_valid_until: Some(
                        (clock + SignedDuration::from_hours(60 * 24)).date(),
                    ),
                    ..KktReading::new(Evidence::Device)
                };
                self.snapshot.kkt_answered(reading, now);
            }
            Step::KktSilent => self.snapshot.kkt_failed(Trouble::Silent("x".to_owned()), now),
            Step::KktSilentSince(seconds) => {
                let trouble = Trouble::Silent("x".to_owned());
                self.snapshot.kkt_failed(trouble, self.was(seconds));
            }
            Step::Weigh => {
                let weight = ScaleWeight {
                    milligrams: 500_000,
                    decimals: 3,
                    tare_milligrams: None,
                    stable: None,
                    zero: None,
                    net: None,
                };
                let outcome = ScaleOutcome::Weight(weight);
                let reading = ScaleReading { evidence: Evidence::Device, outcome };
                self.snapshot.scale_answered(reading, now);
            }
            Step::Vision(up) => {
                let link = if up { VisionLink::Up } else { VisionLink::Down };
                let reading = VisionReading { link, evidence: "x".to_owned() };
                self.snapshot.vision_observed(reading, now);
            }
        }
    }

    /// What both clocks showed so long ago.
    fn was(&self, seconds: u64) -> Moment {
        let mono = self.now.mono.saturating_sub(Duration::from_secs(seconds));
        let shown = self.shown.iter().rev().find(|shown| shown.mono <= mono);
        let shown = shown.copied().unwrap_or(self.now);
        Moment { mono, wall: shown.wall + mono.saturating_sub(shown.mono) }
    }

    fn tell(&mut self, event: &str, at: Option<Timestamp>) {
        let mut events = parse_events(format!(r#"{{"event":{event}}}"#).as_bytes()).unwrap();
        events.iter_mut().for_each(|event| event.at = at);
        self.snapshot.apply(&events, self.now);
    }

    fn document(&self) -> Document {
        document(&self.snapshot, self.now, &TimeZone::UTC, Language::En)
    }
}

/// What an answer says, without its times.
#[derive(Debug, PartialEq)]
enum Said {
    Time,
    Value(Value),
    Empty,
    Unknown(Reason),
}

fn said(till: &Till, endpoint: Endpoint) -> Said {
    let now = till.now.wall;
    let not_after = |at: Timestamp, slack: SignedDuration, what: &str| {
        assert!(at <= now + slack, "{} {what} {at} is after {now}", endpoint.name());
    };
    match answer(endpoint, &till.snapshot, till.now) {
        Answer::Known { value, observed } => {
            not_after(observed, SignedDuration::ZERO, "observed");
            let Value::Time(at) = value else { return Said::Value(value) };
            not_after(at, AHEAD, "time");
            Said::Time
        }
        Answer::Empty { observed } => {
            not_after(observed, SignedDuration::ZERO, "observed");
            Said::Empty
        }
        Answer::Unknown(why) => {
            for at in why.since.into_iter().chain(why.last_known.map(|last| last.at)) {
                not_after(at, SignedDuration::ZERO, "since or last known");
            }
            Said::Unknown(why.reason)
        }
    }
}

/// Both tills say the same, and no time of theirs lies in the future.
fn compare(steady: &Till, jumpy: &Till, story: &[Step]) {
    for endpoint in Endpoint::ALL {
        assert_eq!(said(steady, endpoint), said(jumpy, endpoint), "{} {story:?}", endpoint.name());
    }
    let (one, other) = (steady.document(), jumpy.document());
    let ages = |it: &Document| (it.kkt.age_seconds, it.scale.age_seconds, it.vision.age_seconds);
    assert_eq!(ages(&one), ages(&other), "{story:?}");
    let states = |it: &Document| (it.kkt.state, it.scale.state, it.vision.state, it.receipt.state);
    assert_eq!(states(&one), states(&other), "{story:?}");
    // That two clocks differ is true once one of them was set.
    let codes = |till: &Till| -> Vec<_> {
        let found = problems(&till.snapshot, till.now, &TimeZone::UTC, Language::En);
        let after = |since: Option<Timestamp>| since.is_some_and(|since| since > till.now.wall);
        assert!(found.iter().all(|problem| !after(problem.since)), "{found:?}");
        let others = found.into_iter().filter(|problem| problem.code != "clock-skew");
        others.map(|problem| (problem.code, problem.severity)).collect()
    };
    assert_eq!(codes(steady), codes(jumpy), "{story:?}");
    let observed = [&other.kkt.observed_at, &other.scale.observed_at, &other.vision.observed_at];
    let told =
        [&other.receipt.opened_at, &other.receipt.last_activity_at, &other.receipt.last_closed_at];
    for at in observed.into_iter().chain(told).flatten().filter_map(Stamp::instant) {
        assert!(at <= jumpy.now.wall, "{at} {story:?}");
    }
}

fn live(wall: Timestamp, story: &[Step]) -> (Till, Till) {
    let (mut steady, mut jumpy) = (Till::new(wall), Till::new(wall));
    for (index, step) in story.iter().enumerate() {
        if !matches!(step, Step::Jump(_)) {
            steady.live(*step);
        }
        jumpy.live(*step);
        compare(&steady, &jumpy, &story[..=index]);
    }
    (steady, jumpy)
}

const HOUR: i64 = 3600;
const YEAR: i64 = 365 * 86_400;
/// A second, an hour, a year, and to both ends of 32-bit time, from November 2026.
const JUMPS: [i64; 8] = [1, -1, HOUR, -HOUR, YEAR, -YEAR, -1_795_000_000, 352_483_647];

/// A working day in short; `Jump(0)` stands where the clock is set.
const STORY: [Step; 26] = [
    Step::Event(r#""hello","receipt":"closed","user":null"#),
    Step::Kkt { paper: true, unsent: 3 },
    Step::Vision(true),
    Step::Weigh,
    Step::Wait(2),
    Step::Event(r#""receipt-opened""#),
    Step::Wait(2),
    Step::Late(r#""item-added""#),
    Step::Event(r#""user-signed-in","role_id":"12""#),
    Step::Kkt { paper: false, unsent: 3 },
    Step::Jump(0),
    Step::Event(r#""kkt-status","paper":"present","unsent_documents":3"#),
    Step::Wait(1),
    Step::Event(r#""item-added""#),
    Step::Event(r#""kkt-status","paper":"out","unsent_documents":4"#),
    Step::Wait(2),
    Step::Event(r#""receipt-closed""#),
    Step::Weigh,
    Step::Kkt { paper: false, unsent: 4 },
    Step::Wait(2),
    Step::Event(r#""kkt-status","paper":"present""#),
    Step::Event(r#""user-signed-out""#),
    Step::KktSilent,
    Step::Wait(29),
    Step::KktSilent,
    Step::Wait(300),
];

#[test]
fn a_clock_that_is_set_changes_nothing_that_is_known() {
    for by in JUMPS {
        let story =
            STORY.map(|step| if matches!(step, Step::Jump(_)) { Step::Jump(by) } else { step });
        live(time("2026-11-18T10:13:20Z"), &story);
    }
}

#[test]
fn a_clock_that_is_set_back_at_once_changes_nothing_either() {
    for by in JUMPS {
        let mut story = STORY.to_vec();
        story.splice(
            10..11,
            [Step::Jump(by), Step::Wait(1), Step::Event(r#""item-added""#), Step::Jump(-by)],
        );
        live(time("2026-11-18T10:13:20Z"), &story);
    }
}

#[test]
fn leap_days_new_years_and_the_end_of_32_bits_are_days_like_others() {
    for begin in [
        "2028-02-28T23:59:55Z",
        "2028-02-29T23:59:55Z",
        "2026-12-31T23:59:55Z",
        "2038-01-19T03:14:02Z",
        "1970-01-01T00:00:00Z",
    ] {
        live(
            time(begin),
            &STORY.map(|step| if matches!(step, Step::Jump(_)) { Step::Wait(0) } else { step }),
        );
    }
}

/// A clock that is set back takes the times with it that would lie in its future; one that is set forth
/// changes no time that was learned.
#[test]
fn times_by_a_clock_that_was_set() {
    for by in JUMPS {
        let mut till = Till::new(time("2026-11-18T10:13:20Z"));
        till.live(Step::Event(r#""receipt-opened""#));
        till.live(Step::Wait(5));
        till.live(Step::Event(r#""receipt-closed""#));
        let closed = till.now.wall;
        till.live(Step::Wait(7));
        till.live(Step::Jump(by));
        // Once before anything else becomes known, once after.
        for _ in 0..2 {
            let Answer::Known { value: Value::Time(at), observed } =
                answer(Endpoint::Downtime, &till.snapshot, till.now)
            else {
                panic!("{by}")
            };
            let set_back = closed > till.now.wall + AHEAD;
            let ago = till.now.wall.duration_since(at).as_secs();
            if set_back {
                assert_eq!(ago, 7, "{by}")
            } else {
                assert_eq!(at, closed, "{by}")
            }
            assert!(observed <= till.now.wall, "{by}");
            till.live(Step::Vision(true));
        }
        till.live(Step::Event(r#""receipt-opened""#));
        till.live(Step::Event(r#""receipt-closed""#));
        let Answer::Known { value, .. } = answer(Endpoint::Downtime, &till.snapshot, till.now)
        else {
            panic!("{by}")
        };
        assert_eq!(value, Value::Time(till.now.wall), "{by}");
    }
}

/// What was saved by one clock is read by another.
#[test]
fn a_restart_with_another_clock() {
    let saved_at = time("2026-11-18T10:13:20Z");
    let mut before = Till::new(saved_at);
    before.live(Step::Event(r#""receipt-opened""#));
    before.live(Step::Event(r#""receipt-closed""#));
    let saved = before.snapshot.saved_state();
    for (away, said_then) in [
        (60, Said::Time),
        (299, Said::Time),
        (300, Said::Unknown(Reason::ReceiptStateUnknown)),
        (YEAR, Said::Unknown(Reason::ReceiptStateUnknown)),
        // Nobody knows for how long we were away.
        (-HOUR, Said::Unknown(Reason::ReceiptStateUnknown)),
        (-1_795_000_000, Said::Unknown(Reason::ReceiptStateUnknown)),
    ] {
        let mut till = Till::new(saved_at + SignedDuration::from_secs(away));
        till.snapshot.restore(saved.clone(), till.now);
        assert_eq!(said(&till, Endpoint::Downtime), said_then, "{away}");
        let again = till.snapshot.saved_state();
        assert!(again.same_but_for_silence(&saved), "what was saved is saved again: {away}");
        // The till program says that nothing is open: a time that is yet to come is none.
        till.live(Step::Event(r#""alive""#));
        let ahead = away < -5;
        let wanted = if ahead { Said::Unknown(Reason::NeverSeen) } else { Said::Time };
        assert_eq!(said(&till, Endpoint::Downtime), wanted, "{away}");
        // The network sets the clock: the time that was saved is one again.
        if ahead {
            till.live(Step::Jump(60 - away));
            assert_eq!(said(&till, Endpoint::Downtime), Said::Time, "{away}");
            let told = till.document().receipt.last_closed_at.and_then(|at| at.instant());
            assert_eq!(told, Some(saved_at));
            till.live(Step::Jump(away - 60));
        }
        till.live(Step::Event(r#""receipt-opened""#));
        till.live(Step::Event(r#""receipt-closed""#));
        assert_eq!(said(&till, Endpoint::Downtime), Said::Time, "{away}");
        let told = till.document().receipt.last_closed_at.and_then(|at| at.instant());
        assert_eq!(told, Some(till.now.wall), "{away}");
    }
}

#[test]
fn another_zone_shows_the_same_instants() {
    let (_, till) = live(time("2026-11-18T10:13:20Z"), &STORY);
    let shown = |hours| {
        let zone = TimeZone::fixed(jiff::tz::offset(hours));
        let document = document(&till.snapshot, till.now, &zone, Language::En);
        let times = [
            &document.kkt.observed_at,
            &document.receipt.last_closed_at,
            &document.vision.observed_at,
        ];
        let offset = format!("{hours:+03}:00");
        assert!(times.iter().all(|at| at.as_ref().is_none_or(|at| at.as_str().ends_with(&offset))));
        times.map(|at| at.as_ref().and_then(Stamp::instant))
    };
    assert_eq!(shown(3), shown(12));
    assert_eq!(shown(3), shown(-11));
}

fn step() -> impl Strategy<Value = Step> {
    let event = prop::sample::select(vec![
        r#""receipt-opened""#,
        r#""item-added""#,
        r#""receipt-closed""#,
        r#""receipt-cancelled""#,
        r#""user-signed-in","role_id":"12""#,
        r#""user-signed-out""#,
        r#""alive""#,
        r#""kkt-status","paper":"out","unsent_documents":4"#,
        r#""hello","receipt":"open","user":null"#,
    ]);
    prop_oneof![
        4 => (0..40_u64).prop_map(Step::Wait),
        1 => (40..2000_u64).prop_map(Step::Wait),
        4 => event.clone().prop_map(Step::Event),
        2 => event.prop_map(Step::Late),
        3 => (any::<bool>(), 0..200_u32).prop_map(|(paper, unsent)| Step::Kkt { paper, unsent }),
        2 => Just(Step::KktSilent),
        1 => (0..20_u64).prop_map(Step::KktSilentSince),
        2 => Just(Step::Weigh),
        1 => any::<bool>().prop_map(Step::Vision),
        3 => prop::sample::select(JUMPS.to_vec()).prop_map(Step::Jump),
        1 => (-100_000..100_000_i64).prop_map(Step::Jump),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(steps in prop::collection::vec(step(), 1..40)) {
        live(time("2026-11-18T10:13:20Z"), &steps);
    }
}
