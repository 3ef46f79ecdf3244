//! The Vision link by real servers and a made-up `/proc`: each circumstance with its answer, its
//! state in the document, and its evidence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use till_status::{Config, Running, Service};
use vision_probe::Prober;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// A till of which only the Vision link is watched.
struct Till(Running);

impl Till {
    fn start(keys: &str, prober: Prober) -> Self {
        let mut config = Config::parse(&format!("[vision]\nevery = 1\n{keys}\n")).unwrap();
        config.api.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
        Self(Service::bind(config, None).unwrap().probing_by(prober).spawn().unwrap())
    }

    /// The code of the answer, and the type of its problem.
    fn answer(&self) -> (u16, String) {
        let answer = get(self.0.api()[0], "/api/v1/status/vision");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let problem: Option<Value> = serde_json::from_str(body).ok();
        let kind = problem.as_ref().and_then(|problem| problem["type"].as_str());
        let kind = kind.and_then(|kind| kind.strip_prefix("urn:till-status:problem:"));
        (head.split(' ').nth(1).unwrap().parse().unwrap(), kind.unwrap_or_default().to_owned())
    }

    /// The section of the document.
    fn section(&self) -> Value {
        let answer = get(self.0.api()[0], "/till/v1/status");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        serde_json::from_str::<Value>(body).unwrap()["vision"].take()
    }

    #[track_caller]
    fn until(&self, mut so: impl FnMut(&(u16, String)) -> bool) {
        let deadline = Instant::now() + LONG;
        loop {
            let answer = self.answer();
            if so(&answer) {
                return;
            }
            assert!(Instant::now() < deadline, "still {answer:?}: {}", self.section());
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Waits for a code, and then finds `evidence` in the document.
    #[track_caller]
    fn check(&self, code: u16, state: &str, evidence: &str) {
        let kind = if code == 503 { "not-connected" } else { "" };
        self.until(|answer| *answer == (code, kind.to_owned()));
        let section = self.section();
        assert_eq!(section["state"], state, "{section}");
        let text = if code == 503 { &section["reason"] } else { &section["evidence"] };
        assert!(text.as_str().unwrap().contains(evidence), "{section}, not {evidence}");
    }
}

fn get(to: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Serves each connection, by its number, until the test ends.
fn server(mut serve: impl FnMut(usize, TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            serve(number, stream);
        }
    });
    address
}

fn asked(stream: &mut impl Read) {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        request.push(byte[0]);
    }
}

fn saying(answer: &'static str) -> SocketAddr {
    server(move |_, mut stream| {
        asked(&mut stream);
        let _ = stream.write_all(answer.as_bytes());
    })
}

/// Keeps a connection that it answered in part, until the other end has had enough.
fn silent_after(answer: &'static str) -> SocketAddr {
    server(move |_, mut stream| {
        asked(&mut stream);
        let _ = stream.write_all(answer.as_bytes());
        let _ = stream.read(&mut [0]);
    })
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready";

#[test]
fn what_a_server_does_and_what_it_means() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (full, _queue) = black_hole();
    let ready = "expect_text = \"ready\"\n";
    for (target, keys, code, state, evidence) in [
        (format!("http://{}/", saying(OK)), ready, 200, "up", "http 200 in "),
        (format!("tcp://{}", saying(OK)), "", 200, "up", "connected in "),
        (
            format!("http://{}/", saying("HTTP/1.1 503 Service Unavailable\r\n\r\n")),
            "",
            204,
            "down",
            "http 503, expected 200",
        ),
        (
            format!("http://{}/", saying("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n")),
            "",
            204,
            "down",
            "http 302, expected 200",
        ),
        (format!("http://{nobody}/"), "", 204, "down", "connection refused"),
        (format!("tcp://{full}"), "limit = 0.3\n", 204, "down", "no connection in "),
        (
            format!("http://{}/", silent_after("HTTP/1.1 200 OK\r\n\r\nrea")),
            "expect_text = \"ready\"\nlimit = 0.3\n",
            204,
            "down",
            "no answer in ",
        ),
        (
            "http://no-such-host.invalid/".to_owned(),
            "",
            503,
            "not-connected",
            "the name does not resolve",
        ),
    ] {
        let till = Till::start(&format!("target = \"{target}\"\n{keys}"), Prober::new());
        till.check(code, state, evidence);
    }
}

/// A listener whose queue is full: further connections are not even answered.
fn black_hole() -> (SocketAddr, (TcpListener, Vec<TcpStream>)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
        queue.push(stream);
        assert!(queue.len() < 100_000, "this system queues without an end");
    }
    (address, (listener, queue))
}

#[cfg(feature = "tls")]
#[test]
fn certificates() {
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd,
    };
    use rustls::pki_types::PrivateKeyDer;

    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    for (until, code, state, evidence) in [
        (2100, 200, "up", "http 200 in "),
        (
            2021,
            204,
            "down",
            "TLS failed: the certificate is expired (or the clock of this till is wrong)",
        ),
    ] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, &authority).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let config = Arc::new(config);
        let vision = server(move |_, mut socket| {
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::Stream::new(&mut connection, &mut socket);
            asked(&mut stream);
            let _ = stream.write_all(OK.as_bytes());
        });
        let prober = Prober::new().trusting([authority.der().to_vec()]).unwrap();
        let till = Till::start(&format!("target = \"https://{vision}/\""), prober);
        till.check(code, state, evidence);
    }
}

#[test]
fn a_link_that_flaps_is_down_only_when_two_of_three_tries_fail() {
    // Silent at the second try, answers the third, and silent from then on until it was seen to be
    // down.
    let seen_down = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&seen_down);
    let vision = server(move |number, mut stream| {
        asked(&mut stream);
        if number == 0 || number == 2 || seen.load(Ordering::Relaxed) > 0 {
            let _ = stream.write_all(OK.as_bytes());
        } else {
            let _ = stream.read(&mut [0]);
        }
    });
    let keys =
        format!("target = \"http://{vision}/\"\nlimit = \"2s\"\n[max_age]\nvision = \"30s\"\n");
    let till = Till::start(&keys, Prober::new());
    let mut codes = vec![till.answer().0];
    till.until(|(code, _)| {
        if codes.last() != Some(code) {
            codes.push(*code);
        }
        if *code == 204 {
            seen_down.store(1, Ordering::Relaxed);
        }
        codes.ends_with(&[204, 200])
    });
    codes.retain(|code| *code != 503);
    assert_eq!(codes, [200, 204, 200]);
}

#[test]
fn a_process_that_is_gone_is_down_whatever_the_server_says() {
    let proc = Proc::new();
    let prober = || Prober::new().reading_proc(&proc.0);
    let vision = saying(OK);
    let both = format!("target = [\"process:visiond\", \"http://{vision}/\"]\n");
    let all = Till::start(&both, prober());
    let any = Till::start(&format!("{both}need = \"any\"\n"), prober());
    all.check(
        200,
        "up",
        &format!("process:visiond: process 812 is alive; http://{vision}/: http 200 in "),
    );
    any.check(200, "up", "process:visiond: process 812 is alive");
    assert!(!any.section()["evidence"].as_str().unwrap().contains("http"), "it is spared");
    std::fs::remove_dir_all(proc.0.join("812")).unwrap();
    all.check(204, "down", "process:visiond: no process of visiond is alive; http://");
    any.until(|_| any.section()["evidence"].as_str().unwrap().contains("http 200 in"));
    any.check(200, "up", "process:visiond: no process of visiond is alive; http://");
    // Who cannot see the processes of others knows nothing.
    std::fs::remove_dir_all(proc.0.join("1")).unwrap();
    let hidden = Till::start("target = \"process:visiond\"\n", prober());
    hidden.check(503, "not-connected", "are hidden from this one");
}

/// A made-up `/proc` with the first process and the Vision client.
struct Proc(PathBuf);

impl Proc {
    fn new() -> Self {
        let proc = std::env::temp_dir().join(format!("till-status-{}-proc", std::process::id()));
        let _ = std::fs::remove_dir_all(&proc);
        for (id, name) in [("1", "systemd"), ("812", "visiond")] {
            let folder = proc.join(id);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("comm"), format!("{name}\n")).unwrap();
            std::fs::write(folder.join("cmdline"), format!("{name}\0")).unwrap();
            std::fs::write(folder.join("stat"), format!("{id} ({name}) S 1")).unwrap();
        }
        Self(proc)
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
