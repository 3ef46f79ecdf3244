//! What is checked before any route: the client, its rate, `Host`, and on the port of the till
//! program what keeps a web page from telling false receipts.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ipnet::IpNet;
use warp::http::uri::Authority;
use warp::http::{HeaderMap, Method, Request, StatusCode, header};

use super::limit::Limiter;
use super::places::listed;
use super::routes::{HEALTHZ, seven};
use super::token::Token;
use super::{Peer, Problem};
use crate::config::Api;

/// The check of one listener.
#[derive(Clone, Debug)]
pub(crate) struct Guard(Arc<Rule>);

/// What a listener wants of a request.
#[derive(Debug)]
pub(crate) enum Rule {
    /// The API: clients from the list, at the agreed rate, with a token if one is configured.
    Api { allow: Vec<IpNet>, rates: Box<Rates>, token: Option<Token> },
    /// Events over a Unix socket, which its mode and group guard.
    PosSocket,
    /// Events over a loopback port, with a token or (in a demo) without.
    PosPort { token: Option<Token> },
}

/// Who may ask how often.
#[derive(Debug)]
pub(crate) struct Rates {
    rate: u32,
    limit_loopback: bool,
    monitors: Vec<IpNet>,
    /// Of the listed monitors. They are counted apart: a crowd of addresses must not use up the memory
    /// that remembers theirs.
    listed: Mutex<Limiter>,
    others: Mutex<Limiter>,
}

impl Rule {
    pub(crate) fn api(api: &Api, token: Option<Token>) -> Self {
        Self::Api { allow: api.allow.clone(), rates: Box::new(Rates::new(api)), token }
    }
}

impl Rates {
    fn new(api: &Api) -> Self {
        let limiter = || Mutex::new(Limiter::new(api.rate, api.burst, Instant::now()));
        Self {
            rate: api.rate,
            limit_loopback: api.limit_loopback,
            monitors: api.monitors.clone(),
            listed: limiter(),
            others: limiter(),
        }
    }

    fn pass(&self, client: IpAddr, now: Instant) -> Result<(), Problem> {
        if client.is_loopback() && !self.limit_loopback {
            return Ok(());
        }
        let limiter = if listed(&self.monitors, client) { &self.listed } else { &self.others };
        let mut limiter = limiter.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = limiter.take(client, now);
        taken.map_err(|wait| Problem::rate_limited(self.rate, wait))
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
            Rule::Api { allow, rates, token } => {
                if let Peer::Network(client) = peer {
                    allowed(client, allow)?;
                    rates.pass(client, Instant::now())?;
                }
                let path = request.uri().path();
                // Whoever supervises the process has to know no secret, and learns none.
                if path != HEALTHZ {
                    known(request.headers(), token.as_ref(), "[api]")?;
                }
                host(request.headers(), seven(path).is_some()).map(drop)
            }
            Rule::PosSocket => host(request.headers(), false).map(drop),
            Rule::PosPort { token } => pos_port(request, token.as_ref()),
        }
    }
}

fn allowed(client: IpAddr, allow: &[IpNet]) -> Result<(), Problem> {
    if listed(allow, client) {
        return Ok(());
    }
    Err(Problem::not_allowed(format!("{client} is in none of the networks of [api] allow")))
}

/// Is the token there that is wanted?
fn known(headers: &HeaderMap, token: Option<&Token>, section: &str) -> Result<(), Problem> {
    match token {
        Some(token) if !token.is_in(headers) => Err(Problem::no_token(section)),
        _ => Ok(()),
    }
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
fn pos_port<B>(request: &Request<B>, token: Option<&Token>) -> Result<(), Problem> {
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
    known(headers, token, "[pos]")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_does_not_use_up_the_rate_of_a_monitor() {
        let monitors = vec!["10.1.0.0/16".parse().unwrap()];
        let rates = Rates::new(&Api { rate: 1, burst: 1, monitors, ..Api::default() });
        let now = Instant::now();
        for n in 0..5000_u16 {
            let [high, low] = n.to_be_bytes();
            let _ = rates.pass([10, 9, high, low].into(), now);
        }
        assert!(rates.pass([10, 8, 0, 1].into(), now).is_err(), "the crowd shares what is left");
        assert!(rates.pass([10, 1, 0, 1].into(), now).is_ok());
        let twice = rates.pass([10, 1, 0, 1].into(), now).unwrap_err();
        assert_eq!(twice.into_response().status(), StatusCode::TOO_MANY_REQUESTS);
    }
}
