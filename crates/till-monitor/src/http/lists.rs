//! Problems and tills as JSON, CSV and text.

use std::collections::BTreeMap;

use serde_json::json;
use status_core::{Moment, Severity};

use crate::board::{Board, Listed, Shown, endpoints};
use crate::config::Language;
use crate::judge::{Texts, title};

/// The form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For tables.
    Csv,
}

impl Form {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Everything that is wrong, grouped by problem in the text.
pub fn problems(board: &Board, form: Form, language: Language, now: Moment) -> String {
    let all = board.problems(now);
    match form {
        Form::Json => {
            let list: Vec<_> = all.iter().map(|one| with_text(one, language)).collect();
            let (version, counts) = (board.version(), board.counts(now));
            json!({ "version": version, "at": now.wall, "counts": counts, "problems": list })
                .to_string()
        }
        Form::Csv => csv(
            &[
                "severity", "code", "store", "till", "type", "source", "since", "seen_at",
                "seconds", "text",
            ],
            all.iter().map(|one| {
                let since = one.since.map(|since| since.to_string()).unwrap_or_default();
                let (till, text) =
                    (one.till.clone().unwrap_or_default(), said(&one.text, language));
                let (seen, seconds) = (one.seen_at.to_string(), one.seconds.to_string());
                vec![
                    severity(one.severity).to_owned(),
                    one.code.clone(),
                    one.store.clone(),
                    till,
                    one.kind.clone(),
                    one.source.clone(),
                    since,
                    seen,
                    seconds,
                    text.to_owned(),
                ]
            }),
        ),
        Form::Text => grouped(&all, language),
    }
}

fn grouped(all: &[Listed], language: Language) -> String {
    let mut groups: BTreeMap<(std::cmp::Reverse<Severity>, &str), Vec<&Listed>> = BTreeMap::new();
    for one in all {
        groups.entry((std::cmp::Reverse(one.severity), &one.code)).or_default().push(one);
    }
    let mut text = String::new();
    for ((worst, code), list) in groups {
        let name =
            title(code).map_or(code, |(ru, en)| if language == Language::Ru { ru } else { en });
        text += &format!("{} {name}: {}\n", severity(worst.0), list.len());
        for one in list {
            let who = one.till.as_deref().unwrap_or(&one.store);
            text += &format!("    {who}  {}  {}\n", lasts(one.seconds), said(&one.text, language));
        }
    }
    if text.is_empty() {
        text +=
            if language == Language::Ru { "Проблем нет.\n" } else { "No problems.\n" };
    }
    text
}

/// All tills.
pub fn tills(board: &Board, form: Form, now: Moment) -> String {
    let rows = board.rows(0, now);
    match form {
        Form::Json => json!({ "version": board.version(), "at": now.wall, "endpoints": endpoints(),
                    "counts": board.counts(now), "tills": rows, "bad_lines": board.bad_lines() })
        .to_string(),
        Form::Csv => {
            let mut head = vec!["name", "store", "type", "address", "state", "heard"];
            head.extend(endpoints());
            head.push("problems");
            let rows = rows.iter().map(|row| {
                let heard = row.heard.map(|heard| heard.to_string()).unwrap_or_default();
                let mut cells = vec![
                    row.name.clone(),
                    row.store.clone(),
                    row.kind.clone(),
                    row.address.clone(),
                    row.state.name().to_owned(),
                    heard,
                ];
                cells.extend(row.values.iter().map(cell));
                cells.push(row.codes.join(" "));
                cells
            });
            csv(&head, rows)
        }
        Form::Text => {
            let mut text = String::new();
            for row in rows {
                let codes = row.codes.join(" ");
                text += &format!(
                    "{:<8} {}  {}  {}  {codes}\n",
                    row.state.name(),
                    row.name,
                    row.store,
                    row.address
                );
            }
            text
        }
    }
}

pub(super) fn with_text(one: &Listed, language: Language) -> serde_json::Value {
    let mut json = serde_json::to_value(one).unwrap_or_default();
    if let Some(members) = json.as_object_mut() {
        members.insert("text".to_owned(), said(&one.text, language).into());
    }
    json
}

fn said(texts: &Texts, language: Language) -> &str {
    if language == Language::Ru { &texts.ru } else { &texts.en }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
    }
}

fn cell(shown: &Shown) -> String {
    match shown {
        Shown::Unasked => String::new(),
        Shown::Value(value) => value.clone(),
        Shown::None => "none".to_owned(),
        Shown::Unknown(_) => "unknown".to_owned(),
        Shown::Lacking(_) => "lacking".to_owned(),
    }
}

/// `3 d 4 h`, `5 min`, `12 s`.
fn lasts(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A cell that a spreadsheet would take for a formula gets a quote before it: its text came from a till.
fn csv(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(head).and_then(|()| {
        rows.into_iter().try_for_each(|row| {
            writer.write_record(row.iter().map(|cell| {
                let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                let number = cell.parse::<f64>().is_ok();
                if formula && !number { format!("'{cell}") } else { cell.clone() }
            }))
        })
    });
    let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
