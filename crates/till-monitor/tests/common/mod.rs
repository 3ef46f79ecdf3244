//! What the tests of the monitor share: a server of whatever bytes, and random numbers.

#![allow(dead_code)]

pub mod good;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Random numbers that are the same for the same seed (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        let at = self.below(from.len());
        from.get(at).expect("something to choose from")
    }
}

/// Answers each request with the bytes that were set last, and keeps the connection unless told.
pub struct Server {
    pub address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
}

/// What is sent, and what then.
#[derive(Clone, Default)]
pub struct Answer {
    pub bytes: Vec<u8>,
    /// Close the connection afterwards.
    pub close: bool,
    /// Send this for ever afterwards.
    pub endless: Vec<u8>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(Mutex::new(Answer::default()));
        let served = Arc::clone(&answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&served)));
            }
        });
        Self { address, answer }
    }

    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }
}

async fn serve(mut stream: TcpStream, answer: Arc<Mutex<Answer>>) {
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
        request.clear();
        let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
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

/// Bytes of this process that are resident now; none where the system does not tell.
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}
