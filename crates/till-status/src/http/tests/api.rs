//! The answers of the API, with their forms and headers.

use super::*;

const OPEN: &str = r#"{"event":"receipt-opened","at":"2026-01-02T03:04:05+03:00"}"#;
const CLOSE: &str = r#"{"event":"receipt-closed","at":"2026-01-02T03:05:00+03:00"}"#;

#[test]
fn a_value_a_nothing_and_an_unknown() {
    let till = Till::start(KKT);
    let before = till.seven("downtime");
    assert_eq!((before.status, before.problem().as_str()), (503, "receipt-state-unknown"));
    till.tell(OPEN);
    let open = till.seven("last_receipt_time");
    assert_eq!(open.status, 200);
    assert_eq!(open.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(open.header("cache-control"), Some("no-store"));
    assert!(open.header("last-modified").unwrap().ends_with(" GMT"));
    let time: jiff::Timestamp = open.body.parse().unwrap();
    assert_eq!(time, "2026-01-02T03:04:05+03:00".parse().unwrap());
    let nothing = till.seven("downtime");
    assert_eq!((nothing.status, nothing.body.as_str()), (204, ""));
    assert_eq!(nothing.header("content-type"), None);
    assert_eq!(nothing.header("content-length"), None);
    assert_eq!(nothing.header("cache-control"), Some("no-store"));
    assert!(nothing.header("last-modified").is_some());
    till.tell(CLOSE);
    assert_eq!(till.seven("last_receipt_time").status, 204);
    assert_eq!(till.seven("downtime").status, 200);
    let never = till.seven("paper");
    assert_eq!((never.status, never.problem().as_str()), (503, "busy"));
    assert_eq!(never.json()["device"], "kkt");
    let missing = till.seven("vision");
    assert_eq!((missing.status, missing.problem().as_str()), (501, "not-configured"));
}

#[test]
fn head_is_get_without_its_body() {
    let till = Till::start(KKT);
    till.tell(r#"{"event":"kkt-status","unsent_documents":3,"paper":"out"}"#);
    for path in ["/api/v1/status/ofd", "/api/v1/status/paper", "/api/v1/status/vision", "/healthz"]
    {
        let (get, head) = (till.get(path), till.ask("HEAD", path, ""));
        assert_eq!(head.status, get.status);
        assert_eq!(head.body, "");
        let headers = |answer: &Answer| {
            let mut headers = answer.headers.clone();
            headers.retain(|(name, _)| name != "date");
            headers.sort();
            headers
        };
        assert_eq!(headers(&head), headers(&get), "{path}");
    }
}

#[test]
fn forms_by_accept_and_by_settings() {
    let json = "Accept: application/json\r\n";
    let text = "Accept: text/plain\r\n";
    let till = Till::start(KKT);
    till.tell(
        r#"[{"event":"kkt-status","unsent_documents":0,"paper":"near-end"},
                  {"event":"user-signed-in","role_id":"12"}]"#,
    );
    for (name, plain, scalar) in
        [("ofd", "0", "0"), ("paper", "1", "true"), ("user_role_id", "12", "12")]
    {
        let answer = till.seven(name);
        assert_eq!((answer.status, answer.body.as_str()), (200, plain), "{name}");
        let answer = till.ask("GET", &format!("/api/v1/status/{name}"), json);
        assert_eq!((answer.status, answer.body.as_str()), (200, scalar), "{name}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    let till =
        Till::start(&format!("{KKT}[api]\nbody = \"json\"\ntime = \"epoch\"\nflag = \"yes\"\n"));
    till.tell(r#"{"event":"kkt-status","paper":"present"}"#);
    till.tell(OPEN);
    assert_eq!(till.seven("paper").body, "true");
    assert_eq!(till.ask("GET", "/api/v1/status/paper", text).body, "yes");
    assert_eq!(till.ask("GET", "/api/v1/status/last_receipt_time", text).body, "1767312245");
    assert_eq!(till.seven("last_receipt_time").body, "\"1767312245\"");
    let till = Till::start(&format!("{KKT}[api]\nunsupported = 404\nflag = \"\"\n"));
    till.tell(r#"{"event":"kkt-status","paper":"present"}"#);
    let empty = till.seven("paper");
    assert_eq!((empty.status, empty.body.as_str()), (200, ""));
    assert_eq!(empty.header("content-length"), Some("0"));
    let missing = till.seven("vision");
    assert_eq!((missing.status, missing.problem().as_str()), (404, "not-configured"));
}

#[test]
fn paths_and_methods() {
    let till = Till::start("");
    for (method, path, status) in [
        ("GET", "/", 200),
        ("GET", "/api/v1/status/", 404),
        ("GET", "/api/v1/status", 404),
        ("GET", "/api/v1/status/ofd//", 404),
        ("GET", "/api/v1/status/OFD", 404),
        ("GET", "/api/v2/status/ofd", 404),
        ("GET", "/till/v1/status/", 404),
        ("GET", "/healthz/", 404),
        ("GET", "/till/v1/pos/events", 404),
        ("POST", "/till/v1/pos/events", 404),
        ("GET", "/till/v1/status?x=1", 200),
        ("POST", "/till/v1/status", 405),
        ("PUT", "/api/v1/status/ofd/", 405),
        ("DELETE", "/healthz", 405),
        ("OPTIONS", "/readyz", 405),
    ] {
        let answer = till.ask(method, path, "");
        assert_eq!(answer.status, status, "{method} {path}");
        if status == 404 {
            assert_eq!(answer.problem(), "not-found");
        } else if status == 405 {
            assert_eq!(answer.problem(), "method-not-allowed");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
}

#[test]
fn exactly_one_valid_host() {
    let till = Till::start("");
    for (path, lines, status) in [
        ("/healthz", "Host: till\r\n", 200),
        ("/healthz", "Host: [::1]:8480\r\n", 200),
        ("/healthz", "Host: 10.0.0.1:8480\r\n", 200),
        ("/healthz", "", 400),
        ("/healthz", "Host: a\r\nHost: b\r\n", 400),
        ("/healthz", "Host: \r\n", 400),
        ("/healthz", "Host: a b\r\n", 400),
        ("/healthz", "Host: user@till\r\n", 400),
        ("/healthz", "Host: till:port\r\n", 400),
        ("/healthz", "Host: till:99999\r\n", 400),
        ("/healthz", "Host: till/path\r\n", 400),
        ("/till/v1/status", "", 400),
        ("/nowhere", "", 400),
        ("/api/v1/status/vision", "", 501),
        ("/api/v1/status/vision/", "", 501),
        ("/api/v1/status/vision", "Host: a\r\nHost: a\r\n", 400),
        ("/api/v1/status/vision", "Host: a b\r\n", 400),
        ("/api/v1/status/other", "", 400),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
        let answer = Answer::parse(&exchange(till.api, request.as_bytes()));
        assert_eq!(answer.status, status, "{path} {lines:?}");
        if status == 400 {
            assert_eq!(answer.problem(), "bad-request");
        }
    }
}

#[test]
fn clients_that_are_not_listed_are_refused() {
    let till = Till::start("[api]\nallow = [\"10.0.0.0/8\"]\n");
    for path in ["/healthz", "/api/v1/status/ofd", "/nowhere"] {
        let answer = till.get(path);
        assert_eq!((answer.status, answer.problem().as_str()), (403, "not-allowed"), "{path}");
    }
}

#[test]
fn loopback_is_limited_only_when_asked() {
    let till = Till::start("[api]\nrate = 1\nburst = 3\n");
    assert!((0..10).all(|_| till.get("/healthz").status == 200));
    let till = Till::start("[api]\nrate = 1\nburst = 3\nlimit_loopback = true\n");
    let codes: Vec<_> = (0..5).map(|_| till.get("/healthz").status).collect();
    assert_eq!(codes[..3], [200; 3]);
    let limited = till.get("/api/v1/status/ofd");
    assert_eq!((limited.status, limited.problem().as_str()), (429, "rate-limited"));
    assert_eq!(limited.header("retry-after"), Some("1"));
}

#[test]
fn the_document_speaks_two_languages() {
    let till = Till::start_with(&format!("{KKT}[till]\nname = \"Store 12\"\n"), |_| {});
    till.tell(r#"{"event":"kkt-status","paper":"out"}"#);
    for (lines, language) in [
        ("", "ru"),
        ("Accept-Language: en\r\n", "en"),
        ("Accept-Language: en-GB,en;q=0.9,ru;q=0.8\r\n", "en"),
        ("Accept-Language: ru,en;q=0.9\r\n", "ru"),
        ("Accept-Language: de\r\n", "ru"),
        ("Accept-Language: en;q=0.5, ru;q=0.6\r\n", "ru"),
    ] {
        let answer = till.ask("GET", "/till/v1/status", lines);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("content-language"), Some(language), "{lines}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let document = answer.json();
        assert_eq!(document["till"]["name"], "Store 12");
        assert_eq!(document["kkt"]["paper"], "out");
        let problems = document["problems"].as_array().unwrap();
        let text =
            problems.iter().map(|problem| problem["text"].as_str().unwrap()).collect::<String>();
        let cyrillic = text.chars().any(|letter| ('а'..='я').contains(&letter));
        assert_eq!(cyrillic, language == "ru", "{text}");
    }
}

#[test]
fn health_and_readiness() {
    let till = Till::start("");
    let healthy = till.get("/healthz");
    assert_eq!((healthy.status, healthy.body.as_str()), (200, "ok"));
    assert_eq!(till.get("/readyz").status, 200, "nothing to wait for");
    // Nothing answers at a documentation address: the first try takes some time, then it failed.
    let till = Till::start("[vision]\ntarget = \"tcp://192.0.2.1:9\"\nlimit = \"300ms\"\n");
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let answer = till.get("/readyz");
        if answer.status == 200 {
            break;
        }
        assert_eq!((answer.status, answer.problem().as_str()), (503, "starting"));
        assert!(Instant::now() < deadline, "{answer:?}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
