//! The listener of the till program and its guards.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use warp::Filter;

use super::*;

/// A file of its own for a test, removed at its end.
pub(super) struct Scratch(pub(super) PathBuf);

impl Scratch {
    pub(super) fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("till-status-{}-{name}", std::process::id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn send(to: SocketAddr, method: &str, lines: &str, body: &str) -> Answer {
    let request = format!(
        "{method} /till/v1/pos/events HTTP/1.1\r\n{lines}Content-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    Answer::parse(&exchange(to, request.as_bytes()))
}

#[test]
fn a_web_page_cannot_tell_anything() {
    let till = Till::start("");
    let event = r#"{"event":"receipt-opened"}"#;
    let json = "Content-Type: application/json\r\n";
    for (lines, status) in [
        ("Host: shop.example\r\nContent-Type: application/json\r\n", 403),
        ("Host: 10.0.0.1:8481\r\nContent-Type: application/json\r\n", 403),
        ("Content-Type: application/json\r\n", 400),
        ("Host: localhost\r\nHost: localhost\r\nContent-Type: application/json\r\n", 400),
        (
            "Host: localhost\r\nOrigin: https://shop.example\r\nContent-Type: application/json\r\n",
            403,
        ),
        ("Host: localhost\r\nOrigin: null\r\nContent-Type: application/json\r\n", 403),
        ("Host: localhost\r\nOrigin: http://localhost\r\nContent-Type: application/json\r\n", 403),
        ("Host: localhost\r\n", 415),
        ("Host: localhost\r\nContent-Type: text/plain\r\n", 415),
        ("Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n", 415),
    ] {
        let answer = send(till.pos, "POST", lines, event);
        assert_eq!(answer.status, status, "{lines}: {answer:?}");
        answer.problem();
        assert_eq!(till.seven("downtime").status, 503, "{lines}: nothing was told");
    }
    for host in ["localhost", "LOCALHOST:8481", "127.0.0.1:8481", "[::1]:8481", "127.0.0.2"] {
        let answer = send(till.pos, "POST", &format!("Host: {host}\r\n{json}"), event);
        assert_eq!((answer.status, answer.body.as_str()), (202, ""), "{host}: {answer:?}");
    }
    let charset = "Host: localhost\r\nContent-Type: application/json; charset=utf-8\r\n";
    assert_eq!(send(till.pos, "POST", charset, event).status, 202);
    assert_eq!(till.seven("downtime").status, 204);
}

#[test]
fn the_token_is_wanted() {
    let file = Scratch::new("token");
    std::fs::write(&file.0, "0123456789abcdefXYZ\n").unwrap();
    let till = Till::start_with("", |config| config.pos.token_file = Some(file.0.clone()));
    let event = r#"{"event":"alive"}"#;
    for (line, status) in [
        ("", 401),
        ("Authorization: Bearer 0123456789abcdefXYz\r\n", 401),
        ("Authorization: Bearer 0123456789abcdefXY\r\n", 401),
        ("Authorization: Bearer \r\n", 401),
        ("Authorization: Basic 0123456789abcdefXYZ\r\n", 401),
        ("Authorization: Bearer 0123456789abcdefXYZ\r\n", 202),
        ("Authorization: bearer 0123456789abcdefXYZ\r\n", 202),
    ] {
        let answer = till.post(event, line);
        assert_eq!(answer.status, status, "{line}");
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            assert_eq!(answer.problem(), "not-allowed");
        }
    }
}

#[test]
fn a_weak_token_is_no_token() {
    let file = Scratch::new("weak");
    for text in ["", "short", "two words of a token"] {
        std::fs::write(&file.0, text).unwrap();
        let error = crate::http::Token::read(&file.0).unwrap_err().to_string();
        assert!(error.contains("16 to 256"), "{error}");
    }
}

#[test]
fn a_bad_batch_is_refused_whole() {
    let till = Till::start("");
    for (body, named) in [
        ("", "JSON"),
        ("{", "JSON"),
        (r#"[{"event":"receipt-opened"},{"event":"receipt-open"}]"#, "receipt-open"),
        (r#"[{"event":"receipt-opened"},{"event":"alive","att":1}]"#, "att"),
        (r#"[{"event":"receipt-opened"},{"event":"alive","at":"yesterday"}]"#, "yesterday"),
    ] {
        let answer = till.post(body, "");
        assert_eq!((answer.status, answer.problem().as_str()), (400, "bad-request"), "{body}");
        assert!(answer.body.contains(named), "{body}: {}", answer.body);
        assert_eq!(till.seven("downtime").status, 503, "nothing of it was taken");
    }
}

/// An acknowledgement says that the state is on the disk, or the till says that it is not.
#[test]
fn what_cannot_be_saved_is_taken_and_is_a_problem() {
    let folder = std::env::temp_dir().join(format!("till-status-{}-state", std::process::id()));
    let file = folder.join("state");
    let till = Till::start_with("", |config| config.till.state_file = Some(file.clone()));
    let codes = || -> Vec<String> {
        let document = till.get("/till/v1/status").json();
        let problems = document["problems"].as_array().unwrap().iter();
        problems.map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
    };
    assert!(!codes().contains(&"state-not-saved".to_owned()), "nothing was to be saved yet");
    till.tell(r#"{"event":"receipt-opened"}"#);
    assert_eq!(till.seven("last_receipt_time").status, 200, "it is taken all the same");
    assert_eq!(codes(), ["state-not-saved"]);
    // The folder is there again.
    std::fs::create_dir(&folder).unwrap();
    till.tell(r#"{"event":"receipt-closed"}"#);
    let saved = std::fs::read_to_string(&file);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(saved.unwrap().starts_with("till-status state 1 "));
    assert_eq!(codes(), [""; 0]);
}

#[test]
fn bodies_are_limited() {
    let till = Till::start("");
    let event = r#"{"event":"alive"}"#;
    let padded = |length: usize| format!("{event}{}", " ".repeat(length - event.len()));
    assert_eq!(till.post(&padded(64 << 10), "").status, 202);
    let answer = till.post(&padded((64 << 10) + 1), "");
    assert_eq!((answer.status, answer.problem().as_str()), (413, "bad-request"));
    let chunked = format!(
        "POST /till/v1/pos/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{event}\r\n0\r\n\r\n",
        event.len()
    );
    assert_eq!(Answer::parse(&exchange(till.pos, chunked.as_bytes())).status, 202);
}

#[test]
fn a_body_that_never_ends_is_cut() {
    let till = Till::start("");
    let mut stream = TcpStream::connect(till.pos).unwrap();
    let head = "POST /till/v1/pos/events HTTP/1.1\r\nHost: localhost\r\n\
                Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).status, 408);
}

#[test]
fn other_paths_and_methods() {
    let till = Till::start("");
    let lines = "Host: localhost\r\nContent-Type: application/json\r\n";
    let answer = send(till.pos, "PUT", lines, "{}");
    assert_eq!((answer.status, answer.problem().as_str()), (405, "method-not-allowed"));
    assert_eq!(answer.header("allow"), Some("POST"));
    let request = "GET /api/v1/status/ofd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = Answer::parse(&exchange(till.pos, request.as_bytes()));
    assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"));
}

#[test]
fn extra_routes_are_behind_the_same_guards() {
    let extra = warp::path!("demo")
        .map(|| {
            warp::Reply::into_response(warp::reply::with_status(
                "",
                warp::http::StatusCode::IM_A_TEAPOT,
            ))
        })
        .boxed();
    let mut config = Config::parse("[pos]\nsource = \"events\"\n").unwrap();
    config.api.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    config.pos.listen = PosListen::Tcp(SocketAddr::from(([127, 0, 0, 1], 0)));
    let running = Service::start(config, Some(extra)).unwrap();
    let Some(PosListen::Tcp(pos)) = running.pos() else { panic!("a loopback port") };
    for (lines, status) in [("Host: localhost\r\n", 418), ("Host: localhost\r\nOrigin: x\r\n", 403)]
    {
        let request = format!("GET /demo HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
        assert_eq!(Answer::parse(&exchange(*pos, request.as_bytes())).status, status);
    }
    let request = "GET /demo HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n";
    assert_eq!(Answer::parse(&exchange(running.api()[0], request.as_bytes())).status, 404);
}

#[test]
fn a_unix_socket_has_its_mode() {
    let file = Scratch::new("pos.sock");
    let place = PosListen::Unix { path: file.0.clone(), mode: 0o600, group: None };
    let mut till = Till::start_with("", |config| config.pos.listen = place.clone());
    assert_eq!(std::fs::metadata(&file.0).unwrap().permissions().mode() & 0o777, 0o600);
    let mut stream = UnixStream::connect(&file.0).unwrap();
    let body = r#"{"event":"receipt-opened"}"#;
    let request = format!(
        "POST /till/v1/pos/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).status, 202);
    assert_eq!(till.seven("downtime").status, 204);

    // A second service does not take the socket away from the first.
    let mut config = Config::parse("[pos]\nsource = \"events\"\n").unwrap();
    config.api.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    config.pos.listen = place.clone();
    let error = Service::start(config.clone(), None).unwrap_err().to_string();
    assert!(error.contains("another program serves this socket"), "{error}");

    till.running.take().unwrap().stop();
    assert!(!file.0.exists(), "the socket is removed");
    // What a killed service left behind is replaced.
    drop(std::os::unix::net::UnixListener::bind(&file.0).unwrap());
    assert!(file.0.exists());
    Service::start(config, None).unwrap().stop();
}

#[test]
fn an_unknown_group_is_named() {
    let file = Scratch::new("group.sock");
    let mut config = Config::parse("[pos]\nsource = \"events\"\n").unwrap();
    config.api.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    let group = Some("no-such-group".to_owned());
    config.pos.listen = PosListen::Unix { path: file.0.clone(), mode: 0o660, group };
    let error = Service::start(config, None).unwrap_err().to_string();
    assert!(error.contains("no-such-group"), "{error}");
}
