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

    /// Reads until the answer says enough: its head, and its body when a text is looked for.
    fn read(&self, stream: &mut dyn Stream, clock: &Clock) -> Result<Answer, Evidence> {
        let mut answer = Answer(Vec::new());
        let mut buffer = [0; 4096];
        loop {
            if answer.is_enough(self.text) || answer.0.len() >= MOST {
                return Ok(answer);
            }
            match stream.read(&mut buffer) {
                Ok(count) if count > 0 => {
                    answer.0.extend(buffer.iter().take(count.min(MOST - answer.0.len())));
                }
                // Many servers end a TLS connection without a word, too.
                Err(error) if !matches!(error.kind(), ErrorKind::UnexpectedEof) => {
                    if error.kind() != ErrorKind::Interrupted {
                        return Err(clock.evidence(ANSWER, &error));
                    }
                }
                _ if answer.head().is_some() => return Ok(answer),
                _ => return Err(answer.cut_off()),
            }
        }
    }
}

/// An HTTP answer, or as much of it as is read.
struct Answer(Vec<u8>);

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

    fn judge(&self, asked: &Question<'_>, clock: &Clock) -> Evidence {
        let (Some((_, body)), Some(got)) = (self.head(), self.status()) else {
            return self.not_http();
        };
        if got != asked.status {
            return Evidence::WrongStatus { got, expected: asked.status };
        }
        match asked.text {
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

const ANSWER: &str = "answer";
/// The most of an answer that is read.
const MOST: usize = 64 * 1024;
