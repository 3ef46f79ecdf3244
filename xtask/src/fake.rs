//! `cargo xtask fake`: serves a tape as a device.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::ensure;
use till_port::{Fake, Tape, TapeDevice};

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("line").required(true).multiple(false))]
pub(crate) struct Arguments {
    /// The tape; it starts again for each connection
    tape: PathBuf,
    /// Serve on this TCP address, such as 127.0.0.1:5555
    #[arg(long, group = "line")]
    tcp: Option<SocketAddr>,
    /// Serve on a pty
    #[arg(long, group = "line")]
    pty: bool,
    /// Divide all pauses by this
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let speed = arguments.speed;
    ensure!(speed.is_finite() && speed > 0.0, "a speed of {speed}: expected a number above 0");
    let tape = Tape::load(&arguments.tape)?;
    println!("{} ({}, {} messages)", tape.header.device, tape.header.origin, tape.messages());
    let device = Arc::new(Mutex::new(TapeDevice::new(tape, speed)));
    let fake = serve(&arguments, device.clone())?;
    println!("at {}", fake.address());
    watch(&fake, &device)
}

fn serve(arguments: &Arguments, device: Arc<Mutex<TapeDevice>>) -> anyhow::Result<Fake> {
    match arguments.tcp {
        Some(address) => Ok(Fake::tcp(address, device)?),
        #[cfg(unix)]
        None => Ok(Fake::pty(None, device)?),
        #[cfg(not(unix))]
        None => anyhow::bail!("this system has no pty"),
    }
}

/// Says what happens, until somebody ends the program.
fn watch(fake: &Fake, device: &Mutex<TapeDevice>) -> ! {
    let (mut connections, mut plays, mut mismatch) = (0, 0, None);
    let mut address = fake.address();
    loop {
        thread::sleep(Duration::from_millis(50));
        if fake.connections() > connections {
            connections = fake.connections();
            println!("connection {connections}");
        }
        let device = device.lock().unwrap_or_else(PoisonError::into_inner);
        if device.mismatch() != mismatch.as_ref() {
            mismatch = device.mismatch().cloned();
            mismatch.iter().for_each(|mismatch| println!("silent from here: {mismatch}"));
        }
        if device.plays() > plays {
            plays = device.plays();
            println!("the tape is at its end");
        }
        drop(device);
        if fake.address() != address {
            address = fake.address();
            println!("now at {address}");
        }
    }
}
