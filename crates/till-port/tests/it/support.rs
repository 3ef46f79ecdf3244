//! What several tests need.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use till_port::{Device, OpenOptions, Port, Transport, is_tick};

/// Longer than anything here takes, so that only a hang fails on it.
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// Answers each byte with itself, and counts what happens to it.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    pub(crate) connects: u32,
    pub(crate) disconnects: u32,
    pub(crate) flood: bool,
    pub(crate) hang_up_on: Option<u8>,
    out: VecDeque<Vec<u8>>,
    hangs_up: bool,
}

pub(crate) fn echo() -> Arc<Mutex<Echo>> {
    Arc::default()
}

impl Device for Echo {
    fn connect(&mut self, _: Duration) {
        self.connects += 1;
    }

    fn disconnect(&mut self) {
        self.disconnects += 1;
        self.out.clear();
    }

    fn receive(&mut self, bytes: &[u8], _: Duration) {
        self.out.push_back(bytes.to_vec());
        self.hangs_up = self.hang_up_on.is_some_and(|byte| bytes.contains(&byte));
    }

    fn transmit(&mut self, _: Duration) -> Option<Vec<u8>> {
        if self.flood { Some(vec![0x55; 4096]) } else { self.out.pop_front() }
    }

    fn wake(&self) -> Option<Duration> {
        None
    }

    fn hangs_up(&mut self) -> bool {
        self.out.is_empty() && std::mem::take(&mut self.hangs_up)
    }
}

/// Sends the bytes and expects them back.
#[track_caller]
pub(crate) fn talks(port: &mut impl Transport, bytes: &[u8]) {
    let deadline = Instant::now() + LONG;
    port.write_by(bytes, deadline).unwrap();
    let mut heard = Vec::new();
    while heard.len() < bytes.len() {
        let mut buf = [0; 64];
        let count = port.read_by(&mut buf, deadline).unwrap();
        assert_ne!(count, 0, "closed after {heard:?}");
        heard.extend_from_slice(&buf[..count]);
    }
    assert_eq!(heard, bytes);
}

/// Waits until the port says that the line is gone, by its end or by an error.
#[track_caller]
pub(crate) fn ends(port: &mut impl Transport) {
    let deadline = Instant::now() + LONG;
    loop {
        match port.read(&mut [0; 64]) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if is_tick(&error) => assert!(Instant::now() < deadline, "still open"),
            Err(_) => return,
        }
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !so() {
        assert!(Instant::now() < deadline, "never");
        std::thread::yield_now();
    }
}

pub(crate) fn port(address: &str) -> Port {
    Port::new(address.parse().unwrap(), OpenOptions::default())
}

/// An empty folder that is removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("till-port-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The device's end of a pty that nobody reads, and the path of the host's end.
#[cfg(unix)]
pub(crate) fn bare_pty() -> (std::os::fd::OwnedFd, PathBuf) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    (master, path.into())
}
