//! The Vision end of the till, which is well or not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the Vision end does with a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Vision {
    Well,
    WrongStatus,
    HangsUp,
    Silent,
}

/// A Vision end; it serves until the test ends.
pub(super) fn serve(mode: Arc<Mutex<Vision>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut kept: Vec<TcpStream> = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mode = *mode.lock().unwrap();
            let status = match mode {
                Vision::Well => "200 OK",
                Vision::WrongStatus => "503 Service Unavailable",
                Vision::HangsUp => continue,
                Vision::Silent => {
                    kept.push(stream);
                    kept.drain(..kept.len().saturating_sub(4));
                    continue;
                }
            };
            let _ = stream.read(&mut [0; 1024]);
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}
