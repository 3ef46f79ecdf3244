//! `/metrics` of the monitor itself: Prometheus text.

use std::collections::BTreeMap;
use std::fmt::Write;

use status_core::Moment;

use crate::board::{Board, State};

/// Tills by state, problems by code, polls; and of each till whether it answers and how it is.
pub fn metrics(board: &Board, now: Moment) -> String {
    let mut out = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: Vec<(String, u64)>| {
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for (labels, value) in samples {
            let _ = writeln!(out, "{name}{labels} {value}");
        }
    };
    let rows = board.rows(0, now);
    family(
        "till_monitor_build_info",
        "gauge",
        "The version of the monitor.",
        vec![(format!("{{version={:?}}}", env!("CARGO_PKG_VERSION")), 1)],
    );
    let begun = u64::try_from(board.begun().as_second()).unwrap_or_default();
    let help = "When the monitor began.";
    family("till_monitor_start_timestamp_seconds", "gauge", help, vec![(String::new(), begun)]);
    let states = State::ALL.map(|state| {
        let count = rows.iter().filter(|row| row.state == state).count();
        (format!("{{state=\"{}\"}}", state.name()), u64::try_from(count).unwrap_or_default())
    });
    family("till_monitor_tills", "gauge", "Tills in each state.", states.to_vec());
    let mut problems: BTreeMap<(String, &str), u64> = BTreeMap::new();
    for problem in board.problems(now) {
        let severity = match problem.severity {
            status_core::Severity::Critical => "critical",
            status_core::Severity::Warning => "warning",
        };
        *problems.entry((problem.code, severity)).or_default() += 1;
    }
    let problems = problems.into_iter().map(|((code, severity), count)| {
        (format!("{{code=\"{}\",severity=\"{severity}\"}}", label(&code)), count)
    });
    family("till_monitor_problems", "gauge", "Problems that are shown.", problems.collect());
    let (polls, failures) = board.polls();
    family(
        "till_monitor_polls_total",
        "counter",
        "Requests to tills.",
        vec![(String::new(), polls)],
    );
    let help = "Requests to tills that were not answered.";
    family("till_monitor_poll_failures_total", "counter", help, vec![(String::new(), failures)]);
    let of_till = |row: &crate::board::Row| {
        let (till, store, kind) = (label(&row.name), label(&row.store), label(&row.kind));
        format!("till=\"{till}\",store=\"{store}\",type=\"{kind}\"")
    };
    let up = rows.iter().map(|row| {
        let answers = row.latency_ms.is_some();
        (format!("{{{}}}", of_till(row)), u64::from(answers))
    });
    family("till_monitor_till_up", "gauge", "Does the till answer?", up.collect());
    let listed = rows.iter().flat_map(|row| {
        let of = of_till(row);
        row.codes.iter().map(move |code| (format!("{{{of},code=\"{}\"}}", label(code)), 1))
    });
    family("till_monitor_till_problem", "gauge", "A problem of a till.", listed.collect());
    out
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
