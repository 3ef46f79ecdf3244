use super::*;

fn said(endpoint: Endpoint, status: u16, body: &str) -> Result<String, String> {
    let times = ["rfc3339", "epoch", "epoch-ms", "%d.%m.%Y %H:%M:%S"];
    let times = times.map(|form| WrittenTime::named(form).unwrap()).to_vec();
    let grams = Written { times, zone: None, weight: WeightUnit::Grams };
    let kilograms = Written { weight: WeightUnit::Kilograms, ..grams.clone() };
    let zone = TimeZone::fixed(jiff::tz::offset(3));
    let clock = Clock { now: "2026-11-24T00:00:00Z".parse().unwrap(), zone: &zone };
    let (written, body) = match body.strip_suffix(" grams") {
        Some(body) => (grams, body),
        None => (kilograms, body),
    };
    let reply = Reply { status, body: body.as_bytes().to_vec() };
    let said = written.said(endpoint, &reply, clock);
    said.map(|said| match said {
        Said::Empty => "empty".to_owned(),
        Said::Lacks => "lacks".to_owned(),
        Said::Value(Value::Time(at)) => at.to_string(),
        Said::Value(Value::Id(id)) => id,
        Said::Value(Value::Count(count)) => count.to_string(),
        Said::Value(Value::Flag) => "yes".to_owned(),
        Said::Value(Value::Weight { milligrams, decimals }) => {
            format!("{milligrams} mg {decimals}")
        }
    })
    .map_err(|trouble| trouble.text().to_owned())
}

#[test]
fn every_form_of_a_value() {
    use Endpoint::{Downtime, Ofd, Paper, UserRoleId, Vision, Weight};
    for (endpoint, status, body, expected) in [
        (Downtime, 200, "2026-11-24T01:47:39+03:00", "2026-11-23T22:47:39Z"),
        (Downtime, 200, "\"2026-11-24T01:47:39+03:00\"\r\n", "2026-11-23T22:47:39Z"),
        (Downtime, 200, "\u{FEFF}{\"time\": \"2026-11-24 01:47:39\"}", "2026-11-23T22:47:39Z"),
        (Downtime, 200, "1795474059", "2026-11-23T22:47:39Z"),
        (Downtime, 200, "\"1795474059000\"", "2026-11-23T22:47:39Z"),
        (Downtime, 200, "24.11.2026 01:47:39", "2026-11-23T22:47:39Z"),
        (Downtime, 204, "", "empty"),
        (UserRoleId, 200, "007", "007"),
        (UserRoleId, 200, "\"cashier\"", "cashier"),
        (UserRoleId, 200, "{\"id\":12}", "12"),
        (Ofd, 200, " 3\n", "3"),
        (Ofd, 200, "\"3\"", "3"),
        (Ofd, 404, "<html>", "lacks"),
        (Ofd, 501, "", "lacks"),
        (Paper, 200, "", "yes"),
        (Paper, 200, "true", "yes"),
        (Paper, 204, "ignored", "empty"),
        (Vision, 200, "есть", "yes"),
        (Weight, 200, "1.234", "1234000 mg 3"),
        (Weight, 200, "\"-0,02\"", "-20000 mg 3"),
        (Weight, 200, "1.23456", "1234560 mg 5"),
        (Weight, 200, "1234.5 grams", "1234500 mg 4"),
        (Weight, 200, "0 grams", "0 mg 3"),
    ] {
        assert_eq!(said(endpoint, status, body).as_deref(), Ok(expected), "{endpoint:?} {body}");
    }
}

#[test]
fn what_is_no_value_is_shown() {
    use Endpoint::{Downtime, LastReceiptTime, Ofd, Paper, UserRoleId, Weight};
    for (endpoint, status, body, expected) in [
        (Downtime, 200, "noon", "downtime: got \"noon\", expected a time"),
        (Downtime, 200, "", "got \"\""),
        (LastReceiptTime, 200, "null", "got \"null\""),
        (UserRoleId, 200, "", "expected an id"),
        (UserRoleId, 200, "a\nb", "expected an id"),
        (Ofd, 200, "-1", "expected a number of documents"),
        (Ofd, 200, "1.5", "expected a number of documents"),
        (Ofd, 200, "[3]", "got \"[3]\""),
        (Ofd, 204, "", "got 204, expected a number"),
        (Paper, 200, "false", "got \"false\""),
        (Weight, 200, "heavy", "expected a weight"),
        (Weight, 200, "1.2345678", "expected a weight"),
        (Weight, 200, "99999", "expected a weight"),
        (Weight, 500, "Traceback", "answers 500 \"Traceback\""),
        (Weight, 302, "", "answers 302"),
    ] {
        let got = said(endpoint, status, body).unwrap_err();
        assert!(got.contains(expected), "{endpoint:?} {body}: {got}");
    }
}

#[test]
fn each_is_asked_and_the_receipt_most() {
    for endpoint in Endpoint::ALL {
        let times = TURNS.iter().filter(|turn| **turn == endpoint).count();
        let receipt = [Endpoint::LastReceiptTime, Endpoint::Downtime].contains(&endpoint);
        assert_eq!(times, if receipt { 5 } else { 1 }, "{endpoint:?}");
    }
}
