//! Opens the ports to listen on: at once, or as soon as their address is there.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use rustix::net::sockopt::{set_ipv6_v6only, set_socket_reuseaddr};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with};
use tokio::sync::watch;

use crate::notice::Rarely;

/// How many clients may wait to be taken; the system has a limit of its own (4096, 128 on old ones).
/// In a shorter queue a flood of connections would push out a monitor, which tries again only a second
/// later.
const WAITING: i32 = 4096;
/// How often it is tried to open a port again.
const RETRY: Duration = Duration::from_secs(2);
/// How often the log is reminded of a port that cannot be opened.
const REMINDER: Duration = Duration::from_secs(3600);

/// An open port, and where it is when the system chose.
pub(crate) type Port = (TcpListener, SocketAddr);

/// Opens a port. On an IPv6 address it takes no IPv4, not even on `[::]`, so that both can be listed
/// and a client has one address only.
pub(crate) fn open(address: SocketAddr) -> io::Result<Port> {
    let address = SocketAddr::new(address.ip().to_canonical(), address.port());
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        set_ipv6_v6only(&socket, true)?;
    }
    bind(&socket, &address)?;
    listen(&socket, WAITING)?;
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Waits until a port can be opened that could not be at the start. `None`: the service stops.
pub(crate) async fn opened(
    address: SocketAddr,
    mut stop: watch::Receiver<bool>,
) -> Option<TcpListener> {
    let (began, mut reminders) = (Instant::now(), Rarely::new(REMINDER));
    reminders.now();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return None,
            () = tokio::time::sleep(RETRY) => {}
        }
        match open(address) {
            Ok((listener, address)) => {
                let after_seconds = began.elapsed().as_secs();
                tracing::info!(%address, after_seconds, "the API listens here now");
                return Some(listener);
            }
            Err(error) if reminders.now().is_some() => {
                tracing::warn!(%address, %error, "the API still cannot listen here");
            }
            Err(_) => {}
        }
    }
}

/// What a technician can do about a port or a socket that cannot be opened.
pub(crate) fn hint(place: &str, error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound if place.starts_with("unix:") => {
            " (its folder is not there: create it, or let systemd do so by RuntimeDirectory=)"
        }
        io::ErrorKind::AddrInUse => " (is another till-status running?)",
        io::ErrorKind::AddrNotAvailable => " (no interface of this till has that address now)",
        io::ErrorKind::PermissionDenied if !place.starts_with("unix:") => {
            " (ports below 1024 are for root: choose a higher one)"
        }
        _ => "",
    }
}
