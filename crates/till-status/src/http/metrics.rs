//! `GET /metrics`, for Prometheus.

use status_core::metrics::{Exposition, Format};
use warp::http::{HeaderMap, StatusCode, header};
use warp::reply::Response;

use super::body::quality;
use super::{Context, reply};

/// What is known about the till, and what this service does to it.
pub(super) fn metrics(headers: &HeaderMap, context: &Context) -> Response {
    let format = format(headers);
    let mut out = Exposition::new(format);
    let now = context.shared.now();
    let snapshot = context.shared.snapshot();
    status_core::metrics(&snapshot, now, &context.zone, &mut out);
    context.shared.impacts().write(snapshot.settings(), &mut out);
    context.shared.traffics().write(snapshot.settings(), &mut out);
    drop(snapshot);
    reply(StatusCode::OK, format.media_type(), out.finish())
}

/// OpenMetrics only for a client that names it, and likes plain text no better.
fn format(headers: &HeaderMap) -> Format {
    let (mut open, mut text) = (0, 0);
    for value in headers.get_all(header::ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            match quality(range) {
                (name, quality) if name == "application/openmetrics-text" => {
                    open = quality.max(open)
                }
                (name, quality) if name == "text/plain" => text = quality.max(text),
                _ => {}
            }
        }
    }
    if open > 0 && open >= text { Format::OpenMetrics } else { Format::Text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_metrics_only_by_wish() {
        let prometheus = "application/openmetrics-text;version=1.0.0,\
                          application/openmetrics-text;version=0.0.1;q=0.75,\
                          text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        for (accept, wanted) in [
            (None, Format::Text),
            (Some("*/*"), Format::Text),
            (Some("application/*"), Format::Text),
            (Some("text/html,application/xml;q=0.9"), Format::Text),
            (Some("text/plain;version=0.0.4"), Format::Text),
            (Some("application/openmetrics-text;q=0"), Format::Text),
            (Some("application/openmetrics-text;q=0.1, text/plain"), Format::Text),
            (Some("application/openmetrics-text"), Format::OpenMetrics),
            (Some(prometheus), Format::OpenMetrics),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(format(&headers), wanted, "{accept:?}");
        }
    }
}
