//! One HTTP request, and what its answer shows.

use std::io::ErrorKind;

use crate::evidence::Evidence;
use crate::stream::{Clock, Stream};

/// What is asked, and what counts as up.
pub(crate) struct Question<'t> {
    pub(crate) authority: &'t str,
    pub(crate) path: &'t str,
    pub(crate) status: u16,
    pub(crate) text: Option<&'t str>,
}

impl Question<'_> {
    pub(crate) fn ask(&self, stream: &mut dyn Stream, clock: &Clock) -> Evidence {
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: vision-probe\r\nAccept: */*\r\n\
             Connection: close\r\n\r\n",
            self.path, self.authority
        );
        if let Err(error) = stream.write_all(request.as_bytes()).and_then(|()| stream.flush()) {
            return clock.evidence(ANSWER, &error);
        }
        match self.read(stream, clock) {
            Ok(answer) => answer.judge(self, clock),
            Err(evidence) => evidence,
        }
    }

    /// Reads until the answer says enough: its head, and its body when the status is the expected one
    /// and a text is looked for.
    fn read(&self, stream: &mut dyn Stream, clock: &Clock) -> Result<Answer, Evidence> {
        let mut answer = Answer::default();
        let mut buffer = [0; 4096];
        while !answer.is_enough(self) {
            match stream.read(&mut buffer) {
                Ok(count) if count > 0 => {
                    answer.push(buffer.get(..count).unwrap_or_default(), self.text);
                }
                // Many servers end a TLS connection without a word, too.
                Err(error) if !matches!(error.kind(), ErrorKind::UnexpectedEof) => {
                    if error.kind() != ErrorKind::Interrupted {
                        return Err(clock.evidence(ANSWER, &error));
                    }
                }
                _ if answer.head.is_some() => break,
                _ => return Err(answer.cut_off()),
            }
        }
        Ok(answer)
    }
}

/// An HTTP answer, or as much of it as is read.
#[derive(Default)]
struct Answer {
    bytes: Vec<u8>,
    /// Where the head ends, once it is whole.
    head: Option<usize>,
    /// Whether the text that is looked for was found.
    found: bool,
}

impl Answer {
    /// Each byte is looked at once, in however small pieces they come.
    fn push(&mut self, more: &[u8], text: Option<&str>) {
        let before = self.bytes.len();
        self.bytes.extend(more.iter().take(MOST.saturating_sub(before)));
        if self.head.is_none() {
            self.head =
                position(&self.bytes, before.saturating_sub(3), b"\r\n\r\n").map(|at| at + 4);
        }
        if let (Some(end), Some(text)) = (self.head, text) {
            let from = end.max(before.saturating_sub(text.len()));
            self.found |= position(&self.bytes, from, text.as_bytes()).is_some();
        }
    }

    fn is_enough(&self, asked: &Question<'_>) -> bool {
        if self.bytes.len() >= MOST || !self.may_be_http() {
            return true;
        }
        let wanted = self.status() == Some(asked.status);
        self.head.is_some() && (asked.text.is_none() || self.found || !wanted)
    }

    fn judge(&self, asked: &Question<'_>, clock: &Clock) -> Evidence {
        let (Some(end), Some(got)) = (self.head, self.status()) else {
            return self.not_http();
        };
        if got != asked.status {
            return Evidence::WrongStatus { got, expected: asked.status };
        }
        match asked.text {
            Some(text) if !self.found => Evidence::TextMissing {
                expected: text.to_owned(),
                read: self.bytes.len().saturating_sub(end),
            },
            _ => Evidence::Answered { status: got, after: clock.elapsed() },
        }
    }

    fn may_be_http(&self) -> bool {
        b"HTTP/".starts_with(self.bytes.get(..5).unwrap_or(&self.bytes))
    }

    /// The status of `HTTP/1.x nnn …`.
    fn status(&self) -> Option<u16> {
        let line = self.bytes.split(|byte| *byte == b'\r').next()?;
        let line = std::str::from_utf8(line.get(..12)?).ok()?;
        let code = line.strip_prefix("HTTP/1.0 ").or_else(|| line.strip_prefix("HTTP/1.1 "))?;
        let digits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| code.parse().ok()).flatten()
    }

    fn cut_off(&self) -> Evidence {
        if self.may_be_http() { Evidence::ClosedEarly } else { self.not_http() }
    }

    fn not_http(&self) -> Evidence {
        let visible = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' };
        Evidence::NotHttp { got: self.bytes.iter().take(32).map(visible).collect() }
    }
}

/// Where `wanted` begins, at `from` or later.
fn position(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let mut windows = bytes.get(from..)?.windows(wanted.len().max(1));
    Some(from + windows.position(|window| window == wanted)?)
}

const ANSWER: &str = "answer";
/// The most of an answer that is read.
const MOST: usize = 64 * 1024;
