//! The program itself: its commands, its exit codes, what it prints where.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn till_status(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_till-status")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).unwrap()
}

/// A folder of its own for each test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("till-status-cli-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn config(&self, text: &str) -> String {
        self.file("till.toml", text)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The running service; it ends with the test.
struct Service {
    child: Child,
    api: String,
}

impl Service {
    fn start(config: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_till-status"));
        command.args(["run", "--config", config]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let api = loop {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended without serving");
            if let Some((_, api)) = line.split_once("serving api=") {
                break api.trim().trim_matches('"').to_owned();
            }
        };
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { child, api }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.api).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_version_and_the_help() {
    let output = till_status(&["--version"]);
    let version = text(&output.stdout);
    let commit = version.strip_prefix(concat!("till-status ", env!("CARGO_PKG_VERSION"), " ("));
    let commit =
        commit.and_then(|rest| rest.strip_suffix(")\n")).unwrap_or_else(|| panic!("{version}"));
    let hash = commit.len() == 12 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(hash || commit == "unknown", "{version}");
    for command in ["run", "check-config", "once", "event", "pause", "resume"] {
        let output = till_status(&[command, "--help"]);
        let help = text(&output.stdout);
        assert!(
            output.status.success() && help.contains("Example") && help.contains("Exit code"),
            "{help}"
        );
    }
    assert_eq!(till_status(&[]).status.code(), Some(2));
    assert_eq!(till_status(&["serve"]).status.code(), Some(2));
}

#[test]
fn a_configuration_is_checked() {
    let folder = Folder::new("check");
    let file = folder
        .config("[till]\nname = \"Store 12 / till 3\"\n[vision]\ntarget = \"tcp://127.0.0.1:9\"\n");
    let output = till_status(&["check-config", &file]);
    assert_eq!(output.status.code(), Some(0));
    let summary = text(&output.stdout);
    for part in
        ["can be used", "Store 12 / till 3", "127.0.0.1:8480", "tcp://127.0.0.1:9", "sha256:"]
    {
        assert!(summary.contains(part), "{summary}");
    }
    let file = folder.config("[api]\n\nlissten = \"x\"\n");
    for arguments in
        [&["check-config", &file][..], &["run", "--config", &file], &["once", "--config", &file]]
    {
        let output = till_status(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = text(&output.stderr);
        assert!(
            error.contains(&format!(
                "{file}:3: [api] lissten: unknown key; did you mean \"listen\"?"
            )),
            "{error}"
        );
        assert_eq!(text(&output.stdout), "");
    }
    assert_eq!(till_status(&["check-config", &folder.path("none.toml")]).status.code(), Some(2));
    // "Касса" as an editor of Windows may write it.
    std::fs::write(&file, b"[till]\nname = \"\xca\xe0\xf1\xf1\xe0\"\n").unwrap();
    let output = till_status(&["check-config", &file]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("UTF-8; save it so"), "{}", text(&output.stderr));
}

#[test]
fn where_each_key_was_said() {
    let folder = Folder::new("sources");
    let file = folder.config("[api]\nrate = 2\n[scale]\nprotocol = \"cas-22\"\n");
    std::fs::create_dir_all(folder.path("till.toml.d")).unwrap();
    folder.file("till.toml.d/10-shop.toml", "[api]\nburst = 7\n[scale]\npassword = \"1111\"\n");
    folder.file("till.toml.d/20-till.toml", "[scale]\nprotocol = \"pos2\"\n");
    let check = |name: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_till-status"));
        command.args(["check-config", &file]).args(more).env(name, "tcp:10.0.0.8:5001");
        command.output().unwrap()
    };
    let output = check("TILL_STATUS_SCALE_ADDRESS", &[]);
    let summary = text(&output.stdout);
    for line in [
        "  scale   pos2 at tcp:10.0.0.8:5001, left alone while the receipt state is unknown",
        "  from    till.toml, then 10-shop.toml, then 20-till.toml, then TILL_STATUS_SCALE_ADDRESS",
        "          [api] burst       10-shop.toml:2",
        "          [api] rate        till.toml:2",
        "          [scale] address   TILL_STATUS_SCALE_ADDRESS",
        "          [scale] protocol  20-till.toml:2",
    ] {
        assert!(summary.lines().any(|there| there == line), "{line}\n{summary}");
    }
    let output = check("TILL_STATUS_SCALE_ADDRESS", &["--print"]);
    let whole = text(&output.stdout);
    assert!(whole.contains("\nrate = 2 # ") && whole.contains("\nweight = \"kg\" # default\n"));
    assert!(!whole.contains("1111"), "{whole}");
    let output = check("TILL_STATUS_SCALE_ADRESS", &[]);
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(
        error.contains(
            "TILL_STATUS_SCALE_ADRESS: unknown variable of the environment; did you mean"
        ),
        "{error}"
    );
}

#[test]
fn once_says_what_is_unknown() {
    let folder = Folder::new("once");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let file = folder.config(&format!("[vision]\ntarget = \"tcp://127.0.0.1:{port}\"\n"));
    let output = till_status(&["once", "--config", &file]);
    assert_eq!(output.status.code(), Some(1), "the rest is not configured");
    let table = text(&output.stdout);
    assert!(
        table.lines().any(|line| line.starts_with("vision ") && line.ends_with("200  1")),
        "{table}"
    );
    assert!(table.contains("not-configured"), "{table}");
    let output = till_status(&["once", "--config", &file, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["vision"]["state"], "up");
}

/// A simulated KKT as a device of a fake.
struct Kkt(kkt_sp80x::sim::ArmSimulator);

impl till_port::Device for Kkt {
    fn connect(&mut self, now: Duration) {
        self.0.connect(now);
    }
    fn disconnect(&mut self) {
        self.0.disconnect();
    }
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.0.receive(bytes, now);
    }
    fn transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.0.transmit(now)
    }
    fn wake(&self) -> Option<Duration> {
        self.0.wake()
    }
    fn hangs_up(&mut self) -> bool {
        self.0.hangs_up()
    }
}

/// What a profile maps is told, what nobody has mapped is unknown, and the policy holds.
#[test]
fn once_asks_a_service_plus_kkt() {
    let folder = Folder::new("once-sp80x");
    let mut kkt = kkt_sp80x::sim::ArmSimulator::new(Default::default());
    kkt.state_mut().extra.push(kkt_sp80x::sim::ExtraField {
        command: 44,
        path: ["200000", "Unsent"].map(str::to_owned).to_vec(),
        kind: kkt_sp80x::data::Kind::UNSIGNED,
        text: "3".to_owned(),
    });
    let kkt = std::sync::Arc::new(std::sync::Mutex::new(Kkt(kkt)));
    let line = till_port::Fake::tcp("127.0.0.1:0".parse().unwrap(), kkt).unwrap();
    let profile = folder.file(
        "profile.toml",
        "[[value]]\nname = \"unsent_documents\"\ndialect = \"arm\"\ncommand = \"44\"\n\
         path = [\"200000\", \"Unsent\"]\nread = \"integer\"\nevidence = \"device\"\n",
    );
    let config = |more: &str| {
        folder.config(&format!(
            "[pos]\nsource = \"events\"\n[kkt]\ndriver = \"sp80x\"\nmodel = \"SP802\"\n\
             dialect = \"arm\"\naddress = \"{}\"\nprofile = \"{profile}\"\n{more}",
            line.address()
        ))
    };
    for keys in ["", "hold = \"per-poll\"\n"] {
        let output = till_status(&["once", "--config", &config(keys)]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert_eq!(line.connections(), 0, "{keys}: {}", text(&output.stdout));
    }
    let owned = config("hold = \"always\"\nowns_device = true\n");
    let table = text(&till_status(&["once", "--config", &owned]).stdout);
    let line_of = |name: &str| {
        let found = table.lines().find(|line| line.starts_with(name));
        found.unwrap_or_else(|| panic!("no {name} in {table}")).to_owned()
    };
    assert!(line_of("ofd ").ends_with("200  3"), "{table}");
    let paper = line_of("paper ");
    assert!(paper.contains("not-supported") && paper.contains("dialect arm"), "{table}");
    let json = till_status(&["once", "--config", &owned, "--json"]).stdout;
    let document: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let kkt = &document["kkt"];
    assert_eq!((&kkt["shift"]["number"], &kkt["ofd"]["evidence"]), (&17.into(), &"device".into()));
}

#[test]
fn it_serves_takes_events_and_ends() {
    let folder = Folder::new("run");
    let socket = folder.path("pos.sock");
    let file = folder.config(&format!(
        "[api]\nlisten = \"127.0.0.1:0\"\n[pos]\nsource = \"events\"\nlisten = \"unix:{socket}?mode=0600\"\n"
    ));
    let mut service = Service::start(&file);
    let place = format!("unix:{socket}");
    let tell = |arguments: &[&str]| till_status(&[&["event", "--pos", &place], arguments].concat());

    assert_eq!(tell(&["receipt-opened", "--at", "2026-01-02T03:04:05Z"]).status.code(), Some(0));
    assert!(service.get("/api/v1/status/last_receipt_time").starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(
        tell(&[
            "--json",
            r#"[{"event":"receipt-closed"},{"event":"user-signed-in","role_id":"12"}]"#
        ])
        .status
        .code(),
        Some(0)
    );
    assert!(service.get("/api/v1/status/last_receipt_time").starts_with("HTTP/1.1 204 "));
    assert!(service.get("/api/v1/status/user_role_id").ends_with("\r\n\r\n12"));

    let refused = tell(&["alive", "--at", "yesterday"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("yesterday"), "{}", text(&refused.stderr));
    let nobody = till_status(&["event", "alive", "--pos", &format!("{place}-none")]);
    assert_eq!(nobody.status.code(), Some(2));
    let advice = text(&nobody.stderr);
    assert!(
        advice.contains("is the service running") && advice.contains("[pos] listen"),
        "{advice}"
    );
    for (place, said) in [(socket.as_str(), "expected unix:/path"), (&service.api, "not the API")] {
        let output = till_status(&["event", "alive", "--pos", place]);
        assert!(!output.status.success() && text(&output.stderr).contains(said), "{output:?}");
    }

    let asked = Instant::now();
    let id = service.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let status = service.child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let mut printed = String::new();
    service.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    assert_eq!(printed, "", "nothing on standard output");
    assert!(!std::path::Path::new(&socket).exists());
}

#[test]
fn a_taken_port_is_named() {
    let folder = Folder::new("taken");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let file = folder.config(&format!("[api]\nlisten = \"{address}\"\n"));
    let output = till_status(&["run", "--config", &file]);
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(error.contains(&format!("cannot listen on {address}")), "{error}");
}

#[test]
fn the_policy_is_said_in_words() {
    let folder = Folder::new("policy");
    let pause = folder.path("pause");
    let kkt = "[pos]\nsource = \"events\"\n[kkt]\ndriver = \"atol\"\nlink = \"v3\"\n";
    for (keys, words) in [
        ("address = \"tcp:kkt:5555\"\n", "never opened: only events tell about it"),
        (
            "address = \"tcp:kkt:5555\"\nhold = \"always\"\nowns_device = true\n",
            "held all the time",
        ),
        (
            "address = \"tcp:kkt:5555\"\nhold = \"per-poll\"\nopen_every = \"45s\"\n",
            "opened at most every 45 s for at most 300 ms, only while events say that no receipt is \
             open, its receipt",
        ),
        (
            "address = \"/dev/ttyS0\"\nhold = \"per-poll\"\narbiter = \"events\"\n",
            "no receipt is open, only between kkt-released and kkt-taken",
        ),
        (
            "address = \"/dev/ttyS0\"\nhold = \"per-poll\"\narbiter = \"lock:/run/kkt\"\n",
            "no receipt is open, only while nobody else has locked /run/kkt",
        ),
    ] {
        let file = folder.config(&format!("[till]\npause_file = \"{pause}\"\n{kkt}{keys}"));
        let output = till_status(&["check-config", &file]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let summary = text(&output.stdout);
        assert!(summary.contains(words), "{summary}");
        assert!(summary.contains(&format!("while {pause} is there, or by SIGUSR1")), "{summary}");
    }
}

/// What the service will not find, by the name of its key, and the link in words.
#[test]
fn a_check_notes_what_is_missing() {
    let folder = Folder::new("missing");
    let (lock, gone) = (folder.path("lock"), folder.path("gone"));
    let check = |place: &str, link: &str| {
        let file = folder.config(&format!(
            "[till]\nstate_file = \"{place}/state\"\npause_file = \"{place}/pause\"\n\
             [pos]\nsource = \"events\"\nlisten = \"unix:{place}/pos.sock\"\n\
             [kkt]\ndriver = \"atol\"\nlink = \"{link}\"\naddress = \"/dev/ttyS0\"\n\
             hold = \"per-poll\"\narbiter = \"lock:{lock}\"\n\
             [api]\ntoken_file = \"{place}/token\"\n[log]\ntrace = \"{place}\"\n"
        ));
        let output = till_status(&["check-config", &file]);
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, summary) = check(&gone, "v2");
    assert_eq!(code, Some(0), "it may be checked on another machine: {summary}");
    let install = format!("install -m 666 /dev/null {lock}");
    let keys = [
        "[kkt] arbiter: ",
        "[api] token_file: ",
        "[till] state_file: ",
        "[till] pause_file: ",
        "[pos] listen: ",
        "[log] trace: ",
    ];
    for part in keys.into_iter().chain([install.as_str(), "link v2 (\"ATOL 2.4\""]) {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    std::fs::create_dir(&lock).unwrap();
    assert!(check(&gone, "v2").1.contains("is no file"));
    std::fs::remove_dir(&lock).unwrap();
    std::fs::write(&lock, "").unwrap();
    folder.file("token", "0123456789abcdef");
    let (code, summary) = check(&folder.path(""), "v3");
    assert_eq!(code, Some(0), "{summary}");
    assert!(summary.contains("link v3 (\"ATOL 3.0\"") && !summary.contains("note"), "{summary}");
    for link in ["2.4", "3.0"] {
        let (code, fault) = check(&gone, link);
        assert_eq!(code, Some(2));
        let told = "\"v2\" is \"ATOL 2.4\" in the KKT's own settings, \"v3\" is \"ATOL 3.0\"";
        assert!(fault.contains(told), "{fault}");
    }
}

#[test]
fn a_pause_by_a_broken_configuration_says_what_works_all_the_same() {
    let folder = Folder::new("pause-broken");
    let file = folder.config("[till]\nnam = \"1\"\n");
    for command in ["pause", "resume"] {
        let output = till_status(&[command, "--config", &file]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("till.toml:2: [till] nam") && told.contains("SIGUSR1"), "{told}");
    }
}

#[test]
fn a_pause_by_file_or_by_signal_and_its_end() {
    let folder = Folder::new("pause");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let vision = listener.local_addr().unwrap();
    let pause = folder.path("pause");
    let file = folder.config(&format!(
        "[till]\npause_file = \"{pause}\"\n[api]\nlisten = \"127.0.0.1:0\"\n\
         [vision]\ntarget = \"tcp://{vision}\"\nevery = 1\n"
    ));
    let service = Service::start(&file);
    let until = |service: &Service, wanted: &str| {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let answer = service.get("/api/v1/status/vision");
            if answer.contains(wanted) {
                return;
            }
            assert!(Instant::now() < deadline, "{wanted}: {answer}");
            std::thread::park_timeout(Duration::from_millis(30));
        }
    };
    let by_command = |command: &str, told: &str| {
        let output = till_status(&[command, "--config", &file]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with(told), "{}", text(&output.stdout));
    };
    let by_signal = |signal: &str| {
        let id = service.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    };
    let (up, paused) = ("HTTP/1.1 200 OK", "urn:till-status:problem:paused");
    until(&service, up);
    by_signal("-USR1");
    until(&service, paused);
    by_signal("-USR2");
    until(&service, up);
    by_command("pause", "paused:");
    until(&service, paused);
    by_command("pause", "paused already:");
    // Two wishes: the pause ends with the last of them.
    by_signal("-USR1");
    by_command("resume", "resumed:");
    by_signal("-USR2");
    until(&service, up);
    by_command("resume", "not paused by a file:");
    by_command("pause", "paused:");
    drop(service);
    let service = Service::start(&file);
    assert!(service.get("/api/v1/status/vision").contains(paused), "it outlasts a restart");
    let output = till_status(&["once", "--config", &file]);
    assert!(text(&output.stdout).contains("paused"), "{}", text(&output.stdout));
    by_command("resume", "resumed:");
    until(&service, up);
    // A link that leads nowhere is there, for all who look.
    std::os::unix::fs::symlink(folder.path("nowhere"), &pause).unwrap();
    by_command("pause", "paused already:");
    until(&service, paused);
    let summary = till_status(&["check-config", &file]);
    assert!(text(&summary.stdout).contains("paused now"), "{}", text(&summary.stdout));
    by_command("resume", "resumed:");
    until(&service, up);

    let file = folder.config("[vision]\ntarget = \"tcp://127.0.0.1:9\"\n");
    for command in ["pause", "resume"] {
        let output = till_status(&[command, "--config", &file]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("SIGUSR1"), "{}", text(&output.stderr));
    }
}

#[test]
fn check_config_shows_what_a_service_plus_kkt_can_tell() {
    let folder = Folder::new("sp80x");
    let profile = folder.file(
        "profile.toml",
        "[[value]]\nname = \"unsent_documents\"\ndialect = \"arm\"\ncommand = \"44\"\n\
         path = [\"200000\", \"Unsent\"]\nread = \"integer\"\nevidence = \"device\"\n",
    );
    let config = |profile: &str| {
        folder.config(&format!(
            "[kkt]\ndriver = \"sp80x\"\nmodel = \"SP802\"\ndialect = \"arm\"\n\
                 address = \"tcp:192.168.250.2:6667\"\n{profile}"
        ))
    };
    let told = |file: &str| {
        let output = till_status(&["check-config", file]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = told(&config(""));
    assert!(text.contains("sp80x (SP802, dialect arm) at tcp:192.168.250.2:6667"), "{text}");
    let line = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
    };
    assert!(line(&text, "unsent_documents").contains("44 */1097 (assumed"), "{text}");
    assert!(line(&text, "paper_present").contains("not known in this dialect: 501"), "{text}");
    assert!(line(&text, "clock").contains("22 200001/DateTime (implementation)"), "{text}");
    let text = told(&config(&format!("profile = \"{profile}\"\n")));
    assert!(
        line(&text, "unsent_documents").contains("44 200000/Unsent (device), or else"),
        "{text}"
    );
    std::fs::write(&profile, "[[value]]\nname = \"papper\"\n").unwrap();
    let output = till_status(&["check-config", &config(&format!("profile = \"{profile}\"\n"))]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("profile.toml:1: entry 1: unknown variant `papper`"), "{text}");
}
