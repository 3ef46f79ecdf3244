//! The kill switch: by a file or by a signal, every device is let go of and left alone.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::notice::Rarely;
use crate::shared::Shared;

/// Pauses a running service and lets it go on, from any thread.
#[derive(Clone, Debug)]
pub struct Switch(pub(crate) Arc<Shared>);

/// Who wants the service to be paused. It goes on when nobody does.
#[derive(Debug)]
pub(crate) struct Wishes {
    pub(crate) file: bool,
    pub(crate) signal: bool,
    /// What the log tells of them: a storm of signals must not fill it.
    lines: Rarely,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { file: false, signal: false, lines: Rarely::at_most(10, Duration::from_secs(60)) }
    }
}

impl Wishes {
    /// Tells the log that a pause begins or ends; how many were not told before stands beside it.
    pub(crate) fn tell(&mut self, paused: bool) {
        let Some(not_told) = self.lines.now() else { return };
        let not_told = (not_told > 0).then_some(not_told);
        match paused {
            true => tracing::warn!(not_told, "paused: every device is let go of and left alone"),
            false => tracing::info!(not_told, "the pause is over"),
        }
    }
}

impl Switch {
    /// Lets go of every device within a second, and leaves them alone.
    pub fn pause(&self) {
        self.0.pause(|wishes| wishes.signal = true);
    }

    /// Takes the devices up again, unless the pause file is there.
    pub fn resume(&self) {
        self.0.pause(|wishes| wishes.signal = false);
    }
}

/// Does the pause file want a pause? So it does when it cannot be told whether it is there, and when it
/// is a link that leads nowhere: for `till-status pause` that is there too.
pub(crate) fn by_file(file: Option<&Path>) -> bool {
    file.is_some_and(|file| match file.symlink_metadata() {
        Ok(_) => true,
        Err(error) => error.kind() != ErrorKind::NotFound,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Mutex, PoisonError};

    use status_core::{Settings, Snapshot};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_storm_of_signals_does_not_fill_the_log() {
        let log = Lines::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
        let shared = Arc::new(Shared::new(|now| Snapshot::new(Settings::default(), now)));
        let switch = Switch(Arc::clone(&shared));
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..1000 {
                switch.pause();
                assert!(shared.snapshot().paused());
                switch.resume();
                assert!(!shared.snapshot().paused(), "each is obeyed all the same");
            }
        });
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        // A machine so slow that minutes pass meanwhile may tell some more.
        assert!(text.contains("paused") && text.lines().count() < 100, "{text}");
    }
}
