//! One connection to one till, kept open; a request has limits in time and in size.

use std::future::Future;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use super::Names;
use crate::config::{Address, Language};
use crate::judge::{Failure, Trouble};

const CONNECT: Duration = Duration::from_secs(2);
const HEADER: Duration = Duration::from_secs(3);
const BODY: Duration = Duration::from_secs(3);
const HEADER_BYTES: usize = 16 << 10;
const BODY_BYTES: usize = 64 << 10;

/// A limit that ends so much later than it should was not the till's: this process stood still.
const STALL: Duration = Duration::from_secs(1);

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
    /// Why there is no answer; `None` when a kept connection had been closed meanwhile or this process
    /// stood still: that says nothing about the till, and the next request finds out.
    pub async fn get(&mut self, path: &str) -> Result<Answer, Option<Failure>> {
        let mut connection = match self.connection.take() {
            Some(connection) if !connection.send.is_closed() => connection,
            _ => self.connect().await?,
        };
        let used = std::mem::replace(&mut connection.used, true);
        let request = self.request(path).map_err(|error| fail(Trouble::Garbage, error))?;
        if let Err(error) = connection.send.ready().await {
            return Err(fail(Trouble::Connect, error.to_string()).filter(|_| !used));
        }
        let response = match within(HEADER, connection.send.send_request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(ended(&error, used)),
            Err(late) => return Err(late.fail(Trouble::Silent, "no answer")),
        };
        let answer = read(response).await?;
        // Only a connection whose last answer was read whole is of any use.
        self.connection = Some(connection);
        Ok(answer)
    }

    async fn connect(&self) -> Result<Connection, Option<Failure>> {
        let found = self.names.find(&self.address).await;
        let addresses = found.map_err(|error| fail(Trouble::Name, error))?;
        let stream = match within(CONNECT, TcpStream::connect(addresses.as_slice())).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(fail(Trouble::Connect, error.to_string())),
            Err(late) => return Err(late.fail(Trouble::Connect, "no connection")),
        };
        let _ = stream.set_nodelay(true);
        let made = Builder::new()
            .max_buf_size(HEADER_BYTES)
            .max_headers(64)
            .handshake(TokioIo::new(stream))
            .await;
        let (send, connection) = made.map_err(|error| fail(Trouble::Connect, error.to_string()))?;
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

fn fail(trouble: Trouble, detail: String) -> Option<Failure> {
    Some(Failure { trouble, detail })
}

/// A limit that is over.
struct Late {
    limit: Duration,
    took: Duration,
}

impl Late {
    /// `None` when it is this process that stood still, and not the till.
    fn fail(&self, trouble: Trouble, what: &str) -> Option<Failure> {
        let detail = format!("{what} within {} s", self.limit.as_secs());
        fail(trouble, detail).filter(|_| self.took < self.limit + STALL)
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Late> {
    let begun = Instant::now();
    timeout(limit, work).await.map_err(|_| Late { limit, took: begun.elapsed() })
}

/// A connection ended before there was a whole header.
fn ended(error: &hyper::Error, used: bool) -> Option<Failure> {
    let reset = error.is_incomplete_message() || error.is_canceled() || error.is_closed();
    if error.is_parse() {
        return fail(Trouble::Garbage, format!("this is no HTTP: {error}"));
    }
    let detail = format!("the connection ended without an answer: {error}");
    fail(Trouble::Silent, detail).filter(|_| !(used && reset))
}

async fn read(response: Response<Incoming>) -> Result<Answer, Option<Failure>> {
    let (head, body) = response.into_parts();
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let status = head.status.as_u16();
    let body = match within(BODY, Limited::new(body, BODY_BYTES).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let detail = format!("the answer is longer than {} KiB", BODY_BYTES >> 10);
            return Err(fail(Trouble::Garbage, detail));
        }
        Ok(Err(error)) => {
            return Err(fail(Trouble::Silent, format!("the answer broke off: {error}")));
        }
        Err(late) => return Err(late.fail(Trouble::Silent, "no end of the answer")),
    };
    Ok(Answer { status, content_type, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_a_limit_that_ends_in_time_is_the_till_s_fault() {
        for (stands_still, blamed) in [(0, true), (3, true), (5, false), (3600, false)] {
            let waiting = tokio::spawn(within(HEADER, std::future::pending::<()>()));
            tokio::task::yield_now().await;
            tokio::time::advance(Duration::from_secs(stands_still)).await;
            let failure = match waiting.await.unwrap() {
                Ok(()) => None,
                Err(late) => late.fail(Trouble::Silent, "no answer"),
            };
            assert_eq!(failure.is_some(), blamed, "{stands_still} s");
        }
    }
}
