//! The dialogues of our clients over a real TCP connection and, on unix, a real pty.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use till_port::{Fake, OpenOptions, Port, TapeDevice};
use xtask::fixtures::Fixture;

use crate::protocols::{self, Protocol};
use crate::replay::{Played, finish, selected};

/// The pauses of a tape are divided by this.
const SPEED: f64 = 50.0;

#[test]
fn dialogues_over_tcp() {
    play("tcp", |device| Fake::tcp("127.0.0.1:0".parse().unwrap(), device).unwrap());
}

#[cfg(unix)]
#[test]
fn dialogues_over_a_pty() {
    play("pty", |device| Fake::pty(None, device).unwrap());
}

fn play(how: &str, serve: impl Fn(Arc<Mutex<TapeDevice>>) -> Fake) {
    let mut results = Vec::new();
    for fixture in selected() {
        let protocol = protocols::of(&fixture.tape).unwrap();
        if protocol.speaks(&fixture.tape) {
            let outcome = one(&fixture, protocol, &serve);
            results.push(Played { fixture, how: how.to_owned(), outcome });
        }
    }
    let chosen = std::env::var("REPLAY_FILTER").is_ok_and(|filter| !filter.is_empty());
    assert!(chosen || !results.is_empty(), "no tape has our client for its host");
    finish(results);
}

fn one(
    fixture: &Fixture,
    protocol: &Protocol,
    serve: impl Fn(Arc<Mutex<TapeDevice>>) -> Fake,
) -> Result<(), String> {
    let device = Arc::new(Mutex::new(TapeDevice::new(fixture.tape.clone(), SPEED)));
    let fake = serve(device.clone());
    let mut port = Port::new(fake.address(), OpenOptions::default());
    port.open().map_err(|error| error.to_string())?;
    let lines = (protocol.play)(&fixture.tape, &mut port);
    // Where the host says the last word, it may still be on its way.
    let end = Instant::now() + Duration::from_secs(10);
    while device.lock().unwrap().plays() == 0 && Instant::now() < end {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let device = device.lock().unwrap();
    if let Some(mismatch) = device.mismatch() {
        return Err(mismatch.to_string());
    }
    let expected = expected(fixture);
    if lines != expected {
        return Err(format!("the client says {lines:#?}, expected {expected:#?}"));
    }
    match device.plays() {
        1 => Ok(()),
        plays => Err(format!("the tape came to its end {plays} times")),
    }
}

/// What the client made of it in memory; see the tests of replay.
fn expected(fixture: &Fixture) -> Vec<String> {
    let text = std::fs::read_to_string(fixture.expect()).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("= ")).map(ToOwned::to_owned).collect()
}
