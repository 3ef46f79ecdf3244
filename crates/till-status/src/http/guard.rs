//! What is checked before any route: the client, its rate, `Host`, and on the port of the till
//! program what keeps a web page from telling false receipts.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ipnet::IpNet;
use warp::http::uri::Authority;
use warp::http::{HeaderMap, Method, Request, StatusCode, header};

use super::limit::Limiter;
use super::routes::seven;
use super::{Peer, Problem};
use crate::config::Api;

/// The check of one listener.
#[derive(Clone, Debug)]
pub(crate) struct Guard(Arc<Rule>);

/// What a listener wants of a request.
#[derive(Debug)]
pub(crate) enum Rule {
    /// The API: clients from the list, at the agreed rate.
    Api { allow: Vec<IpNet>, rate: u32, limit_loopback: bool, limiter: Mutex<Limiter> },
    /// Events over a Unix socket, which its mode and group guard.
    PosSocket,
    /// Events over a loopback port, with a token or (in a demo) without.
    PosPort { token: Option<String> },
}

impl Rule {
    pub(crate) fn api(api: &Api) -> Self {
        Self::Api {
            allow: api.allow.clone(),
            rate: api.rate,
            limit_loopback: api.limit_loopback,
            limiter: Mutex::new(Limiter::new(api.rate, api.burst, Instant::now())),
        }
    }
}

impl Guard {
    pub(crate) fn new(rule: Rule) -> Self {
        Self(Arc::new(rule))
    }

    /// Lets a request pass, or says why not.
    pub(crate) fn check<B>(&self, request: &Request<B>, peer: Peer) -> Result<(), Problem> {
        // Such a request has no path, and no route can take it.
        if !request.uri().path().starts_with('/') {
            let detail = format!("got {} without a path that begins with /", request.method());
            return Err(Problem::bad_request(detail));
        }
        match &*self.0 {
            Rule::Api { allow, rate, limit_loopback, limiter } => {
                if let Peer::Network(client) = peer {
                    allowed(client, allow)?;
                    if *limit_loopback || !client.is_loopback() {
                        let mut limiter = limiter.lock().unwrap_or_else(PoisonError::into_inner);
                        limiter
                            .take(client, Instant::now())
                            .map_err(|wait| Problem::rate_limited(*rate, wait))?;
                    }
                }
                host(request.headers(), seven(request.uri().path()).is_some()).map(drop)
            }
            Rule::PosSocket => host(request.headers(), false).map(drop),
            Rule::PosPort { token } => pos_port(request, token.as_deref()),
        }
    }
}

fn allowed(client: IpAddr, allow: &[IpNet]) -> Result<(), Problem> {
    if allow.iter().any(|net| net.contains(&client)) {
        return Ok(());
    }
    Err(Problem::not_allowed(format!("{client} is in none of the networks of [api] allow")))
}

/// Exactly one `Host` that is one. The seven may do without.
fn host(headers: &HeaderMap, optional: bool) -> Result<Option<Authority>, Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (host, more) = (hosts.next(), hosts.next());
    if more.is_some() {
        return Err(Problem::bad_request("got two Host headers, expected one"));
    }
    let Some(host) = host else {
        let missing = || Problem::bad_request("the Host header is missing");
        return if optional { Ok(None) } else { Err(missing()) };
    };
    let authority = Authority::try_from(host.as_bytes()).ok().filter(|authority| {
        let port = authority.as_str().strip_prefix(authority.host()).unwrap_or("@");
        let port_is_one = port.is_empty() || port == ":" || authority.port_u16().is_some();
        !authority.host().is_empty() && port_is_one
    });
    authority.map(Some).ok_or_else(|| {
        let got = String::from_utf8_lossy(host.as_bytes()).into_owned();
        Problem::bad_request(format!("Host: got {got:?}, expected a host name or address"))
    })
}

/// A page in the kiosk's own browser can reach a loopback port, but it cannot leave out `Origin`,
/// name another `Host`, send `application/json` without asking first, or know the token.
fn pos_port<B>(request: &Request<B>, token: Option<&str>) -> Result<(), Problem> {
    let headers = request.headers();
    if headers.contains_key(header::ORIGIN) {
        return Err(Problem::not_allowed("a web page may not speak to this port (Origin)"));
    }
    let host = host(headers, false)?;
    let name = host.as_ref().map_or("", Authority::host);
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if !name.eq_ignore_ascii_case("localhost") && !address.is_ok_and(|ip| ip.is_loopback()) {
        let detail = format!("Host: got {name:?}, expected localhost or a loopback address");
        return Err(Problem::not_allowed(detail));
    }
    if let Some(token) = token {
        let given = headers.get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        let given = bearer(given).ok_or_else(Problem::no_token)?;
        if !same(given, token.as_bytes()) {
            return Err(Problem::no_token());
        }
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let detail = format!("Content-Type: got {kind:?}, expected application/json");
            return Err(Problem::bad_request_with(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
    }
    Ok(())
}

fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = authorization.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

/// Compares in a time that does not tell how much was right.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    let different = given.iter().zip(wanted).fold(0, |sum, (one, other)| sum | (one ^ other));
    given.len() == wanted.len() && std::hint::black_box(different) == 0
}
