//! What the monitor answers over HTTP, through a real socket.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value as Json;
use till_monitor::answer::combined;
use till_monitor::board::{Board, Heard};
use till_monitor::config::Config;
use till_monitor::http::{Context, serve};
use till_monitor::judge::{Failure, Trouble};
use till_monitor::serve::Clock;
use tokio::net::TcpListener;

const CONFIG: &str = r#"
    [type.kiosk]
    debounce = "0s"
    no_answer = "0s"
    boot_grace = "0s"
    [[till]]
    name = "1/1"
    store = "1"
    type = "kiosk"
    address = "10.0.1.1"
    tags = ["front"]
    [[till]]
    name = "=1/2 \"x\""
    store = "1"
    type = "kiosk"
    address = "[fd00::2]:81"
    [[till]]
    name = "2/1"
    store = "2"
    type = "kiosk"
    address = "10.0.2.1"
    [[till]]
    name = "2/2"
    store = "2"
    type = "kiosk"
    address = "10.0.2.2"
"#;

/// What the till 1/1 says: that it has no paper, in words that a spreadsheet would run.
const DOCUMENT: &str = r#"{
    "schema": 2,
    "problems": [{ "code": "paper-out", "severity": "critical", "source": "kkt",
                   "text": "=HYPERLINK(\"http://x\"), no paper" }]
}"#;

/// A monitor on loopback, and what it knows.
struct Monitor {
    address: SocketAddr,
    board: Board,
    clock: Clock,
}

impl Monitor {
    fn start(allow: &[&str]) -> Self {
        let mut config = Config::parse(CONFIG).unwrap();
        config.bad_lines = vec![(7, "address: got nothing".to_owned())];
        let clock = Clock::default();
        let board = Board::new(Arc::new(config), clock.now());
        let allow = allow.iter().map(|net| net.parse().unwrap()).collect();
        let context = Context::new(board.clone(), clock, allow);
        let (ready, address) = mpsc::channel();
        // The thread ends with the process of the test.
        std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build().unwrap().block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                serve(listener, context).await;
            });
        });
        Self { address: address.recv().unwrap(), board, clock }
    }

    /// One whose till 1/1 has no paper, and whose store 2 is dead.
    fn with_problems() -> Self {
        let monitor = Self::start(&["127.0.0.0/8"]);
        let seen = combined(DOCUMENT.as_bytes()).unwrap();
        monitor.hear("1/1", Heard::All(Box::new(seen)));
        for till in ["2/1", "2/2"] {
            monitor.hear(till, silence());
        }
        monitor.board.judge(monitor.clock.now());
        monitor
    }

    fn hear(&self, till: &str, heard: Heard) {
        self.board.hear(till, heard, Duration::from_millis(3), self.clock.now());
    }

    fn ask(&self, method: &str, target: &str, headers: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let request =
            format!("{method} {target} HTTP/1.1\r\nhost: m\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn get(&self, target: &str) -> String {
        let answer = self.ask("GET", target, "");
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        answer.body
    }

    fn json(&self, target: &str) -> Json {
        serde_json::from_str(&self.get(target)).unwrap()
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

fn silence() -> Heard {
    let detail = "no connection within 2 s".to_owned();
    Heard::Nothing(Failure { trouble: Trouble::Connect, detail })
}

fn names(list: &Json) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

const TARGETS: [&str; 11] = [
    "/",
    "/page/app.js",
    "/healthz",
    "/metrics",
    "/monitor/v1/problems",
    "/monitor/v1/problems.csv",
    "/monitor/v1/tills",
    "/monitor/v1/tills.csv",
    "/monitor/v1/changes?after=0",
    "/monitor/v1/titles",
    "/monitor/v1/http-sd",
];

#[test]
fn clients_of_no_known_network_get_nothing() {
    let monitor = Monitor::start(&["10.0.0.0/8", "::1/128"]);
    for target in TARGETS.into_iter().chain(["/nowhere"]) {
        let answer = monitor.ask("GET", target, "");
        assert_eq!(answer.status, 403, "{target}");
        assert!(answer.body.contains("[monitor] allow"), "{}", answer.body);
        assert!(!answer.body.contains("1/1"), "{}", answer.body);
    }
}

#[test]
fn it_is_read_only() {
    let monitor = Monitor::with_problems();
    for target in TARGETS {
        let get = monitor.ask("GET", target, "");
        assert_eq!(get.status, 200, "{target}");
        assert!(get.head.contains("x-content-type-options: nosniff"), "{target}: {}", get.head);
        let head = monitor.ask("HEAD", target, "");
        assert_eq!((head.status, head.body.as_str()), (200, ""), "HEAD {target}");
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let answer = monitor.ask(method, target, "content-length: 0\r\n");
            assert_eq!(answer.status, 405, "{method} {target}");
            assert!(answer.head.contains("allow: get, head"), "{}", answer.head);
        }
    }
}

#[test]
fn what_is_not_there() {
    let monitor = Monitor::with_problems();
    for target in [
        "/nowhere",
        "/page/",
        "/page/../page/app.js",
        "/monitor/v1/till?name=9/9",
        "/monitor/v1/till?name=%ff",
        "/monitor/v1/till?name=%",
        "/monitor/v1/till",
        "/monitor/v2/tills",
    ] {
        let answer = monitor.ask("GET", target, "");
        assert_eq!(answer.status, 404, "{target}");
        let json: Json = serde_json::from_str(&answer.body).unwrap();
        assert!(json["detail"].as_str().unwrap().contains("no"), "{target}: {json}");
    }
    let name = "%3D1%2f2+%22x%22";
    assert_eq!(monitor.json(&format!("/monitor/v1/till?name={name}"))["name"], "=1/2 \"x\"");
}

#[test]
fn the_page_runs_and_asks_nothing_from_elsewhere() {
    let monitor = Monitor::start(&["127.0.0.0/8"]);
    let page = monitor.ask("GET", "/", "");
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
        assert!(page.head.contains(part), "{}", page.head);
    }
    let mut files = vec!["/".to_owned()];
    let mut at = 0;
    while let Some(file) = files.get(at).cloned() {
        let text = monitor.get(&file);
        assert!(!text.contains("http://") || file.ends_with(".svg") || file.ends_with("till.js"));
        assert!(!text.contains("https://") && !text.contains("innerHTML"), "{file}");
        // What a file names is served, too.
        for quoted in text.split('"').filter(|part| !part.contains([' ', '\n', '$', '?'])) {
            let name = quoted.strip_prefix("./").map(|name| format!("/page/{name}"));
            let name = name.or_else(|| quoted.starts_with("/page/").then(|| quoted.to_owned()));
            files.extend(name.filter(|name| !files.contains(name)));
        }
        at += 1;
    }
    assert!(files.len() >= 8, "{files:?}");
}

#[test]
fn problems_in_three_forms_and_two_languages() {
    let monitor = Monitor::with_problems();
    let json = monitor.json("/monitor/v1/problems");
    let codes: Vec<_> =
        json["problems"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes.len(), 2, "{json}");
    assert!(codes.contains(&&Json::from("paper-out")), "{json}");
    assert!(codes.contains(&&Json::from("store-no-answer")), "{json}");
    assert_eq!(json["counts"]["tills"], 4);
    assert_eq!(monitor.json("/monitor/v1/tills")["bad_lines"][0][1], "address: got nothing");

    let (russian, english) = ("Не отвечает ни одна касса", "None of the store's tills");
    for path in ["problems", "problems.csv", "problems.txt"] {
        for (query, header, expected) in [
            ("", "", russian),
            ("?lang=en", "", english),
            ("", "accept-language: en-GB,ru;q=0.5\r\n", english),
            ("", "accept-language: ru,en;q=0.5\r\n", russian),
            ("?lang=ru", "accept-language: en\r\n", russian),
            ("?lang=constructor", "", russian),
        ] {
            let answer = monitor.ask("GET", &format!("/monitor/v1/{path}{query}"), header);
            assert!(answer.body.contains(expected), "{path}{query} {header}: {}", answer.body);
        }
    }
    assert_eq!(monitor.json("/monitor/v1/titles?lang=en")["paper-out"], "No paper");
    assert_eq!(monitor.json("/monitor/v1/titles")["paper-out"], "Нет бумаги");
}

#[test]
fn no_cell_of_a_table_is_a_formula() {
    let monitor = Monitor::with_problems();
    for target in ["/monitor/v1/problems.csv", "/monitor/v1/tills.csv"] {
        let answer = monitor.ask("GET", target, "");
        assert!(answer.head.contains("content-type: text/csv; charset=utf-8"), "{}", answer.head);
        let mut cells = 0;
        for record in csv::Reader::from_reader(answer.body.as_bytes()).records() {
            for cell in &record.unwrap() {
                assert!(!cell.starts_with(['=', '+', '@']), "{target}: {cell}");
                cells += usize::from(cell.starts_with("'="));
            }
        }
        assert_eq!(cells, 1, "{target}: {}", answer.body);
    }
}

#[test]
fn changes_are_waited_for_and_are_what_has_changed() {
    let monitor = Monitor::with_problems();
    let all = monitor.json("/monitor/v1/changes?after=0&wait=20");
    assert_eq!(names(&all["tills"]).len(), 4);
    assert_eq!(all["problems"].as_array().unwrap().len(), 2);
    assert_eq!(all["bad_lines"][0][0], 7);
    let (version, epoch) = (all["version"].as_u64().unwrap(), all["epoch"].as_str().unwrap());

    // Nothing happens: the answer comes when the time is over, and has nothing.
    let begun = Instant::now();
    let none = monitor.json(&format!("/monitor/v1/changes?after={version}&epoch={epoch}&wait=1"));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!((&none["version"], none.get("tills")), (&all["version"], None));

    // Something happens: it comes with it, and with nothing else.
    let asked = format!("/monitor/v1/changes?after={version}&epoch={epoch}&wait=25");
    let news = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| monitor.json(&asked));
        // Sooner or later than the request: the answer is the same.
        monitor.hear("=1/2 \"x\"", silence());
        waiting.join().unwrap()
    });
    assert_eq!(names(&news["tills"]), ["=1/2 \"x\""]);
    let problems = news["problems"].as_array().unwrap();
    assert!(problems.iter().all(|one| one["till"] != "1/1"), "{problems:?}");
    assert!(problems.iter().any(|one| one["code"] == "store-no-answer"), "{problems:?}");
    assert!(problems.iter().any(|one| one["code"] == "no-answer"), "{problems:?}");
    assert!(news["bad_lines"].is_null());

    // Who knows another list, or another run, does not wait.
    let version = news["version"].as_u64().unwrap();
    let begun = Instant::now();
    let other = monitor.json(&format!("/monitor/v1/changes?after={version}&epoch=1.1&wait=25"));
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(other["epoch"], epoch);
}

#[test]
fn targets_for_prometheus() {
    let monitor = Monitor::with_problems();
    let targets = monitor.json("/monitor/v1/http-sd");
    let targets = targets.as_array().unwrap();
    assert_eq!(targets.len(), 4);
    assert_eq!(targets[1]["targets"][0], "[fd00::2]:81");
    assert_eq!(targets[0]["labels"]["till"], "1/1");
    assert_eq!(targets[0]["labels"]["store"], "1");
    assert_eq!(targets[0]["labels"]["till_type"], "kiosk");
}

#[test]
fn metrics_are_those_that_rules_and_dashboards_know() {
    let monitor = Monitor::with_problems();
    let answer = monitor.ask("GET", "/metrics", "");
    assert!(answer.head.contains("text/plain; version=0.0.4"), "{}", answer.head);
    let families: Vec<_> = answer
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .collect();
    let expected = [
        ("till_monitor_build_info", "gauge"),
        ("till_monitor_start_timestamp_seconds", "gauge"),
        ("till_monitor_tills", "gauge"),
        ("till_monitor_problems", "gauge"),
        ("till_monitor_polls_total", "counter"),
        ("till_monitor_poll_failures_total", "counter"),
        ("till_monitor_till_up", "gauge"),
        ("till_monitor_till_problem", "gauge"),
    ];
    assert_eq!(families, expected);
    for line in [
        r#"till_monitor_problems{code="paper-out",severity="critical"} 1"#,
        r#"till_monitor_problems{code="store-no-answer",severity="critical"} 1"#,
        r#"till_monitor_polls_total 3"#,
        r#"till_monitor_poll_failures_total 2"#,
        r#"till_monitor_till_up{till="1/1",store="1",type="kiosk"} 1"#,
        r#"till_monitor_till_up{till="2/1",store="2",type="kiosk"} 0"#,
        r#"till_monitor_till_problem{till="1/1",store="1",type="kiosk",code="paper-out",source="kkt",severity="critical"} 1"#,
    ] {
        assert!(answer.body.lines().any(|got| got == line), "{line} is not in\n{}", answer.body);
    }
    // Nobody has asked it yet, so it is neither up nor down.
    let unasked = r#"till_monitor_till_up{till="=1/2 \"x\"""#;
    assert!(!answer.body.contains(unasked), "{}", answer.body);
}

#[test]
fn times_are_times() {
    let monitor = Monitor::with_problems();
    let json = monitor.json("/monitor/v1/problems");
    for time in [&json["at"], &json["problems"][0]["seen_at"]] {
        let time: Timestamp = time.as_str().unwrap().parse().unwrap();
        assert!(Timestamp::now().duration_since(time).abs() < jiff::SignedDuration::from_mins(10));
    }
}
