//! A server that answers with whatever bytes it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Answers each request with the bytes that were set last, and counts.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    answer: Answer,
    connections: usize,
    requests: usize,
    last_request: String,
    asked: Option<Instant>,
    gap: Option<Duration>,
}

/// What is sent, and what then.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// Close the connection afterwards.
    pub(crate) close: bool,
    /// Send this for ever afterwards.
    pub(crate) endless: Vec<u8>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, state: Arc::default() };
        let state = Arc::clone(&server.state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                lock(&state).connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
        });
        server
    }

    pub(crate) fn answer(&self, answer: Answer) {
        lock(&self.state).answer = answer;
    }

    pub(crate) fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    pub(crate) fn requests(&self) -> usize {
        lock(&self.state).requests
    }

    pub(crate) fn last_request(&self) -> String {
        lock(&self.state).last_request.clone()
    }

    /// The shortest time between two requests.
    pub(crate) fn shortest_gap(&self) -> Option<Duration> {
        lock(&self.state).gap
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut request = Vec::new();
    loop {
        let mut piece = [0; 2048];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(length) => request.extend(piece.iter().take(length)),
        }
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        let answer = lock(&state).count(&std::mem::take(&mut request));
        if stream.write_all(&answer.bytes).await.is_err() {
            return;
        }
        while !answer.endless.is_empty() {
            if stream.write_all(&answer.endless).await.is_err() {
                return;
            }
        }
        if answer.close {
            return;
        }
    }
}

impl State {
    /// A request has come; gives the answer to it.
    fn count(&mut self, request: &[u8]) -> Answer {
        let now = Instant::now();
        if let Some(gap) = self.asked.replace(now).map(|last| now - last) {
            self.gap = Some(self.gap.map_or(gap, |shortest| shortest.min(gap)));
        }
        self.requests += 1;
        self.last_request = String::from_utf8_lossy(request).into_owned();
        self.answer.clone()
    }
}
