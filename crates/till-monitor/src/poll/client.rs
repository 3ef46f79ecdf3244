//! One connection to one till, kept open; a request has limits in time and in size.

use std::time::Duration;

use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::Names;
use crate::config::{Address, Language};
use crate::judge::{Failure, Trouble};

const CONNECT: Duration = Duration::from_secs(2);
const HEADER: Duration = Duration::from_secs(3);
const BODY: Duration = Duration::from_secs(3);
const HEADER_BYTES: usize = 16 << 10;
const BODY_BYTES: usize = 64 << 10;

/// What came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The code.
    pub status: u16,
    /// `Content-Type`, empty when there is none.
    pub content_type: String,
    /// At most 64 KiB.
    pub body: Bytes,
}

/// The client of one till.
#[derive(Debug)]
pub struct Client {
    address: Address,
    language: Language,
    names: Names,
    connection: Option<Connection>,
}

#[derive(Debug)]
struct Connection {
    send: SendRequest<Empty<Bytes>>,
    task: AbortHandle,
    used: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    /// One that is not connected yet.
    pub fn new(address: Address, language: Language, names: Names) -> Self {
        Self { address, language, names, connection: None }
    }

    /// Asks once. No redirect is followed.
    ///
    /// # Errors
    /// Why there is no answer; `None` when only a kept connection had been closed meanwhile: that says
    /// nothing about the till, and the next request finds out.
    pub async fn get(&mut self, path: &str) -> Result<Answer, Option<Failure>> {
        let mut connection = match self.connection.take() {
            Some(connection) if !connection.send.is_closed() => connection,
            _ => self.connect().await?,
        };
        let used = std::mem::replace(&mut connection.used, true);
        let fail = |trouble, detail: String| Some(Failure { trouble, detail });
        let request = self.request(path).map_err(|error| fail(Trouble::Garbage, error))?;
        if let Err(error) = connection.send.ready().await {
            return Err(fail(Trouble::Connect, error.to_string()).filter(|_| !used));
        }
        let response = match timeout(HEADER, connection.send.send_request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(ended(&error, used)),
            Err(_) => {
                let detail = format!("no answer within {} s", HEADER.as_secs());
                return Err(fail(Trouble::Silent, detail));
            }
        };
        let answer = read(response).await.map_err(Some)?;
        // Only a connection whose last answer was read whole is of any use.
        self.connection = Some(connection);
        Ok(answer)
    }

    async fn connect(&self) -> Result<Connection, Option<Failure>> {
        let fail = |trouble, detail: String| Some(Failure { trouble, detail });
        let address =
            self.names.find(&self.address).await.map_err(|error| fail(Trouble::Name, error))?;
        let stream = match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(fail(Trouble::Connect, format!("{address}: {error}"))),
            Err(_) => {
                let detail = format!("{address}: no connection within {} s", CONNECT.as_secs());
                return Err(fail(Trouble::Connect, detail));
            }
        };
        let _ = stream.set_nodelay(true);
        let made = Builder::new()
            .max_buf_size(HEADER_BYTES)
            .max_headers(64)
            .handshake(TokioIo::new(stream))
            .await;
        let (send, connection) =
            made.map_err(|error| fail(Trouble::Connect, format!("{address}: {error}")))?;
        let task = tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Connection { send, task: task.abort_handle(), used: false })
    }

    fn request(&self, path: &str) -> Result<Request<Empty<Bytes>>, String> {
        Request::get(path)
            .header(HOST, self.address.to_string())
            .header(USER_AGENT, concat!("till-monitor/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "application/json, text/plain;q=0.9, */*;q=0.1")
            .header(ACCEPT_LANGUAGE, self.language.name())
            .body(Empty::new())
            .map_err(|error| error.to_string())
    }
}

/// A connection ended before there was a whole header.
fn ended(error: &hyper::Error, used: bool) -> Option<Failure> {
    let reset = error.is_incomplete_message() || error.is_canceled() || error.is_closed();
    if error.is_parse() {
        let detail = format!("this is no HTTP: {error}");
        return Some(Failure { trouble: Trouble::Garbage, detail });
    }
    if used && reset {
        return None;
    }
    let detail = format!("the connection ended without an answer: {error}");
    Some(Failure { trouble: Trouble::Silent, detail })
}

async fn read(response: Response<Incoming>) -> Result<Answer, Failure> {
    let (head, body) = response.into_parts();
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let status = head.status.as_u16();
    let body = match timeout(BODY, Limited::new(body, BODY_BYTES).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let detail = format!("the answer is longer than {} KiB", BODY_BYTES >> 10);
            return Err(Failure { trouble: Trouble::Garbage, detail });
        }
        Ok(Err(error)) => {
            let detail = format!("the answer broke off: {error}");
            return Err(Failure { trouble: Trouble::Silent, detail });
        }
        Err(_) => {
            let detail = format!("the answer did not end within {} s", BODY.as_secs());
            return Err(Failure { trouble: Trouble::Silent, detail });
        }
    };
    Ok(Answer { status, content_type, body })
}
