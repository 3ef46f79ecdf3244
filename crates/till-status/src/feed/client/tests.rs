use std::net::TcpListener;
use std::thread::JoinHandle;

use super::*;

const LIMIT: Duration = Duration::from_secs(20);

/// A server that gives these bytes to each request; `true` behind them: then it closes. It tells how
/// many connections it had.
fn serve(answers: Vec<(Vec<u8>, bool)>) -> (SocketAddr, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = std::thread::spawn(move || {
        let (mut connections, mut stream) = (0, None);
        for (answer, close) in answers {
            let mut open: TcpStream = stream.take().unwrap_or_else(|| {
                connections += 1;
                listener.accept().unwrap().0
            });
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if open.read(&mut byte).unwrap_or(0) == 0 {
                    connections += 1;
                    open = listener.accept().unwrap().0;
                    request.clear();
                    continue;
                }
                request.extend(byte);
            }
            // Byte by byte, where that is not too much.
            for piece in answer.chunks(if answer.len() > 1000 { 4096 } else { 1 }) {
                let _ = open.write_all(piece);
            }
            stream = Some(open).filter(|_| !close);
        }
        connections
    });
    (address, serving)
}

fn get(answer: &[u8], close: bool) -> Result<(u16, String), String> {
    let (address, _serving) = serve(vec![(answer.to_vec(), close)]);
    let got = Client::new(address, LIMIT).get("/x");
    got.map(|reply| (reply.status, String::from_utf8_lossy(&reply.body).into_owned()))
        .map_err(|trouble| trouble.text().to_owned())
}

#[test]
fn every_sound_answer_is_read() {
    for (answer, close, status, body) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, 200, "abc"),
        ("HTTP/1.1 200 OK\r\ncontent-length : 3\r\n\r\nabc", false, 200, "abc"),
        ("HTTP/1.1 200\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", false, 200, "abc"),
        ("HTTP/1.0 200 OK\n\nabc", true, 200, "abc"),
        ("HTTP/1.1 200 OK\r\nX-Odd: a\r\n  b\r\n\r\nabc", true, 200, "abc"),
        ("HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 1\r\n\r\na", false, 200, "a"),
        ("HTTP/1.1 200  \r\nServer: касса\r\nContent-Length: 0\r\n\r\n", false, 200, ""),
        ("HTTP/1.1 204 No Content\r\n\r\n", false, 204, ""),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone", false, 404, "none"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
            false,
            200,
            "a",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            false,
            200,
            "abc",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n",
            false,
            200,
            "a",
        ),
    ] {
        assert_eq!(get(answer.as_bytes(), close), Ok((status, body.to_owned())), "{answer}");
    }
}

#[test]
fn what_is_no_answer_is_named() {
    let long = "x".repeat(70_000);
    for (answer, wanted) in [
        (String::new(), "closed the connection without an answer"),
        ("hello\r\n\r\n".to_owned(), "which is no HTTP (invalid HTTP version)"),
        ("HTTP/1.1 200 OK\r\nContent-".to_owned(), "only \"HTTP/1.1 200 OK"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".to_owned(), "cut off"),
        ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc".to_owned(), "the lengths x"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nabc".to_owned(),
            "the lengths 1, 2",
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n".to_owned(), "chunks"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n".to_owned(), "chunks"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab".to_owned(), "cut off"),
        (format!("HTTP/1.1 200 OK\r\nX: {long}"), "a head of more than 16 KiB"),
        (format!("HTTP/1.1 200 OK\r\n\r\n{long}"), "a body of more than 64 KiB"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n".to_owned(),
            "a body of more than 64 KiB",
        ),
    ] {
        let error = get(answer.as_bytes(), true).unwrap_err();
        assert!(error.contains(wanted), "{wanted}: {error}");
    }
}

#[test]
fn a_server_that_never_answers_is_silent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = Client::new(listener.local_addr().unwrap(), Duration::from_millis(100));
    assert!(matches!(client.get("/x"), Err(Trouble::Silent(_))));
    // And one that is not there cannot be opened.
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert!(matches!(Client::new(address, LIMIT).get("/x"), Err(Trouble::CannotOpen(_))));
}

#[test]
fn a_connection_is_kept_as_long_as_it_is_clean() {
    let whole =
        |more: &str| format!("HTTP/1.1 200 OK\r\n{more}Content-Length: 1\r\n\r\na").into_bytes();
    let clean = || (whole(""), false);
    for (name, first, connections) in [
        ("clean", clean(), 1),
        ("says close", (whole("Connection: close\r\n"), true), 2),
        ("closes without a word", (whole(""), true), 2),
        ("says more than it should", ([whole(""), b"HTTP".to_vec()].concat(), true), 2),
        ("204 with a body", (b"HTTP/1.1 204 No\r\nContent-Length: 1\r\n\r\na".to_vec(), true), 2),
    ] {
        let (address, serving) = serve(vec![first, clean(), clean()]);
        let mut client = Client::new(address, LIMIT);
        for round in 0..3 {
            assert!(client.get("/x").is_ok(), "{name}, {round}");
        }
        assert_eq!(serving.join().unwrap(), connections, "{name}");
    }
}
