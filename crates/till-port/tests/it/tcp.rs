use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use till_port::{OpenError, OpenOptions, Port, TICK, Transport, is_tick};

use crate::support::{ends, port};

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp:{}", listener.local_addr().unwrap());
    (listener, address)
}

#[test]
fn a_read_without_bytes_is_a_tick() {
    let (_listener, address) = listener();
    let mut port = port(&address);
    port.open().unwrap();
    let start = Instant::now();
    assert!(is_tick(&port.read(&mut [0; 8]).unwrap_err()));
    assert!(start.elapsed() >= TICK / 2);
}

#[test]
fn a_write_that_nobody_reads_ends_by_its_deadline() {
    let (listener, address) = listener();
    let mut port = port(&address);
    port.open().unwrap();
    let _stream = listener.accept().unwrap();
    let start = Instant::now();
    let much = vec![0; 64 << 20];
    let error = port.write_by(&much, start + Duration::from_millis(200)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_closed_connection_ends() {
    let (listener, address) = listener();
    let mut port = port(&address);
    port.open().unwrap();
    drop(listener.accept().unwrap());
    ends(&mut port);
}

#[test]
fn a_closed_port_refuses() {
    let (listener, address) = listener();
    drop(listener);
    let error = port(&address).open().unwrap_err();
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("nothing listens on that port"), "{error}");
}

#[test]
fn a_name_that_does_not_exist_is_unresolved_in_time() {
    let options = OpenOptions { limit: Duration::from_millis(500), ..OpenOptions::default() };
    let mut port = Port::new("tcp:no-such-till.invalid:5555".parse().unwrap(), options);
    let start = Instant::now();
    let error = port.open().unwrap_err();
    assert!(matches!(error, OpenError::Unresolved { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

/// A listener whose queue is full drops what else comes, like a host that is switched off.
#[cfg(target_os = "linux")]
#[test]
fn a_host_that_does_not_answer_times_out() {
    let (listener, address) = listener();
    rustix::net::listen(&listener, 0).unwrap();
    let socket = listener.local_addr().unwrap();
    let wait = Duration::from_millis(100);
    let mut queued = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&socket, wait) {
        queued.push(stream);
        assert!(queued.len() < 50, "the queue has no end");
    }
    let options = OpenOptions { limit: Duration::from_millis(200), ..OpenOptions::default() };
    let start = Instant::now();
    let error = Port::new(address.parse().unwrap(), options).open().unwrap_err();
    assert!(matches!(error, OpenError::TimedOut { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2));
}
