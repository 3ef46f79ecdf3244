//! What pages and lists show of the picture.

use jiff::Timestamp;
use serde::Serialize;
use status_core::{Endpoint, Moment, Severity, Value};

use super::history::Minute;
use super::{Board, Entry, Inner};
use crate::answer::{Details, Said};
use crate::config::{Api, Use};
use crate::judge::{Problem, Texts, Watch, store_no_answer};

/// A till in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A critical problem.
    Critical,
    /// A warning.
    Warning,
    /// No problem yet, but something that it should say is unknown.
    Unknown,
    /// All is known, and nothing is wrong.
    Ok,
    /// Its store is closed.
    Closed,
    /// In reserve or in maintenance.
    Off,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Critical, Self::Warning, Self::Unknown, Self::Ok, Self::Closed, Self::Off];

    /// As a label.
    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Ok => "ok",
            Self::Closed => "closed",
            Self::Off => "off",
        }
    }
}

/// One till in a row.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its store.
    pub store: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is asked.
    pub address: String,
    /// What it is asked for; `auto` until it has answered.
    pub api: Api,
    /// Free words.
    pub tags: Vec<String>,
    /// In one word.
    pub state: State,
    /// When it answered last.
    pub heard: Option<Timestamp>,
    /// How long its last answer took.
    pub latency_ms: Option<u64>,
    /// Did it answer the last request? None before it was asked.
    #[serde(skip)]
    pub answers: Option<bool>,
    /// The seven, in the order of the manual.
    pub values: Vec<Shown>,
    /// The codes of its problems.
    pub codes: Vec<String>,
    /// The version of the picture when this changed last.
    pub version: u64,
}

/// One of the seven as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// Never asked.
    Unasked,
    /// 200.
    Value(String),
    /// 204.
    None,
    /// 503 and nonsense: why.
    Unknown(String),
    /// 501 and 404: why.
    Lacking(String),
}

/// A problem in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Stable, in English.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// The till; none when it is of a whole store.
    pub till: Option<String>,
    /// The store.
    pub store: String,
    /// The till's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// `kkt`, `scale`, `vision`, `pos`, `till` or `link`.
    pub source: String,
    /// Since when, by the till's clock.
    pub since: Option<Timestamp>,
    /// Since when the monitor sees it.
    pub seen_at: Timestamp,
    /// For how long the monitor has seen it, by a clock that does not jump.
    pub seconds: u64,
    /// The sentence.
    #[serde(skip)]
    pub text: Texts,
}

/// How many tills are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Counts {
    pub tills: usize,
    pub critical: usize,
    pub warning: usize,
    pub unknown: usize,
    pub ok: usize,
    pub closed: usize,
    pub off: usize,
}

/// One till in detail.
#[derive(Clone, Debug, Serialize)]
pub struct Detail {
    /// The row.
    #[serde(flatten)]
    pub row: Row,
    /// Its problems.
    pub problems: Vec<Listed>,
    /// Why it does not answer.
    pub failure: Option<String>,
    /// Version, hash of the configuration, KKT and states of the devices of a combined document.
    pub details: Option<Shape>,
    /// The last hours, oldest first.
    pub history: Vec<Minute>,
    /// How many polls there were.
    pub polls: u64,
    /// How many of them failed.
    pub failures: u64,
}

/// What a combined document tells beside the seven.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Shape {
    pub version: String,
    pub config: String,
    pub kkt: String,
    pub devices: Vec<(String, String)>,
    pub till_time: Option<Timestamp>,
    pub first_unsent_at: Option<Timestamp>,
}

/// What makes a row change beside its problems.
#[derive(PartialEq)]
pub(super) struct Mark {
    values: [Option<Said>; 7],
    answers: Option<bool>,
}

pub(super) fn mark(watch: &Watch) -> Mark {
    Mark {
        values: watch.observation().values.clone(),
        answers: watch.heard().map(|_| watch.failing().is_none()),
    }
}

impl Board {
    /// The version of the picture.
    pub fn version(&self) -> u64 {
        self.lock().version
    }

    /// Changes with every run of the monitor and every list of tills: versions of one epoch are
    /// comparable, and no till has vanished within it.
    pub fn epoch(&self) -> String {
        let inner = self.lock();
        format!("{}.{}", inner.begun.as_millisecond(), inner.lists)
    }

    /// When the monitor began.
    pub fn begun(&self) -> Timestamp {
        self.lock().begun
    }

    /// What the CSV list of tills had that could not be read.
    pub fn bad_lines(&self) -> Vec<(u64, String)> {
        self.lock().config.bad_lines.clone()
    }

    /// The tills whose row has changed after `version`; with 0 all of them.
    pub fn rows(&self, after: u64, now: Moment) -> Vec<Row> {
        let inner = self.lock();
        let changed = inner.entries.iter().filter(|entry| entry.version > after);
        changed.map(|entry| inner.row(entry, now)).collect()
    }

    /// One till in detail.
    pub fn detail(&self, name: &str, now: Moment) -> Option<Detail> {
        let inner = self.lock();
        let entry = inner.entries.get(*inner.by_name.get(name)?)?;
        Some(Detail {
            row: inner.row(entry, now),
            problems: entry.problems().into_iter().map(|one| listed(entry, one, now)).collect(),
            failure: entry.watch.failing().map(|(_, failure)| failure.detail.clone()),
            details: entry.watch.observation().details.as_deref().map(shape),
            history: entry.history.minutes().copied().collect(),
            polls: entry.polls,
            failures: entry.failures,
        })
    }

    /// Everything that is wrong, the worst and then the oldest first.
    pub fn problems(&self, now: Moment) -> Vec<Listed> {
        let inner = self.lock();
        let mut all: Vec<Listed> = inner
            .entries
            .iter()
            .flat_map(|entry| entry.problems().into_iter().map(|one| listed(entry, one, now)))
            .collect();
        for (name, state) in &inner.stores {
            let Some((seen, since)) = state.dead else { continue };
            all.push(Listed {
                code: "store-no-answer".to_owned(),
                severity: Severity::Critical,
                till: None,
                store: name.clone(),
                kind: String::new(),
                source: "link".to_owned(),
                since,
                seen_at: seen.wall,
                seconds: now.since(seen).as_secs(),
                text: store_no_answer(state.tills.len()),
            });
        }
        all.sort_by(|one, other| {
            (other.severity, other.seconds, &one.store, &one.till, &one.code).cmp(&(
                one.severity,
                one.seconds,
                &other.store,
                &other.till,
                &other.code,
            ))
        });
        all
    }

    /// How many tills are in each state.
    pub fn counts(&self, now: Moment) -> Counts {
        let inner = self.lock();
        let mut counts = Counts { tills: inner.entries.len(), ..Counts::default() };
        for entry in &inner.entries {
            *match inner.state(entry, now) {
                State::Critical => &mut counts.critical,
                State::Warning => &mut counts.warning,
                State::Unknown => &mut counts.unknown,
                State::Ok => &mut counts.ok,
                State::Closed => &mut counts.closed,
                State::Off => &mut counts.off,
            } += 1;
        }
        counts
    }

    /// Polls and failed polls since the begin.
    pub fn polls(&self) -> (u64, u64) {
        let inner = self.lock();
        let sum = |of: fn(&Entry) -> u64| inner.entries.iter().map(of).sum();
        (sum(|entry| entry.polls), sum(|entry| entry.failures))
    }
}

impl Inner {
    fn state(&self, entry: &Entry, now: Moment) -> State {
        let store = self.stores.get(&entry.till.store);
        if entry.till.in_use(now.wall) != Use::Active {
            return State::Off;
        }
        match entry.watch.severity() {
            Some(Severity::Critical) => State::Critical,
            Some(Severity::Warning) => State::Warning,
            None if store.is_some_and(|state| state.dead.is_some()) => State::Critical,
            None if store.is_some_and(|state| state.open.is_none()) => State::Closed,
            None if entry.watch.cannot_tell() => State::Unknown,
            None => State::Ok,
        }
    }

    fn row(&self, entry: &Entry, now: Moment) -> Row {
        let till = &entry.till;
        let latency = entry.latency.map(|latency| latency.as_millis());
        Row {
            name: till.name.clone(),
            store: till.store.clone(),
            kind: till.kind.clone(),
            address: till.address.to_string(),
            api: asked(entry),
            tags: till.tags.iter().cloned().collect(),
            state: self.state(entry, now),
            heard: entry.watch.heard().map(|heard| heard.wall),
            latency_ms: latency.and_then(|latency| u64::try_from(latency).ok()),
            answers: (entry.polls > 0).then(|| entry.watch.failing().is_none()),
            values: entry.watch.observation().values.iter().map(shown).collect(),
            codes: entry.problems().into_iter().map(|problem| problem.code).collect(),
            version: entry.version,
        }
    }
}

/// What a till is asked for: by its line, or found out.
fn asked(entry: &Entry) -> Api {
    match entry.till.api {
        Api::Auto if entry.watch.observation().details.is_some() => Api::Combined,
        Api::Auto if entry.watch.heard().is_some() => Api::Seven,
        other => other,
    }
}

fn listed(entry: &Entry, problem: Problem, now: Moment) -> Listed {
    Listed {
        code: problem.code,
        severity: problem.severity,
        till: Some(entry.till.name.clone()),
        store: entry.till.store.clone(),
        kind: entry.till.kind.clone(),
        source: problem.source,
        since: problem.since,
        seen_at: problem.seen.wall,
        seconds: now.since(problem.seen).as_secs(),
        text: problem.text,
    }
}

fn shown(said: &Option<Said>) -> Shown {
    match said {
        None => Shown::Unasked,
        Some(Said::Value(value)) => Shown::Value(value_text(value)),
        Some(Said::None) => Shown::None,
        Some(Said::Unknown(why)) => Shown::Unknown(why.detail.clone()),
        Some(Said::Nonsense(got)) => Shown::Unknown(got.clone()),
        Some(Said::Lacking(why)) => Shown::Lacking(why.detail.clone()),
    }
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Time(at) => at.to_string(),
        Value::Id(id) => id.clone(),
        Value::Count(count) => count.to_string(),
        Value::Flag => "1".to_owned(),
        Value::Weight { milligrams, .. } => {
            let sign = if *milligrams < 0 { "-" } else { "" };
            let grams = milligrams.unsigned_abs() / 1000;
            format!("{sign}{}.{:03}", grams / 1000, grams % 1000)
        }
    }
}

fn shape(details: &Details) -> Shape {
    Shape {
        version: details.version.clone(),
        config: details.config.clone(),
        kkt: details.kkt.clone(),
        devices: details.devices.clone(),
        till_time: details.time,
        first_unsent_at: details.first_unsent,
    }
}

/// The names of the seven, in the order of [`Row::values`].
pub fn endpoints() -> [&'static str; 7] {
    Endpoint::ALL.map(Endpoint::name)
}
