//! The present picture: every till, what it said, what is wrong; and the last hours of each.
//!
//! Poll tasks report here, pages read from here. One lock, held for microseconds.

mod history;
mod view;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use status_core::{Endpoint, Moment};
use tokio::sync::watch;

use crate::answer::{Observation, Said};
use crate::config::{Config, Kind, Store, Till, Use};
use crate::judge::{Context, Expected, Failure, Problem, StoreVerdict, Watch, verdict};

use history::{History, Sample};
pub use view::{Counts, Detail, Listed, Row, Shown, State, endpoints};

/// The present picture. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Board {
    inner: Arc<Mutex<Inner>>,
    changed: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    config: Arc<Config>,
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    stores: BTreeMap<String, StoreState>,
    version: u64,
    begun: Timestamp,
    /// How many lists of tills there have been.
    lists: u64,
}

#[derive(Debug)]
struct Entry {
    till: Arc<Till>,
    kind: Arc<Kind>,
    watch: Watch,
    history: History,
    /// The version of the board when its row changed last.
    version: u64,
    latency: Option<Duration>,
    polls: u64,
    failures: u64,
}

#[derive(Debug, Default)]
struct StoreState {
    store: Store,
    tills: Vec<usize>,
    /// Since when it is open, as of the last time that stock was taken.
    open: Option<Moment>,
    verdict: Option<StoreVerdict>,
    /// Since when all of it is silent, and since when by the clock of its last answer.
    dead: Option<(Moment, Option<Timestamp>)>,
}

/// How a poll ended.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A combined document.
    All(Box<Observation>),
    /// One of the seven.
    One(Endpoint, Said),
    /// No answer.
    Nothing(Failure),
}

impl Board {
    /// A picture without any observation.
    pub fn new(config: Arc<Config>, now: Moment) -> Self {
        let inner = Inner {
            config: Arc::clone(&config),
            entries: Vec::new(),
            by_name: HashMap::new(),
            stores: BTreeMap::new(),
            version: 1,
            begun: now.wall,
            lists: 0,
        };
        let board = Self { inner: Arc::new(Mutex::new(inner)), changed: watch::Sender::new(1) };
        board.replace(config, now);
        board
    }

    /// Takes a new configuration. What is known of tills that stay is kept.
    pub fn replace(&self, config: Arc<Config>, now: Moment) {
        let mut inner = self.lock();
        let mut old: HashMap<String, Entry> =
            inner.entries.drain(..).map(|entry| (entry.till.name.clone(), entry)).collect();
        inner.version += 1;
        inner.lists += 1;
        let version = inner.version;
        let mut kinds: HashMap<&str, Arc<Kind>> = HashMap::new();
        let mut stores: BTreeMap<String, StoreState> = BTreeMap::new();
        for (at, till) in config.tills.iter().enumerate() {
            let kind = kinds.entry(&till.kind).or_insert_with(|| Arc::new(config.kind(till)));
            let kept = old.remove(&till.name).filter(|entry| entry.till.address == till.address);
            let entry_store = till.store.clone();
            let (till, kind) = (Arc::new(till.clone()), Arc::clone(kind));
            let mut entry = match kept {
                Some(entry) => Entry { till, kind, ..entry },
                None => Entry::new(till, kind, now),
            };
            entry.version = version;
            inner.entries.push(entry);
            stores.entry(entry_store).or_default().tills.push(at);
        }
        for (name, state) in &mut stores {
            state.store = config.stores.get(name).cloned().unwrap_or_default();
            state.dead = inner.stores.get(name).and_then(|old| old.dead);
        }
        inner.by_name =
            config.tills.iter().enumerate().map(|(at, till)| (till.name.clone(), at)).collect();
        inner.stores = stores;
        inner.config = config;
        drop(inner);
        self.judge(now);
        self.changed.send_replace(version);
    }

    /// A till answered, or did not.
    pub fn hear(&self, name: &str, heard: Heard, latency: Duration, now: Moment) {
        let mut inner = self.lock();
        let Some(&at) = inner.by_name.get(name) else { return };
        let version = inner.version + 1;
        let Some(entry) = inner.entries.get_mut(at) else { return };
        let before = view::mark(&entry.watch);
        entry.polls += 1;
        match heard {
            Heard::All(observation) => entry.watch.hear(*observation, now),
            Heard::One(endpoint, said) => entry.watch.hear_one(endpoint, said, now),
            Heard::Nothing(failure) => {
                entry.failures += 1;
                entry.watch.fail(failure, now);
            }
        }
        entry.latency = entry.watch.failing().is_none().then_some(latency);
        entry.history.add(Sample::of(&entry.watch, latency), now);
        let mut changed = before != view::mark(&entry.watch);
        changed |= inner.judge_one(at, now);
        if changed {
            inner.version = version;
            if let Some(entry) = inner.entries.get_mut(at) {
                entry.version = version;
            }
            drop(inner);
            self.changed.send_replace(version);
        }
    }

    /// Takes stock of everything: time passes also where nobody answers.
    pub fn judge(&self, now: Moment) {
        let mut inner = self.lock();
        let version = inner.version + 1;
        let of_stores = inner.judge_stores(now);
        let mut changed = !of_stores.is_empty();
        for at in 0..inner.entries.len() {
            if inner.judge_one(at, now) || of_stores.contains(&at) {
                changed = true;
                if let Some(entry) = inner.entries.get_mut(at) {
                    entry.version = version;
                }
            }
        }
        if changed {
            inner.version = version;
            drop(inner);
            self.changed.send_replace(version);
        }
    }

    /// Tells the number of each change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn judge_one(&mut self, at: usize, now: Moment) -> bool {
        let Some(entry) = self.entries.get_mut(at) else { return false };
        let Some(state) = self.stores.get(&entry.till.store) else { return false };
        let with_store = matches!(state.verdict, Some(StoreVerdict::Dead | StoreVerdict::Wait));
        let context = Context {
            kind: &entry.kind,
            zone: &state.store.zone.0,
            open_since: state.open,
            off: entry.till.in_use(now.wall) != Use::Active,
            with_store,
        };
        entry.watch.judge(&context, now)
    }

    /// Judges the stores, and says whose rows look different now.
    fn judge_stores(&mut self, now: Moment) -> HashSet<usize> {
        let mut changed = HashSet::new();
        for (name, state) in &mut self.stores {
            let open = open_since(&state.store, now);
            let mut changes = open.is_some() != state.open.is_some();
            state.open = open;
            let tills = state.tills.iter().filter_map(|at| self.entries.get(*at));
            let expected: Vec<&Entry> =
                tills.filter(|entry| entry.till.in_use(now.wall) == Use::Active).collect();
            let judged: Vec<Expected> = expected
                .iter()
                .map(|entry| Expected {
                    silent: entry.watch.silent_for(now),
                    limit: entry.kind.no_answer.0.max(booting(entry, open, now)),
                })
                .collect();
            // Tills without a store have no link in common.
            let whole = open.is_some() && !name.is_empty();
            let verdict = if whole { verdict(&judged) } else { StoreVerdict::Each };
            state.verdict = Some(verdict);
            let dead = verdict == StoreVerdict::Dead;
            if dead != state.dead.is_some() {
                changes = true;
                let last = expected.iter().filter_map(|entry| entry.watch.heard());
                let last = last.map(|heard| heard.wall).max();
                state.dead = dead.then_some((now, last));
            }
            if changes {
                changed.extend(&state.tills);
            }
        }
        changed
    }
}

/// While a store boots its tills are given time.
fn booting(entry: &Entry, open: Option<Moment>, now: Moment) -> Duration {
    let grace = entry.kind.boot_grace.0;
    let opened = open.map(|open| now.since(open)).unwrap_or_default();
    // What is silent since before the opening may be silent until the grace is over.
    match entry.watch.silent_for(now) {
        Some(silent) if opened < grace && opened < now.mono => silent + (grace - opened),
        _ => Duration::ZERO,
    }
}

/// The opening by both clocks.
fn open_since(store: &Store, now: Moment) -> Option<Moment> {
    let wall = store.open_since(now.wall)?;
    let ago = Duration::try_from(now.wall.duration_since(wall)).unwrap_or_default();
    Some(Moment { mono: now.mono.saturating_sub(ago), wall })
}

impl Entry {
    fn new(till: Arc<Till>, kind: Arc<Kind>, now: Moment) -> Self {
        Self {
            till,
            kind,
            watch: Watch::new(now),
            history: History::default(),
            version: 0,
            latency: None,
            polls: 0,
            failures: 0,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        self.watch.problems().collect()
    }
}
