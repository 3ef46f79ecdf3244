//! The control of the fleet: `GET /fleet`, and `PATCH /fleet/till?name=12/3` with any subset of a till's state.

use std::convert::Infallible;
use std::sync::{Arc, PoisonError};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use super::{Behaviour, Till};

/// What can be changed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    /// `present`, `near-end` or `out`.
    paper: Option<Paper>,
    cover_open: Option<bool>,
    kkt_silent: Option<bool>,
    unsent_documents: Option<u32>,
    vision: Option<bool>,
    receipt_open: Option<bool>,
    /// `ok`, `reset`, `slow` or `garbage`.
    link: Option<Link>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Paper {
    Out,
    NearEnd,
    Present,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Link {
    Ok,
    Reset,
    Slow,
    Garbage,
}

type Answer = Response<Full<Bytes>>;

pub(super) async fn serve(listener: TcpListener, tills: Arc<[Arc<Till>]>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let tills = Arc::clone(&tills);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let tills = Arc::clone(&tills);
                async move { Ok::<_, Infallible>(answer(request, &tills).await) }
            });
            let builder = hyper::server::conn::http1::Builder::new();
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, tills: &[Arc<Till>]) -> Answer {
    let query = request.uri().query().unwrap_or_default();
    let name = query.strip_prefix("name=").unwrap_or_default().replace("%2F", "/");
    let path = request.uri().path().to_owned();
    match (request.method().clone(), path.as_str()) {
        (Method::GET, "/fleet") => reply(200, asked(tills)),
        (Method::PATCH, "/fleet/till") => {
            let Some(till) = tills.iter().find(|till| till.name == name) else {
                return reply(404, json!({ "detail": format!("there is no till {name:?}") }));
            };
            let body = Limited::new(request.into_body(), 64 << 10).collect().await;
            let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            match serde_json::from_slice(&body) {
                Ok(patch) => {
                    apply(till, &patch);
                    reply(200, json!({}))
                }
                Err(error) => reply(400, json!({ "detail": error.to_string() })),
            }
        }
        _ => reply(404, json!({ "detail": "GET /fleet, PATCH /fleet/till?name=…" })),
    }
}

fn apply(till: &Till, patch: &Patch) {
    let now = Timestamp::now();
    let mut life = till.life();
    if let Some(paper) = &patch.paper {
        life.paper = match paper {
            Paper::Out => 0,
            Paper::NearEnd => 1,
            Paper::Present => 2,
        };
    }
    life.cover_open = patch.cover_open.unwrap_or(life.cover_open);
    life.kkt_silent = patch.kkt_silent.unwrap_or(life.kkt_silent);
    life.vision = patch.vision.unwrap_or(life.vision);
    if let Some(count) = patch.unsent_documents {
        life.first_unsent = if count == 0 { None } else { life.first_unsent.or(Some(now)) };
        life.unsent = count;
    }
    match patch.receipt_open {
        Some(true) if life.opened.is_none() => {
            (life.opened, life.activity) = (Some(now), Some(now));
        }
        Some(false) if life.opened.is_some() => {
            (life.opened, life.activity, life.closed) = (None, None, Some(now));
        }
        _ => {}
    }
    life.since = now;
    drop(life);
    if let Some(link) = &patch.link {
        *till.behaviour.lock().unwrap_or_else(PoisonError::into_inner) = match link {
            Link::Ok => Behaviour::Well,
            Link::Reset => Behaviour::Reset,
            Link::Slow => Behaviour::Slow,
            Link::Garbage => Behaviour::Garbage,
        };
    }
}

/// How the tills were asked, in all and of those that answer well.
fn asked(tills: &[Arc<Till>]) -> serde_json::Value {
    let (mut requests, mut well, mut late, mut never, mut overdue) = (0, 0, 0, 0, 0);
    let mut shortest: Option<u64> = None;
    let mut live = 0;
    for till in tills {
        let asked = *till.asked();
        requests += asked.requests;
        shortest = match (shortest, asked.shortest) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        if till.behaviour() == Behaviour::Well {
            live += 1;
            well += asked.requests;
            late += asked.late;
            never += u64::from(asked.requests == 0);
            overdue += u64::from(asked.overdue());
        }
    }
    json!({ "tills": tills.len(), "live": live, "requests": requests, "live_requests": well,
            "live_late_over_1500_ms": late, "live_never_asked": never,
            "live_overdue": overdue,
            "shortest_gap_ms": shortest })
}

fn reply(status: u16, body: serde_json::Value) -> Answer {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Full::new(Bytes::from(body.to_string()))).unwrap_or_default()
}
