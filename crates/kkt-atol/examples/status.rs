//! Asks a KKT for everything that this crate can ask, and prints it.
//!
//! ```text
//! cargo run --example status -- v3 192.168.10.1:5555
//!
//! stty -F /dev/ttyACM0 115200 raw -echo min 0 time 1
//! cargo run --example status -- v2 /dev/ttyACM0
//! ```
//!
//! Which link a KKT speaks is one of its settings; over TCP it is v3. Let no other program use the
//! KKT at that time, and do not take the second port of a USB device: it belongs to the OFD.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use kkt_atol::{Client, Error, Link, Settings};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [link, address] = arguments.as_slice() else {
        eprintln!(
            "usage: status v3 HOST:PORT | status v2|v3 /dev/...   (the port is usually 5555)"
        );
        return ExitCode::from(2);
    };
    let link = match link.parse() {
        Ok(link) => link,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let asked = match address.starts_with('/') {
        true => serial(address).and_then(|port| ask(port, link)),
        false if link == Link::V3 => connect(address).and_then(|port| ask(port, link)),
        false => {
            eprintln!("{address}: a KKT speaks v3 over TCP, expected \"v3\"");
            return ExitCode::from(2);
        }
    };
    match asked {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{address}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ask(port: impl Read + Write, link: Link) -> Result<(), Error> {
    let mut client = Client::new(port, Settings::of(link));
    show("status", client.status())?;
    show("state code", client.state_code())?;
    show("device type", client.device_type())?;
    show("shift", client.shift())?;
    show("OFD queue", client.ofd_queue())?;
    show("fiscal storage", client.fiscal_storage())?;
    show("number of the fiscal storage", client.fiscal_storage_number())?;
    show("term of the fiscal storage", client.fiscal_storage_term())?;
    show("version of the fiscal storage", client.fiscal_storage_version())?;
    show("unacknowledged documents", client.unacknowledged())?;
    show("shift register", client.shift_register())?;
    show("receipt register", client.receipt_register())
}

/// A port with the short time-outs that the client wants.
fn connect(address: &str) -> Result<TcpStream, Error> {
    let refused = || io::Error::other("no such address");
    let address = address.to_socket_addrs()?.next().ok_or_else(refused)?;
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_millis(50)))?;
    stream.set_write_timeout(Some(Duration::from_millis(50)))?;
    Ok(stream)
}

/// A serial port that `stty` has set up: with `min 0 time 1` a read returns after 100 ms, and that it
/// has read nothing does not mean that the line is closed.
struct Serial(File);

fn serial(path: &str) -> Result<Serial, Error> {
    Ok(Serial(File::options().read(true).write(true).open(path)?))
}

impl Read for Serial {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf)? {
            0 => Err(ErrorKind::TimedOut.into()),
            count => Ok(count),
        }
    }
}

impl Write for Serial {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A question that is refused or whose answer says nothing is shown and the next one asked; anything
/// else ends the session.
fn show<T: Debug>(name: &str, answer: Result<T, Error>) -> Result<(), Error> {
    let text = match answer {
        Ok(value) => format!("{value:#?}"),
        Err(error @ Error::Refused(fault)) => match fault.advice_en() {
            Some(advice) => format!("{error}; {advice}"),
            None => error.to_string(),
        },
        Err(error @ Error::Decode(_)) => error.to_string(),
        Err(error) => return Err(error),
    };
    // Whoever closes the pipe early, as `head` does, has read enough.
    let _ = writeln!(io::stdout(), "{name}: {text}");
    Ok(())
}
