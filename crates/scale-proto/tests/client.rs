//! What the client must never do: tell an old or a doubtful weight as the present one.

#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use scale_proto::protocol::massa_k_100::encode;
use scale_proto::{Client, Error, Reading, Timeouts, protocol};

/// After each request the scale sends what stands next in the list.
struct Script(VecDeque<Vec<u8>>, VecDeque<u8>);
impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One frame of 16 bytes a read: what comes later is still in the system's buffer.
        if self.1.is_empty() {
            Err(ErrorKind::TimedOut.into())
        } else {
            Read::by_ref(&mut self.1).take(16).read(buffer)
        }
    }
}
impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let next = self.0.pop_front().unwrap_or_default();
        self.1.extend(next);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn client(list: &[&[u8]]) -> Client<Script> {
    let io = Script(list.iter().map(|bytes| bytes.to_vec()).collect(), VecDeque::new());
    let timeouts = Timeouts { answer: Duration::from_millis(20), ..Timeouts::default() };
    Client::new(io, protocol::by_name("massa-k-100").unwrap(), timeouts)
}
fn grams(n: u8) -> Vec<u8> {
    encode(&[0x24, n, 0, 0, 0, 1, 1, 0, 0])
}
fn told(r: Result<Reading, Error>) -> String {
    match r {
        Ok(Reading::Weight(w)) => w.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_slow_answer_does_not_put_every_later_weight_one_behind() {
    // The answer to the first request comes after the second one, then all is in order.
    let mut c = client(&[&[], &[grams(1), grams(2)].concat(), &grams(3), &grams(4)]);
    assert!(c.weigh().is_err());
    let _ = c.weigh();
    assert_eq!(told(c.weigh()), "0.003");
    assert_eq!(told(c.weigh()), "0.004");
}
#[test]
fn an_answer_behind_a_false_header_is_found() {
    let bytes = [&[0xF8, 0x55, 0xCE, 0, 1][..], &grams(7)].concat();
    assert_eq!(told(client(&[&bytes]).weigh()), "0.007");
}
#[test]
fn a_doubtful_division_of_series_r_is_not_a_weight() {
    let r = encode(&[0x10, 0xD2, 4, 0, 0, 0, 1]);
    let r = client(&[&encode(&[0xF0]), &r]).weigh();
    assert!(!matches!(r, Ok(Reading::Weight(_))), "{}", told(r));
}
