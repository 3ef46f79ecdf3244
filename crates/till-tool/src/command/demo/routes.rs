//! The demo's controls: `PATCH /demo/…` and `GET /demo`, behind the guards of the till program's
//! listener.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};
use status_core::Snapshot;
use till_status::Problem;
use warp::filters::BoxedFilter;
use warp::http::{Method, StatusCode};
use warp::reply::{Reply, Response};
use warp::{Buf, Filter};

use super::{Devices, locked};
use crate::control::pos::PosPatch;
use crate::control::scale::ScalePatch;
use crate::control::vision::{self, VisionLink};

/// What the routes change.
#[derive(Debug, Clone)]
pub(super) struct Controls {
    devices: Arc<Devices>,
    snapshot: Arc<OnceLock<Arc<Mutex<Snapshot>>>>,
}

/// `PATCH /demo/{kkt,scale,vision,pos}` and `GET /demo`.
pub(super) fn controls(controls: Controls) -> BoxedFilter<(Response,)> {
    let with_controls = warp::any().map(move || controls.clone());

    // GET /demo
    let seen = warp::path!("demo").and(warp::method()).and(with_controls.clone()).map(
        |method, controls: Controls| match method {
            Method::GET | Method::HEAD => controls.seen(),
            _ => Problem::method_not_allowed("GET, HEAD").into_response(),
        },
    );

    // PATCH /demo/{what}
    let patch = warp::path!("demo" / String)
        .and(warp::method())
        .and(warp::body::content_length_limit(BODY_LIMIT as u64))
        .and(warp::body::aggregate())
        .and(with_controls)
        .map(|what: String, method, body, controls: Controls| match method {
            Method::PATCH => match whole(body) {
                Some(body) => controls.patch(&what, &body),
                None => Problem::bad_request("the body is too large").into_response(),
            },
            _ => Problem::method_not_allowed("PATCH").into_response(),
        });
    seen.or(patch).unify().boxed()
}

impl Controls {
    pub(super) fn new(devices: Arc<Devices>) -> Self {
        Self { devices, snapshot: Arc::default() }
    }

    /// The snapshot of the service, once it runs.
    pub(super) fn control(&self, snapshot: Arc<Mutex<Snapshot>>) {
        let _ = self.snapshot.set(snapshot);
    }

    fn patch(&self, what: &str, body: &[u8]) -> Response {
        let done = match what {
            "kkt" => self.devices.kkt.patch(body),
            "scale" => ScalePatch::parse(body)
                .map(|patch| patch.apply(&self.devices.scale, &self.devices.scale_line))
                .map_err(|error| error.to_string()),
            "vision" => vision::parse(body)
                .map(|link| self.link_vision(link))
                .map_err(|error| error.to_string()),
            "pos" => PosPatch::parse(body)
                .map(|patch| self.change_feed(&patch))
                .map_err(|error| error.to_string()),
            _ => return Problem::not_found().into_response(),
        };
        match done {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(error) => Problem::bad_request(error).into_response(),
        }
    }

    fn link_vision(&self, link: Option<VisionLink>) {
        let Some(link) = link else { return };
        let devices = &self.devices;
        link.apply(&devices.vision, &devices.vision_line, &devices.names);
    }

    fn change_feed(&self, patch: &PosPatch) {
        if let Some(link) = patch.link {
            *locked(&self.devices.feed) = link;
        }
        if patch.forget
            && let Some(snapshot) = self.snapshot.get()
        {
            locked(snapshot).forget_feed();
        }
    }

    /// What each device is now, and what it saw so far.
    fn seen(&self) -> Response {
        let devices = &self.devices;
        let scale = locked(&devices.scale);
        let seen = json!({
            "kkt": devices.kkt.seen(),
            "scale": {
                "protocol": scale.protocol(),
                "state": crate::control::scale::shown(&scale),
                "line": format!("{:?}", devices.scale_line.line()).to_lowercase(),
                "cycles": scale.cycles(),
                "connections": devices.scale_line.connections(),
                "requests": hex_keys(scale.requests()),
            },
            "vision": {
                "line": format!("{:?}", devices.vision_line.line()).to_lowercase(),
                "connections": devices.vision_line.connections(),
            },
            "pos": { "link": format!("{:?}", devices.feed()).to_lowercase() },
        });
        warp::reply::json(&seen).into_response()
    }
}

pub(super) fn hex_keys(requests: &BTreeMap<Vec<u8>, u64>) -> Value {
    let hex =
        |bytes: &Vec<u8>| bytes.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(" ");
    requests.keys().map(hex).collect()
}

/// The bytes of a body that is not too large.
fn whole(mut body: impl Buf) -> Option<Vec<u8>> {
    let mut bytes = vec![0; Some(body.remaining()).filter(|length| *length <= BODY_LIMIT)?];
    body.copy_to_slice(&mut bytes);
    Some(bytes)
}

const BODY_LIMIT: usize = 16 * 1024;
