//! Properties over random histories: whatever happened, a device that is not known to be online and
//! young never reads as "no" or 0, and nothing that is served is too old.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;

use super::*;
use crate::{
    Evidence, Hold, KktReading, KktReceipt, KktReceiptState, KktSettings, KktValue, Language,
    OfdQueue, PosSource, PrinterFault, Refusal, ScaleFault, ScaleReading, ScaleSettings, Settings,
    Trouble, VisionLink, VisionReading, WithoutReceiptState, document, parse_events,
};

/// Something that happens to a till.
#[derive(Debug, Clone)]
enum Step {
    Pass(u64),
    KktAnswers { paper: bool, count: u32, open: bool, lost: bool },
    ScaleAnswers { grams: i64, overload: bool },
    VisionSays(VisionLink),
    KktFails(u8),
    ScaleFails(u8),
    KktRefuses(bool),
    Tells(usize),
    Pause(bool),
    Forget,
}

const EVENTS: [&str; 9] = [
    r#"{"event":"receipt-opened"}"#,
    r#"{"event":"item-added"}"#,
    r#"{"event":"receipt-closed"}"#,
    r#"{"event":"receipt-cancelled","at":"2001-01-01T00:00:00Z"}"#,
    r#"{"event":"user-signed-in","role_id":"7"}"#,
    r#"{"event":"user-signed-out"}"#,
    r#"{"event":"alive"}"#,
    r#"{"event":"hello","receipt":"closed"}"#,
    r#"{"event":"kkt-taken"}"#,
];

fn step() -> impl Strategy<Value = Step> {
    let link = prop_oneof![Just(VisionLink::Up), Just(VisionLink::Down), Just(VisionLink::Unknown)];
    let kkt = (any::<bool>(), 0..3_u32, any::<bool>(), any::<bool>());
    prop_oneof![
        (0..40_u64).prop_map(Step::Pass),
        (0..2000_u64).prop_map(Step::Pass),
        kkt.prop_map(|(paper, count, open, lost)| Step::KktAnswers { paper, count, open, lost }),
        (-5..5_i64, any::<bool>())
            .prop_map(|(grams, overload)| Step::ScaleAnswers { grams, overload }),
        link.prop_map(Step::VisionSays),
        (0..5_u8).prop_map(Step::KktFails),
        (0..5_u8).prop_map(Step::ScaleFails),
        any::<bool>().prop_map(Step::KktRefuses),
        (0..EVENTS.len()).prop_map(Step::Tells),
        any::<bool>().prop_map(Step::Pause),
        Just(Step::Forget),
    ]
}

fn trouble(kind: u8) -> Trouble {
    let text = "as it is".to_owned();
    match kind {
        0 => Trouble::CannotOpen(text),
        1 => Trouble::Silent(text),
        2 => Trouble::Garbage(text),
        3 => Trouble::Busy(text),
        _ => Trouble::Failed(text),
    }
}

fn settings(pos: PosSource, receipt: KktReceipt) -> Settings {
    Settings {
        kkt: Some(KktSettings {
            driver: "atol".to_owned(),
            hold: Hold::Always,
            receipt,
            operators: [(30, "12".to_owned())].into(),
        }),
        scale: Some(ScaleSettings {
            protocol: "massa-k-100".to_owned(),
            unstable: Unstable::Serve,
            without_receipt_state: WithoutReceiptState::Refuse,
        }),
        vision: true,
        pos,
        ..Settings::default()
    }
}

/// What was last read, and when: kept beside the snapshot, by the simplest rules.
#[derive(Debug, Default)]
struct Truth {
    paper: Option<(bool, Duration)>,
    count: Option<(u32, Duration)>,
    vision: Option<(bool, Duration)>,
    weight: Option<(i64, Duration)>,
}

struct History {
    till: Snapshot,
    now: Moment,
    truth: Truth,
}

impl History {
    fn new(settings: Settings) -> Self {
        let wall = Timestamp::from_second(1_795_000_000).unwrap();
        let now = Moment { mono: Duration::from_secs(100), wall };
        Self { till: Snapshot::new(settings, now), now, truth: Truth::default() }
    }

    fn take(&mut self, step: &Step) {
        let (till, now) = (&mut self.till, self.now);
        match step {
            Step::Pass(seconds) => {
                self.now.mono += Duration::from_secs(*seconds);
                // The wall clock may jump: it must not matter.
                let jump = if seconds % 5 == 0 { -1000 } else { 3 };
                self.now.wall = Timestamp::from_second(now.wall.as_second() + jump).unwrap();
            }
            Step::KktAnswers { paper, count, open, lost } => {
                let receipt = KktReceiptState { open: *open, kind: 0, sum: None, number: Some(1) };
                let ofd = OfdQueue {
                    unsent_documents: *count,
                    first_unsent_number: None,
                    first_unsent_at: None,
                };
                let faults = lost.then_some(PrinterFault::ConnectionLost);
                let reading = KktReading {
                    paper_present: Some(*paper),
                    printer_faults: Some(faults.into_iter().collect()),
                    ofd: Some(ofd),
                    receipt: Some(receipt),
                    operator: Some(30),
                    ..KktReading::new(Evidence::Implementation)
                };
                till.kkt_answered(reading, now);
                self.truth.paper = (!lost).then_some((*paper, now.mono));
                self.truth.count = Some((*count, now.mono));
            }
            Step::ScaleAnswers { grams, overload } => {
                let weight = ScaleWeight {
                    milligrams: grams * 1000,
                    decimals: 3,
                    tare_milligrams: None,
                    stable: Some(true),
                    zero: None,
                    net: None,
                };
                let outcome = match overload {
                    true => ScaleOutcome::Fault(ScaleFault::Overload),
                    false => ScaleOutcome::Weight(weight),
                };
                till.scale_answered(ScaleReading { evidence: Evidence::Device, outcome }, now);
                self.truth.weight = (!overload).then_some((grams * 1000, now.mono));
            }
            Step::VisionSays(link) => {
                let evidence = "as tried".to_owned();
                till.vision_observed(VisionReading { link: *link, evidence }, now);
                if *link != VisionLink::Unknown {
                    self.truth.vision = Some((*link == VisionLink::Up, now.mono));
                }
            }
            Step::KktFails(kind) => till.kkt_failed(trouble(*kind), now),
            Step::ScaleFails(kind) => till.scale_failed(trouble(*kind), now),
            Step::KktRefuses(fault) => {
                let refusal = Refusal {
                    code: Some(0x67),
                    name_en: "no paper".to_owned(),
                    name_ru: "нет бумаги".to_owned(),
                    advice_en: None,
                    advice_ru: None,
                    fault: *fault,
                };
                till.kkt_refused(&[KktValue::Paper, KktValue::Ofd], refusal, now);
            }
            Step::Tells(event) => {
                till.apply(&parse_events(EVENTS[*event].as_bytes()).unwrap(), now);
            }
            Step::Pause(paused) => till.pause(*paused, now),
            Step::Forget => till.forget_feed(),
        }
    }

    /// The value of the truth, if it is young enough to be told.
    fn young<T: Copy>(&self, read: Option<(T, Duration)>, max_age: Duration) -> Option<T> {
        read.filter(|(_, at)| self.now.mono - *at < max_age).map(|(value, _)| value)
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let ages = &self.till.settings().max_age;
        let answered = |endpoint| answer(endpoint, &self.till, self.now);
        match answered(Endpoint::Paper) {
            Answer::Known { .. } => {
                prop_assert_eq!(self.young(self.truth.paper, ages.paper), Some(true));
            }
            Answer::Empty { .. } => {
                prop_assert_eq!(self.young(self.truth.paper, ages.paper), Some(false));
            }
            Answer::Unknown(_) => {}
        }
        match answered(Endpoint::Ofd) {
            Answer::Known { value, .. } => {
                let count = self.young(self.truth.count, ages.ofd);
                prop_assert_eq!(Some(value), count.map(Value::Count));
            }
            Answer::Empty { .. } => prop_assert!(false, "ofd is never 204"),
            Answer::Unknown(_) => {}
        }
        match answered(Endpoint::Vision) {
            Answer::Known { .. } => {
                prop_assert_eq!(self.young(self.truth.vision, ages.vision), Some(true));
            }
            Answer::Empty { .. } => {
                prop_assert_eq!(self.young(self.truth.vision, ages.vision), Some(false));
            }
            Answer::Unknown(_) => {}
        }
        let receipt_open = |answer: &Answer| matches!(answer, Answer::Empty { .. });
        match answered(Endpoint::Weight) {
            Answer::Known { value, .. } => {
                let weight = self.young(self.truth.weight, ages.weight);
                let weight = weight.map(|milligrams| Value::Weight { milligrams, decimals: 3 });
                prop_assert_eq!(Some(value), weight);
                let known_closed = receipt_open(&answered(Endpoint::LastReceiptTime));
                prop_assert!(known_closed, "a weight while no receipt is known to be closed");
            }
            Answer::Empty { .. } | Answer::Unknown(_) => {}
        }
        // The two receipt answers never contradict each other.
        let open = receipt_open(&answered(Endpoint::Downtime));
        let closed = receipt_open(&answered(Endpoint::LastReceiptTime));
        prop_assert!(!(open && closed));
        let document = document(&self.till, self.now, &TimeZone::UTC, Language::En);
        let text = serde_json::to_string(&document).unwrap();
        prop_assert_eq!(serde_json::from_str::<crate::Document>(&text).unwrap(), document);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unknown_is_never_no(
        steps in proptest::collection::vec(step(), 1..60),
        events in any::<bool>(),
        line_by_line in any::<bool>(),
    ) {
        let pos = if events { PosSource::Events } else { PosSource::None };
        let receipt = if line_by_line { KktReceipt::LineByLine } else { KktReceipt::Unknown };
        let mut history = History::new(settings(pos, receipt));
        for step in &steps {
            history.take(step);
            history.check()?;
        }
    }

    #[test]
    fn times_never_run_back(
        steps in proptest::collection::vec((0..EVENTS.len(), 0..100_i64), 1..40),
    ) {
        let mut history = History::new(settings(PosSource::Events, KktReceipt::Unknown));
        let mut last = (None, None);
        for (event, second) in steps {
            history.take(&Step::Pass(1));
            let mut events = parse_events(EVENTS[event].as_bytes()).unwrap();
            events[0].at = Timestamp::from_second(1_700_000_000 + second).ok();
            history.till.apply(&events, history.now);
            let tracker = history.till.tracker();
            let next = (tracker.last_activity_at(), tracker.last_closed_at());
            prop_assert!(next.0 >= last.0 || next.0.is_none());
            prop_assert!(next.1 >= last.1);
            last = (next.0.max(last.0), next.1);
        }
    }
}

fn at(second: u64) -> Moment {
    let wall = Timestamp::from_second(1_795_000_000 + i64::try_from(second).unwrap()).unwrap();
    Moment { mono: Duration::from_secs(second), wall }
}

#[test]
fn an_assumed_value_is_served_only_when_accepted_by_name() {
    let ofd = OfdQueue { unsent_documents: 3, first_unsent_number: None, first_unsent_at: None };
    let reading = KktReading { ofd: Some(ofd), ..KktReading::new(Evidence::Assumed) };
    let mut settings = settings(PosSource::None, KktReceipt::Unknown);
    let mut till = Snapshot::new(settings.clone(), at(0));
    till.kkt_answered(reading.clone(), at(1));
    let Answer::Unknown(why) = answer(Endpoint::Ofd, &till, at(2)) else { panic!() };
    assert_eq!(why.reason, Reason::NotSupported);
    assert!(why.detail.contains("accept_assumed"), "{}", why.detail);
    settings.accept_assumed.insert(Endpoint::Ofd);
    let mut till = Snapshot::new(settings, at(0));
    till.kkt_answered(reading, at(1));
    let known = Answer::Known { value: Value::Count(3), observed: at(1).wall };
    assert_eq!(answer(Endpoint::Ofd, &till, at(2)), known);
}

#[test]
fn the_last_known_value_is_shown_beside_the_reason() {
    let mut history = History::new(settings(PosSource::None, KktReceipt::Unknown));
    let answers = Step::KktAnswers { paper: true, count: 2, open: false, lost: false };
    for step in [answers, Step::Pass(1001), Step::KktFails(1)] {
        history.take(&step);
    }
    let Answer::Unknown(why) = answer(Endpoint::Ofd, &history.till, history.now) else { panic!() };
    assert_eq!((why.reason, why.device.as_deref()), (Reason::Stale, Some("kkt")));
    assert_eq!(why.last_known.map(|last| last.value), Some(Value::Count(2)));
    assert!(why.detail.contains("1001 s old"), "{}", why.detail);
}

#[test]
fn an_operator_counts_only_through_the_map() {
    let mut history = History::new(settings(PosSource::None, KktReceipt::LineByLine));
    history.take(&Step::KktAnswers { paper: true, count: 0, open: false, lost: false });
    let answered = answer(Endpoint::UserRoleId, &history.till, history.now);
    assert!(matches!(answered, Answer::Known { value: Value::Id(id), .. } if id == "12"));
    let reading = KktReading { operator: Some(29), ..KktReading::default() };
    history.till.kkt_answered(reading, history.now);
    let Answer::Unknown(why) = answer(Endpoint::UserRoleId, &history.till, history.now) else {
        panic!()
    };
    assert_eq!(why.reason, Reason::NotConfigured);
    assert!(why.detail.contains("operator 29"), "{}", why.detail);
}

#[test]
fn a_weight_in_motion_is_served_or_refused_by_the_settings() {
    let weight = ScaleWeight {
        milligrams: 5000,
        decimals: 3,
        tare_milligrams: None,
        stable: Some(false),
        zero: None,
        net: None,
    };
    let outcome = ScaleOutcome::Weight(weight);
    for (unstable, served) in [(Unstable::Serve, true), (Unstable::Refuse, false)] {
        let mut settings = settings(PosSource::Events, KktReceipt::Unknown);
        if let Some(scale) = &mut settings.scale {
            scale.unstable = unstable;
        }
        let mut till = Snapshot::new(settings, at(0));
        till.apply(&parse_events(EVENTS[2].as_bytes()).unwrap(), at(1));
        let reading = ScaleReading { evidence: Evidence::Device, outcome: outcome.clone() };
        till.scale_answered(reading, at(1));
        let answered = answer(Endpoint::Weight, &till, at(2));
        assert_eq!(matches!(answered, Answer::Known { .. }), served, "{answered:?}");
    }
}

#[test]
fn a_receipt_that_is_only_assumed_has_to_be_accepted_by_name() {
    for open in [false, true] {
        let mut settings = settings(PosSource::None, KktReceipt::LineByLine);
        settings.accept_assumed = [Endpoint::LastReceiptTime].into();
        let mut till = Snapshot::new(settings, at(0));
        let receipt = KktReceiptState { open, kind: 18, sum: None, number: None };
        let reading = KktReading { receipt: Some(receipt), ..KktReading::new(Evidence::Assumed) };
        till.kkt_answered(reading, at(1));
        let told = |endpoint| match answer(endpoint, &till, at(2)) {
            Answer::Unknown(why) => Some((why.reason, why.detail.contains("accept_assumed"))),
            _ => None,
        };
        let refused = Some((Reason::NotSupported, true));
        assert_eq!(told(Endpoint::Downtime), refused);
        assert_eq!(told(Endpoint::Weight), refused);
        // An open receipt whose opening nobody saw has no time; that is another matter.
        let unseen = open.then_some((Reason::NeverSeen, false));
        assert_eq!(told(Endpoint::LastReceiptTime), unseen);
    }
}

#[test]
fn what_is_assumed_does_not_replace_what_the_till_program_told() {
    let mut till = Snapshot::new(settings(PosSource::Events, KktReceipt::Unknown), at(0));
    let told = br#"{"event":"kkt-status","unsent_documents":3,"paper":"present"}"#;
    till.apply(&parse_events(told).unwrap(), at(1));
    let queue = OfdQueue { unsent_documents: 7, first_unsent_number: None, first_unsent_at: None };
    let reading = |evidence| KktReading {
        ofd: Some(queue),
        paper_present: Some(false),
        ..KktReading::new(evidence)
    };
    let count = |till: &Snapshot| match answer(Endpoint::Ofd, till, at(3)) {
        Answer::Known { value: Value::Count(count), .. } => Some(count),
        _ => None,
    };
    till.kkt_answered(reading(Evidence::Assumed), at(2));
    assert_eq!(count(&till), Some(3));
    assert!(matches!(answer(Endpoint::Paper, &till, at(3)), Answer::Known { .. }));
    till.kkt_answered(reading(Evidence::Implementation), at(2));
    assert_eq!(count(&till), Some(7), "what is known better does");
    assert!(matches!(answer(Endpoint::Paper, &till, at(3)), Answer::Empty { .. }));
}
