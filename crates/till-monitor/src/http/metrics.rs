//! `/metrics` of the monitor itself: Prometheus text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use status_core::{Moment, Severity};

use crate::board::{Board, Listed, State};

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
    let listed = board.problems(now);
    let mut problems: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for problem in &listed {
        *problems.entry((&problem.code, severity(problem))).or_default() += 1;
    }
    let problems = problems.into_iter().map(|((code, severity), count)| {
        (format!("{{code=\"{}\",severity=\"{severity}\"}}", label(code)), count)
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
    // Of a till that nobody has asked it is not known.
    let up = rows
        .iter()
        .filter_map(|row| Some((format!("{{{}}}", of_till(row)), u64::from(row.answers?))));
    family("till_monitor_till_up", "gauge", "Does the till answer?", up.collect());
    // A till that says a thing twice must not make the whole text unreadable.
    let listed: BTreeSet<String> = listed.iter().map(of_problem).collect();
    let listed = listed.into_iter().map(|labels| (labels, 1));
    let help = "A problem; without a till it is one of the store.";
    family("till_monitor_till_problem", "gauge", help, listed.collect());
    out
}

fn of_problem(problem: &Listed) -> String {
    let till = label(problem.till.as_deref().unwrap_or_default());
    let (store, kind) = (label(&problem.store), label(&problem.kind));
    let (code, source) = (label(&problem.code), label(&problem.source));
    let severity = severity(problem);
    format!(
        "{{till=\"{till}\",store=\"{store}\",type=\"{kind}\",code=\"{code}\",source=\"{source}\",severity=\"{severity}\"}}"
    )
}

fn severity(problem: &Listed) -> &'static str {
    match problem.severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
    }
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
