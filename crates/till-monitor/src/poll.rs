//! Asks the tills: one task a till, never more than one request a second to it.

mod client;
mod names;
mod task;
mod visit;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::board::Board;
use crate::config::{Config, Till};
use crate::serve::Clock;

pub use client::{Answer, Client};
pub use names::{Names, Resolve, Resolving};
use task::{Plan, poll};
pub use visit::Visit;

/// The tasks of all tills.
#[derive(Debug)]
pub struct Poller {
    board: Board,
    clock: Clock,
    names: Names,
    tasks: HashMap<String, (Till, Plan, JoinHandle<()>)>,
}

impl Poller {
    /// One without tills.
    pub fn new(board: Board, clock: Clock, names: Names) -> Self {
        Self { board, clock, names, tasks: HashMap::new() }
    }

    /// Begins to ask the tills of a configuration, and ends to ask those that it does not have.
    /// A till whose lines have not changed is not touched.
    pub fn follow(&mut self, config: &Arc<Config>) {
        let mut old = std::mem::take(&mut self.tasks);
        for till in &config.tills {
            let plan = Plan::new(till, config);
            let kept = old.remove(&till.name);
            let task = match kept {
                Some((before, its_plan, task)) if before == *till && its_plan == plan => task,
                other => {
                    if let Some((_, _, task)) = other {
                        task.abort();
                    }
                    let task = poll(
                        till.clone(),
                        plan.clone(),
                        self.board.clone(),
                        self.clock,
                        self.names.clone(),
                    );
                    tokio::spawn(task)
                }
            };
            self.tasks.insert(till.name.clone(), (till.clone(), plan, task));
        }
        for (_, (_, _, task)) in old {
            task.abort();
        }
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        for (_, _, task) in self.tasks.values() {
            task.abort();
        }
    }
}

/// Nobody is asked more often, whatever the configuration says.
pub const LEAST: Duration = Duration::from_secs(1);
