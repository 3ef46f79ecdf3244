//! A client of HTTP/1.1 for a program on the same till: one GET at a time, within limits.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use status_core::Trouble;

/// The largest head and the largest body of an answer.
const HEAD: usize = 16 * 1024;
const BODY: usize = 64 * 1024;
const HEADERS: usize = 64;
/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(1);

/// Asks one server, over one connection as long as that lasts.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    limit: Duration,
    open: Option<TcpStream>,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// What is read of an answer, and how far its body goes.
struct Head {
    status: u16,
    length: usize,
    body: Length,
    keep: bool,
}

enum Length {
    None,
    Exactly(usize),
    Chunked,
    UntilTheEnd,
}

impl Client {
    /// Each answer has to come whole within `limit`.
    pub(crate) fn new(address: SocketAddr, limit: Duration) -> Self {
        Self { address, limit, open: None }
    }

    /// Asks for a path.
    pub(crate) fn get(&mut self, path: &str) -> Result<Reply, Trouble> {
        let end = Instant::now() + self.limit;
        // A server may close a connection that waits; the question was not read then.
        if let Some(stream) = self.open.take() {
            match self.ask(stream, path, end) {
                Err(Trouble::CannotOpen(_)) => {}
                answered => return answered,
            }
        }
        let stream = TcpStream::connect_timeout(&self.address, self.limit.min(CONNECT));
        let stream = stream.map_err(|error| {
            Trouble::CannotOpen(format!("cannot connect to {}: {error}", self.address))
        })?;
        self.ask(stream, path, end)
    }

    /// Lets go of the connection.
    pub(crate) fn close(&mut self) {
        self.open = None;
    }

    fn ask(&mut self, mut stream: TcpStream, path: &str, end: Instant) -> Result<Reply, Trouble> {
        let address = self.address;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/plain, application/json;q=0.5\r\n\
             User-Agent: till-status\r\n\r\n"
        );
        let gone = |what: &str| Trouble::CannotOpen(format!("{address} {what}"));
        let sent = stream.set_write_timeout(Some(self.limit)).and(stream.set_nodelay(true));
        sent.and_then(|()| stream.write_all(request.as_bytes()))
            .map_err(|error| gone(&format!("takes no request: {error}")))?;
        let mut read = Vec::new();
        let head = loop {
            match head(&read, address)? {
                // An interim answer goes before the answer.
                Some(head) if (100..200).contains(&head.status) => {
                    read.drain(..head.length);
                }
                Some(head) => break head,
                None if read.len() > HEAD => {
                    return Err(garbage(address, "a head of more than 16 KiB"));
                }
                None if more(&mut stream, &mut read, end, address)? => {}
                None if read.is_empty() => {
                    return Err(gone("closed the connection without an answer"));
                }
                None => return Err(garbage(address, &format!("only {}", shown(&read)))),
            }
        };
        let mut body = read.split_off(head.length);
        let mut fill = |body: &mut Vec<u8>| {
            if body.len() > BODY + HEAD {
                return Err(garbage(address, "a body of more than 64 KiB"));
            }
            more(&mut stream, body, end, address)
        };
        let cut = || garbage(address, "an answer that is cut off");
        let mut rest = Vec::new();
        let body = match head.body {
            Length::None => {
                rest = body;
                Vec::new()
            }
            Length::Exactly(length) if length > BODY => {
                return Err(garbage(address, "a body of more than 64 KiB"));
            }
            Length::Exactly(length) => {
                while body.len() < length {
                    if !fill(&mut body)? {
                        return Err(cut());
                    }
                }
                rest = body.split_off(length);
                body
            }
            Length::Chunked => loop {
                match chunks(&body).map_err(|()| garbage(address, "chunks that are none"))? {
                    Some((whole, used)) => {
                        rest = body.split_off(used);
                        break whole;
                    }
                    None if fill(&mut body)? => {}
                    None => return Err(cut()),
                }
            },
            Length::UntilTheEnd => {
                while fill(&mut body)? {}
                body
            }
        };
        if body.len() > BODY {
            return Err(garbage(address, "a body of more than 64 KiB"));
        }
        // Bytes that nobody asked for would be taken for the next answer.
        let keep = head.keep && rest.is_empty() && !matches!(head.body, Length::UntilTheEnd);
        self.open = keep.then_some(stream);
        Ok(Reply { status: head.status, body })
    }
}

/// Reads more. `false`: the server has closed the connection.
fn more(
    stream: &mut TcpStream,
    read: &mut Vec<u8>,
    end: Instant,
    address: SocketAddr,
) -> Result<bool, Trouble> {
    let silent = || Trouble::Silent(format!("{address} does not answer in time"));
    let mut piece = [0; 4096];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(silent());
        }
        let got = stream.set_read_timeout(Some(left)).and_then(|()| stream.read(&mut piece));
        match got {
            Ok(0) => return Ok(false),
            Ok(length) => {
                read.extend_from_slice(piece.get(..length).unwrap_or_default());
                return Ok(true);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {
                return Err(silent());
            }
            Err(error) if read.is_empty() => {
                return Err(Trouble::CannotOpen(format!("{address} does not answer: {error}")));
            }
            Err(error) => {
                return Err(garbage(address, &format!("an answer that broke off: {error}")));
            }
        }
    }
}

/// The head of an answer, if it is whole. What a home-made server writes there is taken as it is.
fn head(read: &[u8], address: SocketAddr) -> Result<Option<Head>, Trouble> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = httparse::ParserConfig::default()
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true)
        .parse_response(&mut response, read);
    let length = match parsed {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => {
            return Err(garbage(address, &format!("{}, which is no HTTP ({error})", shown(read))));
        }
    };
    let status = response.code.unwrap_or_default();
    let values = |name: &str| {
        let named = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        named
            .map(|header| String::from_utf8_lossy(header.value).trim().to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    let lengths = values("content-length");
    let body = if (100..200).contains(&status) || [204, 304].contains(&status) {
        Length::None
    } else if values("transfer-encoding").iter().any(|value| value.contains("chunked")) {
        Length::Chunked
    } else {
        match lengths.as_slice() {
            [] => Length::UntilTheEnd,
            [first, rest @ ..] => match first.parse() {
                Ok(length) if rest.iter().all(|other| other == first) => Length::Exactly(length),
                _ => return Err(garbage(address, &format!("the lengths {}", lengths.join(", ")))),
            },
        }
    };
    let connection = values("connection");
    let says = |word: &str| connection.iter().any(|value| value.contains(word));
    let keep = !says("close") && (response.version == Some(1) || says("keep-alive"));
    Ok(Some(Head { status, length, body, keep }))
}

/// The body that these chunks are, and how many bytes they take; `None`: they are not whole.
fn chunks(read: &[u8]) -> Result<Option<(Vec<u8>, usize)>, ()> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let rest = read.get(at..).unwrap_or_default();
        let (used, size) = match httparse::parse_chunk_size(rest).map_err(|_| ())? {
            httparse::Status::Complete(found) => found,
            httparse::Status::Partial => return Ok(None),
        };
        let size = usize::try_from(size).map_err(|_| ())?;
        let (start, end) = (at + used, at.checked_add(used).and_then(|it| it.checked_add(size)));
        let end = end.ok_or(())?;
        if size == 0 {
            // Trailers are left out.
            let tail = read.get(start..).unwrap_or_default();
            if tail.starts_with(b"\r\n") {
                return Ok(Some((body, start + 2)));
            }
            let found = tail.windows(4).position(|part| part == b"\r\n\r\n");
            return Ok(found.map(|found| (body, start + found + 4)));
        }
        let Some(piece) = read.get(start..end) else { return Ok(None) };
        body.extend_from_slice(piece);
        match read.get(end..end + 2) {
            Some(b"\r\n") => at = end + 2,
            Some(_) => return Err(()),
            None => return Ok(None),
        }
    }
}

fn garbage(address: SocketAddr, what: &str) -> Trouble {
    Trouble::Garbage(format!("{address} sends {what}"))
}

/// Bytes for people, shortened.
pub(super) fn shown(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().take(60).collect();
    format!("{text:?}")
}

#[cfg(test)]
mod tests;
