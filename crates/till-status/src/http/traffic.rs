//! What came to a listener, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use status_core::metrics::{Exposition, Kind};
use status_core::{PosSource, Settings};
use warp::http::StatusCode;

/// The counts of every listener, from the beginning of the service on.
#[derive(Debug, Default)]
pub(crate) struct Traffics {
    pub(crate) api: Arc<Traffic>,
    pub(crate) pos: Arc<Traffic>,
}

/// The counts of one listener.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    success: AtomicU64,
    client_error: AtomicU64,
    server_error: AtomicU64,
    refused: AtomicU64,
}

impl Traffic {
    /// A request was answered. What hyper refuses before any route is not among them.
    pub(crate) fn answered(&self, status: StatusCode) {
        let class = match status.as_u16() {
            500.. => &self.server_error,
            400.. => &self.client_error,
            _ => &self.success,
        };
        class.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection was closed at once: too many are open.
    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}

impl Traffics {
    /// Writes the counts of the listeners that there are.
    pub(crate) fn write(&self, settings: &Settings, out: &mut Exposition) {
        let pos = (settings.pos == PosSource::Events).then_some(("pos", &self.pos));
        let listeners: Vec<_> = [("api", &self.api)].into_iter().chain(pos).collect();
        let value = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64;
        let mut requests = out.family(
            Kind::Counter,
            "till_http_requests_total",
            "Requests that were answered, by the class of the status.",
        );
        for (listener, traffic) in &listeners {
            for (class, count) in [
                ("2xx", &traffic.success),
                ("4xx", &traffic.client_error),
                ("5xx", &traffic.server_error),
            ] {
                requests.sample(&[("listener", listener), ("class", class)], value(count));
            }
        }
        let mut refused = out.family(
            Kind::Counter,
            "till_http_connections_refused_total",
            "Connections that were closed at once, because too many were open.",
        );
        for (listener, traffic) in &listeners {
            refused.sample(&[("listener", listener)], value(&traffic.refused));
        }
    }
}
