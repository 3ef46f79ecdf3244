//! The page and the lists: read-only, from the board.

mod lists;
mod metrics;
mod page;
mod routes;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::board::Board;
use crate::serve::Clock;

pub use lists::{Form, problems, tills};
pub use metrics::metrics;

const CONNECTIONS: usize = 256;
/// How long a header may take; also how long an idle connection stays open.
const HEADER: Duration = Duration::from_secs(10);
const HEADER_BYTES: usize = 16 << 10;

/// What the routes need.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) board: Board,
    pub(crate) clock: Clock,
    allow: Arc<[IpNet]>,
}

impl Context {
    /// For clients of these networks.
    pub fn new(board: Board, clock: Clock, allow: Vec<IpNet>) -> Self {
        Self { board, clock, allow: allow.into() }
    }

    fn allows(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        self.allow.iter().any(|net| net.contains(&client))
    }
}

/// Serves for ever. HTTP/1 only, with limits in time, size and number.
pub async fn serve(listener: TcpListener, context: Context) {
    let routes = routes::routes(context.clone());
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok((stream, client)) = listener.accept().await else {
            // Out of descriptors and its kin: do not spin.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let _ = stream.set_nodelay(true);
        let allowed = context.allows(client.ip());
        let routes = TowerToHyperService::new(warp::service(routes.clone()));
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = allowed.then(|| routes.call(request));
            async move {
                match answer {
                    Some(answer) => answer.await,
                    None => Ok::<_, Infallible>(routes::not_allowed()),
                }
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER)
            .max_buf_size(HEADER_BYTES)
            .max_headers(64)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended badly");
            }
        });
    }
}
