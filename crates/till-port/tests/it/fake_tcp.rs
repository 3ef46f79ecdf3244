use std::io::Read;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use till_port::{Fake, Line, OpenError, OpenOptions, Port, Second, is_tick};

use crate::support::{Echo, echo, ends, talks, until};
use std::sync::{Arc, Mutex};

fn fake(device: &Arc<Mutex<Echo>>) -> (Fake, Port) {
    let fake = Fake::tcp("127.0.0.1:0".parse().unwrap(), device.clone()).unwrap();
    let port = Port::new(fake.address(), OpenOptions::default());
    (fake, port)
}

#[test]
fn host_after_host_is_served() {
    let device = echo();
    let (fake, mut port) = fake(&device);
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
fn unplugged_then_up_on_the_same_port() {
    let device = echo();
    let (fake, mut port) = fake(&device);
    port.open().unwrap();
    talks(&mut port, b"1");
    fake.set_line(Line::Unplugged);
    ends(&mut port);
    assert_eq!(device.lock().unwrap().disconnects, 1);
    let error = port.open().unwrap_err();
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    fake.set_line(Line::Up);
    port.open().unwrap();
    talks(&mut port, b"2");
}

#[test]
fn busy_then_up() {
    let device = echo();
    let (fake, mut port) = fake(&device);
    port.open().unwrap();
    talks(&mut port, b"1");
    fake.set_line(Line::Busy);
    ends(&mut port);
    // It can be connected to, and is closed before a word.
    port.open().unwrap();
    ends(&mut port);
    fake.set_line(Line::Up);
    port.open().unwrap();
    talks(&mut port, b"2");
    assert_eq!(device.lock().unwrap().connects, 2, "nothing reached the device while busy");
}

#[test]
fn a_second_host_waits_for_the_first() {
    let (fake, mut first) = fake(&echo());
    let mut second = Port::new(fake.address(), OpenOptions::default());
    first.open().unwrap();
    talks(&mut first, b"1");
    second.open().unwrap();
    assert!(is_tick(&second.read(&mut [0; 8]).unwrap_err()));
    first.close();
    talks(&mut second, b"2");
}

#[test]
fn a_second_host_is_turned_away() {
    let (fake, mut first) = fake(&echo());
    let mut second = Port::new(fake.address(), OpenOptions::default());
    fake.set_second(Second::TurnedAway);
    first.open().unwrap();
    talks(&mut first, b"1");
    second.open().unwrap();
    ends(&mut second);
    talks(&mut first, b"2");
}

#[test]
fn the_device_drops_the_line_after_its_last_words() {
    let device = echo();
    device.lock().unwrap().hang_up_on = Some(b'!');
    let (_fake, mut port) = fake(&device);
    port.open().unwrap();
    talks(&mut port, b"bye!");
    ends(&mut port);
    port.open().unwrap();
    talks(&mut port, b"again");
}

#[test]
fn stopping_is_prompt_and_frees_the_port() {
    let device = echo();
    device.lock().unwrap().flood = true;
    let (fake, mut port) = fake(&device);
    port.open().unwrap();
    until(|| device.lock().unwrap().connects == 1);
    let address = fake.address().to_string();
    let start = Instant::now();
    fake.stop();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(Arc::strong_count(&device), 1, "the thread is gone");
    TcpListener::bind(address.strip_prefix("tcp:").unwrap()).unwrap();
}

#[test]
fn a_taken_port_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    assert!(Fake::tcp(address, echo()).is_err());
}

#[test]
fn a_port_that_was_taken_meanwhile_is_told_and_retried() {
    let device = echo();
    let (fake, mut port) = fake(&device);
    fake.set_line(Line::Unplugged);
    let address = fake.address().to_string();
    let thief = TcpListener::bind(address.strip_prefix("tcp:").unwrap()).unwrap();
    fake.set_line(Line::Up);
    until(|| fake.trouble().is_some());
    drop(thief);
    until(|| fake.trouble().is_none());
    port.open().unwrap();
    talks(&mut port, b"back");
}
