//! One try, blocking, within a time limit over all of it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::evidence::{Evidence, Meaning};
use crate::resolve::Resolve;
use crate::target::{Kind, Target};

/// Tries a target once and says what was observed; takes `limit` at most, and the name server at
/// most as long again.
///
/// With several addresses each is tried in turn until one connects. An HTTP answer is read up to
/// 64 KiB of head and body; a chunked body is searched as it comes, so an expected text must not
/// lie across two chunks.
pub fn check(target: &Target, limit: Duration, resolver: &mut (impl Resolve + ?Sized)) -> Evidence {
    let addresses = match resolver.resolve(&target.host, target.port, limit) {
        Ok(addresses) => addresses,
        Err(why) => return Evidence::Unresolved(why),
    };
    let clock = Clock { began: Instant::now(), limit };
    let mut stream = match connect(&addresses, &clock) {
        Ok(stream) => stream,
        Err(evidence) => return evidence,
    };
    let Kind::Http { path, expect_status, expect_text } = &target.kind else {
        return Evidence::Connected { after: clock.elapsed() };
    };
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: vision-probe\r\nAccept: */*\r\n\
         Connection: close\r\n\r\n",
        target.authority()
    );
    let answer = send(&mut stream, request.as_bytes(), &clock)
        .and_then(|()| read(&mut stream, expect_text.as_deref(), &clock));
    match answer {
        Ok(answer) => answer.judge(*expect_status, expect_text.as_deref(), &clock),
        Err(evidence) => evidence,
    }
}

/// The time limit over one try.
struct Clock {
    began: Instant,
    limit: Duration,
}

impl Clock {
    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What is left, if anything is.
    fn left(&self, waiting_for: &'static str) -> Result<Duration, Evidence> {
        let left = self.limit.saturating_sub(self.elapsed());
        if left.is_zero() {
            return Err(Evidence::TimedOut { waiting_for, after: self.elapsed() });
        }
        Ok(left)
    }

    fn evidence(&self, waiting_for: &'static str, error: &std::io::Error) -> Evidence {
        match error.kind() {
            ErrorKind::ConnectionRefused => Evidence::Refused,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
                Evidence::Reset
            }
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                Evidence::TimedOut { waiting_for, after: self.elapsed() }
            }
            ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable => Evidence::NoRoute,
            _ => Evidence::Failed(error.to_string()),
        }
    }
}

/// The first address that connects, else what the last one gave, or what was certain. An address that is silent takes
/// its share of the time only.
fn connect(addresses: &[SocketAddr], clock: &Clock) -> Result<TcpStream, Evidence> {
    let mut last = Evidence::NoRoute;
    for (tried, address) in addresses.iter().enumerate() {
        let remaining = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let share = clock.left(CONNECTION)? / remaining;
        match TcpStream::connect_timeout(address, share.max(SHORTEST)) {
            Ok(stream) => return Ok(stream),
            // What is certain about one address is not hidden by another that is silent.
            Err(_) if last.meaning() == Meaning::Down => {}
            Err(error) => last = clock.evidence(CONNECTION, &error),
        }
    }
    Err(last)
}

fn send(stream: &mut TcpStream, mut bytes: &[u8], clock: &Clock) -> Result<(), Evidence> {
    while !bytes.is_empty() {
        let left = clock.left(ANSWER)?;
        let written = stream.set_write_timeout(Some(left)).and_then(|()| stream.write(bytes));
        match written {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(clock.evidence(ANSWER, &error)),
        }
    }
    Ok(())
}

/// An HTTP answer, or as much of it as is read.
struct Answer(Vec<u8>);

/// Reads until the answer says enough: its head, and its body when a text is looked for.
fn read(stream: &mut TcpStream, text: Option<&str>, clock: &Clock) -> Result<Answer, Evidence> {
    let mut answer = Answer(Vec::new());
    let mut buffer = [0; 4096];
    loop {
        if answer.is_enough(text) || answer.0.len() >= MOST {
            return Ok(answer);
        }
        let left = clock.left(ANSWER)?;
        let count = stream.set_read_timeout(Some(left)).and_then(|()| stream.read(&mut buffer));
        match count {
            Ok(0) => {
                return if answer.head().is_some() { Ok(answer) } else { Err(answer.cut_off()) };
            }
            Ok(count) => answer.0.extend(buffer.iter().take(count.min(MOST - answer.0.len()))),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(clock.evidence(ANSWER, &error)),
        }
    }
}

impl Answer {
    /// Head and body, once the head is whole.
    fn head(&self) -> Option<(&[u8], &[u8])> {
        let end = self.0.windows(4).position(|window| window == b"\r\n\r\n")?;
        self.0.split_at_checked(end + 4)
    }

    fn is_enough(&self, text: Option<&str>) -> bool {
        let begins = self.0.get(..5).unwrap_or(&self.0);
        if !b"HTTP/".starts_with(begins) {
            return true;
        }
        match (self.head(), text) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some((_, body)), Some(text)) => contains(body, text),
        }
    }

    fn judge(&self, status: u16, text: Option<&str>, clock: &Clock) -> Evidence {
        let (Some((_, body)), Some(got)) = (self.head(), self.status()) else {
            return self.not_http();
        };
        if got != status {
            return Evidence::WrongStatus { got, expected: status };
        }
        match text {
            Some(text) if !contains(body, text) => {
                Evidence::TextMissing { expected: text.to_owned(), read: body.len() }
            }
            _ => Evidence::Answered { status: got, after: clock.elapsed() },
        }
    }

    /// The status of `HTTP/1.x nnn …`.
    fn status(&self) -> Option<u16> {
        let line = self.0.split(|byte| *byte == b'\r').next()?;
        let line = std::str::from_utf8(line.get(..12)?).ok()?;
        let code = line.strip_prefix("HTTP/1.0 ").or_else(|| line.strip_prefix("HTTP/1.1 "))?;
        let digits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| code.parse().ok()).flatten()
    }

    fn cut_off(&self) -> Evidence {
        let begins = self.0.get(..5).unwrap_or(&self.0);
        if b"HTTP/".starts_with(begins) { Evidence::ClosedEarly } else { self.not_http() }
    }

    fn not_http(&self) -> Evidence {
        let visible = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' };
        Evidence::NotHttp { got: self.0.iter().take(32).map(visible).collect() }
    }
}

fn contains(body: &[u8], text: &str) -> bool {
    let text = text.as_bytes();
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

const CONNECTION: &str = "connection";
const ANSWER: &str = "answer";
/// The most of an answer that is read.
const MOST: usize = 64 * 1024;
/// A time limit of zero is an error of the socket.
const SHORTEST: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests;
