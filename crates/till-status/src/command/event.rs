//! `till-status event`

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

/// Tell the service what happens at the till, as the till program does.
///
/// Exit code: 0 when the event was taken, 1 when it was refused, 2 when the service cannot be
/// reached.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  till-status event receipt-opened --pos unix:/run/till-status/pos.sock
  till-status event user-signed-in --role-id 12 --pos unix:/run/till-status/pos.sock
  till-status event kkt-status --paper near-end --unsent-documents 3 \\
      --pos 127.0.0.1:8481 --token-file /etc/till-status/token
  till-status event --json '{\"event\":\"hello\",\"receipt\":\"closed\"}' --pos 127.0.0.1:8481")]
pub(crate) struct Event {
    /// What happened
    #[arg(value_enum, required_unless_present = "json", conflicts_with = "json")]
    kind: Option<Kind>,
    /// The whole event, or an array of events, as JSON
    #[arg(long, value_name = "JSON", conflicts_with_all = [
        "at", "id", "role_id", "user_id", "paper", "unsent_documents", "first_unsent_at",
    ])]
    json: Option<String>,
    /// Where the service takes events: unix:/path or an address and port
    #[arg(long, value_name = "PLACE", default_value = "unix:/run/till-status/pos.sock")]
    pos: String,
    /// The file with the token that a loopback port wants
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// When it happened, such as 2026-11-24T01:47:39+03:00; now by default
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// An id of this event; a repeat of it is ignored
    #[arg(long)]
    id: Option<String>,
    /// The role of the user who signed in
    #[arg(long)]
    role_id: Option<String>,
    /// The user who signed in
    #[arg(long)]
    user_id: Option<String>,
    /// The paper of the KKT
    #[arg(long, value_parser = ["present", "near-end", "out"])]
    paper: Option<String>,
    /// How many documents wait to be sent to the OFD
    #[arg(long, value_name = "COUNT")]
    unsent_documents: Option<u32>,
    /// Since when the first of them waits
    #[arg(long, value_name = "TIME")]
    first_unsent_at: Option<String>,
}

/// The events.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    ReceiptOpened,
    ItemAdded,
    ReceiptClosed,
    ReceiptCancelled,
    UserSignedIn,
    UserSignedOut,
    KktStatus,
    KktReleased,
    KktTaken,
    Alive,
    Hello,
}

impl Event {
    pub(crate) fn run(self) -> ExitCode {
        let body = self.body();
        let token = match self.token_file.as_ref().map(std::fs::read_to_string).transpose() {
            Ok(token) => token,
            Err(error) => {
                let path = self.token_file.unwrap_or_default();
                return super::cannot(format!("--token-file {}: {error}", path.display()));
            }
        };
        match send(&self.pos, token.as_deref().map(str::trim), &body) {
            Ok((202, _)) => ExitCode::SUCCESS,
            Ok((status, answer)) => {
                let problem: Value = serde_json::from_str(&answer).unwrap_or_default();
                let detail = problem.get("detail").and_then(Value::as_str).unwrap_or(&answer);
                let hint = if status == 404 {
                    "; --pos has to name [pos] listen, not the API"
                } else {
                    ""
                };
                eprintln!("till-status: refused with {status}: {detail}{hint}");
                ExitCode::from(super::TROUBLE)
            }
            Err(error) => super::cannot(format!("{}: {error}{}", self.pos, advice(&error))),
        }
    }

    fn body(&self) -> String {
        if let Some(json) = &self.json {
            return json.clone();
        }
        let kind = self.kind.and_then(|kind| kind.to_possible_value());
        let mut event = Map::new();
        let texts = [
            ("event", kind.as_ref().map(|kind| kind.get_name().to_owned())),
            ("at", self.at.clone()),
            ("id", self.id.clone()),
            ("role_id", self.role_id.clone()),
            ("user_id", self.user_id.clone()),
            ("paper", self.paper.clone()),
            ("first_unsent_at", self.first_unsent_at.clone()),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                event.insert(key.to_owned(), Value::String(text));
            }
        }
        if let Some(count) = self.unsent_documents {
            event.insert("unsent_documents".to_owned(), Value::from(count));
        }
        Value::Object(event).to_string()
    }
}

/// What to do when nobody takes the event.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            "; nobody takes events there: is the service running (`systemctl status till-status`), \
             with [pos] source = \"events\", and does its [pos] listen name the place that --pos names?"
        }
        ErrorKind::PermissionDenied => {
            "; the socket is for another user or group: see mode and group in [pos] listen"
        }
        ErrorKind::InvalidInput => {
            "; expected unix:/path or an address and port, such as 127.0.0.1:8481"
        }
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            "; it did not answer within 5 s: look at the service's log (`journalctl -u till-status`)"
        }
        _ => "",
    }
}

const LIMIT: Option<Duration> = Some(Duration::from_secs(5));

/// Posts the events; the code and the body of the answer.
fn send(place: &str, token: Option<&str>, body: &str) -> io::Result<(u16, String)> {
    let host = if place.starts_with("unix:") { "localhost" } else { place };
    let mut request = format!(
        "POST /till/v1/pos/events HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    if let Some(token) = token {
        request += &format!("Authorization: Bearer {token}\r\n");
    }
    request += "\r\n";
    request += body;
    if let Some(path) = place.strip_prefix("unix:") {
        let stream = UnixStream::connect(path.split('?').next().unwrap_or(path))?;
        stream.set_read_timeout(LIMIT)?;
        stream.set_write_timeout(LIMIT)?;
        return exchange(stream, &request);
    }
    let stream = TcpStream::connect(place)?;
    stream.set_read_timeout(LIMIT)?;
    stream.set_write_timeout(LIMIT)?;
    exchange(stream, &request)
}

fn exchange(mut stream: impl Read + Write, request: &str) -> io::Result<(u16, String)> {
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("this is no HTTP server"))?;
    Ok((status, body.to_owned()))
}
