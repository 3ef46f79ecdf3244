//! `PATCH /demo/vision`: the simulated Vision end, a small HTTP server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Deserialize;
use till_port::{Device, Fake, Line};
use vision_probe::{Resolve, SystemResolver, Unresolved};

use super::{Keys, PatchError};
use crate::command::demo::locked;

/// How the Vision end behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum VisionLink {
    Ok,
    Silent,
    Unplugged,
    Unresolvable,
}

/// Reads a patch; `None` when it asks for nothing.
pub(crate) fn parse(json: &[u8]) -> Result<Option<VisionLink>, PatchError> {
    let mut keys = Keys::parse(json)?;
    let link = keys.take("link")?;
    keys.end("link")?;
    Ok(link)
}

impl VisionLink {
    /// Changes the server, its line, and whether its name resolves.
    pub(crate) fn apply(self, server: &Mutex<VisionEnd>, fake: &Fake, names: &Names) {
        locked(server).silent = self == Self::Silent;
        names.lost.store(self == Self::Unresolvable, Ordering::Relaxed);
        fake.set_line(if self == Self::Unplugged { Line::Unplugged } else { Line::Up });
    }
}

/// The system's resolver, until the demo takes the name away.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    lost: Arc<AtomicBool>,
}

impl Resolve for Names {
    fn resolve(
        &mut self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> Result<Vec<SocketAddr>, Unresolved> {
        if self.lost.load(Ordering::Relaxed) {
            return Err(Unresolved::Unknown(format!("the demo does not know {host}")));
        }
        SystemResolver::new().resolve(host, port, limit)
    }
}

/// A server that answers every request with 200 and closes, or is silent.
#[derive(Debug, Default)]
pub(crate) struct VisionEnd {
    pub(crate) silent: bool,
    pub(crate) connections: u64,
    asked: Vec<u8>,
    answer_due: bool,
    close_due: bool,
}

impl Device for VisionEnd {
    fn connect(&mut self, _now: Duration) {
        self.connections += 1;
        self.disconnect();
    }

    fn disconnect(&mut self) {
        self.asked.clear();
        (self.answer_due, self.close_due) = (false, false);
    }

    fn receive(&mut self, bytes: &[u8], _now: Duration) {
        let room = REQUEST_LIMIT.saturating_sub(self.asked.len());
        self.asked.extend(bytes.iter().take(room));
        if self.asked.ends_with(b"\r\n\r\n") && !self.silent {
            self.asked.clear();
            self.answer_due = true;
        }
    }

    fn transmit(&mut self, _now: Duration) -> Option<Vec<u8>> {
        let due = std::mem::take(&mut self.answer_due);
        self.close_due |= due;
        due.then(|| ANSWER.to_vec())
    }

    fn wake(&self) -> Option<Duration> {
        None
    }

    fn hangs_up(&mut self) -> bool {
        std::mem::take(&mut self.close_due)
    }
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
const REQUEST_LIMIT: usize = 8192;
