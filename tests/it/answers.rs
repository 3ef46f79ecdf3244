//! fixtures/status-core/answers.tsv against the rules: the full product of what a till can be in.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use status_core::{
    Answer, Endpoint, Evidence, Hold, KktReading, KktReceipt, KktSettings, KktValue, Moment,
    OfdQueue, PosSource, Refusal, ScaleFault, ScaleOutcome, ScaleReading, ScaleSettings,
    ScaleWeight, Settings, Snapshot, Trouble, Unstable, VisionLink, VisionReading,
    WithoutReceiptState, answer, parse_events,
};

use crate::support::root;

const SOURCES: usize = 24;
const RECEIPTS: usize = 6;

#[test]
fn every_state_of_the_sources_and_of_the_receipt() {
    let text = std::fs::read_to_string(root().join("fixtures/status-core/answers.tsv")).unwrap();
    let rows: Vec<[&str; 4]> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap())
        .collect();
    let distinct =
        |column: usize| rows.iter().map(|row| row[column]).collect::<BTreeSet<_>>().len();
    assert_eq!((distinct(0), distinct(1), distinct(2)), (SOURCES, RECEIPTS, Endpoint::ALL.len()));
    assert_eq!(rows.len(), SOURCES * RECEIPTS * Endpoint::ALL.len(), "the full product");
    let keys: BTreeSet<_> = rows.iter().map(|row| (row[0], row[1], row[2])).collect();
    assert_eq!(keys.len(), rows.len(), "no row twice");

    let mut wrong = Vec::new();
    for [source, receipt, endpoint, wanted] in rows {
        let (till, now) = till(source, receipt);
        let got = match answer(Endpoint::from_name(endpoint).unwrap(), &till, now) {
            Answer::Known { .. } => "200".to_owned(),
            Answer::Empty { .. } => "204".to_owned(),
            Answer::Unknown(why) => {
                assert!(!why.detail.is_empty() && why.detail.len() < 400, "{}", why.detail);
                format!("{} {}", why.reason.http_status(), why.reason.name())
            }
        };
        if got != wanted {
            wrong.push(format!("{source}, {receipt}, {endpoint}: wanted {wanted}, got {got}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// How long the till program may be silent.
const FEED_LIMIT: Duration = Duration::from_secs(5);
/// When the devices answered, if they did.
const ANSWERED: u64 = 10;
/// The present moment of a row whose readings are old.
const LATE: u64 = 2000;

fn at(second: u64) -> Moment {
    let wall = Timestamp::from_second(1_795_000_000 + i64::try_from(second).unwrap()).unwrap();
    Moment { mono: Duration::from_secs(second), wall }
}

fn till(source: &str, receipt: &str) -> (Snapshot, Moment) {
    let fresh = source.ends_with("-young") || matches!(source, "online" | "paused");
    let now = if fresh { at(ANSWERED + 1) } else { at(LATE) };
    let mut till = Snapshot::new(settings(source, receipt), at(0));
    if fresh || source.ends_with("-old") || source == "old" {
        answered(&mut till, at(ANSWERED));
    }
    // A trouble is reported again and again; the last time just now.
    let since = match source {
        "garbage-short-old" => LATE - 2,
        _ if fresh => ANSWERED + 1,
        _ => LATE - 100,
    };
    for second in since..=now.mono.as_secs() {
        trouble(source, &mut till, at(second));
    }
    tell(receipt, &mut till, now);
    (till, now)
}

fn settings(source: &str, receipt: &str) -> Settings {
    let devices = source != "not-configured";
    let only_kkt = matches!(source, "unsupported" | "forbidden");
    Settings {
        kkt: devices.then(|| KktSettings {
            driver: "atol".to_owned(),
            hold: if source == "forbidden" { Hold::Never } else { Hold::Always },
            receipt: KktReceipt::AtPayment,
            operators: Default::default(),
        }),
        scale: (devices && !only_kkt).then(|| ScaleSettings {
            protocol: "massa-k-100".to_owned(),
            unstable: Unstable::Serve,
            without_receipt_state: WithoutReceiptState::Refuse,
        }),
        vision: devices && !only_kkt,
        feed_silence: Some(FEED_LIMIT),
        pos: if receipt == "unknowable" { PosSource::None } else { PosSource::Events },
        ..Settings::default()
    }
}

fn answered(till: &mut Snapshot, now: Moment) {
    let ofd = OfdQueue { unsent_documents: 3, first_unsent_number: None, first_unsent_at: None };
    let kkt = KktReading {
        paper_present: Some(true),
        ofd: Some(ofd),
        ..KktReading::new(Evidence::Implementation)
    };
    till.kkt_answered(kkt, now);
    let weight = ScaleWeight {
        milligrams: 1_234_000,
        decimals: 3,
        tare_milligrams: None,
        stable: Some(true),
        zero: None,
        net: None,
    };
    let outcome = ScaleOutcome::Weight(weight);
    till.scale_answered(ScaleReading { evidence: Evidence::Device, outcome }, now);
    vision(till, VisionLink::Up, now);
}

fn vision(till: &mut Snapshot, link: VisionLink, now: Moment) {
    till.vision_observed(VisionReading { link, evidence: "as tried".to_owned() }, now);
}

fn trouble(source: &str, till: &mut Snapshot, now: Moment) {
    let both = |till: &mut Snapshot, trouble: Trouble| {
        till.kkt_failed(trouble.clone(), now);
        till.scale_failed(trouble, now);
        vision(till, VisionLink::Unknown, now);
    };
    let text = "as it is".to_owned();
    let refusal = |fault| Refusal {
        code: Some(0x8C),
        name_en: "wrong password".to_owned(),
        name_ru: "неверный пароль".to_owned(),
        advice_en: None,
        advice_ru: None,
        fault,
    };
    let asked = [KktValue::Paper, KktValue::Ofd];
    match source.split('-').next().unwrap() {
        "silent" => both(till, Trouble::Silent(text)),
        "garbage" => both(till, Trouble::Garbage(text)),
        "unplugged" => both(till, Trouble::CannotOpen(text)),
        "busy" => both(till, Trouble::Busy(text)),
        "refused" => {
            till.kkt_refused(&asked, refusal(false), now);
            till.scale_refused(refusal(false), now);
            vision(till, VisionLink::Unknown, now);
        }
        "fault" => {
            till.kkt_refused(&asked, refusal(true), now);
            let outcome = ScaleOutcome::Fault(ScaleFault::Overload);
            till.scale_answered(ScaleReading { evidence: Evidence::Device, outcome }, now);
            vision(till, VisionLink::Down, now);
        }
        "paused" => till.pause(true, now),
        "unsupported" => till.kkt_unsupported(&asked, "this dialect cannot say it"),
        _ => {}
    }
}

fn tell(receipt: &str, till: &mut Snapshot, now: Moment) {
    let told = match receipt {
        "open" => r#"[{"event":"user-signed-in","role_id":"12"},{"event":"receipt-opened"}]"#,
        "closed" | "feed-silent" => {
            r#"[{"event":"user-signed-in","role_id":"12"},{"event":"receipt-closed"}]"#
        }
        "never-closed" => r#"{"event":"hello","receipt":"closed","user":{"role_id":"12"}}"#,
        _ => return,
    };
    let mut when = now;
    if receipt == "feed-silent" {
        when.mono = when.mono.saturating_sub(FEED_LIMIT);
        when.wall = when.wall.checked_sub(FEED_LIMIT).unwrap();
    }
    till.apply(&parse_events(told.as_bytes()).unwrap(), when);
}
