//! `/openapi.json` walked against running services: every path, method and status that it promises, and
//! every body against its schema.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::http::{EVENTS, Till, authorised, start_with_token};
use crate::support::{Demo, Folder, Response, get, raw, request, root, until};

const LIMIT: Duration = Duration::from_secs(10);
const POS: &str = "/till/v1/pos/events";

/// What no test can bring about: the thread that takes events breaks.
const UNREACHED: [(&str, &str, &str); 1] = [("post", POS, "503")];

/// The document, and what was seen of it.
struct Contract {
    document: Value,
    validators: BTreeMap<String, Validator>,
    reached: BTreeSet<(String, String, String)>,
}

impl Contract {
    fn read(api: SocketAddr) -> Self {
        let mut document = get(api, "/openapi.json").json();
        close(&mut document["components"]["schemas"]);
        Self { document, validators: BTreeMap::new(), reached: BTreeSet::new() }
    }

    fn paths(&self) -> Vec<String> {
        self.document["paths"].as_object().unwrap().keys().cloned().collect()
    }

    /// What is asked of the API: everything but the events of the till program.
    fn api(&self) -> Vec<String> {
        self.paths().into_iter().filter(|path| path != POS).collect()
    }

    fn promised(&self) -> BTreeSet<(String, String, String)> {
        let mut promised = BTreeSet::new();
        for (path, item) in self.document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for status in operation["responses"].as_object().into_iter().flat_map(Map::keys) {
                    promised.insert((method.clone(), path.clone(), status.clone()));
                }
            }
        }
        promised
    }

    /// Asks by GET and HEAD, and says what GET answered.
    #[track_caller]
    fn ask(&mut self, to: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Response {
        let head = request(to, "HEAD", path, headers, "");
        self.check("head", path, &head);
        let answer = request(to, "GET", path, headers, "");
        self.check("get", path, &answer);
        answer
    }

    /// Holds an answer against what the document says of it.
    #[track_caller]
    fn check(&mut self, method: &str, path: &str, answer: &Response) {
        let status = answer.status.to_string();
        let response = &self.document["paths"][path][method]["responses"][&status];
        let response = match response["$ref"].as_str() {
            Some(place) => self.document.pointer(place.trim_start_matches('#')).unwrap().clone(),
            None => response.clone(),
        };
        assert!(response["description"].is_string(), "{method} {path}: {answer:?} is not promised");
        for (name, header) in response["headers"].as_object().unwrap() {
            let there = answer.header(name).is_some();
            assert!(there || header["required"] != true, "{method} {path}: no {name}: {answer:?}");
        }
        match response["content"].as_object() {
            None => {
                assert_eq!(answer.body, "", "{method} {path}");
                let kind = answer.header("content-type");
                assert!(method == "head" || kind.is_none(), "{path}: {answer:?}");
            }
            Some(content) => {
                let kind = answer.header("content-type").unwrap_or_default();
                let schema =
                    &content.get(kind).unwrap_or_else(|| panic!("{path}: {answer:?}"))["schema"];
                let body = match kind.contains("json") {
                    true => answer.json(),
                    false => Value::from(&*answer.body),
                };
                self.validate(schema, &body);
            }
        }
        self.reached.insert((method.to_owned(), path.to_owned(), status));
    }

    #[track_caller]
    fn validate(&mut self, schema: &Value, body: &Value) {
        let whole = json!({ "allOf": [schema], "components": self.document["components"] });
        let validator = self.validators.entry(schema.to_string()).or_insert_with(|| {
            jsonschema::options().should_validate_formats(true).build(&whole).unwrap()
        });
        let errors: Vec<_> =
            validator.iter_errors(body).map(|it| format!("{}: {it}", it.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?} in {body:#}");
    }

    /// The whole state of a till.
    #[track_caller]
    fn status(&mut self, to: SocketAddr) {
        self.ask(to, "/till/v1/status", &[]);
    }

    /// Every one of the seven, in both forms.
    fn seven(&mut self, to: SocketAddr) {
        for path in self.api().iter().filter(|path| path.starts_with("/api/")) {
            self.ask(to, path, &[]);
            self.ask(to, path, &[("Accept", "application/json")]);
        }
    }
}

/// A client must bear a key that it does not know; this test must not.
fn close(schemas: &mut Value) {
    match schemas {
        Value::Object(schema) => {
            schema.values_mut().for_each(close);
            if schema.get("properties").is_some_and(Value::is_object) && schema.contains_key("type")
            {
                schema.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn the_document_is_true() {
    let demo = Demo::start();
    let mut contract = Contract::read(demo.api);
    a_till_with_everything(&demo, &mut contract);
    drop(demo);
    tills_that_cannot_tell(&mut contract);
    clients_that_are_not_served(&mut contract);
    the_till_program(&mut contract);
    let unreached =
        UNREACHED.map(|(method, path, status)| (method.into(), path.into(), status.into()));
    let mut reached = contract.reached.clone();
    reached.extend(unreached);
    let missed: Vec<_> = contract.promised().difference(&reached).cloned().collect();
    assert!(missed.is_empty(), "promised, and never seen: {missed:#?}");
}

fn a_till_with_everything(demo: &Demo, contract: &mut Contract) {
    let api = demo.api;
    for path in contract.api() {
        contract.ask(api, &path, &[]);
    }
    contract.seven(api);
    demo.event(r#"{"event":"receipt-closed"}"#);
    contract.seven(api);
    contract.status(api);
    for user in ["12", "\"cashier\""] {
        demo.event(&format!(r#"{{"event":"user-signed-in","role_id":{user}}}"#));
        contract.seven(api);
    }
    demo.event(r#"{"event":"receipt-opened"}"#);
    contract.seven(api);
    contract.status(api);
    for (what, patch, path, status) in [
        ("kkt", r#"{"paper":"out","cover":"open","shift":"expired"}"#, "paper", 204),
        (
            "kkt",
            r#"{"unsent_documents":500,"first_unsent_at":"2026-11-20T10:00:00+03:00"}"#,
            "ofd",
            200,
        ),
        ("kkt", r#"{"fiscal_storage_flags":["ofd-timeout","critical-error"]}"#, "ofd", 200),
        ("vision", r#"{"link":"unplugged"}"#, "vision", 204),
        ("vision", r#"{"link":"unresolvable"}"#, "vision", 503),
        ("kkt", r#"{"error":"8C"}"#, "ofd", 503),
        ("kkt", r#"{"error":null,"link":"silent"}"#, "paper", 503),
        ("pos", r#"{"link":"silent"}"#, "last_receipt_time", 503),
        ("scale", r#"{"link":"garbage"}"#, "weight", 503),
    ] {
        demo.patch(what, patch);
        demo.await_seven(path, LIMIT, |answer| answer.status == status);
        contract.status(api);
        contract.seven(api);
    }
}

fn tills_that_cannot_tell(contract: &mut Contract) {
    let nothing = Till::start("openapi-nothing", "", "");
    contract.seven(nothing.api);
    contract.status(nothing.api);
    let hidden = Till::start("openapi-hidden", "unsupported = 404\n", "");
    contract.seven(hidden.api);
    let folder = Folder::new("openapi-paused");
    let pause = folder.file("pause", "");
    // Nobody is asked, so nothing need be there.
    let devices = "[kkt]\ndriver = \"atol\"\nlink = \"v3\"\naddress = \"tcp:127.0.0.1:9\"\n\
                   hold = \"always\"\nowns_device = true\nreceipt = \"line-by-line\"\n\
                   [kkt.operators]\n1 = \"12\"\n[scale]\nprotocol = \"massa-k-100\"\n\
                   address = \"tcp:127.0.0.1:10\"\n[vision]\ntarget = \"tcp://127.0.0.1:9\"\n";
    let rest = format!("{devices}[till]\npause_file = \"{pause}\"\n");
    let paused = Till::start("openapi-paused", "", &rest);
    contract.seven(paused.api);
    contract.status(paused.api);
    let ready = contract.ask(paused.api, "/readyz", &[]);
    assert_eq!(ready.status, 503, "{ready:?}");
}

fn clients_that_are_not_served(contract: &mut Contract) {
    let elsewhere = Till::start("openapi-allow", "allow = [\"192.0.2.0/24\"]\n", "");
    let open = Till::start("openapi-open", "", "");
    let secret = std::env::temp_dir().join(format!("till-openapi-secret-{}", std::process::id()));
    std::fs::write(&secret, "secret-of-the-monitors\n").unwrap();
    let token = format!("token_file = \"{}\"\n", secret.display());
    let guarded = Till::start("openapi-token", &token, "");
    let limits = "rate = 1\nburst = 1\nlimit_loopback = true\n";
    let limited = Till::start("openapi-rate", limits, "");
    for path in contract.api() {
        assert_eq!(contract.ask(elsewhere.api, &path, &[]).status, 403, "{path}");
        assert_eq!(contract.ask(open.api, &path, &[("Host", "another")]).status, 400, "{path}");
        let without = if path == "/healthz" { 200 } else { 401 };
        assert_eq!(contract.ask(guarded.api, &path, &[]).status, without, "{path}");
        for method in ["get", "head"] {
            until(LIMIT, || {
                let answer = request(limited.api, &method.to_uppercase(), &path, &[], "");
                contract.check(method, &path, &answer);
                (answer.status == 429).then_some(())
            });
        }
    }
    std::fs::remove_file(secret).unwrap();
}

fn the_till_program(contract: &mut Contract) {
    let till = start_with_token("openapi-pos", "", EVENTS);
    let token = ("Authorization", "Bearer secret-of-this-till");
    let alive = r#"{"event":"alive"}"#;
    let long = format!("[{alive}{}]", format!(",{alive}").repeat(5000));
    let taken = authorised(&till, alive);
    let answers = [
        (202, taken),
        (400, authorised(&till, r#"{"event":"receipt-opend"}"#)),
        (401, request(till.pos, "POST", POS, &[], alive)),
        (403, request(till.pos, "POST", POS, &[token, ("Origin", "http://kiosk")], alive)),
        (408, unfinished(till.pos)),
        (413, authorised(&till, &long)),
        (415, request(till.pos, "POST", POS, &[token, ("Content-Type", "text/plain")], alive)),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{answer:?}");
        contract.check("post", POS, &answer);
    }
}

/// A body that does not come.
fn unfinished(to: SocketAddr) -> Response {
    let head = format!(
        "POST {POS} HTTP/1.1\r\nHost: {to}\r\nAuthorization: Bearer secret-of-this-till\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    );
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).is_ok_and(|count| count == 1) {
        answer.push(byte[0]);
    }
    crate::support::parse(&answer)
}

/// The events of the schema are the events that are taken.
#[test]
fn events_are_taken_as_the_schema_says() {
    let demo = Demo::start();
    let mut contract = Contract::read(demo.api);
    let schema = json!({ "$ref": "#/components/schemas/Events" });
    let time = "2026-11-24T01:47:39+03:00";
    for (taken, event) in [
        (true, json!({ "event": "alive" })),
        (true, json!([])),
        (true, json!([{ "event": "item-added", "at": time, "id": "x" }, { "event": "alive" }])),
        (true, json!({ "event": "alive", "at": null })),
        (true, json!({ "event": "user-signed-in", "role_id": 12 })),
        (true, json!({ "event": "user-signed-in", "user_id": "cashier", "role_id": "1" })),
        (true, json!({ "event": "kkt-status", "paper": "near-end" })),
        (true, json!({ "event": "kkt-status", "first_unsent_at": time })),
        (true, json!({ "event": "hello", "receipt": "closed", "user": null })),
        (true, json!({ "event": "hello", "receipt": "open", "user": { "role_id": "1" } })),
        (false, json!(3)),
        (false, json!({ "event": "alive", "more": 1 })),
        (false, json!({ "event": "opened" })),
        (false, json!({ "at": time })),
        (false, json!({ "event": "alive", "at": "1999-01-01T00:00:00Z" })),
        (false, json!({ "event": "alive", "id": "" })),
        (false, json!({ "event": "alive", "id": "a\nb" })),
        (false, json!({ "event": "user-signed-in" })),
        (false, json!({ "event": "user-signed-in", "role_id": 1.5 })),
        (false, json!({ "event": "kkt-status" })),
        (false, json!({ "event": "kkt-status", "first_unsent_at": null })),
        (false, json!({ "event": "kkt-status", "unsent_documents": -1 })),
        (false, json!({ "event": "hello" })),
        (false, json!({ "event": "hello", "receipt": "closed", "user": {} })),
    ] {
        let answer = request(demo.pos, "POST", POS, &[], &event.to_string());
        assert_eq!(answer.status == 202, taken, "{event}: {answer:?}");
        contract.check("post", POS, &answer);
        let whole = json!({ "allOf": [schema], "components": contract.document["components"] });
        let validator = jsonschema::options().should_validate_formats(true).build(&whole).unwrap();
        assert_eq!(validator.is_valid(&event), taken, "{event} by the schema");
    }
}

/// docs/api.md, "Every path".
#[test]
fn the_page_and_the_document_have_the_same_paths() {
    let demo = Demo::start();
    let contract = Contract::read(demo.api);
    let page = std::fs::read_to_string(root().join("docs/api.md")).unwrap();
    let (_, section) = page.split_once("\n## Every path\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let written: BTreeSet<_> = rows
        .filter_map(|row| row.split('`').next()?.split(' ').nth(1))
        .map(str::to_owned)
        .collect();
    let served =
        contract.paths().into_iter().map(|path| match path.strip_prefix("/api/v1/status/") {
            Some(_) => "/api/v1/status/{name}".to_owned(),
            None => path,
        });
    assert_eq!(written, served.collect::<BTreeSet<_>>());
    assert_eq!(raw(demo.api, b"GET /openapi.json HTTP/1.0\r\nHost: a\r\n\r\n").status, 200);
}
