use jiff::Timestamp;

use super::*;
use crate::{
    Language, PosSource, ScaleSettings, Settings, Unstable, WithoutReceiptState, answer, problems,
};

fn at(seconds: u64) -> Moment {
    let wall = Timestamp::from_second(1_795_000_000 + i64::try_from(seconds).unwrap()).unwrap();
    Moment { mono: Duration::from_secs(seconds), wall }
}

fn till() -> Snapshot {
    let settings = Settings {
        pos: PosSource::Seven,
        pos_place: "http://127.0.0.1:8000/api/v1/status".to_owned(),
        feed_silence: Some(Duration::from_secs(30)),
        scale: Some(ScaleSettings {
            protocol: "seven".to_owned(),
            unstable: Unstable::Serve,
            without_receipt_state: WithoutReceiptState::Refuse,
        }),
        vision: true,
        ..Settings::default()
    };
    Snapshot::new(settings, at(0))
}

fn value(endpoint: Endpoint) -> Value {
    match endpoint {
        Endpoint::LastReceiptTime | Endpoint::Downtime => Value::Time(at(1).wall),
        Endpoint::UserRoleId => Value::Id("12".to_owned()),
        Endpoint::Ofd => Value::Count(3),
        Endpoint::Paper | Endpoint::Vision => Value::Flag,
        Endpoint::Weight => Value::Weight { milligrams: 1_234_000, decimals: 3 },
    }
}

#[test]
fn each_word_counts_for_itself_until_its_age() {
    for endpoint in Endpoint::ALL {
        for (said, expected) in [
            (
                Said::Value(value(endpoint)),
                Answer::Known { value: value(endpoint), observed: at(5).wall },
            ),
            (Said::Empty, Answer::Empty { observed: at(5).wall }),
        ] {
            let mut till = till();
            till.seven_said(endpoint, Ok(said), at(5));
            for other in Endpoint::ALL {
                match answer(other, &till, at(34)) {
                    got if other == endpoint => assert_eq!(got, expected, "{endpoint:?}"),
                    Answer::Unknown(why) => assert_eq!(why.reason, Reason::Starting, "{other:?}"),
                    got => panic!("{endpoint:?} told {other:?}: {got:?}"),
                }
            }
            let Answer::Unknown(why) = answer(endpoint, &till, at(35)) else { panic!("too old") };
            assert_eq!(why.reason, Reason::Stale, "{endpoint:?}");
        }
    }
}

#[test]
fn no_good_answer_is_unknown_with_what_came() {
    let garbage = || Err(Trouble::Garbage("got \"hello\" for a number".to_owned()));
    for endpoint in Endpoint::ALL {
        let mut till = till();
        till.seven_said(endpoint, garbage(), at(1));
        let Answer::Unknown(why) = answer(endpoint, &till, at(2)) else { panic!("known") };
        assert_eq!(why.reason, Reason::NotConnected);
        assert!(why.detail.contains("hello"), "{why:?}");
        till.seven_said(endpoint, Ok(Said::Value(value(endpoint))), at(3));
        till.seven_said(endpoint, garbage(), at(4));
        assert!(matches!(answer(endpoint, &till, at(32)), Answer::Known { .. }));
        let Answer::Unknown(why) = answer(endpoint, &till, at(33)) else { panic!("known") };
        assert_eq!((why.reason, why.since), (Reason::Stale, Some(at(4).wall)));
        assert!(why.detail.contains("hello") && why.last_known.is_some(), "{why:?}");
        till.seven_said(endpoint, Ok(Said::Lacks), at(40));
        let Answer::Unknown(why) = answer(endpoint, &till, at(40)) else { panic!("known") };
        assert_eq!(why.reason, Reason::NotSupported);
    }
}

#[test]
fn a_time_to_come_is_now_and_a_pause_is_a_pause() {
    let mut till = till();
    let ahead = Said::Value(Value::Time(at(500).wall));
    till.seven_said(Endpoint::Downtime, Ok(ahead), at(5));
    let now = Answer::Known { value: Value::Time(at(5).wall), observed: at(5).wall };
    assert_eq!(answer(Endpoint::Downtime, &till, at(6)), now);
    till.pause(true, at(7));
    let Answer::Unknown(why) = answer(Endpoint::Downtime, &till, at(7)) else { panic!("known") };
    assert_eq!(why.reason, Reason::Paused);
}

#[test]
fn the_document_and_the_problems_see_it_too() {
    let mut till = till();
    for endpoint in Endpoint::ALL {
        assert!(!till.ready(at(5)), "{endpoint:?}");
        let said = match endpoint {
            Endpoint::Paper | Endpoint::Vision | Endpoint::LastReceiptTime => Said::Empty,
            _ => Said::Value(value(endpoint)),
        };
        till.seven_said(endpoint, Ok(said), at(5));
    }
    assert!(till.ready(at(5)));
    let zone = jiff::tz::TimeZone::UTC;
    let found = problems(&till, at(6), &zone, Language::En);
    let codes: Vec<_> = found.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["paper-out", "vision-down"]);
    let json = serde_json::to_value(crate::document(&till, at(6), &zone, Language::En)).unwrap();
    assert_eq!(json["receipt"]["state"], "closed");
    assert_eq!(json["receipt"]["source"], "seven");
    assert_eq!(json["user"]["role_id"], "12");
    assert_eq!(json["kkt"]["ofd"]["unsent_documents"], 3);
    assert_eq!(json["scale"]["weight_grams"], 1234);
    assert_eq!(json["vision"]["state"], "down");
    // A close that was not told yet is not the close before.
    till.seven_said(Endpoint::LastReceiptTime, Ok(Said::Value(Value::Time(at(7).wall))), at(7));
    till.seven_said(Endpoint::LastReceiptTime, Ok(Said::Empty), at(8));
    let json = serde_json::to_value(crate::document(&till, at(8), &zone, Language::En)).unwrap();
    assert_eq!(json["receipt"]["last_closed_at"], serde_json::Value::Null);
}
