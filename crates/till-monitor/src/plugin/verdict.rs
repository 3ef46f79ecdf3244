//! From what a till said to one line of a plugin.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use status_core::{Endpoint, Severity, Value};

use super::Range;
use crate::answer::{Observation, Said};

/// The four states of a plugin, in the order in which the worst is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// 0
    Ok,
    /// 1
    Warning,
    /// 3: it could not be told. Less than critical, because something else is known to be wrong then.
    Unknown,
    /// 2
    Critical,
}

impl Verdict {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        })
    }
}

/// Ranges by endpoint: of times the age in seconds, of the weight kilograms.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Outside of it is a warning.
    pub warning: BTreeMap<Endpoint, Range>,
    /// Outside of it is critical.
    pub critical: BTreeMap<Endpoint, Range>,
}

/// What is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The worst of all.
    pub verdict: Verdict,
    /// The line, without a line end.
    pub line: String,
}

/// Reports on a till. `only` are the values that were asked for; empty is everything that it has, and
/// the problems that it names itself.
pub fn report(seen: &Observation, only: &[Endpoint], limits: &Limits, now: Timestamp) -> Report {
    let mut parts: Vec<(Verdict, String)> = Vec::new();
    let mut data = Vec::new();
    if only.is_empty() {
        parts.extend(seen.problems.iter().map(|problem| {
            let verdict = match problem.severity {
                Severity::Warning => Verdict::Warning,
                Severity::Critical => Verdict::Critical,
            };
            (verdict, format!("{}: {}", problem.code, problem.text))
        }));
    }
    let asked = |endpoint: &Endpoint| only.is_empty() || only.contains(endpoint);
    for endpoint in Endpoint::ALL.into_iter().filter(asked) {
        let name = endpoint.name();
        let named = !only.is_empty();
        match seen.value(endpoint) {
            Some(Said::Value(value)) => {
                let (part, number) = of_value(endpoint, value, limits, now);
                parts.push(part);
                data.extend(number);
            }
            Some(Said::None) => parts.push(of_none(endpoint)),
            Some(Said::Unknown(why)) if !named && why.reason == "never-seen" => {}
            Some(Said::Unknown(why)) => {
                parts.push((Verdict::Unknown, format!("{name} unknown ({})", why.detail)));
            }
            Some(Said::Nonsense(got)) => {
                parts.push((Verdict::Unknown, format!("{name} not understood ({got})")));
            }
            Some(Said::Lacking(why)) if named => {
                parts.push((
                    Verdict::Unknown,
                    format!("{name} is not told by this till ({})", why.detail),
                ));
            }
            None if named => parts.push((Verdict::Unknown, format!("{name} was not told"))),
            Some(Said::Lacking(_)) | None => {}
        }
    }
    let verdict = parts.iter().map(|(verdict, _)| *verdict).max().unwrap_or(Verdict::Unknown);
    // The worst stands first: many programs show the beginning only.
    parts.sort_by(|(one, _), (other, _)| other.cmp(one));
    let text: Vec<_> = parts.iter().map(|(_, text)| text.as_str()).collect();
    let text = if text.is_empty() { "nothing was told".to_owned() } else { text.join(", ") };
    // A bar begins the performance data, a line end a second line.
    let text = text.replace('|', "/").replace(['\r', '\n'], " ");
    let data = if data.is_empty() { String::new() } else { format!(" | {}", data.join(" ")) };
    Report { verdict, line: format!("TILL {verdict}: {text}{data}") }
}

type Part = (Verdict, String);

fn of_value(
    endpoint: Endpoint,
    value: &Value,
    limits: &Limits,
    now: Timestamp,
) -> (Part, Option<String>) {
    let name = endpoint.name();
    let (text, number, unit) = match value {
        Value::Time(at) => {
            let age = (now.as_second() - at.as_second()).max(0);
            #[allow(clippy::cast_precision_loss)]
            (format!("{name} {age} s ago"), Some((age as f64, age.to_string())), "s")
        }
        Value::Id(id) => (format!("{name} {id}"), None, ""),
        Value::Count(count) => (
            format!("{count} documents not sent to the OFD"),
            Some((f64::from(*count), count.to_string())),
            "",
        ),
        Value::Flag if endpoint == Endpoint::Paper => ("paper present".to_owned(), None, ""),
        Value::Flag => (format!("{name} up"), None, ""),
        Value::Weight { milligrams, .. } => {
            #[allow(clippy::cast_precision_loss)]
            let kilograms = *milligrams as f64 / 1e6;
            (format!("weight {kilograms:.3} kg"), Some((kilograms, format!("{kilograms:.3}"))), "")
        }
    };
    let Some((number, shown)) = number else { return ((Verdict::Ok, text), None) };
    let (warning, critical) = (limits.warning.get(&endpoint), limits.critical.get(&endpoint));
    let verdict = if critical.is_some_and(|range| range.alerts(number)) {
        Verdict::Critical
    } else if warning.is_some_and(|range| range.alerts(number)) {
        Verdict::Warning
    } else {
        Verdict::Ok
    };
    let [warning, critical] = [warning, critical].map(|range| range.map_or("", Range::as_str));
    let least = if endpoint == Endpoint::Weight { "" } else { "0" };
    ((verdict, text), Some(format!("'{name}'={shown}{unit};{warning};{critical};{least};")))
}

fn of_none(endpoint: Endpoint) -> Part {
    match endpoint {
        Endpoint::Paper => (Verdict::Critical, "no paper".to_owned()),
        Endpoint::Vision => (Verdict::Warning, "no link to SuperMag Vision".to_owned()),
        Endpoint::UserRoleId => (Verdict::Ok, "nobody signed in".to_owned()),
        Endpoint::LastReceiptTime => (Verdict::Ok, "no receipt open".to_owned()),
        Endpoint::Downtime | Endpoint::Weight => (Verdict::Ok, "a receipt is open".to_owned()),
        Endpoint::Ofd => (Verdict::Unknown, "ofd not understood".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Named, Why};

    fn seen(said: &[(Endpoint, Said)]) -> Observation {
        let mut seen = Observation::default();
        for (endpoint, said) in said {
            seen.tell(*endpoint, said.clone());
        }
        seen
    }

    #[test]
    fn every_state_has_its_line_and_its_code() {
        use Endpoint::{Downtime, Ofd, Paper, Vision};
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let count = |count| (Ofd, Said::Value(Value::Count(count)));
        let why = || Why { reason: "stale".to_owned(), detail: "a|b\nc".to_owned() };
        let mut limits = Limits::default();
        limits.warning.insert(Ofd, "10".parse().unwrap());
        limits.critical.insert(Ofd, "100".parse().unwrap());
        limits.warning.insert(Downtime, "600".parse().unwrap());
        let closed = (Downtime, Said::Value(Value::Time("2026-11-24T11:00:00Z".parse().unwrap())));
        for (said, only, code, line) in [
            (
                vec![count(3), (Paper, Said::Value(Value::Flag))],
                vec![Ofd, Paper],
                0,
                "TILL OK: 3 documents not sent to the OFD, paper present | 'ofd'=3;10;100;0;",
            ),
            (
                vec![count(11)],
                vec![Ofd],
                1,
                "TILL WARNING: 11 documents not sent to the OFD | 'ofd'=11;10;100;0;",
            ),
            (
                vec![count(101)],
                vec![Ofd],
                2,
                "TILL CRITICAL: 101 documents not sent to the OFD | 'ofd'=101;10;100;0;",
            ),
            (
                vec![(Paper, Said::None), count(3)],
                vec![],
                2,
                "TILL CRITICAL: no paper, 3 documents not sent to the OFD | 'ofd'=3;10;100;0;",
            ),
            (vec![(Vision, Said::None)], vec![], 1, "TILL WARNING: no link to SuperMag Vision"),
            (vec![(Paper, Said::Unknown(why()))], vec![], 3, "TILL UNKNOWN: paper unknown (a/b c)"),
            (
                vec![(Paper, Said::Lacking(why())), count(1)],
                vec![Ofd],
                0,
                "TILL OK: 1 documents not sent to the OFD | 'ofd'=1;10;100;0;",
            ),
            (
                vec![(Paper, Said::Lacking(why()))],
                vec![Paper],
                3,
                "TILL UNKNOWN: paper is not told by this till (a/b c)",
            ),
            (vec![], vec![], 3, "TILL UNKNOWN: nothing was told"),
            (
                vec![closed],
                vec![],
                1,
                "TILL WARNING: downtime 3600 s ago | 'downtime'=3600s;600;;0;",
            ),
            (
                vec![
                    (Paper, Said::Unknown(why())),
                    (Vision, Said::None),
                    (Ofd, Said::Value(Value::Count(500))),
                ],
                vec![],
                2,
                "TILL CRITICAL: 500 documents not sent to the OFD, paper unknown (a/b c), no link to SuperMag Vision | 'ofd'=500;10;100;0;",
            ),
        ] {
            let report = report(&seen(&said), &only, &limits, now);
            assert_eq!((report.verdict.code(), report.line.as_str()), (code, line));
        }
    }

    #[test]
    fn the_problems_of_a_till_count_unless_values_are_named() {
        let mut seen = seen(&[(Endpoint::Paper, Said::Value(Value::Flag))]);
        seen.problems.push(Named {
            code: "cover-open".to_owned(),
            severity: Severity::Critical,
            source: "kkt".to_owned(),
            since: None,
            text: "The cover is open.".to_owned(),
        });
        let now = Timestamp::UNIX_EPOCH;
        let all = report(&seen, &[], &Limits::default(), now);
        assert_eq!(all.line, "TILL CRITICAL: cover-open: The cover is open., paper present");
        let one = report(&seen, &[Endpoint::Paper], &Limits::default(), now);
        assert_eq!(one.line, "TILL OK: paper present");
    }
}
