use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use jiff::{Timestamp, civil::date, tz::TimeZone};
use serde::de::DeserializeOwned;

use super::*;
use crate::{
    Evidence, Hold, KktReading, KktReceipt, KktSettings, OfdQueue, PosSource, ScaleOutcome,
    ScaleReading, ScaleSettings, ScaleWeight, Settings, Shift, TillInfo, Trouble, Unstable,
    VisionLink, VisionReading, WithoutReceiptState, parse_events,
};

fn at(second: u64) -> Moment {
    let wall = Timestamp::from_second(1_795_000_000 + i64::try_from(second).unwrap()).unwrap();
    Moment { mono: Duration::from_secs(second), wall }
}

fn settings() -> Settings {
    Settings {
        till: TillInfo {
            name: "Store \"12\"".into(),
            version: "0.1.0".into(),
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
        vision: true,
        pos: PosSource::Events,
        ..Settings::default()
    }
}

/// A till of which everything is known at second 10.
fn known() -> Snapshot {
    let mut till = Snapshot::new(settings(), at(0));
    let told = br#"[{"event":"hello","receipt":"closed","last_activity_at":"2026-11-18T11:06:42Z",
        "last_closed_at":"2026-11-18T11:06:43Z","user":null}]"#;
    till.apply(&parse_events(told).unwrap(), at(9));
    let reading = KktReading {
        paper_present: Some(true),
        paper_near_end: Some(true),
        cover_open: Some(false),
        drawer_open: Some(true),
        printer_faults: Some(vec![PrinterFault::PaperJam]),
        ofd: Some(OfdQueue {
            unsent_documents: 3,
            first_unsent_number: Some(509),
            first_unsent_at: Some(date(2026, 11, 18).at(11, 0, 0, 0)),
        }),
        shift: Some(Shift { open: true, number: Some(18) }),
        shift_expired: Some(false),
        fiscal_storage_valid_until: Some(date(2027, 1, 1)),
        fiscal_storage_flags: Some(vec![FiscalStorageFlag::OfdTimeout]),
        model: Some("ATOL 25F".into()),
        device_time: Some(date(2026, 11, 18).at(11, 6, 48, 0)),
        ..KktReading::default()
    };
    till.kkt_answered(reading, at(10));
    let weight = ScaleWeight {
        milligrams: 1_234_500,
        decimals: 4,
        tare_milligrams: Some(-20_000),
        stable: Some(true),
        zero: None,
        net: None,
    };
    let outcome = ScaleOutcome::Weight(weight);
    till.scale_answered(ScaleReading { outcome, evidence: Evidence::Device }, at(10));
    let evidence = "refused".to_owned();
    till.vision_observed(VisionReading { link: VisionLink::Down, evidence }, at(10));
    till
}

/// The samples, by name and labels.
fn samples(till: &Snapshot, now: Moment) -> BTreeMap<String, String> {
    let mut out = Exposition::default();
    metrics(till, now, &TimeZone::UTC, &mut out);
    let text = out.finish();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut samples = BTreeMap::new();
    for line in lines {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let twice = samples.insert(name.to_owned(), value.to_owned());
        assert_eq!(twice, None, "{name} comes twice");
    }
    samples
}

#[test]
fn everything_that_is_known_is_there() {
    let samples = samples(&known(), at(10));
    for (name, value) in [
        ("till_build_info{version=\"0.1.0\",config=\"\"}", "1"),
        ("till_info{name=\"Store \\\"12\\\"\",type=\"\"}", "1"),
        ("till_time_seconds", "1795000010"),
        ("till_service_start_timestamp_seconds", "1795000000"),
        ("till_overall_state{state=\"critical\"}", "1"),
        ("till_overall_state{state=\"ok\"}", "0"),
        ("till_problems{severity=\"critical\"}", "1"),
        ("till_problem_active{code=\"printer-fault\",source=\"kkt\",severity=\"critical\"}", "1"),
        ("till_device_state{device=\"kkt\",state=\"online\"}", "1"),
        ("till_device_state{device=\"kkt\",state=\"stale\"}", "0"),
        ("till_device_state{device=\"vision\",state=\"online\"}", "1"),
        ("till_device_last_success_timestamp_seconds{device=\"scale\"}", "1795000010"),
        ("till_receipt_open", "0"),
        ("till_receipt_last_activity_timestamp_seconds", "1795000002"),
        ("till_receipt_last_closed_timestamp_seconds", "1795000003"),
        ("till_user_signed_in", "0"),
        ("till_paper_present", "1"),
        ("till_paper_near_end", "1"),
        ("till_cover_open", "0"),
        ("till_drawer_open", "1"),
        ("till_printer_fault{fault=\"paper-jam\"}", "1"),
        ("till_printer_fault{fault=\"overheated\"}", "0"),
        ("till_ofd_unsent_documents", "3"),
        ("till_ofd_first_unsent_timestamp_seconds", "1794999600"),
        ("till_shift_state{state=\"open\"}", "1"),
        ("till_shift_state{state=\"expired\"}", "0"),
        ("till_fiscal_storage_valid_until_timestamp_seconds", "1798847999"),
        ("till_fiscal_storage_flag{flag=\"ofd-timeout\"}", "1"),
        ("till_fiscal_storage_flag{flag=\"critical-error\"}", "0"),
        ("till_kkt_clock_skew_seconds", "-2"),
        (
            "till_kkt_info{driver=\"atol\",model=\"ATOL 25F\",serial_number=\"\",firmware=\"\",\
             fiscal_storage=\"\"}",
            "1",
        ),
        ("till_scale_info{protocol=\"massa-k-100\"}", "1"),
        ("till_scale_weight_grams", "1234.5"),
        ("till_scale_tare_grams", "-20"),
        ("till_scale_stable", "1"),
        ("till_vision_up", "0"),
    ] {
        assert_eq!(samples.get(name).map(String::as_str), Some(value), "{name} in {samples:#?}");
    }
    assert!(!samples.contains_key("till_receipt_opened_timestamp_seconds"), "none is open");
}

/// What tells a value of a device or of the till program, and not how they fare.
fn values(till: &Snapshot, now: Moment) -> Vec<String> {
    let about = [
        "till_build",
        "till_info",
        "till_time",
        "till_service",
        "till_overall",
        "till_problem",
        "till_device",
        "till_kkt_info",
        "till_scale_info",
    ];
    let names = samples(till, now).into_keys();
    names.filter(|name| !about.iter().any(|about| name.starts_with(about))).collect()
}

#[test]
fn what_is_too_old_or_was_never_known_is_absent_and_never_0() {
    assert_eq!(values(&Snapshot::new(settings(), at(0)), at(0)), Vec::<String>::new());
    assert_eq!(values(&Snapshot::new(Settings::default(), at(0)), at(0)), Vec::<String>::new());
    let mut till = known();
    assert!(values(&till, at(12)).contains(&"till_scale_weight_grams".to_owned()));
    assert!(!values(&till, at(13)).contains(&"till_scale_weight_grams".to_owned()));
    assert!(values(&till, at(39)).contains(&"till_paper_present".to_owned()));
    assert!(!values(&till, at(40)).contains(&"till_paper_present".to_owned()));
    for second in 11..40 {
        till.kkt_failed(Trouble::Silent("no answer".into()), at(second));
    }
    let later = at(3 * 24 * 3600);
    assert_eq!(values(&till, later), Vec::<String>::new());
    let samples = samples(&till, later);
    let state = |state| &samples[&format!("till_device_state{{device=\"kkt\",state=\"{state}\"}}")];
    assert_eq!((state("stale").as_str(), state("online").as_str()), ("1", "0"));
    assert_eq!(
        samples["till_device_last_success_timestamp_seconds{device=\"kkt\"}"], "1795000010",
        "freshness stays"
    );
}

#[test]
fn what_the_seven_do_not_serve_is_absent() {
    let mut till = known();
    let assumed = KktReading {
        paper_present: Some(false),
        paper_near_end: Some(false),
        ofd: Some(OfdQueue {
            unsent_documents: 0,
            first_unsent_number: None,
            first_unsent_at: None,
        }),
        ..KktReading::new(Evidence::Assumed)
    };
    till.kkt_answered(assumed.clone(), at(11));
    let names = values(&till, at(11));
    for absent in ["till_paper_present", "till_paper_near_end", "till_ofd_unsent_documents"] {
        assert!(!names.contains(&absent.to_owned()), "{absent}");
    }
    till.settings.accept_assumed.extend([Endpoint::Paper, Endpoint::Ofd]);
    let samples = samples(&till, at(11));
    assert_eq!(
        (&*samples["till_paper_present"], &*samples["till_ofd_unsent_documents"]),
        ("0", "0")
    );
}

#[test]
fn an_open_receipt_leaves_the_scale_alone() {
    let mut till = known();
    till.apply(&parse_events(br#"{"event":"receipt-opened"}"#).unwrap(), at(11));
    let samples = samples(&till, at(11));
    assert_eq!(samples["till_receipt_open"], "1");
    assert_eq!(samples["till_receipt_opened_timestamp_seconds"], "1795000011");
    assert!(!samples.contains_key("till_scale_weight_grams"), "{samples:#?}");
}

/// serde names every variant when it refuses one.
#[track_caller]
fn whole<T: Debug + DeserializeOwned + Serialize>(all: &[T]) {
    let refused = serde_json::from_str::<T>("\"?\"").unwrap_err().to_string();
    let known: Vec<_> = refused.split('`').skip(3).step_by(2).collect();
    let listed: Vec<_> = all.iter().map(word).collect();
    assert_eq!(listed, known, "{refused}");
}

#[test]
fn every_list_is_whole() {
    whole(&DeviceState::ALL);
    whole(&Overall::ALL);
    whole(&Severity::ALL);
    whole(&ReceiptState::ALL);
    whole(&ShiftState::ALL);
    whole(&VisionState::ALL);
    whole(&Door::ALL);
    whole(&Paper::ALL);
    whole(&Evidence::ALL);
    whole(&PrinterFault::ALL);
    whole(&FiscalStorageFlag::ALL);
    whole(&crate::Reason::ALL);
}
