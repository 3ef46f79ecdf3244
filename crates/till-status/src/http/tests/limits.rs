//! Who is served when many come, where, and with which token.

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use super::*;

const ASK: &str = "GET /healthz HTTP/1.1\r\nHost: till\r\n\r\n";

/// A client that has the address `from`; all of 127.0.0.0/8 is here.
fn client(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::from((from, 0))).unwrap();
    connect(&socket, &to).unwrap();
    TcpStream::from(socket)
}

/// Is an answer got over a connection that stays open?
fn served(mut stream: &TcpStream) -> bool {
    let mut buffer = [0; 512];
    stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    let asked = stream.write_all(ASK.as_bytes());
    asked.is_ok() && stream.read(&mut buffer).is_ok_and(|count| count > 0)
}

#[test]
fn a_monitor_is_served_while_a_crowd_holds_every_other_place() {
    let till = Till::start("[api]\nmonitors = [\"127.1.0.1/32\"]\n");
    let crowd: Vec<_> = (0..48).map(|n| client([127, 9, 0, n], till.api)).collect();
    assert!(crowd.iter().all(served), "48 of 64 are for everybody");
    assert!(!served(&client([127, 9, 1, 1], till.api)), "the rest is not");
    let monitor: Vec<_> = (0..16).map(|_| client([127, 1, 0, 1], till.api)).collect();
    assert!(monitor.iter().all(served), "a monitor may hold 16");
    drop(monitor);
    let deadline = Instant::now() + Duration::from_secs(5);
    while !served(&client([127, 1, 0, 1], till.api)) {
        assert!(Instant::now() < deadline);
    }
}

#[test]
fn a_token_is_wanted_of_every_client() {
    let file = pos::Scratch::new("api-token");
    std::fs::write(&file.0, "0123456789abcdef\n").unwrap();
    let till = Till::start(&format!("[api]\ntoken_file = \"{}\"\n", file.0.display()));
    for (path, header, status) in [
        ("/api/v1/status/ofd", "", 401),
        ("/api/v1/status/ofd", "Authorization: Bearer 0123456789abcdeF\r\n", 401),
        ("/api/v1/status/ofd", "Authorization: Bearer 0123456789abcdef0\r\n", 401),
        ("/api/v1/status/ofd", "Authorization: Bearer \r\n", 401),
        ("/api/v1/status/ofd", "Authorization: Basic 0123456789abcdef\r\n", 401),
        ("/api/v1/status/ofd", "Authorization: bearer 0123456789abcdef\r\n", 501),
        ("/till/v1/status", "", 401),
        ("/till/v1/status", "Authorization: Bearer 0123456789abcdef\r\n", 200),
        ("/readyz", "", 401),
        ("/nothing", "", 401),
        ("/nothing", "Authorization: Bearer 0123456789abcdef\r\n", 404),
        ("/healthz", "", 200),
        ("/healthz/", "", 401),
    ] {
        let answer = till.ask("GET", path, header);
        assert_eq!(answer.status, status, "{path} {header}");
        let wanted = (status == 401).then_some("Bearer");
        assert_eq!(answer.header("www-authenticate"), wanted, "{path} {header}");
        if status == 401 {
            assert_eq!(answer.problem(), "not-allowed");
            assert!(answer.body.contains("[api] token_file"), "{answer:?}");
        }
    }
}

#[test]
fn a_token_that_cannot_be_read_is_named() {
    let mut config = Config::parse("[api]\ntoken_file = \"/nowhere/token\"\n").unwrap();
    config.api.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    let error = Service::start(config, None).unwrap_err().to_string();
    assert!(error.starts_with("token file /nowhere/token: "), "{error}");
}

#[test]
fn an_address_that_cannot_be_had_yet_is_waited_for() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let wanted = taken.local_addr().unwrap();
    let mut till = Till::start_with("", |config| config.api.listen.push(wanted));
    assert_eq!(till.get("/healthz").status, 200);
    assert_eq!(till.running.as_ref().unwrap().api(), [till.api], "only what is open is told");
    drop(taken);
    let deadline = Instant::now() + Duration::from_secs(30);
    let late = loop {
        match TcpStream::connect(wanted) {
            Ok(stream) => break stream,
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
        assert!(Instant::now() < deadline, "it does not listen on {wanted}");
    };
    assert!(served(&late));
    drop(late);
    till.running.take().unwrap().stop();
    assert!(TcpStream::connect(wanted).is_err(), "the late port is closed, too");
}

#[test]
fn without_any_port_it_does_not_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = Config::parse("").unwrap();
    // TEST-NET-1 is on no interface.
    let nowhere = SocketAddr::from(([192, 0, 2, 1], 8480));
    for (listen, wanted) in [
        (vec![taken.local_addr().unwrap()], "is another till-status running?"),
        (vec![nowhere], "no interface of this till has that address now"),
    ] {
        config.api.listen = listen;
        let error = Service::start(config.clone(), None).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert!(std::error::Error::source(&error).is_none(), "it would be said twice");
    }
}

#[test]
fn ipv6_takes_no_ipv4() {
    let mut config = Config::parse("").unwrap();
    config.api.listen = vec!["[::]:0".parse().unwrap()];
    // A machine without IPv6 has nothing to show.
    let Ok(running) = Service::start(config, None) else { return };
    let port = running.api()[0].port();
    let (v4, v6) = (SocketAddr::from(([127, 0, 0, 1], port)), format!("[::1]:{port}"));
    assert!(TcpStream::connect(v4).is_err());
    assert!(served(&TcpStream::connect(v6).unwrap()));
    let mut config = Config::parse("").unwrap();
    config.api.listen = vec![SocketAddr::from(([0, 0, 0, 0], port))];
    let both = Service::start(config, None).unwrap();
    assert!(served(&TcpStream::connect(v4).unwrap()));
    drop((running, both));
}
