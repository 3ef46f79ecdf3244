//! TCP: every step bounded in time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::{OpenError, Transport};

/// Name servers may take longer than anybody waits; so many lookups may be under way.
const MOST_LOOKUPS: usize = 4;

/// An open TCP connection.
#[derive(Debug)]
pub(crate) struct Tcp {
    stream: TcpStream,
}

pub(crate) fn open(
    host: &str,
    port: u16,
    limit: Duration,
    tick: Duration,
) -> Result<Tcp, OpenError> {
    let deadline = Instant::now() + limit;
    let addresses = resolve(host, port, limit)?;
    let name =
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let stream = connect(&name, &addresses, deadline, limit)?;
    let other = |cause| OpenError::Other { port: name.clone(), cause };
    stream.set_nodelay(true).map_err(other)?;
    keep_alive(&stream).map_err(other)?;
    stream.set_write_timeout(Some(tick)).map_err(other)?;
    stream.set_read_timeout(Some(tick)).map_err(other)?;
    Ok(Tcp { stream })
}

/// Finds the addresses of a name; the system's own lookup has no limit that we can set.
fn resolve(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, OpenError> {
    static LOOKUPS: AtomicUsize = AtomicUsize::new(0);

    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let unresolved = |detail: String| OpenError::Unresolved { host: host.to_owned(), detail };
    if LOOKUPS.fetch_add(1, Ordering::SeqCst) >= MOST_LOOKUPS {
        LOOKUPS.fetch_sub(1, Ordering::SeqCst);
        return Err(unresolved("earlier lookups are still waiting for the name server".into()));
    }
    let (sender, receiver) = mpsc::channel();
    // An IPv6 address with a zone (fe80::1%eth0) is read by the lookup, too.
    let target = (host.to_owned(), port);
    let lookup = move || {
        let found = target.to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        LOOKUPS.fetch_sub(1, Ordering::SeqCst);
        let _ = sender.send(found);
    };
    if let Err(error) = thread::Builder::new().name("lookup".into()).spawn(lookup) {
        LOOKUPS.fetch_sub(1, Ordering::SeqCst);
        return Err(unresolved(error.to_string()));
    }
    match receiver.recv_timeout(limit) {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(unresolved("it has no address".into())),
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(unresolved(error.to_string())),
        Err(_) => Err(unresolved(format!("the name server did not answer within {limit:?}"))),
    }
}

/// Tries each address, with an equal share of the time that is left.
fn connect(
    name: &str,
    addresses: &[SocketAddr],
    deadline: Instant,
    limit: Duration,
) -> Result<TcpStream, OpenError> {
    let mut worst = OpenError::TimedOut { port: name.to_owned(), after: limit };
    for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let rest = deadline.saturating_duration_since(Instant::now());
        let share = rest / u32::try_from(left).unwrap_or(u32::MAX);
        if share.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(address, share) {
            // A closed port of this machine can be connected with itself.
            Ok(stream) if stream.local_addr().ok() == Some(*address) => {
                worst = OpenError::Refused { port: name.to_owned() };
            }
            Ok(stream) => return Ok(stream),
            Err(error) => worst = tell(worst, refusal(name, error, limit)),
        }
    }
    Err(worst)
}

/// Of the failures of several addresses the one that says most about the device.
fn tell(one: OpenError, other: OpenError) -> OpenError {
    let rank = |error: &OpenError| match error {
        OpenError::Refused { .. } => 3,
        OpenError::Other { .. } => 2,
        OpenError::NoRoute { .. } => 1,
        _ => 0,
    };
    if rank(&other) >= rank(&one) { other } else { one }
}

fn refusal(name: &str, cause: io::Error, after: Duration) -> OpenError {
    let port = name.to_owned();
    match cause.kind() {
        ErrorKind::ConnectionRefused => OpenError::Refused { port },
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            OpenError::NoRoute { port }
        }
        ErrorKind::TimedOut => OpenError::TimedOut { port, after },
        ErrorKind::PermissionDenied => OpenError::NotPermitted { port, group: None },
        _ => OpenError::Other { port, cause },
    }
}

/// A device that lost its power says nothing; the system asks it, so that the connection ends.
#[cfg(target_os = "linux")]
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_secs(10))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(5))?;
    sockopt::set_tcp_keepcnt(stream, 3)?;
    Ok(())
}

#[cfg(all(unix, not(target_os = "linux")))]
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    Ok(rustix::net::sockopt::set_socket_keepalive(stream, true)?)
}

#[cfg(windows)]
fn keep_alive(_: &TcpStream) -> io::Result<()> {
    Ok(())
}

impl Read for Tcp {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buf)
    }
}

impl Write for Tcp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Tcp {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TICK;
    use std::net::TcpListener;

    #[test]
    fn an_open_connection_has_its_options() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let tcp = open("127.0.0.1", port, Duration::from_secs(5), TICK).unwrap();
        assert!(tcp.stream.nodelay().unwrap());
        // The system rounds up to its own ticks.
        let about_a_tick = TICK..TICK + Duration::from_millis(20);
        assert!(about_a_tick.contains(&tcp.stream.read_timeout().unwrap().unwrap()));
        assert!(about_a_tick.contains(&tcp.stream.write_timeout().unwrap().unwrap()));
        #[cfg(unix)]
        assert!(rustix::net::sockopt::socket_keepalive(&tcp.stream).unwrap());
    }

    #[test]
    fn every_address_of_a_name_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let good = listener.local_addr().unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let deadline = Instant::now() + Duration::from_secs(5);
        let limit = Duration::from_secs(5);
        let stream = connect("kkt", &[closed, good], deadline, limit).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        let error = connect("kkt", &[closed, closed], deadline, limit).unwrap_err();
        assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    }

    #[test]
    fn a_refusal_says_more_than_a_missing_route() {
        let error = |kind: ErrorKind| refusal("kkt", kind.into(), TICK);
        let told = tell(error(ErrorKind::ConnectionRefused), error(ErrorKind::HostUnreachable));
        assert!(matches!(told, OpenError::Refused { .. }), "{told}");
        let told = tell(error(ErrorKind::TimedOut), error(ErrorKind::HostUnreachable));
        assert!(matches!(told, OpenError::NoRoute { .. }), "{told}");
    }
}
