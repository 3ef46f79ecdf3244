//! A monitor that asks for all seven over one connection, again and again, and has each answer judged.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::till::LIMIT;
use super::SEVEN;
use super::truth::Truth;

/// Between two rounds: the devices are what is asked here, not how fast the service is.
const BREATH: Duration = Duration::from_millis(1);

pub(super) struct Poller<'a> {
    truth: &'a Truth,
    /// Where the service is now; it may be another one.
    place: &'a Mutex<SocketAddr>,
    connection: Option<BufReader<TcpStream>>,
    pub(super) definite: BTreeMap<&'static str, u64>,
    /// How often an endpoint was wrong, and how for the first time.
    pub(super) wrong: BTreeMap<&'static str, (u64, String)>,
}

struct Answer {
    status: u16,
    observed: Option<Timestamp>,
    body: String,
}

impl<'a> Poller<'a> {
    pub(super) fn new(truth: &'a Truth, place: &'a Mutex<SocketAddr>) -> Self {
        let (definite, wrong) = (BTreeMap::new(), BTreeMap::new());
        Self { truth, place, connection: None, definite, wrong }
    }

    /// Asks for all seven. A service that is gone says nothing, which is never wrong.
    pub(super) fn round(&mut self) {
        if let Err(error) = self.ask() {
            self.connection = None;
            if error.kind() == io::ErrorKind::WouldBlock {
                let how = format!("no answer came within {LIMIT:?}");
                self.wrong.entry("any").or_insert((0, how)).0 += 1;
            }
        }
        std::thread::park_timeout(BREATH);
    }

    fn ask(&mut self) -> io::Result<()> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let stream = TcpStream::connect(*self.place.lock().unwrap())?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(LIMIT))?;
                none.insert(BufReader::new(stream))
            }
        };
        let asked = Timestamp::now();
        let all: String = SEVEN
            .iter()
            .map(|name| format!("GET /api/v1/status/{name} HTTP/1.1\r\nHost: till\r\n\r\n"))
            .collect();
        connection.get_mut().write_all(all.as_bytes())?;
        for name in SEVEN {
            let Answer { status, observed, body } = read(connection)?;
            let said = match status {
                200 => Some(body),
                204 => None,
                _ => {
                    self.truth.unknown();
                    continue;
                }
            };
            *self.definite.entry(name).or_default() += 1;
            let wrong = match observed {
                Some(observed) => self.truth.judge(name, &said, observed, asked),
                None => Some(format!("{name} {said:?} has no Last-Modified")),
            };
            if let Some(wrong) = wrong {
                self.wrong.entry(name).or_insert((0, wrong)).0 += 1;
            }
        }
        Ok(())
    }
}

fn read(connection: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let broken = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status =
        line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
    let (mut length, mut observed) = (0, None);
    loop {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(broken());
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name {
            "content-length" => length = value.parse().map_err(|_| broken())?,
            "last-modified" => observed = Some(instant(value)),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok(Answer { status, observed, body: String::from_utf8(body).unwrap() })
}

fn instant(date: &str) -> Timestamp {
    let date = DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", date).unwrap();
    TimeZone::UTC.to_timestamp(date).unwrap()
}
