//! Errors as RFC 9457 `application/problem+json`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use status_core::Unknown;
use warp::http::{HeaderValue, StatusCode, header};
use warp::reply::Response;

use super::body::{Forms, rfc3339};
use super::reply;
use crate::config::Unsupported;

/// The types of errors that tell of the request and not of a value; those are the reasons of status-core.
pub(super) mod kind {
    pub(crate) const BAD_REQUEST: &str = "bad-request";
    pub(crate) const METHOD_NOT_ALLOWED: &str = "method-not-allowed";
    pub(crate) const NOT_ALLOWED: &str = "not-allowed";
    pub(crate) const NOT_FOUND: &str = "not-found";
    pub(crate) const RATE_LIMITED: &str = "rate-limited";
    /// All of them.
    pub(crate) const ALL: [&str; 5] =
        [BAD_REQUEST, METHOD_NOT_ALLOWED, NOT_ALLOWED, NOT_FOUND, RATE_LIMITED];
}

/// What stands before a type.
pub(super) const URN: &str = "urn:till-status:problem:";

/// An error answer: `application/problem+json` with a type, a title and a detail for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    kind: &'static str,
    title: &'static str,
    status: StatusCode,
    detail: String,
    more: Map<String, Value>,
    retry_after: Option<Duration>,
    header: Option<(header::HeaderName, HeaderValue)>,
}

impl Problem {
    /// 400: the request is wrong; `detail` names what was got and what is possible.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(kind::BAD_REQUEST, "Bad request", StatusCode::BAD_REQUEST, detail)
    }

    /// The same with another code of the 4xx class: 408, 413, 415.
    pub(crate) fn bad_request_with(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, ..Self::bad_request(detail) }
    }

    /// 404: nothing is at this path.
    #[must_use]
    pub fn not_found() -> Self {
        let detail = "nothing is at this path; the seven answers are below /api/v1/status/, the \
                      whole state is at /till/v1/status; events of the till program are taken at \
                      [pos] listen";
        Self::new(kind::NOT_FOUND, "No such path", StatusCode::NOT_FOUND, detail)
    }

    /// 404: nothing is at this path of the listener for the till program.
    pub(crate) fn no_event_path() -> Self {
        let detail = "nothing is at this path; here events of the till program are taken, by POST \
                      /till/v1/pos/events; answers are given at [api] listen";
        Self { detail: detail.into(), ..Self::not_found() }
    }

    /// 405: the path takes only the methods of `allow`.
    #[must_use]
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let detail = format!("this path takes only {allow}");
        let code = StatusCode::METHOD_NOT_ALLOWED;
        let problem = Self::new(kind::METHOD_NOT_ALLOWED, "Wrong method", code, detail);
        Self { header: Some((header::ALLOW, HeaderValue::from_static(allow))), ..problem }
    }

    /// 403: this client is not served.
    pub(crate) fn not_allowed(detail: impl Into<String>) -> Self {
        Self::new(kind::NOT_ALLOWED, "Client not served", StatusCode::FORBIDDEN, detail)
    }

    /// 401: the token that `section` names is missing or wrong.
    pub(crate) fn no_token(section: &str) -> Self {
        let detail =
            format!("the token of {section} token_file is wanted: Authorization: Bearer …");
        let wanted = HeaderValue::from_static("Bearer");
        Self {
            status: StatusCode::UNAUTHORIZED,
            header: Some((header::WWW_AUTHENTICATE, wanted)),
            ..Self::not_allowed(detail)
        }
    }

    /// 429: too many requests; `wait` is when the next one passes.
    pub(crate) fn rate_limited(rate: u32, wait: Duration) -> Self {
        let detail = format!("more than {rate} requests a second from one address");
        let code = StatusCode::TOO_MANY_REQUESTS;
        let problem = Self::new(kind::RATE_LIMITED, "Too many requests", code, detail);
        Self { retry_after: Some(wait), ..problem }
    }

    /// 503: the service has just begun.
    pub(crate) fn starting(detail: impl Into<String>) -> Self {
        let code = StatusCode::SERVICE_UNAVAILABLE;
        let problem = Self::new("starting", status_core::Reason::Starting.title(), code, detail);
        Self { retry_after: Some(Duration::from_secs(1)), ..problem }
    }

    /// Why one of the seven cannot be told: 503 with `Retry-After`, or 501 (404 if so configured).
    pub(crate) fn unknown(unknown: &Unknown, forms: &Forms<'_>) -> Self {
        let reason = unknown.reason;
        let status = match (reason.http_status(), forms.api.unsupported) {
            (501, Unsupported::NotFound) => StatusCode::NOT_FOUND,
            (code, _) => StatusCode::from_u16(code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        };
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE)
            .then(|| unknown.retry_after.unwrap_or(Duration::from_secs(5)));
        let mut more = Map::new();
        if let Some(device) = &unknown.device {
            more.insert("device".to_owned(), json!(device));
        }
        if let Some(since) = unknown.since {
            more.insert("since".to_owned(), time(since, forms.zone));
        }
        if let Some(last) = &unknown.last_known {
            let value = serde_json::from_str(&forms.json(&last.value)).unwrap_or(Value::Null);
            let last_known = json!({ "value": value, "time": time(last.at, forms.zone) });
            more.insert("last_known".to_owned(), last_known);
        }
        let problem = Self::new(reason.name(), reason.title(), status, &*unknown.detail);
        Self { more, retry_after, ..problem }
    }

    /// The answer.
    #[must_use]
    pub fn into_response(self) -> Response {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(format!("{URN}{}", self.kind)));
        body.insert("title".to_owned(), json!(self.title));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("detail".to_owned(), json!(self.detail));
        body.extend(self.more);
        let body = Value::Object(body).to_string();
        let mut response = reply(self.status, "application/problem+json", body);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let seconds = HeaderValue::from(seconds.clamp(1, 60));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }

    fn new(
        kind: &'static str,
        title: &'static str,
        status: StatusCode,
        detail: impl Into<String>,
    ) -> Self {
        let detail = detail.into();
        Self { kind, title, status, detail, more: Map::new(), retry_after: None, header: None }
    }
}

fn time(at: Timestamp, zone: &TimeZone) -> Value {
    Value::String(rfc3339(at, zone))
}
