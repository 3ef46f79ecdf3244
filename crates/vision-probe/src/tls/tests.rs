//! Tries of a server with certificates of all kinds.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};

use crate::{Evidence, Meaning, Prober, Source};

const LIMIT: Duration = Duration::from_secs(10);

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server for one connection, with a certificate for a name, from one year until another.
fn server(authority: &Authority, name: &str, from: i32, until: i32) -> (String, JoinHandle<()>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
    let certificate = params.signed_by(&key, authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/health", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = Stream::new(&mut connection, &mut socket);
        let mut asked = Vec::new();
        let mut byte = [0];
        // A client that does not trust us goes away in the middle.
        while !asked.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
            asked.push(byte[0]);
        }
        if !asked.is_empty() {
            assert!(asked.starts_with(b"GET /health HTTP/1.1\r\n"));
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nready");
        }
    });
    (url, thread)
}

fn look(trusted: &Authority, url: &str) -> Evidence {
    let mut prober = Prober::new().trusting([trusted.der().to_vec()]).unwrap();
    prober.look(&url.parse().unwrap(), LIMIT)
}

#[test]
fn certificates_are_judged() {
    let (ours, others) = (authority("ours"), authority("another"));
    for (issuer, name, from, until, wanted) in [
        (&ours, "127.0.0.1", 2020, 2100, "http 200 in "),
        (&ours, "127.0.0.1", 2020, 2021, "TLS failed: the certificate is expired"),
        (&ours, "127.0.0.1", 2090, 2100, "TLS failed: the certificate is not valid yet"),
        (&ours, "vision.example", 2020, 2100, "TLS failed: the certificate is not for 127.0.0.1"),
        (
            &others,
            "127.0.0.1",
            2020,
            2100,
            "TLS failed: the certificate is of nobody whom this till",
        ),
    ] {
        let (url, thread) = server(issuer, name, from, until);
        let evidence = look(&ours, &url);
        assert!(evidence.to_string().starts_with(wanted), "{evidence}, not {wanted}");
        let meaning = if wanted.starts_with("http") { Meaning::Up } else { Meaning::Down };
        assert_eq!(evidence.meaning(), meaning);
        thread.join().unwrap();
    }
}

#[test]
fn a_text_is_found_where_the_server_ends_without_a_word() {
    let ours = authority("ours");
    let (url, thread) = server(&ours, "127.0.0.1", 2020, 2100);
    let Ok(Source::Active(target)) = url.parse() else { panic!("a target") };
    let mut prober = Prober::new().trusting([ours.der().to_vec()]).unwrap();
    let target = Source::Active(target.expecting(200, Some("steady".to_owned())));
    let evidence = prober.look(&target, LIMIT);
    assert_eq!(evidence, Evidence::TextMissing { expected: "steady".to_owned(), read: 5 });
    thread.join().unwrap();
}

#[test]
fn what_speaks_no_tls_is_down_and_what_is_silent_has_not_answered() {
    let ours = authority("ours");
    for (says, wanted) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "TLS failed: "),
        (b"", "connection closed before"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            // All of its greeting is taken first: what is left unread would make it a reset.
            let _ = socket.read(&mut [0; 4096]);
            let _ = socket.write_all(says);
        });
        let evidence = look(&ours, &url);
        assert!(evidence.to_string().starts_with(wanted), "{evidence}");
        assert_eq!(evidence.meaning(), Meaning::Down);
        thread.join().unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let mut prober = Prober::new().trusting([ours.der().to_vec()]).unwrap();
    let evidence = prober.look(&url.parse().unwrap(), Duration::from_millis(200));
    assert!(
        matches!(evidence, Evidence::TimedOut { waiting_for: "TLS handshake", .. }),
        "{evidence}"
    );
}

#[test]
fn without_any_trusted_certificate_nothing_is_known() {
    let error = Prober::new().trusting([]).unwrap_err();
    assert_eq!(error.meaning(), Meaning::Nothing);
    assert!(error.to_string().contains("no trusted certificates"), "{error}");
}

#[test]
fn a_certificate_of_an_authority_is_none_of_a_server() {
    let ours = authority("127.0.0.1");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(ours.key().serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![ours.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
        let _ = Stream::new(&mut connection, &mut socket).read(&mut [0]);
    });
    let evidence = look(&ours, &url);
    assert!(evidence.to_string().contains("has to be made with CA:FALSE"), "{evidence}");
    thread.join().unwrap();
}
