//! A hyper server that always says the same: what an answer costs at least. `cargo xtask bench`
//! measures `till-status` against it.

use std::convert::Infallible;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

fn main() -> std::io::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve())
}

async fn serve() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service_fn(answer));
        tokio::spawn(connection);
    }
}

/// The bytes of `till-status`, so that both move the same.
async fn answer(_: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let response = Response::builder()
        .header("content-type", "text/plain; charset=utf-8")
        .header("cache-control", "no-store")
        .header("last-modified", "Mon, 23 Nov 2026 22:47:39 GMT")
        .body("0".to_owned());
    Ok(response.unwrap_or_default())
}
