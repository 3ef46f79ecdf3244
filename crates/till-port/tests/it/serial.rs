use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use till_port::{OpenError, TICK, Transport, is_tick};

use crate::support::{Folder, LONG, bare_pty, ends, port};

#[test]
fn a_read_without_bytes_is_a_tick() {
    let (_master, path) = bare_pty();
    let mut port = port(path.to_str().unwrap());
    port.open().unwrap();
    let start = Instant::now();
    let error = port.read(&mut [0; 8]).unwrap_err();
    assert!(is_tick(&error), "{error}");
    assert!(start.elapsed() >= TICK / 2);
    let deadline = Instant::now() + 3 * TICK;
    let error = port.read_by(&mut [0; 8], deadline).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(Instant::now() >= deadline);
}

#[test]
fn a_write_that_nobody_reads_ends_by_its_deadline() {
    let (_master, path) = bare_pty();
    let mut port = port(path.to_str().unwrap());
    port.open().unwrap();
    let start = Instant::now();
    let error = port.write_by(&[0x55; 100_000], start + Duration::from_millis(200)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    port.flush().unwrap();
    port.close();
    assert!(start.elapsed() < Duration::from_secs(2), "the close waited for the line");
}

#[test]
fn bytes_pass_unchanged_both_ways() {
    let (master, path) = bare_pty();
    let mut port = port(path.to_str().unwrap());
    port.open().unwrap();
    let all: Vec<u8> = (0..=255).collect();
    port.write_by(&all, Instant::now() + LONG).unwrap();
    let mut heard = Vec::new();
    while heard.len() < all.len() {
        let mut buf = [0; 512];
        let count = rustix::io::read(&master, &mut buf).unwrap();
        heard.extend_from_slice(&buf[..count]);
    }
    assert_eq!(heard, all);
    rustix::io::write(&master, &all).unwrap();
    let mut heard = Vec::new();
    while heard.len() < all.len() {
        let mut buf = [0; 512];
        let count = port.read_by(&mut buf, Instant::now() + LONG).unwrap();
        heard.extend_from_slice(&buf[..count]);
    }
    assert_eq!(heard, all);
}

#[test]
fn what_came_before_the_opening_is_dropped() {
    let (master, path) = bare_pty();
    rustix::io::write(&master, b"old\n").unwrap();
    let mut port = port(path.to_str().unwrap());
    port.open().unwrap();
    assert!(is_tick(&port.read(&mut [0; 8]).unwrap_err()));
}

#[test]
fn an_unplugged_port_ends() {
    let (master, path) = bare_pty();
    let mut port = port(path.to_str().unwrap());
    port.open().unwrap();
    drop(master);
    let start = Instant::now();
    ends(&mut port);
    assert!(port.write(&[1]).is_err_and(|error| error.kind() == ErrorKind::BrokenPipe));
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_port_that_somebody_has_is_busy() {
    let (_master, path) = bare_pty();
    let mut first = port(path.to_str().unwrap());
    first.open().unwrap();
    let mut second = port(path.to_str().unwrap());
    let error = second.open().unwrap_err();
    assert!(matches!(error, OpenError::Busy { .. }), "{error}");
    assert_eq!(error.to_string(), format!("{} is busy: another program holds it", path.display()));
    first.open().unwrap();
    assert!(first.is_open(), "its own old handle is closed before");
    first.close();
    second.open().unwrap();
}

#[test]
fn a_missing_port_is_absent() {
    let folder = Folder::new("absent");
    let path = folder.0.join("ttyACM0");
    let mut port = port(&format!("serial:{}", path.display()));
    let error = port.open().unwrap_err();
    assert!(matches!(error, OpenError::Absent { .. }), "{error}");
    assert!(!port.is_open());
    let error = port.read(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotConnected);
}

#[test]
fn a_file_is_no_port() {
    let folder = Folder::new("file");
    let path = folder.0.join("file");
    std::fs::write(&path, "").unwrap();
    let error = port(&format!("serial:{}", path.display())).open().unwrap_err();
    assert!(error.to_string().starts_with("cannot open"), "{error}");
}
