//! Requests far too large: a body of 1 GiB, a header of 1 MiB, 101 headers.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use rustix::net::SocketFlags;

use super::{API, watched};
use crate::lab::{self, Figures, Till};

const RSS_LIMIT_MIB: f64 = 8.0;
const ATTACK: Duration = Duration::from_secs(5);
const BODY: usize = 1 << 30;
/// So much of a body may be taken before the connection is closed: mostly what the system buffers.
const TAKEN_LIMIT_MIB: u32 = 16;

pub(super) fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let till = Till::new(API, |address| Ok(address.to_owned()))?;
    let (process, _) = till.serve()?;
    let long = format!("GET /healthz HTTP/1.1\r\nHost: till\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let lines: String = (0..101).map(|number| format!("X-{number}: 1\r\n")).collect();
    let many = format!("GET /healthz HTTP/1.1\r\nHost: till\r\n{lines}\r\n");
    let taken = watched(&till, "huge requests", figures, || {
        let (began, mut most) = (Instant::now(), 0);
        for time in (1..=250).cycle() {
            if began.elapsed() > ATTACK {
                break;
            }
            let from = [127, 4, 0, time].into();
            for method in ["GET", "POST"] {
                let mut stream = lab::client(from, till.api, SocketFlags::empty())?;
                stream.set_write_timeout(Some(Duration::from_secs(5)))?;
                write!(
                    stream,
                    "{method} /healthz HTTP/1.1\r\nHost: till\r\nContent-Length: {BODY}\r\n\r\n"
                )?;
                let mut taken = 0;
                while taken < BODY {
                    match stream.write(&[b'x'; 65536]) {
                        Ok(count) => taken += count,
                        Err(_) => break,
                    }
                }
                most = most.max(taken);
            }
            for request in [&long, &many] {
                let mut stream = lab::client(from, till.api, SocketFlags::empty())?;
                stream.set_read_timeout(Some(Duration::from_secs(5)))?;
                let _ = stream.write_all(request.as_bytes());
                let _ = stream.read(&mut [0; 512]);
            }
        }
        Ok(u32::try_from(most >> 20)?)
    })?;
    figures.add("huge requests: taken of 1 GiB", taken.into(), "MiB", TAKEN_LIMIT_MIB.into());
    figures.add("huge requests: resident memory", process.memory("VmHWM")?, "MiB", RSS_LIMIT_MIB);
    Ok(())
}
