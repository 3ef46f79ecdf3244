//! Tries of real loopback sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::{Evidence, Meaning, Prober, Resolve, Source, Target, Unresolved};

/// For what never answers.
const LIMIT: Duration = Duration::from_millis(400);
/// For what does, also on a machine that is busy.
const LONG: Duration = Duration::from_secs(20);

/// A server for one connection; what it was asked is its result.
fn server(
    answer: impl FnOnce(&mut TcpStream) + Send + 'static,
) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        let mut byte = [0];
        while !asked.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
            asked.push(byte[0]);
        }
        answer(&mut stream);
        String::from_utf8(asked).unwrap()
    });
    (address, thread)
}

fn http(address: SocketAddr, text: Option<&str>, limit: Duration) -> Evidence {
    let target = Target::parse(&format!("http://{address}/health")).unwrap();
    look(target.expecting(200, text.map(str::to_owned)), limit)
}

fn look(target: Target, limit: Duration) -> Evidence {
    Prober::new().look(&Source::Active(target), limit)
}

#[track_caller]
fn check_answer(answer: &'static str, text: Option<&str>, wanted: &str, meaning: Meaning) {
    let (address, thread) = server(move |stream| stream.write_all(answer.as_bytes()).unwrap());
    let evidence = http(address, text, LONG);
    let asked = thread.join().unwrap();
    assert!(asked.starts_with("GET /health HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains(&format!("Host: {address}\r\n")), "{asked}");
    assert!(evidence.to_string().starts_with(wanted), "{evidence}");
    assert_eq!(evidence.meaning(), meaning);
}

#[test]
fn answers_are_judged() {
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready";
    check_answer(ok, None, "http 200 in ", Meaning::Up);
    check_answer(ok, Some("ready"), "http 200 in ", Meaning::Up);
    check_answer(
        ok,
        Some("steady"),
        "\"steady\" is not in the 5 bytes of the answer that were read",
        Meaning::Down,
    );
    check_answer("HTTP/1.1 503 Down\r\n\r\n", None, "http 503, expected 200", Meaning::Down);
    check_answer(
        "HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n",
        None,
        "http 302, expected 200",
        Meaning::Down,
    );
    check_answer(
        "SSH-2.0-x\r\n",
        None,
        "expected an HTTP answer, got \"SSH-2.0-x..\"",
        Meaning::Down,
    );
    check_answer("HTTP/1.1 2x0 OK\r\n\r\n", None, "expected an HTTP answer", Meaning::Down);
    check_answer("HTTP/1.1 200 OK\r\nA: b\r\n", None, "connection closed before", Meaning::Down);
    check_answer("", None, "connection closed before", Meaning::Down);
}

#[test]
fn a_slow_answer_takes_no_longer_than_the_limit() {
    for drips in [true, false] {
        let (address, thread) = server(move |stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nA: ");
            while drips && stream.write_all(b"x").is_ok() {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            let _ = stream.read(&mut [0]);
        });
        let evidence = http(address, None, LIMIT);
        let Evidence::TimedOut { waiting_for: "answer", after } = evidence else {
            panic!("{evidence}")
        };
        assert!(after >= LIMIT && after < LONG, "{after:?}");
        thread.join().unwrap();
    }
}

#[test]
fn a_body_without_an_end_is_read_up_to_the_limit() {
    let (address, thread) = server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let Evidence::TextMissing { read, .. } = http(address, Some("ready"), LONG) else { panic!() };
    assert!(read <= 64 * 1024, "{read}");
    thread.join().unwrap();
}

#[test]
fn a_body_that_never_comes_is_no_answer() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    let (slow, thread) = server(|stream| {
        stream.write_all(head).unwrap();
        stream.write_all(b"rea").unwrap();
        let _ = stream.read(&mut [0]);
    });
    let evidence = http(slow, Some("ready"), LIMIT);
    assert!(matches!(evidence, Evidence::TimedOut { waiting_for: "answer", .. }), "{evidence}");
    thread.join().unwrap();
    // A wrong status is certain without it.
    let (wrong, thread) = server(|stream| {
        stream.write_all(b"HTTP/1.1 500 No\r\n\r\nrea").unwrap();
        let _ = stream.read(&mut [0]);
    });
    assert_eq!(http(wrong, Some("ready"), LONG), Evidence::WrongStatus { got: 500, expected: 200 });
    thread.join().unwrap();
    // Who asks for the status alone does not wait for a body.
    let (slow, thread) = server(|stream| {
        stream.write_all(head).unwrap();
        let _ = stream.read(&mut [0]);
    });
    assert_eq!(http(slow, None, LONG).meaning(), Meaning::Up);
    thread.join().unwrap();
}

#[test]
fn a_proxy_of_the_environment_is_not_asked() {
    // A proxy would be asked with the whole address; a process of its own, since the environment of
    // this one is shared by all tests.
    let program = std::env::current_exe().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut child = std::process::Command::new(program);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        child.env(name, format!("http://{nobody}"));
    }
    let ended = child.args(["--exact", "check::tests::answers_are_judged"]).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    assert!(String::from_utf8_lossy(&ended.stdout).contains("1 passed"));
}

#[test]
fn a_host_that_swallows_everything_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts: once the queue is full, further connections are not even answered.
    let mut queued = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, LIMIT) {
        queued.push(stream);
        assert!(queued.len() < 100_000, "this system queues without an end");
    }
    let evidence = look(Target::parse(&format!("tcp://{address}")).unwrap(), LIMIT);
    assert!(matches!(evidence, Evidence::TimedOut { waiting_for: "connection", .. }), "{evidence}");
}

#[test]
fn an_answer_in_pieces_of_any_size_is_the_same() {
    let answer = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nrereadready";
    for size in 1..=answer.len() {
        let (address, thread) = server(move |stream| {
            stream.set_nodelay(true).unwrap();
            for piece in answer.chunks(size) {
                stream.write_all(piece).unwrap();
            }
        });
        assert_eq!(http(address, Some("ready"), LONG).meaning(), Meaning::Up, "pieces of {size}");
        thread.join().unwrap();
    }
}

#[test]
fn nobody_there_is_refused() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let target = Target::parse(&format!("tcp://{address}")).unwrap();
    assert_eq!(look(target, LONG), Evidence::Refused);
}

#[test]
fn ipv6_and_names_are_reached() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let target = Target::parse(&format!("tcp://{}", listener.local_addr().unwrap())).unwrap();
    let evidence = look(target, LONG);
    assert_eq!(evidence.meaning(), Meaning::Up, "{evidence}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // A host whose first address refuses: the next one is tried.
    let resolver = Fixed(Ok(vec![([127, 0, 0, 2], 1).into(), ([127, 0, 0, 1], port).into()]));
    let target = Target::parse("tcp://vision:1").unwrap();
    let mut prober = Prober::new().resolving_by(resolver);
    assert_eq!(prober.look(&Source::Active(target), LONG).meaning(), Meaning::Up);
}

#[derive(Debug)]
struct Fixed(Result<Vec<SocketAddr>, Unresolved>);

impl Resolve for Fixed {
    fn resolve(&mut self, _: &str, _: u16, _: Duration) -> Result<Vec<SocketAddr>, Unresolved> {
        self.0.clone()
    }
}

#[test]
fn a_name_without_an_address_says_nothing_of_the_link() {
    let target: Source = "tcp://no-such-host.invalid:1".parse().unwrap();
    let evidence = Prober::new().look(&target, Duration::from_secs(5));
    assert!(matches!(evidence, Evidence::Unresolved(_)), "{evidence}");
    assert_eq!(evidence.meaning(), Meaning::Nothing);
    let slow = Fixed(Err(Unresolved::TimedOut(LIMIT)));
    let evidence = Prober::new().resolving_by(slow).look(&target, LIMIT);
    assert_eq!(
        evidence.to_string(),
        "the name does not resolve: the name server did not answer in 400ms"
    );
}
