use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use till_port::{Fake, Line, OpenError, OpenOptions, Port};

use crate::support::{Echo, Folder, echo, ends, talks, until};

struct Served {
    fake: Fake,
    port: Port,
    link: PathBuf,
    device: Arc<Mutex<Echo>>,
    _folder: Folder,
}

fn served(name: &str) -> Served {
    let folder = Folder::new(name);
    let link = folder.0.join("ttyKKT");
    let device = echo();
    let fake = Fake::pty(Some(link.clone()), device.clone()).unwrap();
    let port = Port::new(fake.address(), OpenOptions::default());
    Served { fake, port, link, device, _folder: folder }
}

#[test]
fn the_device_notices_hosts_coming_and_going() {
    let Served { fake, mut port, device, _folder, .. } = served("coming");
    assert_eq!(device.lock().unwrap().connects, 0, "nobody is there yet");
    for round in 1..=3 {
        port.open().unwrap();
        talks(&mut port, b"hello");
        assert_eq!(device.lock().unwrap().connects, round);
        port.close();
        until(|| device.lock().unwrap().disconnects == round);
    }
    assert_eq!(fake.connections(), 3);
}

#[test]
fn unplugged_then_up_under_the_same_link() {
    let Served { fake, mut port, link, device, _folder, .. } = served("unplugged");
    port.open().unwrap();
    talks(&mut port, b"1");
    fake.set_line(Line::Unplugged);
    let start = Instant::now();
    ends(&mut port);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(device.lock().unwrap().disconnects, 1);
    assert!(fs::symlink_metadata(&link).is_err(), "the link is gone");
    let error = port.open().unwrap_err();
    assert!(matches!(error, OpenError::Absent { .. }), "{error}");
    fake.set_line(Line::Up);
    port.open().unwrap();
    talks(&mut port, b"2");
}

#[test]
fn busy_then_up_under_the_same_link() {
    let Served { fake, mut port, device, _folder, .. } = served("busy");
    port.open().unwrap();
    talks(&mut port, b"1");
    fake.set_line(Line::Busy);
    ends(&mut port);
    let error = port.open().unwrap_err();
    assert!(matches!(error, OpenError::Busy { .. }), "{error}");
    fake.set_line(Line::Up);
    port.open().unwrap();
    talks(&mut port, b"2");
    assert_eq!(device.lock().unwrap().connects, 2, "nothing reached the device while busy");
}

#[test]
fn the_device_drops_the_line_after_its_last_words() {
    let Served { fake: _fake, mut port, device, link, _folder } = served("drops");
    device.lock().unwrap().hang_up_on = Some(b'!');
    port.open().unwrap();
    talks(&mut port, b"bye!");
    ends(&mut port);
    until(|| fs::canonicalize(&link).is_ok());
    port.open().unwrap();
    talks(&mut port, b"again");
}

#[test]
fn stopping_is_prompt_and_takes_the_link_away() {
    let Served { fake, mut port, link, device, _folder, .. } = served("stopping");
    device.lock().unwrap().flood = true;
    port.open().unwrap();
    until(|| device.lock().unwrap().connects == 1);
    let start = Instant::now();
    fake.stop();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(Arc::strong_count(&device), 1, "the thread is gone");
    assert!(fs::symlink_metadata(&link).is_err());
}

#[test]
fn a_file_is_never_replaced_by_the_link() {
    let folder = Folder::new("file-link");
    let path = folder.0.join("precious");
    fs::write(&path, "data").unwrap();
    assert!(Fake::pty(Some(path.clone()), echo()).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "data");
}

#[test]
fn without_a_link_the_pty_has_its_own_path() {
    let fake = Fake::pty(None, echo()).unwrap();
    let mut port = Port::new(fake.address(), OpenOptions::default());
    port.open().unwrap();
    talks(&mut port, b"hello");
}

/// A program that opens the pty as a file, and sets nothing.
struct PlainHost(rustix::fd::OwnedFd);

impl PlainHost {
    fn open(fake: &Fake) -> Self {
        let address = fake.address().to_string();
        let path = address.strip_prefix("serial:").unwrap().split('?').next().unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK;
        Self(rustix::fs::open(path, flags, Mode::empty()).unwrap())
    }

    fn write(&self, bytes: &[u8]) {
        assert_eq!(rustix::io::write(&self.0, bytes).unwrap(), bytes.len());
    }

    fn read(&self) -> Vec<u8> {
        let mut buf = [0; 64];
        let count = rustix::io::read(&self.0, &mut buf).unwrap_or(0);
        buf[..count].to_vec()
    }
}

#[test]
fn a_host_that_sets_nothing_gets_the_bytes_unchanged() {
    let fake = Fake::pty(None, echo()).unwrap();
    for _ in 0..2 {
        let host = PlainHost::open(&fake);
        host.write(b"\x03a\nb\r\x11");
        let mut heard = Vec::new();
        until(|| {
            heard.extend(host.read());
            heard.len() >= 6
        });
        assert_eq!(heard, b"\x03a\nb\r\x11");
    }
}

#[test]
fn what_one_host_did_not_read_is_not_for_the_next() {
    let device = echo();
    let fake = Fake::pty(None, device.clone()).unwrap();
    let first = PlainHost::open(&fake);
    first.write(b"old");
    let mut heard = Vec::new();
    until(|| {
        heard.extend(first.read());
        heard.len() == 3
    });
    device.lock().unwrap().flood = true;
    until(|| first.read().len() == 64);
    drop(first);
    until(|| device.lock().unwrap().disconnects == 1);
    device.lock().unwrap().flood = false;
    let next = PlainHost::open(&fake);
    next.write(b"new");
    let mut heard = Vec::new();
    until(|| {
        heard.extend(next.read());
        heard.len() >= 3
    });
    assert_eq!(heard, b"new");
}
