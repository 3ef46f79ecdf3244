//! One till over time: what it said last, what is wrong, and since when.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use status_core::{Endpoint, Moment, Severity};

use super::findings::findings;
use super::{Finding, Problem, Texts};
use crate::answer::{Observation, Said};
use crate::config::Kind;

/// Why a till did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub trouble: Trouble,
    /// For a technician.
    pub detail: String,
}

/// The kinds of not answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trouble {
    /// The name of the till does not resolve.
    Name,
    /// No connection: nobody is there, or it is refused.
    Connect,
    /// Connected, but no whole answer came in time.
    Silent,
    /// What came is no HTTP, too long, or no answer of a till.
    Garbage,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Name, Self::Connect, Self::Silent, Self::Garbage];

    /// As a label.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Connect => "connect",
            Self::Silent => "silent",
            Self::Garbage => "garbage",
        }
    }
}

/// What is known around the till.
#[derive(Clone, Debug)]
pub struct Context<'c> {
    /// How tills of its type are judged.
    pub kind: &'c Kind,
    /// The zone of its store.
    pub zone: &'c TimeZone,
    /// Since when its store is open; `None` while it is closed.
    pub open_since: Option<Moment>,
    /// It is in reserve or in maintenance.
    pub off: bool,
    /// The whole store does not answer, or soon that may turn out; so this one is not said alone.
    pub with_store: bool,
}

/// One till over time.
#[derive(Clone, Debug)]
pub struct Watch {
    pub(super) observation: Observation,
    pub(super) heard: Option<Moment>,
    pub(super) failing: Option<(Moment, Failure)>,
    pub(super) begun: Moment,
    /// Since when a value is unknown, in the order of [`Endpoint::ALL`].
    pub(super) unknown: [Option<Moment>; 7],
    seen: BTreeMap<(String, String), Seen>,
}

#[derive(Clone, Debug)]
struct Seen {
    finding: Finding,
    first: Moment,
    raised: bool,
    gone: Option<Moment>,
}

impl Watch {
    /// A till that nobody has asked yet.
    pub fn new(now: Moment) -> Self {
        Self {
            observation: Observation::default(),
            heard: None,
            failing: None,
            begun: now,
            unknown: [None; 7],
            seen: BTreeMap::new(),
        }
    }

    /// It answered with a combined document.
    pub fn hear(&mut self, observation: Observation, now: Moment) {
        self.observation = observation;
        self.answered(now);
    }

    /// It answered one of the seven.
    pub fn hear_one(&mut self, endpoint: Endpoint, said: Said, now: Moment) {
        self.observation.problems.clear();
        self.observation.details = None;
        self.observation.tell(endpoint, said);
        self.answered(now);
    }

    fn answered(&mut self, now: Moment) {
        self.heard = Some(now);
        self.failing = None;
        for (since, said) in self.unknown.iter_mut().zip(&self.observation.values) {
            match said {
                // That nothing has happened yet is the normal life of a till.
                Some(Said::Unknown(why)) if why.reason == "never-seen" => *since = None,
                Some(Said::Unknown(_) | Said::Nonsense(_)) => *since = since.or(Some(now)),
                _ => *since = None,
            }
        }
    }

    /// It did not answer.
    pub fn fail(&mut self, failure: Failure, now: Moment) {
        let since = self.failing.as_ref().map_or(now, |(since, _)| *since);
        self.failing = Some((since, failure));
    }

    /// What it said last.
    pub fn observation(&self) -> &Observation {
        &self.observation
    }

    /// When it last answered.
    pub fn heard(&self) -> Option<Moment> {
        self.heard
    }

    /// Why it does not answer, and since when it is asked in vain.
    pub fn failing(&self) -> Option<&(Moment, Failure)> {
        self.failing.as_ref()
    }

    /// Is it asked in vain, and for how long?
    pub fn silent_for(&self, now: Moment) -> Option<Duration> {
        self.failing.as_ref().map(|(since, _)| now.since(self.heard.unwrap_or(*since)))
    }

    /// Takes stock. Says whether what is shown has changed.
    pub fn judge(&mut self, context: &Context<'_>, now: Moment) -> bool {
        let found = findings(self, context, now);
        let mut changed = false;
        for finding in &found {
            let key = (finding.code.clone(), finding.source.clone());
            let seen = self.seen.entry(key).or_insert_with(|| Seen {
                finding: finding.clone(),
                first: now,
                raised: false,
                gone: None,
            });
            seen.gone = None;
            changed |= seen.raised && seen.finding != *finding;
            seen.finding = finding.clone();
            if !seen.raised && now.since(seen.first) >= context.kind.debounce.0 {
                (seen.raised, changed) = (true, true);
            }
        }
        // What was not found now is gone, at once or after a while.
        let clear = context.kind.clear.0;
        self.seen.retain(|(code, source), seen| {
            if found.iter().any(|finding| finding.code == *code && finding.source == *source) {
                return true;
            }
            let gone = *seen.gone.get_or_insert(now);
            let stays = seen.raised && now.since(gone) < clear;
            changed |= seen.raised && !stays;
            stays
        });
        changed
    }

    /// What is wrong with it.
    pub fn problems(&self) -> impl Iterator<Item = Problem> + '_ {
        self.seen.values().filter(|seen| seen.raised).map(|seen| Problem {
            code: seen.finding.code.clone(),
            severity: seen.finding.severity,
            source: seen.finding.source.clone(),
            since: seen.finding.since,
            seen: seen.first,
            text: seen.finding.text.clone(),
        })
    }

    /// The worst of its problems.
    pub fn severity(&self) -> Option<Severity> {
        self.seen.values().filter(|seen| seen.raised).map(|seen| seen.finding.severity).max()
    }

    /// Does it not say something that it should, with no problem for it yet?
    pub fn cannot_tell(&self) -> bool {
        self.heard.is_none()
            || self.failing.is_some()
            || self.tells_nothing()
            || self.unknown.iter().any(Option::is_some)
    }

    /// Whatever answers there says of each value that it lacks it, and has no combined document: any web
    /// server does, and it is no sign of a till that is well.
    fn tells_nothing(&self) -> bool {
        let lacks = |said: &Option<Said>| matches!(said, None | Some(Said::Lacking(_)));
        self.observation.details.is_none() && self.observation.values.iter().all(lacks)
    }
}

impl Finding {
    pub(super) fn ours(code: &str, severity: Severity, source: &str, text: Texts) -> Self {
        let (code, source) = (code.to_owned(), source.to_owned());
        Self { code, severity, source, since: None, text }
    }
}
