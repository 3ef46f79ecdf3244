//! The routes. All take GET and HEAD only.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;
use warp::filters::BoxedFilter;
use warp::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, VARY};
use warp::http::{HeaderValue, Method, StatusCode};
use warp::path::FullPath;
use warp::reply::Response;
use warp::{Filter, Rejection};

use super::{Context, Form, lists, metrics, page};
use crate::board::Row;
use crate::config::Language;
use crate::judge::titles;

/// Everything that the monitor answers.
pub(super) fn routes(context: Context) -> BoxedFilter<(Response,)> {
    let context = warp::any().map(move || context.clone());
    let language = warp::header::optional::<String>("accept-language").map(language);
    warp::method()
        .and(warp::path::full())
        .and(warp::query::raw().or_else(|_| async { Ok::<_, Rejection>((String::new(),)) }))
        .and(language)
        .and(context)
        .then(
            |method: Method, path: FullPath, query: String, language, context: Context| async move {
                if !matches!(method, Method::GET | Method::HEAD) {
                    return not_this_method();
                }
                if path.as_str() == "/monitor/v1/changes" {
                    wait(&query, &context).await;
                }
                answer(path.as_str(), &query, language, &context)
            },
        )
        .boxed()
}

/// A client that is in none of the networks.
pub(super) fn not_allowed() -> Response {
    let detail = "this client is in none of the networks of [monitor] allow";
    problem(StatusCode::FORBIDDEN, detail)
}

/// `wait`: so many seconds at most for something to have changed after `after`. Whoever knows another
/// `epoch` has everything to learn.
async fn wait(query: &str, context: &Context) {
    let number = |name| parameter(query, name).and_then(|number| number.parse::<u64>().ok());
    let (Some(after), Some(seconds)) = (number("after"), number("wait")) else { return };
    if parameter(query, "epoch").is_some_and(|epoch| epoch != context.board.epoch()) {
        return;
    }
    let mut changes = context.board.changes();
    let limit = Duration::from_secs(seconds.min(LONGEST_WAIT));
    let changed = changes.wait_for(|version| *version != after);
    let _ = tokio::time::timeout(limit, changed).await;
}

/// Proxies cut connections that are silent for longer.
const LONGEST_WAIT: u64 = 25;

fn not_this_method() -> Response {
    let mut refused =
        problem(StatusCode::METHOD_NOT_ALLOWED, "got another method, expected GET or HEAD");
    refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    refused
}

fn answer(path: &str, query: &str, language: Language, context: &Context) -> Response {
    let (board, now) = (&context.board, context.clock.now());
    let language = match parameter(query, "lang").as_deref() {
        Some("ru") => Language::Ru,
        Some("en") => Language::En,
        _ => language,
    };
    let list = |form: Form, text: String| reply(StatusCode::OK, form.content_type(), text);
    if let Some(page) = page::page(path) {
        return page;
    }
    match path {
        "/healthz" => reply(StatusCode::OK, "text/plain; charset=utf-8", "ok".to_owned()),
        "/metrics" => {
            reply(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", metrics(board, now))
        }
        "/monitor/v1/problems" => {
            list(Form::Json, lists::problems(board, Form::Json, language, now))
        }
        "/monitor/v1/problems.csv" => {
            list(Form::Csv, lists::problems(board, Form::Csv, language, now))
        }
        "/monitor/v1/problems.txt" => {
            list(Form::Text, lists::problems(board, Form::Text, language, now))
        }
        "/monitor/v1/tills" => list(Form::Json, lists::tills(board, Form::Json, now)),
        "/monitor/v1/tills.csv" => list(Form::Csv, lists::tills(board, Form::Csv, now)),
        "/monitor/v1/changes" => {
            let after = parameter(query, "after").and_then(|after| after.parse().ok()).unwrap_or(0);
            list(Form::Json, changes(context, after, language))
        }
        "/monitor/v1/till" => {
            let name = parameter(query, "name").unwrap_or_default();
            match board.detail(&name, now) {
                Some(detail) => {
                    let problems: Vec<_> =
                        detail.problems.iter().map(|one| lists::with_text(one, language)).collect();
                    let mut json = json!(detail);
                    if let Some(members) = json.as_object_mut() {
                        members.insert("problems".to_owned(), problems.into());
                    }
                    list(Form::Json, json.to_string())
                }
                None => problem(StatusCode::NOT_FOUND, "there is no till of this name"),
            }
        }
        "/monitor/v1/titles" => {
            let word = |ru, en| if language == Language::Ru { ru } else { en };
            let titles =
                titles().iter().map(|(code, ru, en)| ((*code).to_owned(), word(*ru, *en).into()));
            list(Form::Json, serde_json::Value::Object(titles.collect()).to_string())
        }
        "/monitor/v1/http-sd" => list(Form::Json, discovery(context)),
        _ => problem(StatusCode::NOT_FOUND, "nothing is at this path"),
    }
}

/// What has changed after a version: rows, and all problems of these and of whole stores. After 0, that
/// is all of them, with the lines of the list of tills that could not be read.
fn changes(context: &Context, after: u64, language: Language) -> String {
    let (board, now) = (&context.board, context.clock.now());
    let version = board.version();
    if version == after {
        return json!({ "version": version, "epoch": board.epoch(), "at": now.wall }).to_string();
    }
    let rows = board.rows(after, now);
    let changed: HashSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let mut problems = board.problems(now);
    problems.retain(|one| one.till.as_deref().is_none_or(|till| changed.contains(till)));
    let problems: Vec<_> = problems.iter().map(|one| lists::with_text(one, language)).collect();
    let tills: Vec<_> = rows.iter().map(cell).collect();
    let bad_lines = (after == 0).then(|| board.bad_lines());
    json!({ "version": version, "epoch": board.epoch(), "at": now.wall, "counts": board.counts(now),
            "tills": tills, "problems": problems, "bad_lines": bad_lines })
    .to_string()
}

/// What the board of the page shows of a till: with thousands of tills each byte counts.
fn cell(row: &Row) -> serde_json::Value {
    json!({ "name": row.name, "store": row.store, "type": row.kind, "address": row.address,
            "tags": row.tags, "state": row.state, "codes": row.codes })
}

/// The tills as targets of Prometheus (`http_sd_configs`). What begins with `__meta_` is for relabelling:
/// tills with only the seven endpoints have no `/metrics`, and some are off because they may be.
fn discovery(context: &Context) -> String {
    let rows = context.board.rows(0, context.clock.now());
    let targets: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({ "targets": [row.address],
                    "labels": { "till": row.name, "store": row.store, "till_type": row.kind,
                                "__meta_till_api": row.api, "__meta_till_state": row.state } })
        })
        .collect();
    json!(targets).to_string()
}

fn reply(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body = json!({ "title": title, "status": status.as_u16(), "detail": detail });
    reply(status, "application/problem+json", body.to_string())
}

/// A parameter of the query, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Russian, unless English is named first.
fn language(accepted: Option<String>) -> Language {
    let accepted = accepted.unwrap_or_default().to_lowercase();
    let place = |name: &str| accepted.find(name).unwrap_or(usize::MAX);
    if place("en") < place("ru") { Language::En } else { Language::Ru }
}
