//! Asks a KKT for everything that this crate can ask in one dialect, and prints it.
//!
//! ```text
//! cargo run --example status -- arm 192.168.250.2:6667
//! cargo run --example status -- pone 127.0.0.1:4001
//! cargo run --example status --features pirit -- pirit 127.0.0.1:50003
//! ```
//!
//! Say the dialect that the KKT is set up for; never try one after the other. `arm` is given the time
//! in UTC here, for want of a zone; a till program gives its own.

use std::fmt::Debug;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kkt_sp80x::{Arm, ArmSettings, CivilDateTime, Client, DialectName, Error, Pone, StxSettings};

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let [dialect, address] = words.as_slice() else {
        eprintln!("usage: status arm|pone|pirit HOST:PORT   (the port of arm is 6667)");
        return ExitCode::from(2);
    };
    let dialect: DialectName = match dialect.parse() {
        Ok(dialect) => dialect,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let asked = connect(address).and_then(|port| match dialect {
        DialectName::Pone => pone(Client::new(port, StxSettings::default())),
        DialectName::Arm => arm(Client::new(port, ArmSettings::new(now))),
        #[cfg(feature = "pirit")]
        DialectName::Pirit => pirit(Client::new(port, StxSettings::default())),
        other => Err(std::io::Error::other(format!("no questions in {other}")).into()),
    });
    match asked {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{address}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn pone(mut client: Client<impl Read + Write, Pone>) -> Result<(), Error> {
    show("status", client.status())?;
    show("shift number", client.shift_number())?;
    show("model", client.model())?;
    show("factory number", client.factory_number())?;
    show("boot version", client.boot_version())?;
    show("flash version", client.flash_version())
}

#[cfg(feature = "pirit")]
fn pirit(mut client: Client<impl Read + Write, kkt_sp80x::Pirit>) -> Result<(), Error> {
    show("status", client.status())?;
    show("printer", client.printer())?;
    show("OFD queue", client.ofd_queue())?;
    show("shift", client.shift())?;
    show("fiscal storage", client.fn_status())?;
    show("last fiscal operation", client.last_fiscal())?;
    show("next receipt", client.next_receipt())?;
    show("factory number", client.factory_number())?;
    show("clock", client.clock())
}

fn arm(mut client: Client<impl Read + Write, Arm>) -> Result<(), Error> {
    show("information", client.information())?;
    show("status", client.status())?;
    show("short status", client.short_status())?;
    show("counters", client.counters_of_shift())?;
    show("registration", client.registration())?;
    show("drawer", client.drawer())?;
    show("clock", client.clock())
}

/// A port with the short time-outs that the client wants.
fn connect(address: &str) -> Result<TcpStream, Error> {
    let refused = || std::io::Error::other("no such address");
    let address = address.to_socket_addrs()?.next().ok_or_else(refused)?;
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_millis(50)))?;
    stream.set_write_timeout(Some(Duration::from_millis(50)))?;
    Ok(stream)
}

/// A refused question is shown and the next one asked; anything else ends the session.
fn show<T: Debug>(name: &str, answer: Result<T, Error>) -> Result<(), Error> {
    match answer {
        Ok(value) => println!("{name}: {value:#?}"),
        Err(Error::Refused(fault)) => println!("{name}: refused: {fault}"),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The present time in UTC.
fn now() -> CivilDateTime {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
    CivilDateTime::from_unix(seconds)
}
