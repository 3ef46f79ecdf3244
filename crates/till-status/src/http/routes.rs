//! The routes of the API.

use std::sync::Arc;

use status_core::{Answer, Endpoint, Language, answer, document};
use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use warp::path::FullPath;
use warp::reply::Response;
use warp::{Filter, Rejection, Reply};

use super::body::{Forms, form, http_date, quality};
use super::metrics::metrics;
use super::openapi::openapi;
use super::{Context, JSON, Problem, TEXT, page, reply};
use crate::config::BodyForm;

/// The path that needs no token.
pub(super) const HEALTHZ: &str = "/healthz";

/// Everything that the API answers; each path that it does not have is a 404 problem.
pub(crate) fn api(context: Arc<Context>) -> BoxedFilter<(Response,)> {
    let with_context = warp::any().map(move || Arc::clone(&context));

    // GET /api/v1/status/{name}
    let the_seven = warp::path::full()
        .and_then(|path: FullPath| {
            std::future::ready(seven(path.as_str()).ok_or_else(warp::reject))
        })
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(with_context.clone())
        .map(|endpoint, method, headers: HeaderMap, context: Arc<Context>| {
            read_only(&method, || one_of_seven(endpoint, &headers, &context))
        });

    // GET /till/v1/status
    let status = exactly("/till/v1/status")
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(with_context.clone())
        .map(|method, headers: HeaderMap, context: Arc<Context>| {
            read_only(&method, || whole_status(&headers, &context))
        });

    // GET /, and what the page is made of
    let page = warp::path::full()
        .and_then(|path: FullPath| {
            let is_page = path.as_str() == "/" || page::part(path.as_str()).is_some();
            std::future::ready(if is_page { Ok(path) } else { Err(warp::reject()) })
        })
        .and(
            warp::query::raw()
                .or_else(|_| std::future::ready(Ok::<_, Rejection>((String::new(),)))),
        )
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(with_context.clone())
        .map(|path: FullPath, query: String, method, headers: HeaderMap, context: Arc<Context>| {
            read_only(&method, || match page::part(path.as_str()) {
                Some(part) => part,
                None => till_page(&query, &headers, &context),
            })
        });

    // GET /metrics
    let metrics = exactly("/metrics")
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(with_context.clone())
        .map(|method, headers: HeaderMap, context: Arc<Context>| {
            read_only(&method, || metrics(&headers, &context))
        });

    // GET /openapi.json
    let openapi = exactly("/openapi.json")
        .and(warp::method())
        .map(|method| read_only(&method, || reply(StatusCode::OK, JSON, openapi().to_owned())));

    // GET /healthz
    let healthz = exactly(HEALTHZ)
        .and(warp::method())
        .map(|method| read_only(&method, || reply(StatusCode::OK, TEXT, "ok".to_owned())));

    // GET /readyz
    let readyz = exactly("/readyz")
        .and(warp::method())
        .and(with_context)
        .map(|method, context: Arc<Context>| read_only(&method, || ready(&context)));

    let nothing = warp::any().map(|| Problem::not_found().into_response());
    the_seven
        .or(status)
        .unify()
        .or(page)
        .unify()
        .or(metrics)
        .unify()
        .or(openapi)
        .unify()
        .or(healthz)
        .unify()
        .or(readyz)
        .unify()
        .or(nothing)
        .unify()
        .boxed()
}

/// The endpoint at `path`, with or without a slash behind it.
pub(super) fn seven(path: &str) -> Option<Endpoint> {
    let name = path.strip_prefix("/api/v1/status/")?;
    Endpoint::from_name(name.strip_suffix('/').unwrap_or(name))
}

/// Passes requests for exactly this path.
pub(super) fn exactly(
    wanted: &'static str,
) -> impl Filter<Extract = (), Error = Rejection> + Clone {
    warp::path::full()
        .and_then(move |path: FullPath| {
            let found = path.as_str() == wanted;
            std::future::ready(if found { Ok(()) } else { Err(warp::reject()) })
        })
        .untuple_one()
}

/// Answers GET and HEAD; hyper leaves out the body of an answer to HEAD.
fn read_only(method: &Method, answer: impl FnOnce() -> Response) -> Response {
    match *method {
        Method::GET | Method::HEAD => answer(),
        _ => Problem::method_not_allowed("GET, HEAD").into_response(),
    }
}

fn one_of_seven(endpoint: Endpoint, headers: &HeaderMap, context: &Context) -> Response {
    let now = context.shared.now();
    let answer = answer(endpoint, &context.shared.snapshot(), now);
    let forms = Forms { api: &context.api, zone: &context.zone };
    let (mut response, observed) = match &answer {
        Answer::Known { value, observed } => {
            let response = match form(headers, context.api.body) {
                BodyForm::Text => reply(StatusCode::OK, TEXT, forms.text(value)),
                BodyForm::Json => reply(StatusCode::OK, JSON, forms.json(value)),
            };
            (response, observed)
        }
        Answer::Empty { observed } => (reply(StatusCode::NO_CONTENT, "", String::new()), observed),
        Answer::Unknown(unknown) => return Problem::unknown(unknown, &forms).into_response(),
    };
    if let Ok(date) = HeaderValue::try_from(http_date(*observed)) {
        response.headers_mut().insert(header::LAST_MODIFIED, date);
    }
    response
}

fn whole_status(headers: &HeaderMap, context: &Context) -> Response {
    let language = language(headers);
    let now = context.shared.now();
    let document = document(&context.shared.snapshot(), now, &context.zone, language);
    let Ok(body) = serde_json::to_string(&document) else {
        // A document is made of strings and numbers only.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = reply(StatusCode::OK, JSON, body);
    let name = match language {
        Language::En => "en",
        Language::Ru => "ru",
    };
    response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(name));
    response
}

/// `?lang=` is a choice of the person, and outweighs the browser's wish.
fn till_page(query: &str, headers: &HeaderMap, context: &Context) -> Response {
    let language = match query.split('&').find_map(|pair| pair.strip_prefix("lang=")) {
        Some("ru") => Language::Ru,
        Some("en") => Language::En,
        _ => language(headers),
    };
    let now = context.shared.now();
    let document = document(&context.shared.snapshot(), now, &context.zone, language);
    page::page(&document, &context.zone, language)
}

fn ready(context: &Context) -> Response {
    if context.shared.snapshot().ready(context.shared.now()) {
        return reply(StatusCode::OK, TEXT, "ready".to_owned());
    }
    let detail = "a configured device has neither answered nor failed yet";
    Problem::starting(detail).into_response()
}

/// Russian, unless English is liked better.
fn language(headers: &HeaderMap) -> Language {
    let mut liked = (None, None);
    for value in headers.get_all(header::ACCEPT_LANGUAGE) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let (name, quality) = quality(range);
            match name.split('-').next() {
                Some("ru") => liked.0 = liked.0.max(Some(quality)),
                Some("en") => liked.1 = liked.1.max(Some(quality)),
                _ => {}
            }
        }
    }
    if liked.1.unwrap_or_default() > liked.0.unwrap_or_default() {
        Language::En
    } else {
        Language::Ru
    }
}
