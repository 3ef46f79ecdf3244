//! `GET /`: the state of this till for a person who stands at it or calls about it.
//!
//! The page is made here, whole, from the status document. Its script only fetches it again each second
//! and shows what is new, so a browser without scripts sees the same a little later.

mod html;
mod rows;
mod words;

use jiff::tz::TimeZone;
use status_core::{Document, Language};
use warp::http::{HeaderValue, StatusCode, header};
use warp::reply::Response;

use super::reply;
use html::Html;
use rows::sections;
use words::Words;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/refresh.js");

/// Nothing from elsewhere, nothing inline, nothing to send to.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page in one language.
pub(super) fn page(document: &Document, zone: &TimeZone, language: Language) -> Response {
    let body = render(document, zone, Words(language));
    guarded(reply(StatusCode::OK, "text/html; charset=utf-8", body))
}

/// What the page is made of beside itself.
pub(super) fn part(path: &str) -> Option<Response> {
    let (kind, content) = match path {
        "/page/style.css" => ("text/css; charset=utf-8", STYLE),
        "/page/refresh.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return None,
    };
    Some(guarded(reply(StatusCode::OK, kind, content.to_owned())))
}

fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn render(document: &Document, zone: &TimeZone, words: Words) -> String {
    let mut html = Html::default();
    let till = &document.till;
    html.raw("<!doctype html><html lang=\"")
        .text(words.code())
        .raw("\"><head><meta charset=\"utf-8\">");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">");
    html.raw("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript><title>");
    html.text(words.overall(document.overall)).raw(" · ").text(&till.name).raw("</title>");
    html.raw(
        "<link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/page/style.css\">",
    );
    html.raw("<script src=\"/page/refresh.js\" defer></script></head><body data-lost=\"");
    html.text(words.lost()).raw("\"><p id=\"lost\" role=\"alert\" hidden></p><div id=\"page\">");
    head(&mut html, document, words);
    problems(&mut html, document, zone, words);
    html.raw("<main>");
    for section in sections(document, zone, words) {
        html.raw("<section><h2>").text(&section.title);
        if let Some((state, class)) = &section.state {
            html.raw(" <span class=\"state ").raw(class).raw("\">").text(state).raw("</span>");
        }
        html.raw("</h2><dl>");
        for row in &section.rows {
            html.raw("<dt>")
                .text(row.name)
                .raw("</dt><dd class=\"")
                .raw(row.look.class())
                .raw("\">");
            html.text(&row.value);
            if !row.note.is_empty() {
                html.raw(" <small>").text(&row.note).raw("</small>");
            }
            html.raw("</dd>");
        }
        html.raw("</dl></section>");
    }
    html.raw("</main>");
    foot(&mut html, document, zone, words);
    html.raw("</div></body></html>\n");
    html.done()
}

fn head(html: &mut Html, document: &Document, words: Words) {
    html.raw("<header><h1>").text(&document.till.name);
    if !document.till.kind.is_empty() {
        html.raw(" <small>").text(&document.till.kind).raw("</small>");
    }
    html.raw("</h1><p class=\"overall ").raw(words::overall_class(document.overall)).raw("\">");
    html.text(words.overall(document.overall)).raw("</p><p class=\"language\">");
    for (code, name) in [("ru", "Русский"), ("en", "English")] {
        let current = if code == words.code() { " aria-current=\"true\"" } else { "" };
        html.raw("<a href=\"?lang=").raw(code).raw("\" lang=\"").raw(code).raw("\"").raw(current);
        html.raw(">").raw(name).raw("</a> ");
    }
    html.raw("</p></header>");
}

fn problems(html: &mut Html, document: &Document, zone: &TimeZone, words: Words) {
    if document.problems.is_empty() {
        return;
    }
    html.raw("<ul class=\"problems\">");
    for problem in &document.problems {
        html.raw("<li class=\"").raw(words::severity_class(problem.severity));
        html.raw("\" data-code=\"").text(&problem.code).raw("\"><b>");
        html.text(words.severity(problem.severity)).raw("</b> ").text(&problem.text);
        if let Some(since) = problem.since.as_ref().and_then(|since| since.instant()) {
            let now = document.till.time.instant().unwrap_or(since);
            html.raw(" <small>").text(&words.since(since, now, zone)).raw("</small>");
        }
        html.raw("</li>");
    }
    html.raw("</ul>");
}

fn foot(html: &mut Html, document: &Document, zone: &TimeZone, words: Words) {
    let till = &document.till;
    let time = till.time.instant().map(|at| words.time(at, zone)).unwrap_or_default();
    let config: String = till.config.chars().take("sha256:".len() + 12).collect();
    html.raw("<footer><p>").text(words.till_time()).raw(" <time>").text(&time);
    html.raw("</time> · till-status ").text(&till.version).raw(" · ").text(&config);
    html.raw(" · <a href=\"/till/v1/status\">JSON</a></p></footer>");
}

#[cfg(test)]
mod tests;
