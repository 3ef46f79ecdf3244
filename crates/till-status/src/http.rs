//! The HTTP side: it reads the latest snapshot and never waits for a device.

mod body;
mod guard;
mod limit;
mod metrics;
mod openapi;
mod page;
mod places;
mod port;
mod pos;
mod problem;
mod routes;
mod server;
mod stream;
mod token;
mod traffic;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::tz::TimeZone;
use warp::http::{HeaderValue, StatusCode, header};
use warp::reply::{Reply, Response};

pub use problem::Problem;

pub(crate) use body::Forms;
pub(crate) use guard::{Guard, Rule};
pub(crate) use places::Places;
pub(crate) use port::{Port, hint, open, opened};
pub(crate) use pos::{Feed, SocketFile, bind_unix};
pub(crate) use routes::api;
pub(crate) use server::{Door, Listener, serve};
pub(crate) use token::Token;
pub(crate) use traffic::{Traffic, Traffics};

use crate::config::Api;
use crate::shared::Shared;

/// What the routes of the API read.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) shared: Arc<Shared>,
    pub(crate) api: Api,
    pub(crate) zone: TimeZone,
}

/// Who asks; the accept loop puts it into the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Over the network.
    Network(IpAddr),
    /// Through a Unix socket.
    Local,
}

/// An answer that no cache keeps. An empty `kind` leaves out the type, as for a 204.
fn reply(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response =
        if kind.is_empty() { status.into_response() } else { Response::new(body.into()) };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if !kind.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

#[cfg(test)]
mod tests;
