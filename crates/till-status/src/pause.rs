//! The kill switch: by a file or by a signal, every device is let go of and left alone.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use crate::shared::Shared;

/// Pauses a running service and lets it go on, from any thread.
#[derive(Clone, Debug)]
pub struct Switch(pub(crate) Arc<Shared>);

/// Who wants the service to be paused. It goes on when nobody does.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) file: bool,
    pub(crate) signal: bool,
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
