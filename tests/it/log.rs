//! A till whose program writes a log: the real service follows it, the real tool tries its rules.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::support::{Running, get, program, until};

/// A folder with a log, and the service that follows it.
struct Till {
    folder: PathBuf,
    service: Option<Running>,
    api: std::net::SocketAddr,
}

const RULES: &str = r#"
[[pos.log.rule]]
event = "receipt-opened"
pattern = '^(?<time>\S+) чек \d+ открыт'
[[pos.log.rule]]
event = "item-added"
pattern = '^(?<time>\S+) товар'
[[pos.log.rule]]
event = "receipt-closed"
pattern = '^(?<time>\S+) чек \d+ закрыт'
[[pos.log.rule]]
event = "user-signed-in"
pattern = '^(?<time>\S+) вход роль (?<role_id>\d+) кассир (?<user_id>\d+)'
[[pos.log.rule]]
event = "user-signed-out"
pattern = '^(?<time>\S+) выход'
"#;

impl Till {
    fn new(name: &str, keys: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("till-log-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let path = folder.display();
        let config = format!(
            "[till]\nstate_file = \"{path}/state\"\n[api]\nlisten = [\"127.0.0.1:0\"]\nrate = 1000\n\
             [pos]\nsource = \"log\"\n[pos.log]\npath = \"{path}/till.log\"\nevery = \"100ms\"\n{keys}{RULES}"
        );
        fs::write(folder.join("config.toml"), config).unwrap();
        Self { folder, service: None, api: ([127, 0, 0, 1], 0).into() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn start(&mut self) {
        let log = self.file("service.out");
        let mut command = program("till-status");
        command.arg("run").arg("--config").arg(self.file("config.toml"));
        let output = File::create(&log).unwrap();
        self.service = Some(Running(command.stdout(Stdio::null()).stderr(output).spawn().unwrap()));
        self.api = until(Duration::from_secs(20), || {
            let text = fs::read_to_string(&log).unwrap();
            text.split_once("serving api=\"")?.1.split_once('"')?.0.parse().ok()
        });
    }

    fn kill(&mut self) {
        self.service = None;
    }

    fn write(&self, text: &[u8]) {
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).open(self.file("till.log")).unwrap();
        file.write_all(text).unwrap();
    }

    fn say(&self, at: Timestamp, text: &str) {
        self.write(format!("{at} {text}\n").as_bytes());
    }

    /// Status and body of one of the seven, where a 503 has its detail for a body.
    fn seven(&self, name: &str) -> (u16, String) {
        let answer = get(self.api, &format!("/api/v1/status/{name}"));
        match answer.status {
            200 | 204 => (answer.status, answer.body),
            status => (status, answer.json()["detail"].as_str().unwrap_or_default().to_owned()),
        }
    }

    #[track_caller]
    fn awaits(&self, name: &str, status: u16, body: &str) {
        let mut last = None;
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while std::time::Instant::now() < end {
            let answer = self.seven(name);
            if answer.0 == status && answer.1.contains(body) {
                return;
            }
            last = Some(answer);
            std::thread::park_timeout(Duration::from_millis(30));
        }
        panic!("{name}: wanted {status} {body:?}, last was {last:?}");
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A whole second, so long ago.
fn ago(seconds: i64) -> Timestamp {
    let now = Timestamp::now() - SignedDuration::from_secs(seconds);
    Timestamp::from_second(now.as_second()).unwrap()
}

const DATED: &str = "time = \"rfc3339\"\n";

fn epoch(till: &Till) {
    let path = till.file("config.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("rate = 1000\n", "rate = 1000\ntime = \"epoch\"\n")).unwrap();
}

#[test]
fn a_day_of_a_till_by_its_log() {
    let mut till = Till::new("day", DATED);
    epoch(&till);
    till.start();
    till.awaits("downtime", 503, "till.log is not there");
    let (opened, item, closed) = (ago(30), ago(20), ago(10));
    till.say(opened, "чек 1 открыт");
    till.awaits("last_receipt_time", 200, &opened.as_second().to_string());
    till.awaits("downtime", 204, "");
    till.awaits("user_role_id", 503, "who is signed in");
    till.say(item, "вход роль 12 кассир 7");
    till.say(item, "товар \u{0}");
    till.awaits("last_receipt_time", 200, &item.as_second().to_string());
    till.awaits("user_role_id", 200, "12");
    till.say(closed, "чек 1 закрыт");
    till.awaits("downtime", 200, &closed.as_second().to_string());
    till.awaits("last_receipt_time", 204, "");

    // Rotated while we follow, and while we are away.
    fs::rename(till.file("till.log"), till.file("till.log.1")).unwrap();
    till.say(ago(5), "выход");
    till.awaits("user_role_id", 204, "");
    till.kill();
    let late = ago(2);
    till.say(late, "чек 2 открыт");
    fs::rename(till.file("till.log.1"), till.file("till.log.2")).unwrap();
    fs::rename(till.file("till.log"), till.file("till.log.1")).unwrap();
    till.write(b"nothing\n");
    till.start();
    till.awaits("last_receipt_time", 200, &late.as_second().to_string());
    till.awaits("user_role_id", 204, "");

    // Lines that are lost are not silently left out.
    fs::write(till.file("till.log"), "").unwrap();
    till.awaits("downtime", 503, "was cut off");
    till.say(ago(1), "чек 2 закрыт");
    till.awaits("downtime", 200, "");
    let document = get(till.api, "/till/v1/status").json();
    assert_eq!(document["receipt"]["source"], "log", "{document}");
}

#[test]
fn a_killed_service_tells_nothing_twice() {
    let mut till = Till::new("killed", DATED);
    epoch(&till);
    till.start();
    // A second opening of the same receipt would close it at its beginning.
    let opened = ago(100);
    till.say(opened, "чек 1 открыт");
    till.awaits("last_receipt_time", 200, &opened.as_second().to_string());
    for round in 0..5 {
        till.kill();
        let item = ago(90 - round);
        till.say(item, "товар");
        till.start();
        till.awaits("last_receipt_time", 200, &item.as_second().to_string());
        let document = get(till.api, "/till/v1/status").json();
        assert_eq!(document["receipt"]["last_closed_at"], Value::Null, "{document}");
    }
}

#[test]
fn an_old_log_is_old() {
    let mut till = Till::new("old", DATED);
    till.say(ago(3600), "чек 1 закрыт");
    till.start();
    till.awaits("downtime", 503, "silent for 36");
    let document = get(till.api, "/till/v1/status").json();
    let problem = &document["problems"][0];
    assert_eq!(problem["code"], "feed-silent", "{document}");
    assert!(problem["text"].as_str().unwrap().contains("till.log)"), "{document}");
}

#[test]
fn a_log_in_cp1251_and_one_that_is_not_for_us() {
    let mut till = Till::new("cp1251", "encoding = \"cp1251\"\n");
    let mut line = format!("{} ", ago(1)).into_bytes();
    line.extend(b"\xF7\xE5\xEA 1 \xEE\xF2\xEA\xF0\xFB\xF2\n");
    till.write(&line);
    till.start();
    till.awaits("downtime", 204, "");
    // A folder in its place cannot be read, and that is no "closed".
    till.kill();
    fs::remove_file(till.file("till.log")).unwrap();
    fs::create_dir(till.file("till.log")).unwrap();
    till.start();
    till.awaits("last_receipt_time", 503, "is no file");
}

fn log_test(config: &Path, log: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let mut command = program("till-tool");
    command.args(["log", "test"]).args(more).arg("--config").arg(config).arg(log);
    let output = command.env("TZ", "UTC").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_tool_tries_the_rules() {
    let till = Till::new("tool", "zone = \"+03:00\"\n");
    let (config, log) = (till.file("config.toml"), till.file("some.log"));
    let lines = "2026-11-24T01:00:00+03:00 чек 1 открыт\nnothing\r\nnoon товар\n\
                 2026-11-24T01:00:05 вход роль 12 кассир 7\nнет чек";
    fs::write(&log, lines).unwrap();
    let (code, out, error) = log_test(&config, &log, &[]);
    let expected = "line 1, rule 1: receipt-opened, 2026-11-24T01:00:00+03:00\n\
                    line 3, rule 2: item-added, no time, note \"noon\" has no form of [pos.log] time\n\
                    line 4, rule 4: user-signed-in, 2026-11-24T01:00:05+03:00, role_id 12, user_id 7\n\
                    3 of 5 lines are events, 2 match no rule\n";
    assert_eq!((code, out.as_str(), error.as_str()), (Some(0), expected, ""));
    let (code, out, _) = log_test(&config, &log, &["--json"]);
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, lines.len()), (Some(0), 4));
    assert_eq!(lines[2]["role_id"], "12", "{out}");
    assert_eq!(lines[3], serde_json::json!({ "lines": 5, "events": 3, "unmatched": 2 }));

    fs::write(&log, "nothing\n").unwrap();
    let (code, out, _) = log_test(&config, &log, &[]);
    assert_eq!((code, out.as_str()), (Some(1), "0 of 1 lines are events, 1 match no rule\n"));
    let (code, _, error) = log_test(&config, &till.file("absent"), &[]);
    assert!(code == Some(2) && error.contains("absent"), "{error}");
    fs::write(&config, "[pos]\n").unwrap();
    let (code, _, error) = log_test(&config, &log, &[]);
    assert!(code == Some(2) && error.contains("has no section [pos.log]"), "{error}");
}
