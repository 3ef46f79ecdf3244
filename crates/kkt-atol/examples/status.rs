//! Asks a KKT for everything that this crate can ask, and prints it.
//!
//! ```text
//! cargo run --example status -- 192.168.10.1:5555
//! ```
//!
//! Let no other program use the KKT at that time: it serves one connection.

use std::fmt::Debug;
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use kkt_atol::{Client, Error, v3};

fn main() -> ExitCode {
    let Some(address) = std::env::args().nth(1) else {
        eprintln!("usage: status HOST:PORT   (the port is usually 5555)");
        return ExitCode::from(2);
    };
    match ask(&address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{address}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ask(address: &str) -> Result<(), Error> {
    let mut client = Client::new(connect(address)?, v3::Settings::default());
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
