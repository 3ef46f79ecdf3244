//! A store whose tills are all silent has one problem, not ten.

use std::time::Duration;

/// So long a till waits for its neighbours before it is said alone.
pub(crate) const TOGETHER: Duration = Duration::from_secs(10);

/// One till of a store that should answer now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// How long it has been asked in vain; `None` when it answers.
    pub(crate) silent: Option<Duration>,
    /// From where on that is a problem.
    pub(crate) limit: Duration,
}

/// What the silence of the tills says about their store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreVerdict {
    /// Each till is said for itself.
    Each,
    /// Some are silent for too long and all others are about to be: nothing is said yet.
    Wait,
    /// The whole store does not answer.
    Dead,
}

/// Judges a store by its tills that should answer now. One till alone is no store.
pub(crate) fn verdict(tills: &[Expected]) -> StoreVerdict {
    let due = |till: &Expected| till.silent.is_some_and(|silent| silent >= till.limit);
    let fails = |till: &Expected| till.silent.is_some();
    if tills.len() < 2 || !tills.iter().all(fails) {
        return StoreVerdict::Each;
    }
    if tills.iter().all(due) {
        return StoreVerdict::Dead;
    }
    let waited =
        |till: &Expected| till.silent.is_some_and(|silent| silent >= till.limit + TOGETHER);
    if tills.iter().any(waited) { StoreVerdict::Each } else { StoreVerdict::Wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_store_is_one_problem() {
        let limit = Duration::from_secs(15);
        let till =
            |silent: Option<u64>| Expected { silent: silent.map(Duration::from_secs), limit };
        for (silences, expected) in [
            (vec![], StoreVerdict::Each),
            (vec![Some(99)], StoreVerdict::Each),
            (vec![None, Some(99)], StoreVerdict::Each),
            (vec![Some(1), Some(2)], StoreVerdict::Wait),
            (vec![Some(14), Some(20)], StoreVerdict::Wait),
            (vec![Some(1), Some(30)], StoreVerdict::Each),
            (vec![Some(15), Some(16), Some(99)], StoreVerdict::Dead),
            (vec![Some(15), Some(16), None], StoreVerdict::Each),
        ] {
            let tills: Vec<_> = silences.iter().copied().map(till).collect();
            assert_eq!(verdict(&tills), expected, "{silences:?}");
        }
    }
}
