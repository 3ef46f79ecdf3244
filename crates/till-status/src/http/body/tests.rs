use super::*;

fn check(api: &Api, value: &Value, text: &str, json: &str) {
    let zone = TimeZone::fixed(jiff::tz::offset(3));
    let forms = Forms { api, zone: &zone };
    assert_eq!(forms.text(value), text, "{value:?}");
    assert_eq!(forms.json(value), json, "{value:?}");
    assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "{json}");
}

fn time() -> Value {
    Value::Time("2026-11-24T01:47:39.9+03:00".parse().unwrap())
}

#[test]
fn times_in_every_form() {
    for (form, text) in [
        (TimeForm::Rfc3339, "2026-11-24T01:47:39+03:00"),
        (TimeForm::Local, "2026-11-24T01:47:39"),
        (TimeForm::Epoch, "1795474059"),
        (TimeForm::Pattern("%d.%m.%Y %H:%M".to_owned()), "24.11.2026 01:47"),
    ] {
        let api = Api { time: form, ..Api::default() };
        check(&api, &time(), text, &format!("\"{text}\""));
    }
}

#[test]
fn weights_keep_the_decimals_of_the_scale() {
    for (milligrams, decimals, kilograms, grams) in [
        (1_234_000, 3, "1.234", "1234"),
        (-20_000, 3, "-0.020", "-20"),
        (0, 3, "0.000", "0"),
        (0, 0, "0.000", "0"),
        (1_234_500, 4, "1.2345", "1234.5"),
        (1_234_500, 3, "1.2345", "1234.5"),
        (1_234_000, 5, "1.23400", "1234.00"),
        (15_000_000, 1, "15.000", "15000"),
        (1, 6, "0.000001", "0.001"),
        (i64::MIN, 3, "-9223372036854.775808", "-9223372036854775.808"),
    ] {
        let value = Value::Weight { milligrams, decimals };
        check(&Api::default(), &value, kilograms, kilograms);
        let api = Api { weight: WeightUnit::Grams, ..Api::default() };
        check(&api, &value, grams, grams);
    }
}

#[test]
fn ids_are_numbers_only_when_nothing_is_lost() {
    for (id, json) in [
        ("12", "12"),
        ("0", "0"),
        ("-7", "-7"),
        ("9007199254740992", "9007199254740992"),
        ("9007199254740993", "\"9007199254740993\""),
        ("007", "\"007\""),
        ("+1", "\"+1\""),
        ("-0", "\"-0\""),
        ("1e3", "\"1e3\""),
        ("старший \"кассир\"", "\"старший \\\"кассир\\\"\""),
    ] {
        check(&Api::default(), &Value::Id(id.to_owned()), id, json);
    }
}

#[test]
fn flags_and_counts() {
    check(&Api::default(), &Value::Flag, "1", "true");
    for flag in ["", "да"] {
        check(&Api { flag: flag.to_owned(), ..Api::default() }, &Value::Flag, flag, "true");
    }
    check(&Api::default(), &Value::Count(0), "0", "0");
}

#[test]
fn accept_chooses_the_form() {
    use BodyForm::{Json, Text};
    for (accept, with_text, with_json) in [
        (None, Text, Json),
        (Some("*/*"), Text, Json),
        (Some("application/json"), Json, Json),
        (Some("Application/JSON; charset=utf-8"), Json, Json),
        (Some("text/plain"), Text, Text),
        (Some("application/*"), Json, Json),
        (Some("text/html,application/xhtml+xml,*/*;q=0.8"), Text, Json),
        (Some("application/json, text/plain, */*"), Text, Json),
        (Some("application/json;q=0.5, text/plain"), Text, Text),
        (Some("text/plain;q=0.5, application/json;q=0.6"), Json, Json),
        (Some("*/*, text/plain;q=0"), Json, Json),
        (Some("image/png"), Text, Json),
        (Some(";;,,q="), Text, Json),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, accept.parse().unwrap());
        }
        assert_eq!(form(&headers, Text), with_text, "{accept:?}");
        assert_eq!(form(&headers, Json), with_json, "{accept:?}");
    }
}

#[test]
fn dates_of_http() {
    assert_eq!(
        http_date("2026-11-24T01:47:39+03:00".parse().unwrap()),
        "Mon, 23 Nov 2026 22:47:39 GMT"
    );
}
