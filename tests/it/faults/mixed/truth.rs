//! What was so at each moment, as the one who changes it knows.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use super::super::soaks;
use super::SEVEN;

/// So long it may take from the moment at which a device looks at itself until the service has the answer;
/// longer on a machine that builds something beside `cargo test`.
fn observing() -> Duration {
    Duration::from_secs(if soaks() { 1 } else { 3 })
}

/// `Last-Modified` has whole seconds.
const SECOND: Duration = Duration::from_secs(1);
/// The maximum age of every value in this test.
pub(super) const MAX_AGE: Duration = Duration::from_secs(3);
/// So long a till program may be silent in this test.
pub(super) const SILENCE: Duration = Duration::from_secs(4);

/// What one of the seven may say: 200 with this text, or 204 without one.
type Said = Option<String>;

/// All that was true of each of the seven, oldest first.
#[derive(Default)]
pub(super) struct Truth {
    of: [Mutex<Vec<Fact>>; 7],
    polls: AtomicU64,
}

struct Fact {
    /// `None`: nobody can know it.
    said: Option<Said>,
    /// It cannot have been true before.
    from: Timestamp,
    /// It cannot have been true after; none while it is true.
    until: Option<Timestamp>,
}

impl Truth {
    /// Changes what is true by `change`, which takes a moment.
    pub(super) fn change<T>(
        &self,
        said: &[(&'static str, Option<Said>)],
        change: impl FnOnce() -> T,
    ) -> T {
        // While it changes both are true.
        let from = Timestamp::now();
        for (name, said) in said {
            self.of(name).lock().unwrap().push(Fact { said: said.clone(), from, until: None });
        }
        let changed = change();
        let now = Timestamp::now();
        for (name, _) in said {
            if let [.., before, _] = &mut self.of(name).lock().unwrap()[..] {
                before.until = Some(now);
            }
        }
        changed
    }

    /// What is wrong with an answer to a question that was asked at `asked`.
    pub(super) fn judge(
        &self,
        name: &str,
        said: &Said,
        observed: Timestamp,
        asked: Timestamp,
    ) -> Option<String> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        let of_the_feed = ["last_receipt_time", "downtime", "user_role_id"].contains(&name)
            || (name == "weight" && said.is_none());
        let oldest = asked - if of_the_feed { SILENCE } else { MAX_AGE } - SECOND;
        if observed < oldest {
            return Some(format!("{name} {said:?} of {observed} is too old, asked at {asked}"));
        }
        if observed > Timestamp::now() {
            return Some(format!("{name} {said:?} of {observed} is yet to come"));
        }
        let (from, until) = (observed - observing(), observed + SECOND);
        let facts = self.of(name).lock().unwrap();
        let was = |fact: &&Fact| fact.from <= until && fact.until.is_none_or(|end| from <= end);
        let there = facts.iter().filter(was);
        let true_then: Vec<_> = there.map(|fact| &fact.said).collect();
        (!true_then.contains(&&Some(said.clone()))).then(|| {
            format!(
                "{name} {said:?} was not true at {observed} but {true_then:?}, asked at {asked}"
            )
        })
    }

    /// How many answers were judged, the unknown ones included.
    pub(super) fn polls(&self) -> u64 {
        self.polls.load(Ordering::Relaxed)
    }

    pub(super) fn unknown(&self) {
        self.polls.fetch_add(1, Ordering::Relaxed);
    }

    fn of(&self, name: &str) -> &Mutex<Vec<Fact>> {
        &self.of[SEVEN.iter().position(|known| *known == name).unwrap()]
    }
}
