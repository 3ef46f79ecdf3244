//! `GET /openapi.json`: the HTTP contract of docs/api.md for programs, as OpenAPI 3.1.
//!
//! Names, codes and states come from the code that uses them. What is written by hand here is held by
//! `tests/it/openapi.rs`, which walks it against the running service.

mod event;
mod schema;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use status_core::Endpoint;

use super::{JSON, TEXT};

/// The document.
pub(super) fn openapi() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());
    &DOCUMENT
}

fn document() -> Value {
    let mut paths = Map::new();
    for endpoint in Endpoint::ALL {
        paths.insert(format!("/api/v1/status/{}", endpoint.name()), one_of_seven(endpoint));
    }
    for (path, summary, kind, schema) in [
        (
            "/till/v1/status",
            "Everything about this till; what is unknown is null, with its reason",
            JSON,
            json!({ "$ref": "#/components/schemas/Document" }),
        ),
        (
            "/metrics",
            "The same for Prometheus; OpenMetrics by Accept",
            status_core::metrics::Format::Text.media_type(),
            json!({ "type": "string" }),
        ),
        (
            "/",
            "A page for a person at this till",
            "text/html; charset=utf-8",
            json!({ "type": "string" }),
        ),
        ("/healthz", "The process serves", TEXT, json!({ "const": "ok" })),
        ("/openapi.json", "This document", JSON, json!({ "type": "object" })),
    ] {
        let ok = response("The answer", &[], &[(kind, schema)]);
        // Whoever supervises the process has to know no secret.
        let problems = if path == "/healthz" { &WITHOUT_TOKEN[..] } else { &EVERYWHERE };
        paths.insert(path.to_owned(), read_only(path, summary, &[(200, ok)], problems));
    }
    let ready = response("Yes", &[], &[(TEXT, json!({ "const": "ready" }))]);
    let summary = "Every configured device has answered or failed once";
    let problems = [&EVERYWHERE[..], &[503]].concat();
    paths.insert("/readyz".into(), read_only("/readyz", summary, &[(200, ready)], &problems));
    paths.insert("/till/v1/pos/events".into(), events());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Till Status",
            "summary": "The state of one till, read straight from it",
            "description": "Read-only. \"Cannot tell\" is never 204 and never 0: it is 503 (ask again \
                after Retry-After) or 501 (asking again is of no use).",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "A listener of [api] listen" }],
        "paths": paths,
        "components": {
            "schemas": schema::schemas(),
            "responses": PROBLEMS
                .iter()
                .map(|problem| (problem.name.to_owned(), problem.response()))
                .collect::<Map<_, _>>(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of [api] token_file, where there is one; of [pos] token_file on a loopback port",
                },
            },
        },
    })
}

/// An error as it is answered to GET.
struct Problem {
    status: u16,
    name: &'static str,
    description: &'static str,
    header: Option<(&'static str, &'static str)>,
}

/// The errors of every path of the API.
const EVERYWHERE: [u16; 4] = [400, 401, 403, 429];
const WITHOUT_TOKEN: [u16; 3] = [400, 403, 429];

const PROBLEMS: [Problem; 10] = [
    Problem::new(400, "BadRequest", "The request is wrong; detail says what was got"),
    Problem::new(401, "NoToken", "The token is missing or wrong")
        .with("WWW-Authenticate", "Bearer"),
    Problem::new(403, "NotAllowed", "This client is not served"),
    Problem::new(404, "NotFound", "Not supported or not configured, with [api] unsupported = 404"),
    Problem::new(408, "TooSlow", "The body did not come in time"),
    Problem::new(413, "TooLarge", "The body is too large"),
    Problem::new(415, "WrongType", "The body is not application/json"),
    Problem::new(429, "RateLimited", "This client asks far more often than agreed").again(),
    Problem::new(501, "NotSupported", "Not configured on this till, or its device cannot say it"),
    Problem::new(503, "Unknown", "Not known now; type says why").again(),
];

impl Problem {
    const fn new(status: u16, name: &'static str, description: &'static str) -> Self {
        Self { status, name, description, header: None }
    }

    const fn with(self, header: &'static str, description: &'static str) -> Self {
        Self { header: Some((header, description)), ..self }
    }

    const fn again(self) -> Self {
        self.with("Retry-After", "Seconds, 1 to 60")
    }

    fn response(&self) -> Value {
        let headers: Vec<_> = self.header.into_iter().collect();
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        response(self.description, &headers, &[("application/problem+json", schema)])
    }
}

fn one_of_seven(endpoint: Endpoint) -> Value {
    let (summary, value, empty) = match endpoint {
        Endpoint::LastReceiptTime => (
            "When something was last done in the receipt that is open",
            json!({ "type": "string" }),
            Some("No receipt is open"),
        ),
        Endpoint::Downtime => (
            "When the last receipt was closed",
            json!({ "type": "string" }),
            Some("A receipt is open"),
        ),
        Endpoint::UserRoleId => (
            "The id of the current user's role, or of the user",
            json!({ "type": ["integer", "string"] }),
            Some("Nobody is signed in"),
        ),
        Endpoint::Ofd => (
            "How many documents are not yet sent to the OFD",
            json!({ "type": "integer", "minimum": 0 }),
            None,
        ),
        Endpoint::Paper => {
            ("There is paper in the KKT", json!({ "const": true }), Some("There is no paper"))
        }
        Endpoint::Vision => (
            "The link to SuperMag Vision is up",
            json!({ "const": true }),
            Some("The link is down"),
        ),
        Endpoint::Weight => (
            "The weight on the scale, in kilograms or grams by [api] weight",
            json!({ "type": "number" }),
            Some("A receipt is open; the scale is left alone"),
        ),
    };
    let observed = [("Last-Modified", "When it was observed")];
    let text = (TEXT, json!({ "type": "string" }));
    let known = response("Known", &observed, &[text, (JSON, value)]);
    let mut answers = vec![(200, known)];
    if let Some(empty) = empty {
        answers.push((204, response(empty, &observed, &[])));
    }
    let problems = [&EVERYWHERE[..], &[404, 501, 503]].concat();
    read_only(endpoint.name(), summary, &answers, &problems)
}

/// GET, and HEAD that has the same without a body.
fn read_only(id: &str, summary: &str, answers: &[(u16, Value)], problems: &[u16]) -> Value {
    let operation = |method: &str, body: bool| {
        let answers = answers.iter().cloned();
        let told = PROBLEMS.iter().filter(|problem| problems.contains(&problem.status));
        let mut responses = Map::new();
        for (status, mut answer) in answers.chain(told.map(|it| (it.status, it.response()))) {
            if let Some(answer) = answer.as_object_mut().filter(|_| !body) {
                answer.remove("content");
            }
            responses.insert(status.to_string(), answer);
        }
        if body {
            refer(&mut responses);
        }
        // With a token or, on most tills, without one.
        let token = problems.contains(&401).then(|| json!({ "token": [] }));
        let security: Vec<_> = [Some(json!({})), token].into_iter().flatten().collect();
        json!({
            "operationId": operation_id(method, id),
            "summary": summary,
            "security": security,
            "responses": responses,
        })
    };
    json!({ "get": operation("get", true), "head": operation("head", false) })
}

/// Errors are written once.
fn refer(responses: &mut Map<String, Value>) {
    for problem in &PROBLEMS {
        if let Some(response) = responses.get_mut(&problem.status.to_string()) {
            *response = json!({ "$ref": format!("#/components/responses/{}", problem.name) });
        }
    }
}

fn operation_id(method: &str, id: &str) -> String {
    let words = id.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    format!("{method}_{}", words.join("_"))
}

fn events() -> Value {
    let mut responses = Map::new();
    let taken = "Taken: it is safe on the disk, and the KKT is free if it has to be";
    responses.insert("202".into(), response(taken, &[], &[]));
    for status in [400, 401, 403, 408, 413, 415, 503] {
        responses.insert(status.to_string(), Value::Null);
    }
    refer(&mut responses);
    json!({
        "servers": [{ "url": "http://127.0.0.1:8481", "description": "The listener of [pos] listen, with [pos] source = \"events\"" }],
        "post": {
            "operationId": "post_events",
            "summary": "What the till program tells",
            "security": [{ "token": [] }],
            "requestBody": {
                "required": true,
                "content": { JSON: { "schema": { "$ref": "#/components/schemas/Events" } } },
            },
            "responses": responses,
        },
    })
}

/// A response with its headers, and a schema for each media type that its body may have.
fn response(description: &str, headers: &[(&str, &str)], bodies: &[(&str, Value)]) -> Value {
    let always = [("Cache-Control", "no-store")];
    let headers: Map<_, _> = always
        .iter()
        .chain(headers)
        .map(|(name, description)| {
            let schema = json!({ "type": "string" });
            let header = json!({ "description": description, "required": true, "schema": schema });
            ((*name).to_owned(), header)
        })
        .collect();
    let response = json!({ "description": description, "headers": headers });
    let bodies = bodies.iter().map(|(kind, schema)| (*kind, json!({ "schema": schema })));
    let bodies: Map<_, _> = bodies.map(|(kind, body)| (kind.to_owned(), body)).collect();
    if bodies.is_empty() { response } else { schema::with(response, "content", json!(bodies)) }
}
