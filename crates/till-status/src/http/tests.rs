//! The HTTP side through its real doors: a service without devices on ports that the system chose.

mod api;
mod limits;
mod pos;
mod raw;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::config::{Config, PosListen};
use crate::service::{Running, Service};

/// A till whose program tells everything over a loopback port without a token, as in a demo.
struct Till {
    running: Option<Running>,
    api: SocketAddr,
    pos: SocketAddr,
}

const KKT: &str = "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"tcp:192.0.2.1:5555\"\n";

impl Till {
    /// `more` is more text of the configuration.
    fn start(more: &str) -> Self {
        Self::start_with(more, |_| {})
    }

    fn start_with(more: &str, change: impl FnOnce(&mut Config)) -> Self {
        let text = format!("[pos]\nsource = \"events\"\n{more}");
        let mut config = Config::parse(&text).unwrap_or_else(|error| panic!("{error}"));
        config.api.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
        config.pos.listen = PosListen::Tcp(SocketAddr::from(([127, 0, 0, 1], 0)));
        change(&mut config);
        let running = Service::start(config, None).unwrap();
        let api = running.api()[0];
        let pos = match running.pos() {
            Some(PosListen::Tcp(address)) => *address,
            _ => api,
        };
        Self { running: Some(running), api, pos }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    fn seven(&self, name: &str) -> Answer {
        self.get(&format!("/api/v1/status/{name}"))
    }

    /// `headers` are whole lines.
    fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: till\r\n{headers}Connection: close\r\n\r\n");
        Answer::parse(&exchange(self.api, request.as_bytes()))
    }

    fn tell(&self, events: &str) {
        let answer = self.post(events, "");
        assert_eq!(answer.status, 202, "{events}: {answer:?}");
    }

    fn post(&self, body: &str, headers: &str) -> Answer {
        let kind = "Content-Type: application/json\r\n";
        let request = format!(
            "POST /till/v1/pos/events HTTP/1.1\r\nHost: {}\r\n{kind}{headers}Content-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            self.pos,
            body.len()
        );
        Answer::parse(&exchange(self.pos, request.as_bytes()))
    }
}

#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        });
        Self { status, headers: headers.collect(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The kind of a problem, which must be a sound one.
    #[track_caller]
    fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        let retry = self.header("retry-after").map(|seconds| seconds.parse::<u64>().unwrap());
        assert_eq!(retry.is_some(), matches!(self.status, 503 | 429), "{self:?}");
        assert!(retry.is_none_or(|seconds| (1..=60).contains(&seconds)), "{retry:?}");
        let kind = problem["type"].as_str().unwrap();
        kind.strip_prefix("urn:till-status:problem:").unwrap().to_owned()
    }
}

/// Sends `bytes` and reads until the server closes, which it must do within 3 s.
fn exchange(to: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut answer = Vec::new();
    std::thread::scope(|scope| {
        // The server may answer and close before it has read all.
        scope.spawn(move || writer.write_all(bytes));
        let deadline = Instant::now() + Duration::from_secs(3);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            stream.set_read_timeout(Some(left.max(Duration::from_millis(1)))).unwrap();
            let mut buffer = [0; 4096];
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => answer.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&answer)),
            }
        }
        let _ = stream.shutdown(Shutdown::Both);
    });
    String::from_utf8(answer).unwrap()
}
