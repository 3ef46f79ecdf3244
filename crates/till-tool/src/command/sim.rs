//! `till-tool sim`: one simulated device alone.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use clap::{Args, ValueEnum};
use till_port::{Device, Fake};

use crate::control::kkt::KktPatch;
use crate::control::scale::ScalePatch;
use crate::scale::{ScaleProtocol, words};
use crate::served::{ServedKkt, ServedScale};

/// Serves one simulated device until it is ended.
///
/// Prints one line when it can be reached: "ready tcp:127.0.0.1:40001" or "ready serial:/dev/pts/7".
/// It serves one connection at a time; a new connection finds the state as it is.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("place").required(true).args(["listen", "pty"]))]
pub(crate) struct Sim {
    /// The device.
    #[arg(value_parser = words(Simulated::Scale, Simulated::Kkt))]
    kind: Simulated,
    /// Serve on this TCP address; port 0 lets the system choose.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Serve on a pseudo-terminal, as a serial port.
    #[arg(long)]
    pty: bool,
    /// The state to begin with: any of the keys of the demo's PATCH bodies.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    state: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Simulated {
    Kkt(Kind),
    Scale(ScaleProtocol),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// ATOL KKT, link v3.
    #[value(name = "atol-v3", alias = "atol")]
    AtolV3,
}

const EXAMPLES: &str = "Examples:
  till-tool sim atol-v3 --listen 127.0.0.1:5555
  till-tool sim atol-v3 --listen 127.0.0.1:0 --state '{\"paper\":\"out\",\"unsent_documents\":3}'
  till-tool sim massa-k-100 --pty --state '{\"weight_grams\":1234}'
  till-tool sim mt-sics --pty --state '{\"weight_grams\":1234,\"motion\":\"settling\"}'";

impl Sim {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.kind {
            Simulated::Kkt(Kind::AtolV3) => {
                let patch = KktPatch::parse(self.state.as_bytes()).context("--state")?;
                let kkt = Arc::new(Mutex::new(ServedKkt::new()));
                let fake = self.serve(Arc::clone(&kkt))?;
                patch.apply(&kkt, &fake);
                ready(&fake)
            }
            Simulated::Scale(protocol) => {
                let patch = ScalePatch::parse(self.state.as_bytes()).context("--state")?;
                let scale = Arc::new(Mutex::new(ServedScale::of(protocol)));
                let fake = self.serve(Arc::clone(&scale))?;
                patch.apply(&scale, &fake);
                ready(&fake)
            }
        }
    }

    fn serve(&self, device: Arc<Mutex<impl Device + 'static>>) -> anyhow::Result<Fake> {
        match self.listen {
            Some(address) => {
                Fake::tcp(address, device).with_context(|| format!("listen on {address}"))
            }
            None => Fake::pty(None, device).context("open a pseudo-terminal"),
        }
    }
}

/// Says where the device is, and serves for ever.
fn ready(fake: &Fake) -> anyhow::Result<ExitCode> {
    super::demo::print_line(&format!("ready {}", super::demo::place(fake)))?;
    loop {
        std::thread::park();
    }
}
