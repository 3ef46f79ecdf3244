//! A till program that has the seven itself, and the real service beside it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::support::{Demo, Running, get, program, request, until};

/// The service beside a till program.
struct Beside {
    api: SocketAddr,
    folder: std::path::PathBuf,
    _service: Running,
}

impl Beside {
    fn start(name: &str, till_program: SocketAddr) -> Self {
        let folder = std::env::temp_dir().join(format!("till-seven-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (config, log) = (folder.join("config.toml"), folder.join("log"));
        let text = format!(
            "[api]\nlisten = [\"127.0.0.1:0\"]\n[pos]\nsource = \"seven\"\n\
             [pos.seven]\naddress = \"{till_program}\"\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut command = program("till-status");
        command.arg("run").arg("--config").arg(config).stdout(Stdio::null());
        let output = std::fs::File::create(&log).unwrap();
        let service = Running(command.stderr(output).spawn().unwrap());
        let api = until(Duration::from_secs(20), || {
            let text = std::fs::read_to_string(&log).unwrap();
            text.split_once("serving api=\"")?.1.split_once('"')?.0.parse().ok()
        });
        Self { api, folder, _service: service }
    }

    /// Waits for a status and a body; the detail of a 503.
    #[track_caller]
    fn awaits(&self, name: &str, status: u16, body: &str) {
        let mut last = None;
        let end = Instant::now() + Duration::from_secs(90);
        while Instant::now() < end {
            let answer = get(self.api, &format!("/api/v1/status/{name}"));
            if answer.status == status && answer.body.contains(body) {
                return;
            }
            last = Some(answer);
            std::thread::park_timeout(Duration::from_millis(100));
        }
        panic!("{name}: wanted {status} {body:?}, last was {last:?}");
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_second_service_asks_the_first() {
    let demo = Demo::start();
    demo.event(r#"{"event":"user-signed-in","role_id":"12"}"#);
    demo.event(r#"{"event":"receipt-opened","at":"2026-01-02T03:04:05+03:00"}"#);
    let change =
        request(demo.pos, "PATCH", "/demo/kkt", &[], r#"{"paper":"out","unsent_documents":3}"#);
    assert_eq!(change.status, 204, "{change:?}");
    let beside = Beside::start("demo", demo.api);
    beside.awaits("downtime", 204, "");
    beside.awaits("user_role_id", 200, "12");
    beside.awaits("ofd", 200, "3");
    beside.awaits("paper", 204, "");
    beside.awaits("vision", 200, "1");
    beside.awaits("weight", 204, "");
    let first = demo.seven("last_receipt_time").body;
    beside.awaits("last_receipt_time", 200, &first);
    let document = get(beside.api, "/till/v1/status").json();
    assert_eq!(document["receipt"]["state"], "open", "{document}");
    assert_eq!(document["receipt"]["source"], "seven", "{document}");
    let codes: Vec<_> = document["problems"].as_array().unwrap().iter().collect();
    assert!(codes.iter().any(|problem| problem["code"] == "paper-out"), "{document}");
    demo.event(r#"{"event":"receipt-closed"}"#);
    beside.awaits("last_receipt_time", 204, "");
    beside.awaits("weight", 200, "0.000");
}

/// A till program of the odd kind; it tells when each request came and for what.
fn odd() -> (SocketAddr, Receiver<(Instant, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let mut reader = BufReader::new(stream);
            let mut path = String::new();
            if reader.read_line(&mut path).unwrap_or(0) == 0 {
                continue;
            }
            let name =
                path.split(' ').nth(1).unwrap_or_default().rsplit('/').next().unwrap_or_default();
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                line.clear();
            }
            let answer = match name {
                "last_receipt_time" => "HTTP/1.1 204 No Content\r\n\r\n",
                "downtime" => "HTTP/1.0 200 OK\nserver:  x\n\n{\"value\": \"1767312245\"}",
                "user_role_id" => "HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\nstack",
                "ofd" => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnone",
                "paper" => "I am no HTTP",
                "vision" => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                _ => "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\"-0,5\"",
            };
            if tell.send((Instant::now(), name.to_owned())).is_err() {
                return;
            }
            let _ = reader.get_mut().write_all(answer.as_bytes());
        }
    });
    (address, told)
}

#[test]
fn an_odd_till_program_is_read_and_garbage_is_unknown() {
    let (address, told) = odd();
    let beside = Beside::start("odd", address);
    beside.awaits("last_receipt_time", 204, "");
    beside.awaits("downtime", 200, "2026-01-02T0");
    beside.awaits("user_role_id", 503, "answers 500 \\\"stack\\\"");
    beside.awaits("ofd", 503, "got \\\"none\\\", expected a number of documents");
    beside.awaits("paper", 503, "which is no HTTP");
    beside.awaits("vision", 501, "the till program has no vision");
    beside.awaits("weight", 200, "-0.500");
    assert_eq!(get(beside.api, "/readyz").status, 200);
    // However often we are asked, it is asked at most once a second.
    for _ in 0..50 {
        get(beside.api, "/till/v1/status");
    }
    let asked: Vec<_> = told.try_iter().collect();
    let (first, last) = (asked.first().unwrap().0, asked.last().unwrap().0);
    let seconds = last.duration_since(first).as_secs() + 2;
    assert!(u64::try_from(asked.len()).unwrap() <= seconds, "{asked:?}");
}

#[test]
fn a_till_program_that_is_not_there_is_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let beside = Beside::start("absent", address);
    beside.awaits("last_receipt_time", 503, "cannot connect to");
    beside.awaits("downtime", 503, "not-connected");
}
