//! What the service tells systemd: ready, reloading, stopping, one line of status, and all is well.
//!
//! One datagram of `KEY=value` lines to the socket that `NOTIFY_SOCKET` names, as sd_notify(3) says:
//! a path, or an abstract name behind `@`. Without that variable nothing is told.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::service::Health;

/// How often the status is brought up to date when no watchdog asks for more.
const UPDATE: Duration = Duration::from_secs(5);

/// The supervisor that started this process, if it listens.
#[derive(Debug)]
pub struct Systemd {
    supervisor: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
    /// What was told last.
    status: String,
    /// The hanging thread of which the log was told.
    stuck: Option<&'static str>,
}

impl Systemd {
    /// By the environment that systemd set: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`.
    #[must_use]
    pub fn of_this_process() -> Self {
        let text = |name| std::env::var(name).ok();
        let for_us = text("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let usec = text("WATCHDOG_USEC").and_then(|usec| usec.parse().ok());
        let watchdog = usec.filter(|usec| for_us && *usec > 0).map(Duration::from_micros);
        Self::listening(std::env::var_os("NOTIFY_SOCKET").as_deref(), watchdog)
    }

    /// At this socket, with a watchdog that wants to hear of us so often.
    fn listening(socket: Option<&OsStr>, watchdog: Option<Duration>) -> Self {
        let supervisor = socket.and_then(|socket| {
            let connected = connect(socket.as_bytes());
            connected
                .inspect_err(|error| tracing::warn!(%error, ?socket, "systemd cannot be told"))
                .ok()
        });
        Self { supervisor, watchdog, status: String::new(), stuck: None }
    }

    /// How often [`beat`](Self::beat) is to be called: twice for each time that the watchdog waits.
    #[must_use]
    pub fn every(&self) -> Duration {
        self.watchdog.map_or(UPDATE, |watchdog| UPDATE.min(watchdog / 2))
    }

    /// The service serves.
    pub fn ready(&mut self, health: &Health) {
        let status = health.line();
        self.send(&format!("READY=1\nSTATUS={status}\n"));
        self.status = status;
    }

    /// The configuration is read again; call [`ready`](Self::ready) when that is over, whatever came
    /// of it.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let usec = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1000;
        self.send(&format!(
            "RELOADING=1\nMONOTONIC_USEC={usec}\nSTATUS=reading the configuration\n"
        ));
    }

    /// The service ends.
    pub fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=letting go of the devices\n");
    }

    /// All is well, if it is: whoever calls this is alive, and no device thread may hang. A watchdog
    /// that hears nothing ends the process, and with it what hangs.
    pub fn beat(&mut self, health: &Health) {
        let stuck = health.stuck();
        if let Some(stuck) = stuck.filter(|stuck| self.stuck != Some(stuck.device)) {
            tracing::error!(device = stuck.device, "{stuck}; the watchdog is not fed any more");
        }
        self.stuck = stuck.map(|stuck| stuck.device);
        let mut told = String::new();
        if self.watchdog.is_some() && stuck.is_none() {
            told += "WATCHDOG=1\n";
        }
        let status = stuck.map_or_else(|| health.line(), |stuck| stuck.to_string());
        if status != self.status {
            told += &format!("STATUS={status}\n");
            self.status = status;
        }
        if !told.is_empty() {
            self.send(&told);
        }
    }

    fn send(&self, text: &str) {
        let Some((socket, address)) = &self.supervisor else { return };
        if let Err(error) = socket.send_to_addr(text.as_bytes(), address) {
            tracing::debug!(%error, "systemd was not told");
        }
    }
}

/// A supervisor that does not read keeps nobody waiting.
fn connect(name: &[u8]) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match name.strip_prefix(b"@") {
        Some(name) => hidden(name)?,
        None => SocketAddr::from_pathname(OsStr::from_bytes(name))?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}

#[cfg(target_os = "linux")]
fn hidden(name: &[u8]) -> io::Result<SocketAddr> {
    <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn hidden(_name: &[u8]) -> io::Result<SocketAddr> {
    Err(io::Error::other("this system has no abstract sockets"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use status_core::{Settings, Snapshot};

    use super::*;
    use crate::shared::Shared;

    #[test]
    fn a_thread_that_hangs_leaves_the_watchdog_hungry() {
        let folder = std::env::temp_dir().join(format!("till-systemd-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("notify");
        let heard = UnixDatagram::bind(&path).unwrap();
        heard.set_nonblocking(true).unwrap();
        let next = || {
            let mut buffer = [0; 512];
            let count = heard.recv(&mut buffer).unwrap_or(0);
            String::from_utf8(buffer[..count].to_owned()).unwrap()
        };
        let shared = Arc::new(Shared::new(|now| Snapshot::new(Settings::default(), now)));
        let health = Health::of(&shared, vec!["127.0.0.1:1".parse().unwrap()]);
        let limit = Some(Duration::from_secs(10));
        let mut systemd = Systemd::listening(Some(path.as_os_str()), limit);
        assert_eq!(systemd.every(), Duration::from_secs(5));

        systemd.beat(&health);
        assert!(next().starts_with("WATCHDOG=1\nSTATUS=api 127.0.0.1:1"));
        systemd.beat(&health);
        assert_eq!(next(), "WATCHDOG=1\n", "the status is told when it changes");
        let Some(long_ago) = Instant::now().checked_sub(Duration::from_secs(50)) else { return };
        shared.watch().pulses().works("kkt", Duration::ZERO, long_ago);
        systemd.beat(&health);
        let told = next();
        assert!(
            !told.contains("WATCHDOG") && told.contains("STATUS=the thread of the kkt"),
            "{told}"
        );
        systemd.beat(&health);
        assert_eq!(next(), "", "once is enough");
        shared.watch().pulses().beats("kkt", Instant::now());
        systemd.beat(&health);
        assert!(next().starts_with("WATCHDOG=1\nSTATUS=api "), "it came back");
        systemd.reloading();
        let told = next();
        let usec = told.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!(usec.lines().next().unwrap().parse::<u64>().unwrap() > 0, "{told}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
