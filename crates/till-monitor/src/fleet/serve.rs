//! The HTTP side of a simulated till, and the ways in which it fails.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Behaviour, Till, answers};

/// A slow till answers after so long.
const SLOW: Duration = Duration::from_secs(10);

pub(super) async fn serve(listener: TcpListener, till: Arc<Till>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        match till.behaviour() {
            // Nobody listens: the closest to it on an address that has a listener.
            Behaviour::Dead | Behaviour::Reset => reset(stream),
            Behaviour::Garbage => drop(tokio::spawn(garbage(stream, Arc::clone(&till)))),
            Behaviour::Well | Behaviour::Slow => {
                drop(tokio::spawn(http(stream, Arc::clone(&till))))
            }
        }
    }
}

async fn http(stream: TcpStream, till: Arc<Till>) {
    let service = service_fn(|request: Request<Incoming>| {
        let till = Arc::clone(&till);
        async move {
            till.asked().count();
            match till.behaviour() {
                Behaviour::Well => {}
                Behaviour::Slow => tokio::time::sleep(SLOW).await,
                // It was well when the connection was made.
                _ => return Err(std::io::Error::other("this till has broken")),
            }
            Ok(respond(answers::answer(&till, request.uri().path())))
        }
    });
    let builder = hyper::server::conn::http1::Builder::new();
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

fn respond((status, kind, body): answers::Answer) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(status);
    if !kind.is_empty() {
        response = response.header("content-type", kind);
    }
    response.body(Full::new(Bytes::from(body))).unwrap_or_default()
}

/// A connection that is dropped with the request unread is reset by the kernel.
fn reset(stream: TcpStream) {
    tokio::spawn(async move {
        let _ = stream.readable().await;
        drop(stream);
    });
}

/// Something else each time: bytes, a page, an endless body, a redirect, half an answer.
async fn garbage(mut stream: TcpStream, till: Arc<Till>) {
    let mut request = [0; 1024];
    let _ = stream.read(&mut request).await;
    let turn = {
        let mut asked = till.asked();
        asked.count();
        asked.requests % 5
    };
    let _ = match turn {
        0 => stream.write_all(&[0xff; 300]).await,
        1 => {
            let page = "<html><body>router</body></html>";
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", page.len());
            stream.write_all((head + page).as_bytes()).await
        }
        2 => endless(&mut stream).await,
        3 => stream
            .write_all(
                b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            )
            .await,
        _ => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"schema\":").await,
    };
}

async fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n").await?;
    loop {
        stream.write_all(&[b' '; 16 << 10]).await?;
    }
}
