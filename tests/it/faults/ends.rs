//! The end that a supervisor asks for, while clients ask and keep their connections, and devices hang.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::till::{Till, await_answer, signal};
use super::{amount, soaks};
use crate::support::simulator;

/// The service ends within 2 s; a machine that builds something beside `cargo test` may need longer.
fn limit() -> Duration {
    Duration::from_secs(if soaks() { 2 } else { 6 })
}

#[test]
fn an_end_under_load_comes_in_time() {
    let (kkt, address) = simulator(&["atol-v3", "--listen", "127.0.0.1:0"]);
    let section = format!(
        "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"{address}\"\nhold = \"always\"\n\
         owns_device = true\n[poll]\nofd = 1\n"
    );
    let till = Till::new("ends", &section);
    let mut longest = Duration::ZERO;
    for round in 0..amount(5, 100) {
        signal(kkt.0.id(), "-CONT");
        let mut service = till.start();
        await_answer(&service, "ofd", (200, "0"));
        // Every other time it ends in the middle of a call that has no answer.
        if round % 2 == 0 {
            signal(kkt.0.id(), "-STOP");
        }
        let api = service.api;
        let idle: Vec<_> = (0..4).map(|_| asked(TcpStream::connect(api).unwrap())).collect();
        let ended = AtomicBool::new(false);
        let (code, took) = std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !ended.load(Ordering::Relaxed) {
                        let Ok(mut stream) = TcpStream::connect(api) else { continue };
                        let _ = stream.write_all(REQUEST);
                        let _ = stream.read(&mut [0; 4096]);
                    }
                });
            }
            let end = service.process.terminate();
            ended.store(true, Ordering::Relaxed);
            end
        });
        assert_eq!(code, Some(0), "{}", service.log());
        assert!(took <= limit(), "round {round}: {took:?}: {}", service.log());
        longest = longest.max(took);
        drop(idle);
    }
    signal(kkt.0.id(), "-CONT");
    println!("the longest end took {longest:?}");
}

const REQUEST: &[u8] = b"GET /api/v1/status/ofd HTTP/1.1\r\nHost: till\r\n\r\n";

/// A connection that was used and is kept.
fn asked(mut stream: TcpStream) -> TcpStream {
    stream.write_all(REQUEST).unwrap();
    assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    stream
}
