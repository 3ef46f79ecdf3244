use super::*;
use crate::Config;

fn parse(text: &str) -> Hours {
    let config = Config::parse(&format!("[hours]\n{text}"));
    config.unwrap_or_else(|error| panic!("{error}\nin {text}")).hours.unwrap()
}

fn opening(from: u16, until: u16) -> Opening {
    Opening { from, until }
}

#[test]
fn a_week() {
    let hours = parse(
        "every = \"08:00-22:00\"\nfri = \"20:00-02:00\"\nsat = [\"08:00-13:00\", \"14:30-20:00\"]\n\
         sun = \"closed\"\nclosed_on = [\"01-01\", \"02-29\", \"2027-05-03\"]\n",
    );
    assert_eq!(hours.week[0], [opening(480, 1320)]);
    assert_eq!(hours.week[3], [opening(480, 1320)]);
    assert_eq!(hours.week[4], [opening(1200, 120)]);
    assert_eq!(hours.week[5], [opening(480, 780), opening(870, 1200)]);
    assert_eq!(hours.week[6], []);
    let closed = [
        ClosedDay::Yearly { month: 1, day: 1 },
        ClosedDay::Yearly { month: 2, day: 29 },
        ClosedDay::Once(date(2027, 5, 3)),
    ];
    assert_eq!(hours.closed, BTreeSet::from(closed));
    assert_eq!(parse("every = \"00:00-24:00\"\n").week[6], [opening(0, 1440)]);
    assert_eq!(parse("mon = \"08:00-22:00\"\n").week[1], []);
    assert_eq!(Config::parse("").unwrap().hours, None);
}

#[test]
fn what_is_no_time_is_refused_with_what_is_one() {
    for (line, wanted) in [
        ("every = \"8-22\"", "every: got \"8-22\", expected \"closed\", or times such as"),
        ("every = \"08:00-25:00\"", "over midnight"),
        ("every = \"24:00-08:00\"", "round the clock"),
        ("every = \"08:00-24:01\"", "round the clock"),
        ("every = \"08:00-08:00\"", "round the clock"),
        ("every = \"08:60-22:00\"", "round the clock"),
        ("every = \"+8:00-22:00\"", "round the clock"),
        ("mon = 8", "mon: got 8, expected \"closed\""),
        ("mon = [\"08:00-12:00\", \"x\"]", "expected \"closed\""),
        ("closed_on = [\"02-30\"]", "expected days such as"),
        ("closed_on = [\"1970-01-01\"]", "expected days such as"),
        ("closed_on = 1", "expected a list of texts"),
        ("monday = \"closed\"", "[hours] monday: unknown key; known keys are"),
        ("sun = \"closed\"", "the till never opens"),
        ("", "the till never opens"),
    ] {
        let error = Config::parse(&format!("[hours]\n{line}\n")).unwrap_err().to_string();
        assert!(error.contains(wanted), "{line}: {error}");
    }
}
