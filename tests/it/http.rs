//! The real service: its settings, its errors and its guards, over real sockets.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Response, Running, exchange, get, program, raw, request, simulator, until};

/// A service of its own config, with simulated devices where the config names `{kkt}`, `{scale}`.
pub(crate) struct Till {
    pub(crate) api: SocketAddr,
    pub(crate) pos: SocketAddr,
    folder: PathBuf,
    service: Running,
    _simulators: Vec<Running>,
}

impl Till {
    pub(crate) fn start(name: &str, api: &str, rest: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("till-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut simulators = Vec::new();
        let mut rest = rest.replace("{folder}", folder.to_str().unwrap());
        for (key, kind) in [("{kkt}", "atol-v3"), ("{scale}", "massa-k-100")] {
            if rest.contains(key) {
                let (simulator, address) = simulator(&[kind, "--listen", "127.0.0.1:0"]);
                rest = rest.replace(key, &address);
                simulators.push(simulator);
            }
        }
        let config = folder.join("till-status.toml");
        let rest = rest.replace("{pos}", "127.0.0.1:0");
        std::fs::write(&config, format!("[api]\nlisten = [\"127.0.0.1:0\"]\n{api}\n{rest}"))
            .unwrap();
        let (service, api, pos) = Self::serve(&folder);
        Self { api, pos, folder, service, _simulators: simulators }
    }

    /// Starts the service and learns from its log where it listens.
    fn serve(folder: &std::path::Path) -> (Running, SocketAddr, SocketAddr) {
        let mut command = program("till-status");
        command.arg("run").arg("--config").arg(folder.join("till-status.toml"));
        let log = folder.join("log");
        let file = std::fs::File::create(&log).unwrap();
        let service = Running(command.stdout(Stdio::null()).stderr(file).spawn().unwrap());
        let api = until(Duration::from_secs(10), || said(&log, "serving api=\""));
        let pos = said(&log, "takes events of the till program place=");
        (service, api, pos.unwrap_or(api))
    }

    fn restart(&mut self) {
        (self.service, self.api, self.pos) = Self::serve(&self.folder);
    }

    fn seven(&self, name: &str, headers: &[(&str, &str)]) -> Response {
        request(self.api, "GET", &format!("/api/v1/status/{name}"), headers, "")
    }

    fn event(&self, event: &str) -> Response {
        request(self.pos, "POST", "/till/v1/pos/events", &[], event)
    }

    #[track_caller]
    fn await_body(&self, name: &str, headers: &[(&str, &str)], body: &str) {
        let mut last = None;
        let end = Instant::now() + Duration::from_secs(6);
        while Instant::now() < end {
            let answer = self.seven(name, headers);
            if answer.status == 200 && answer.body == body {
                return;
            }
            last = Some(answer);
            std::thread::park_timeout(Duration::from_millis(50));
        }
        panic!("{name}: wanted {body:?}, last was {last:?}");
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The address behind `words` in a log.
fn said(log: &std::path::Path, words: &str) -> Option<SocketAddr> {
    let text = std::fs::read_to_string(log).unwrap();
    let rest = text.split(words).nth(1)?;
    // A line that is still being written has no end yet.
    rest.split_once(['"', '\n'])?.0.trim().parse().ok()
}

pub(crate) const EVENTS: &str =
    "[pos]\nsource = \"events\"\nlisten = \"{pos}\"\ntoken_file = \"{folder}/token\"\n";
const DEVICES: &str = "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"{kkt}\"\nhold = \"always\"\n\
     owns_device = true\nreceipt = \"line-by-line\"\n[scale]\nprotocol = \"massa-k-100\"\n\
     address = \"{scale}\"\n";
const JSON: &[(&str, &str)] = &[("Accept", "application/json")];

#[test]
fn both_forms_of_every_body() {
    let till = Till::start("forms", "", DEVICES);
    for (name, text, json) in
        [("ofd", "0", "0"), ("paper", "1", "true"), ("weight", "0.000", "0.000")]
    {
        till.await_body(name, &[], text);
        till.await_body(name, JSON, json);
        let answer = till.seven(name, &[]);
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(till.seven(name, JSON).header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(
            answer.header("last-modified").is_some_and(|at| at.ends_with(" GMT")),
            "{answer:?}"
        );
        let path = format!("/api/v1/status/{name}");
        let head = request(till.api, "HEAD", &path, &[], "");
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        assert_eq!(head.header("content-length"), Some(text.len().to_string().as_str()));
        assert_eq!(get(till.api, &format!("{path}/")).status, 200, "trailing slash");
    }
    let receipt = till.seven("last_receipt_time", &[]);
    assert_eq!((receipt.status, receipt.body.as_str()), (204, ""));
    for absent in ["content-type", "content-length"] {
        assert_eq!(receipt.header(absent), None, "{receipt:?}");
    }
}

#[test]
fn the_forms_follow_the_settings() {
    let api = "body = \"json\"\nflag = \"yes\"\nweight = \"g\"\nunsupported = 404\n";
    let till = Till::start("settings", api, DEVICES);
    till.await_body("ofd", &[], "0");
    till.await_body("paper", &[], "true");
    till.await_body("weight", &[], "0");
    till.await_body("paper", &[("Accept", "text/plain")], "yes");
    let missing = till.seven("vision", &[]);
    assert_eq!((missing.status, missing.problem().as_deref()), (404, Some("not-configured")));
}

#[test]
fn the_time_forms() {
    let closed = r#"{"event":"receipt-closed","at":"2026-11-24T01:49:10+03:00"}"#;
    for (form, wanted) in [
        ("epoch", "1795474150"),
        ("%d.%m.%Y", "23.11.2026"),
        ("local", "2026-11-23T22:49:10"),
        ("rfc3339", "2026-11-23T22:49:10+00:00"),
    ] {
        let folder = format!("time-{}", form.replace(['%', '.'], ""));
        let till = start_with_token(&folder, &format!("time = \"{form}\"\n"), EVENTS);
        let told = authorised(&till, closed);
        assert_eq!(told.status, 202, "{told:?}");
        let answer = till.seven("downtime", &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
        // The service runs in this machine's zone; the tests compare in UTC.
        assert_eq!(answer.body.replace("+00:00", "Z"), wanted.replace("+00:00", "Z"), "{form}");
    }
}

pub(crate) fn start_with_token(name: &str, api: &str, rest: &str) -> Till {
    let folder = std::env::temp_dir().join(format!("till-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("token"), "secret-of-this-till\n").unwrap();
    Till::start(name, api, rest)
}

pub(crate) fn authorised(till: &Till, event: &str) -> Response {
    let token = ("Authorization", "Bearer secret-of-this-till");
    request(till.pos, "POST", "/till/v1/pos/events", &[token], event)
}

#[test]
fn errors_are_problems() {
    let till = Till::start("errors", "", DEVICES);
    let ofd = "/api/v1/status/ofd";
    for (method, path, status, kind) in [
        ("GET", "/api/v1/status/nothing", 404, "not-found"),
        ("GET", "/api/v1/status", 404, "not-found"),
        ("GET", "/till/v1/status/", 404, "not-found"),
        ("GET", "/metrics2", 404, "not-found"),
        ("GET", "/till/v1/pos/events", 404, "not-found"),
        ("POST", ofd, 405, "method-not-allowed"),
        ("DELETE", "/till/v1/status", 405, "method-not-allowed"),
        ("GET", "/api/v1/status/vision", 501, "not-configured"),
        ("GET", "/api/v1/status/user_role_id", 501, "not-supported"),
    ] {
        let answer = request(till.api, method, path, &[], "");
        assert_eq!((answer.status, answer.problem().as_deref()), (status, Some(kind)), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.json()["status"], status);
        assert!(answer.json()["detail"].as_str().is_some_and(|text| text.len() > 10), "{answer:?}");
        if status == 405 {
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    let no_host =
        raw(till.api, format!("GET {ofd} HTTP/1.1\r\nConnection: close\r\n\r\n").as_bytes());
    assert_ne!(no_host.status, 400, "home-made pollers send no Host");
    for (path, hosts) in [("/till/v1/status", ""), (ofd, "Host: a\r\nHost: b\r\n")] {
        let text = format!("GET {path} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        let answer = raw(till.api, text.as_bytes());
        assert_eq!((answer.status, answer.problem().as_deref()), (400, Some("bad-request")));
    }
    for text in ["CONNECT a:1 HTTP/1.1\r\nHost: a", "OPTIONS * HTTP/1.1\r\nHost: a"] {
        let answer = raw(till.api, format!("{text}\r\nConnection: close\r\n\r\n").as_bytes());
        assert_eq!((answer.status, answer.problem().as_deref()), (400, Some("bad-request")));
    }
    let long = "x".repeat(9000);
    let answer = request(till.api, "GET", ofd, &[("X-Long", &long)], "");
    assert_eq!(answer.status, 431);
}

#[test]
fn the_rate_of_a_client_is_bounded_only_when_asked_on_loopback() {
    let free = Till::start("rate-free", "", "");
    for _ in 0..60 {
        assert_eq!(free.seven("ofd", &[]).status, 501);
    }
    let till = Till::start("rate", "rate = 1\nburst = 5\nlimit_loopback = true\n", "");
    let answers: Vec<_> = (0..8).map(|_| till.seven("ofd", &[])).collect();
    assert!(answers.iter().take(5).all(|answer| answer.status == 501), "{answers:?}");
    let limited = answers.last().unwrap();
    assert_eq!((limited.status, limited.problem().as_deref()), (429, Some("rate-limited")));
    let wait: u32 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
}

#[test]
fn a_client_outside_the_allowed_networks_is_refused() {
    let till = Till::start("allow", "allow = [\"192.0.2.0/24\"]\n", "");
    let answer = till.seven("ofd", &[]);
    assert_eq!((answer.status, answer.problem().as_deref()), (403, Some("not-allowed")));
}

#[test]
fn the_event_port_is_guarded() {
    let till = start_with_token("guards", "", EVENTS);
    let event = r#"{"event":"alive"}"#;
    let token = ("Authorization", "Bearer secret-of-this-till");
    let post = |headers: &[(&str, &str)], body: &str| {
        request(till.pos, "POST", "/till/v1/pos/events", headers, body)
    };
    assert_eq!(post(&[token], event).status, 202);
    assert_eq!(till.event(event).status, 401, "no token");
    assert_eq!(post(&[("Authorization", "Bearer wrong")], event).status, 401);
    assert_eq!(post(&[token, ("Origin", "http://localhost")], event).status, 403);
    assert_eq!(post(&[token, ("Content-Type", "text/plain")], event).status, 415);
    let text = format!(
        "POST /till/v1/pos/events HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\
         Authorization: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{event}",
        token.1,
        event.len()
    );
    assert_eq!(raw(till.pos, text.as_bytes()).status, 403, "a page that rebinds its name");
    for (body, named) in [
        (r#"[{"event":"alive"},{"event":"receipt-opend"}]"#, "receipt-opend"),
        (r#"{"event":"alive","att":1}"#, "att"),
        (r#"{"event":"receipt-opened","at":"yesterday"}"#, "at"),
        ("{", "JSON"),
    ] {
        let answer = post(&[token], body);
        assert_eq!((answer.status, answer.problem().as_deref()), (400, Some("bad-request")));
        assert!(answer.body.contains(named), "{}", answer.body);
    }
    assert_eq!(
        get(till.api, "/api/v1/status/last_receipt_time").status,
        503,
        "nothing was applied"
    );
}

#[test]
fn events_come_over_a_unix_socket_and_from_the_command_line() {
    let rest = "[pos]\nsource = \"events\"\nlisten = \"unix:{folder}/pos.sock?mode=0600\"\n";
    let till = Till::start("unix", "", rest);
    let socket = till.folder.join("pos.sock");
    let event = r#"{"event":"receipt-opened"}"#;
    let text = format!(
        "POST /till/v1/pos/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{event}",
        event.len()
    );
    let mut stream = until(Duration::from_secs(5), || UnixStream::connect(&socket).ok());
    assert_eq!(exchange(&mut stream, text.as_bytes()).status, 202);
    assert_eq!(till.seven("last_receipt_time", &[]).status, 200);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&socket).unwrap());
    assert_eq!(mode & 0o777, 0o600);

    let at = format!("unix:{}", socket.display());
    let told =
        program("till-status").args(["event", "receipt-closed", "--pos", &at]).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    assert_eq!(till.seven("downtime", &[]).status, 200);
}

#[test]
fn a_file_at_the_place_of_the_socket_is_left_alone() {
    let folder = std::env::temp_dir().join(format!("till-file-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (config, precious) = (folder.join("till-status.toml"), folder.join("pos.sock"));
    std::fs::write(&precious, "precious").unwrap();
    let listen = format!("unix:{}", precious.display());
    let text = format!(
        "[api]\nlisten = [\"127.0.0.1:0\"]\n[pos]\nsource = \"events\"\nlisten = \"{listen}\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let output = program("till-status").arg("run").arg("--config").arg(&config).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("pos.sock"), "{told}");
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let rest = "[pos]\nsource = \"events\"\nlisten = \"unix:{folder}/pos.sock?mode=0600\"\n\
                [till]\nstate_file = \"{folder}/state\"\n";
    let mut till = Till::start("kill", "", rest);
    let tell = |till: &Till, event: &str| {
        let at = format!("unix:{}", till.folder.join("pos.sock").display());
        let told =
            program("till-status").args(["event", "--json", event, "--pos", &at]).output().unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    };
    for round in 0..5 {
        tell(&till, &format!(r#"{{"event":"receipt-opened","id":"o{round}"}}"#));
        let event = format!(r#"{{"event":"receipt-closed","id":"c{round}"}}"#);
        tell(&till, &event);
        let before = till.seven("downtime", &[]);
        assert_eq!(before.status, 200);
        till.service.0.kill().unwrap();
        till.service.0.wait().unwrap();
        till.restart();
        let after = till.seven("downtime", &[]);
        assert_eq!((after.status, &after.body), (200, &before.body));
        // A repeat of what was told before the kill is ignored.
        tell(&till, &format!(r#"{{"event":"receipt-opened","id":"o{round}"}}"#));
        assert_eq!(till.seven("last_receipt_time", &[]).status, 204);
    }
    till.service.0.kill().unwrap();
    till.service.0.wait().unwrap();
    std::fs::write(till.folder.join("state"), "no state").unwrap();
    till.restart();
    assert_eq!(till.seven("downtime", &[]).status, 503, "the file before it may be behind");
    let document = get(till.api, "/till/v1/status").json();
    let codes: Vec<_> =
        document["problems"].as_array().unwrap().iter().map(|p| &p["code"]).collect();
    assert_eq!(codes, ["state-not-saved"]);
}

#[test]
fn a_kkt_that_is_not_ours_is_never_opened() {
    let devices = DEVICES.replace("hold = \"always\"\nowns_device = true\n", "");
    let seen = TcpListener::bind("127.0.0.1:0").unwrap();
    seen.set_nonblocking(true).unwrap();
    let ours = format!("tcp:{}", seen.local_addr().unwrap());
    let till = Till::start("never", "", &devices.replace("{kkt}", &ours));
    let answer = till.seven("ofd", &[]);
    assert_eq!((answer.status, answer.problem().as_deref()), (503, Some("busy")));
    assert!(answer.body.contains("hold"), "{}", answer.body);
    until(Duration::from_secs(5), || (get(till.api, "/readyz").status == 200).then_some(()));
    // Several cycles long nobody comes.
    std::thread::park_timeout(Duration::from_millis(2500));
    assert!(seen.accept().is_err(), "somebody connected to the KKT");
}

#[test]
fn the_service_ends_within_two_seconds_also_with_open_connections() {
    let mut till = Till::start("stop", "", DEVICES);
    till.await_body("ofd", &[], "0");
    let _idle = std::net::TcpStream::connect(till.api).unwrap();
    let (code, took) = till.service.terminate();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn health_and_readiness() {
    let till = Till::start("health", "", DEVICES);
    assert_eq!(get(till.api, "/healthz").status, 200);
    until(Duration::from_secs(5), || (get(till.api, "/readyz").status == 200).then_some(()));
    let document = get(till.api, "/till/v1/status").json();
    assert_eq!(document["vision"]["state"], "not-configured");
    assert_eq!(document["user"]["role_id"], serde_json::Value::Null);
    assert!(document["till"]["config"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn a_config_is_checked_and_asked_once() {
    let till = Till::start("once", "", DEVICES);
    let config = till.folder.join("till-status.toml");
    let check = program("till-status").arg("check-config").arg(&config).output().unwrap();
    assert_eq!(check.status.code(), Some(0), "{}", String::from_utf8_lossy(&check.stderr));
    let broken = till.folder.join("broken.toml");
    std::fs::write(&broken, "[api]\nlisten = [\"127.0.0.1:8480\"]\n\n[kkt]\nholdd = \"never\"\n")
        .unwrap();
    for arguments in [vec!["check-config"], vec!["run", "--config"], vec!["once", "--config"]] {
        let output = program("till-status").args(&arguments).arg(&broken).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {text}");
        assert!(text.contains("5") && text.contains("holdd") && text.contains("hold"), "{text}");
    }
    // The simulated devices serve one connection each, so the running service gives them up first.
    let mut till = till;
    till.service.terminate();
    let once =
        program("till-status").args(["once", "--json", "--config"]).arg(&config).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&once.stdout).unwrap();
    assert_eq!(document["kkt"]["ofd"]["unsent_documents"], 0, "{document}");
    assert!(matches!(once.status.code(), Some(0 | 1)));
}
