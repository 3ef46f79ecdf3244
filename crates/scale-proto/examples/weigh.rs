//! Asks a scale for its weight, once a second.
//!
//! ```text
//! cargo run --example weigh -- 192.168.0.7:5001
//! ```

use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use scale_proto::client::{Client, Timeouts};
use scale_proto::{Error, Protocol, Reading, protocol};

fn main() -> ExitCode {
    let Some(address) = std::env::args().nth(1) else {
        eprintln!("usage: weigh HOST:PORT [PROTOCOL]   (of massa-k-100 the port is usually 5001)");
        return ExitCode::from(2);
    };
    let name = std::env::args().nth(2).unwrap_or_else(|| "massa-k-100".to_owned());
    let Some(protocol) = protocol::by_name(&name) else {
        eprintln!("{name}: expected one of {}", protocol::NAMES.join(", "));
        return ExitCode::from(2);
    };
    match weigh(&address, protocol) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{address}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn weigh(address: &str, protocol: Box<dyn Protocol>) -> Result<(), Error> {
    let mut client = Client::new(connect(address)?, protocol, Timeouts::default());
    loop {
        match client.weigh()? {
            Reading::Weight(weight) => {
                println!("{weight} kg, stable: {:?}, tare: {:?}", weight.stable, weight.tare);
            }
            Reading::Fault(fault) => println!("no weight: {fault}"),
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// A port with the short time-outs that the client wants.
fn connect(address: &str) -> Result<TcpStream, Error> {
    let unknown = || std::io::Error::other("no such address");
    let address = address.to_socket_addrs()?.next().ok_or_else(unknown)?;
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_millis(50)))?;
    stream.set_write_timeout(Some(Duration::from_millis(50)))?;
    Ok(stream)
}
