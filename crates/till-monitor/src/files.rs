//! How many files this process may open: a connection to each till is one.

use anyhow::ensure;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For the page, the name server, the journal and the program itself.
const OTHERS: usize = 400;

/// Takes as many files as the system allows at all, and says whether they are enough for so many tills.
///
/// # Errors
/// When they are not: the last tills would look dead without being so.
pub(crate) fn enough_for(tills: usize) -> anyhow::Result<()> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        // Where that is refused the present limit counts.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let needed = tills.saturating_add(OTHERS);
    ensure!(
        limit >= u64::try_from(needed).unwrap_or(u64::MAX),
        "{tills} tills need {needed} open files, and the limit is {limit}: raise it (LimitNOFILE= of the unit, ulimit -n), or give this monitor a shard of the stores"
    );
    Ok(())
}
