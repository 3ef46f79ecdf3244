use std::time::Duration;

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use serde_json::{Value, json};

use super::*;
use crate::{
    Evidence, Hold, KktReading, KktReceipt, KktSettings, Language, Moment, OfdQueue, PosSource,
    ScaleOutcome, ScaleReading, ScaleSettings, ScaleWeight, Settings, Snapshot, TillInfo, Unstable,
    WithoutReceiptState, parse_events,
};

fn at(second: u64) -> Moment {
    let wall = Timestamp::from_second(1_795_000_000 + i64::try_from(second).unwrap()).unwrap();
    Moment { mono: Duration::from_secs(second), wall }
}

fn moscow() -> TimeZone {
    TimeZone::fixed(Offset::constant(3))
}

fn shown(till: &Snapshot, now: Moment) -> Value {
    let document = document(till, now, &moscow(), Language::En);
    let value = serde_json::to_value(&document).unwrap();
    assert_eq!(serde_json::from_value::<Document>(value.clone()).unwrap(), document);
    value
}

fn settings() -> Settings {
    Settings {
        till: TillInfo {
            name: "Store 12 / till 3".into(),
            kind: "kiosk".into(),
            ..TillInfo::default()
        },
        kkt: Some(KktSettings {
            driver: "atol".to_owned(),
            hold: Hold::Always,
            receipt: KktReceipt::Unknown,
            operators: Default::default(),
        }),
        scale: Some(ScaleSettings {
            protocol: "massa-k-100".to_owned(),
            unstable: Unstable::Serve,
            without_receipt_state: WithoutReceiptState::Refuse,
        }),
        pos: PosSource::Events,
        ..Settings::default()
    }
}

#[test]
fn a_till_without_anything_says_so() {
    let value = shown(&Snapshot::new(Settings::default(), at(0)), at(5));
    assert_eq!(value["schema"], 1);
    assert_eq!(value["till"]["time"], "2026-11-18T14:06:45+03:00");
    for device in ["kkt", "scale", "vision"] {
        assert_eq!(value[device]["state"], "not-configured");
        assert_eq!(value[device]["age_seconds"], Value::Null);
    }
    assert_eq!(
        value["receipt"],
        json!({
            "state": "unknown", "source": "none", "opened_at": null, "last_activity_at": null,
            "last_closed_at": null, "unknown": { "state": {
                "type": "not-supported",
                "detail": "no source on this till can tell whether a receipt is open",
            } },
        })
    );
    assert_eq!(value["user"]["unknown"]["role_id"]["type"], "not-supported");
    assert_eq!(value["kkt"]["unknown"]["paper"]["type"], "not-configured");
}

#[test]
fn values_times_and_reasons() {
    let mut till = Snapshot::new(settings(), at(0));
    till.apply(&parse_events(br#"{"event":"receipt-closed"}"#).unwrap(), at(1));
    let made = Offset::UTC.to_datetime(at(0).wall);
    let ofd = OfdQueue {
        unsent_documents: 3,
        first_unsent_number: Some(509),
        first_unsent_at: Some(made),
    };
    let reading = KktReading {
        paper_present: Some(true),
        paper_near_end: Some(true),
        ofd: Some(ofd),
        ..KktReading::new(Evidence::Implementation)
    };
    till.kkt_answered(reading, at(2));
    let weight = ScaleWeight {
        milligrams: 1_234_500,
        decimals: 4,
        tare_milligrams: Some(2_000_000),
        stable: Some(true),
        zero: Some(false),
        net: None,
    };
    let outcome = ScaleOutcome::Weight(weight);
    till.scale_answered(ScaleReading { evidence: Evidence::Device, outcome }, at(2));
    let value = shown(&till, at(4));
    let kkt = &value["kkt"];
    assert_eq!(
        (&kkt["state"], &kkt["paper"], &kkt["age_seconds"]),
        (&json!("online"), &json!("near-end"), &json!(2))
    );
    assert_eq!(
        kkt["ofd"],
        json!({
            "unsent_documents": 3, "first_unsent_number": 509,
            // The KKT's civil time, in the till's zone.
            "first_unsent_at": format!("{made}+03:00"), "evidence": "implementation",
        })
    );
    assert_eq!(kkt["cover"], Value::Null);
    assert_eq!(kkt["unknown"]["cover"]["type"], "starting");
    assert!(kkt["unknown"].get("paper").is_none());
    let scale = &value["scale"];
    assert_eq!((&scale["weight_grams"], &scale["tare_grams"]), (&json!(1234.5), &json!(2000)));
    assert_eq!(scale["unknown"]["net"]["type"], "not-supported");
    assert_eq!(value["problems"][0]["code"], "paper-near-end");
    assert_eq!(value["overall"], "warning");

    till.apply(&parse_events(br#"{"event":"receipt-opened"}"#).unwrap(), at(5));
    let value = shown(&till, at(5));
    assert_eq!(value["receipt"]["state"], "open");
    assert_eq!(value["scale"]["weight_grams"], Value::Null);
    assert_eq!(value["scale"]["unknown"]["weight_grams"]["type"], "busy");
}

#[test]
fn a_user_is_shown_by_role_and_by_name_only_when_published() {
    for (publish, user_id) in [(false, Value::Null), (true, json!("7"))] {
        let settings = Settings { publish_user_id: publish, ..settings() };
        let mut till = Snapshot::new(settings, at(0));
        let told = br#"{"event":"user-signed-in","role_id":"12","user_id":"7"}"#;
        till.apply(&parse_events(told).unwrap(), at(1));
        let user = &shown(&till, at(2))["user"];
        assert_eq!((&user["role_id"], &user["user_id"]), (&json!("12"), &user_id));
        till.apply(&parse_events(br#"{"event":"user-signed-out"}"#).unwrap(), at(3));
        let user = &shown(&till, at(4))["user"];
        assert_eq!(user, &json!({ "role_id": null, "source": "events" }), "nobody, for sure");
    }
}

#[test]
fn what_is_no_document_is_refused() {
    assert!(serde_json::from_str::<Stamp>("\"yesterday\"").is_err());
    assert!(serde_json::from_str::<Grams>("1e300").is_err());
    assert_eq!(serde_json::from_str::<Grams>("123.4").unwrap().milligrams, 123_400);
}

#[test]
fn a_receipt_that_an_earlier_run_heard_of_says_so_until_the_till_program_speaks() {
    let events = |text: &str| parse_events(text.as_bytes()).unwrap();
    let mut before = Snapshot::new(settings(), at(0));
    before.apply(&events(r#"{"event":"receipt-opened"}"#), at(1));
    assert_eq!(shown(&before, at(2))["receipt"].get("restored"), None);
    let mut till = Snapshot::new(settings(), at(3));
    till.restore(before.saved_state(), at(3));
    let receipt = &shown(&till, at(4))["receipt"];
    assert_eq!((&receipt["state"], &receipt["restored"]), (&json!("open"), &json!(true)));
    // Silent for too long: it is unknown, whoever told it.
    assert_eq!(shown(&till, at(400))["receipt"].get("restored"), None);
    till.apply(&events(r#"{"event":"alive"}"#), at(5));
    let receipt = &shown(&till, at(6))["receipt"];
    assert_eq!((&receipt["state"], receipt.get("restored")), (&json!("open"), None));
}

#[test]
fn what_something_newer_replaced_says_nothing_of_the_receipt_and_the_user() {
    let events = |text: &str| parse_events(text.as_bytes()).unwrap();
    let mut before = Snapshot::new(settings(), at(0));
    let told = r#"[{"event":"receipt-closed","id":"a"},{"event":"user-signed-in","role_id":"12"}]"#;
    before.apply(&events(told), at(1));
    let mut till = Snapshot::new(settings(), at(3));
    till.restore(before.saved_state().outdated(), at(3));
    let document = shown(&till, at(4));
    assert_eq!(document["receipt"]["state"], "unknown", "{document:#}");
    assert_eq!(document["receipt"]["last_closed_at"], Value::Null);
    assert_eq!(document["user"]["unknown"]["role_id"]["type"], "never-seen");
    // Ids are known, and no time runs back.
    let old = r#"[{"event":"receipt-cancelled","id":"a"},{"event":"receipt-closed","at":"2026-01-01T00:00:00Z"}]"#;
    assert_eq!(till.apply(&events(old), at(5)).repeated, 1);
    assert_eq!(shown(&till, at(6))["receipt"]["last_closed_at"], "2026-11-18T14:06:41+03:00");
}
