//! What the owner of a fake wants, and what its thread has done about it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Line, Second};
use crate::Address;

pub(super) struct Control {
    state: Mutex<State>,
    changed: Condvar,
}

pub(super) struct State {
    pub(super) address: Address,
    pub(super) line: Line,
    pub(super) second: Second,
    pub(super) connections: u64,
    pub(super) trouble: Option<String>,
    /// Counts the wishes, so that a short one is not missed.
    wish: u64,
    granted: u64,
    stop: bool,
}

/// What is wanted at a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) line: Line,
    number: u64,
}

impl Control {
    pub(super) const fn new(address: Address) -> Self {
        let state = State {
            address,
            line: Line::Up,
            second: Second::Waits,
            connections: 0,
            trouble: None,
            wish: 0,
            granted: 0,
            stop: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_line(&self, line: Line) {
        const PATIENCE: Duration = Duration::from_millis(500);
        let mut state = self.state();
        if state.line == line {
            return;
        }
        state.line = line;
        state.wish += 1;
        let wish = state.wish;
        self.changed.notify_all();
        let waits = |state: &mut State| state.granted < wish && !state.stop;
        let waited = self.changed.wait_timeout_while(state, PATIENCE, waits);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn stop(&self) {
        self.state().stop = true;
        self.changed.notify_all();
    }

    /// The wish of now; `None` when it is to stop.
    pub(super) fn wish(&self) -> Option<Wish> {
        let state = self.state();
        (!state.stop).then_some(Wish { line: state.line, number: state.wish })
    }

    pub(super) fn is(&self, wish: Wish) -> bool {
        self.wish() == Some(wish)
    }

    /// The line is now as `wish` says.
    pub(super) fn grant(&self, wish: Wish) {
        let mut state = self.state();
        state.granted = wish.number;
        state.trouble = None;
        drop(state);
        self.changed.notify_all();
    }

    /// The wish could not be granted; the thread tries again soon.
    pub(super) fn fail(&self, wish: Wish, trouble: String) {
        self.state().trouble = Some(trouble);
        self.pause(wish, Duration::from_millis(50));
    }

    /// Waits, but not longer than the wish lasts.
    pub(super) fn pause(&self, wish: Wish, limit: Duration) {
        let until = Instant::now() + limit;
        let mut state = self.state();
        while !state.stop && state.wish == wish.number {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
